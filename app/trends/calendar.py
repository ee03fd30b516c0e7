"""Pure: the calendar of active days as titles, numbers and words, and as a year of dots."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.trends import figures
from app.trends.figures import Effort

COLUMN, ROW, LEFT, TOP = 22.4, 22.4, 40.0, 20.0
"""Of the dots, in the units of the drawing."""
DOTS = ((3600, "whole"), (1800, "half"), (1, "little"))
"""From so many seconds of moving time on, a dot has this size."""


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


@dataclass(frozen=True)
class Year:
    """Dots by their size, a path each, columns of weeks; `months` and `weekdays` are (units, name)."""

    fact: str
    width: float
    dots: dict[str, str]
    today: tuple[float, float]
    months: list[tuple[float, str]]
    weekdays: list[tuple[float, str]]


def year(efforts: Sequence[Effort], today: date, first_weekday: int) -> Year:
    """The twelve months of the calendar, a dot a day: the larger, the longer one moved."""
    since = figures.year(today)
    begin = figures.week_of(since, first_weekday)
    seconds: Counter[date] = Counter()
    for effort in efforts:
        seconds[effort.date] += max(1, effort.seconds)

    def place(day: date) -> tuple[float, float]:
        week, row = divmod((day - begin).days, 7)
        return round(LEFT + week * COLUMN, 1), round(TOP + row * ROW, 1)

    days = [since + timedelta(days=n) for n in range((today - since).days + 1)]
    dots: dict[str, str] = dict.fromkeys(["none", *(name for _, name in reversed(DOTS))], "")
    for day in days:
        x, y = place(day)
        dots[size(seconds[day])] += f"M{x:g} {y:g}h0"
    active = [day for day in days if seconds[day]]
    return Year(
        year_fact(active, since),
        place(today)[0] + COLUMN,
        dots,
        place(today),
        [(place(day)[0], f"{day:%b}" + (f" {day.year}" if day.month == 1 else "")) for day in days if day.day == 1],
        [
            (TOP + n * ROW + 4, f"{begin + timedelta(days=n):%a}")
            for n in range(7)
            if (first_weekday + n) % 7 in (0, 2, 4)
        ],
    )


def size(seconds: int) -> str:
    return next((name for least, name in DOTS if seconds >= least), "none")


def year_fact(active: Sequence[date], since: date) -> str:
    """`247 active days since ...; the larger the dot, the longer you moved. The longest run: 11, to 3 July.`"""
    fact = f"{active_days(len(active))} since {since:%B} {since.year}."
    run, longest, last = 0, 0, since
    for n, day in enumerate(active):
        run = run + 1 if n and day - active[n - 1] == timedelta(days=1) else 1
        if run > longest:
            longest, last = run, day
    if longest < 2:
        return fact
    return f"{fact} The larger the dot, the longer you moved. The longest run of active days: {longest}, in {last:%B}."
