"""Pure: which seven days make the week, and the board that shows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.records.rows import Preferences, WeekRows
from app.stats import reasons
from app.stats.cells import Cell
from app.stats.reasons import SourceStatus
from app.stats.rows import ROWS, Row

FIRST_WEEKDAY = {"monday": 0, "saturday": 5, "sunday": 6}
WEEK = timedelta(days=7)
MANY = 3
"""From so many activities in a day on, each has but a line."""


@dataclass(frozen=True)
class Head:
    weekday: str
    number: str
    today: bool
    future: bool = False


@dataclass(frozen=True)
class Board:
    """The whole week as texts: seven heads, and seven cells for each row."""

    title: str
    heads: tuple[Head, ...]
    rows: dict[str, tuple[Cell, ...]]


def today(now: datetime, timezone: str) -> date:
    """The person's calendar day at the instant `now` (aware)."""
    return now.astimezone(ZoneInfo(timezone)).date()


def days(day: date, start: str) -> list[date]:
    """The seven days of the week that holds `day`; `start` is monday, saturday or sunday.

    ValueError where the calendar has no such week (its first or last days).
    """
    try:
        first = week_of(day, FIRST_WEEKDAY[start])
        return [first + timedelta(days=n) for n in range(7)]
    except OverflowError:
        raise ValueError(f"{day} is outside the calendar") from None


def asked(text: str, start: str) -> date:
    """The day that `text` names as YYYY-MM-DD; ValueError for what is no day, or is in no whole week."""
    day = date.fromisoformat(text)
    if text != day.isoformat():
        raise ValueError(f"{text} is not written YYYY-MM-DD")
    days(day, start)
    return day


def earlier(dates: list[date]) -> date | None:
    """The first day of the week before, None at the calendar's beginning."""
    return dates[0] - WEEK if dates[0] - date.min >= WEEK else None


def later(dates: list[date], today: date) -> date | None:
    """The first day of the week after, None where that would be after the current week."""
    return dates[-1] + timedelta(days=1) if dates[-1] < today else None


def week_of(day: date, first_weekday: int) -> date:
    """The first day of the week that holds `day`; weekdays count from Monday as 0."""
    return day - timedelta(days=(day.weekday() - first_weekday) % 7)


def title(dates: list[date], today: date) -> str:
    """`22 to 28 November`, with months and years only where they are needed to tell."""
    first, last = dates[0], dates[-1]
    head = f"{first.day}"
    if first.month != last.month:
        head += f" {first:%B}"
    if first.year != last.year:
        head += f" {first.year}"
    tail = f"{last.day} {last:%B}"
    if not first.year == last.year == today.year:
        tail += f" {last.year}"
    return f"{head} to {tail}"


def board(
    rows: WeekRows,
    dates: list[date],
    today: date,
    chosen: Preferences,
    statuses: Mapping[str, SourceStatus] | None = None,
) -> Board:
    """The week's rows as texts; `statuses` say how the source of each row stands."""
    return Board(
        title=title(dates, today),
        heads=tuple(Head(f"{day:%A}", str(day.day), day == today, day > today) for day in dates),
        rows={
            row.NAME: tuple(
                cell(row, of_day(getattr(rows, row.NAME), day), day, today, chosen, (statuses or {}).get(row.NAME))
                for day in dates
            )
            for row in ROWS
        },
    )


def looks(head: Head, shown: Cell | None = None) -> str:
    """The classes of a day's head, or of one of its cells."""
    names = [shown.state if shown else "", "future" if head.future and not shown else "", "today" if head.today else ""]
    return " ".join(filter(None, [*names, "many" if shown and len(shown.entries) >= MANY else ""]))


def of_day(records: list[Any], day: date) -> list[Any]:
    return [record for record in records if record.date == day]


def cell(
    row: Row, records: list[Any], day: date, today: date, chosen: Preferences, status: SourceStatus | None
) -> Cell:
    """What there is of a day, or why there is nothing."""
    if row.GROWS and day > today:
        records = []  # what is planned for a day is no figure of it
    partial = row.GROWS and day == today
    age = reasons.age(day, today, status, partial)
    shown = row.cell(records, partial, age, chosen) if records else Cell("none")
    if shown.entries:
        return shown
    reason = reasons.explain(day, today, row.EMPTY, status)
    return Cell(reason.state, word=reason.word, note="" if reason.state == "future" else shown.note, why=reason.why)
