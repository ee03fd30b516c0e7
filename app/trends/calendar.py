"""Pure: the calendar of active days as titles, numbers and words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from app.trends import figures


@dataclass(frozen=True)
class DayCell:
    """`words` say what was done, empty for nothing; `state` is active, quiet or future."""

    number: int
    words: str
    state: str


@dataclass(frozen=True)
class MonthTable:
    title: str
    fact: str
    weeks: list[list[DayCell | None]]


@dataclass(frozen=True)
class Calendar:
    """Twelve months; `weekdays` are (`Mon`, `Monday`) in the order of the week."""

    fact: str
    weekdays: list[tuple[str, str]]
    months: list[MonthTable]


def calendar(active: Iterable[date], today: date, first_weekday: int) -> Calendar:
    """`active` are the days of the activities, each as often as there are activities."""
    months = figures.calendar(active, today, first_weekday)
    begin = figures.week_of(today, first_weekday)
    weekdays = [(f"{day:%a}", f"{day:%A}") for day in (begin + timedelta(days=n) for n in range(7))]
    since = f"{months[0].first:%B} {months[0].first.year}"
    return Calendar(
        f"{active_days(sum(month.active for month in months))} since {since}.",
        weekdays,
        [
            MonthTable(
                f"{month.first:%B} {month.first.year}",
                active_days(month.active),
                [[cell(day) if day else None for day in row] for row in month.weeks],
            )
            for month in months
        ],
    )


def cell(day: figures.Day) -> DayCell:
    if day.activities is None:
        return DayCell(day.date.day, "", "future")
    many = "" if day.activities == 1 else "s"
    words = f"{day.activities} activit{'ies' if many else 'y'}" if day.activities else ""
    return DayCell(day.date.day, words, "active" if words else "quiet")


def active_days(count: int) -> str:
    return f"{count} active day" if count == 1 else f"{count} active days"
