"""Pure: which seven days make the week, and the board that shows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.records.rows import WeekRows
from app.stats import cells
from app.stats.cells import Cell, Entry
from app.stats.reasons import Known

__all__ = ["Board", "Cell", "Entry", "Head", "asked", "board", "days", "title", "today"]

FIRST_WEEKDAY = {"monday": 0, "saturday": 5, "sunday": 6}
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Head:
    weekday: str
    number: str
    today: bool


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
    system: str,
    known: Mapping[str, Known] | None = None,
    goal: int | None = None,
) -> Board:
    """The week's rows as texts in the units of `system` (metric or imperial).

    `known` says how the source of each row stands, and `goal` is kcal eaten a day.
    """
    known = known or {}
    weights = {row.date: row for row in rows.weight}
    calories = {row.date: row for row in rows.calories}
    activities = {day: [row for row in rows.activities if row.date == day] for day in dates}
    return Board(
        title=title(dates, today),
        heads=tuple(Head(f"{day:%A}", str(day.day), day == today) for day in dates),
        rows={
            "weight": tuple(cells.weight(weights.get(d), d, today, system, known.get("weight")) for d in dates),
            "calories": tuple(cells.calories(calories.get(d), d, today, goal, known.get("calories")) for d in dates),
            "activities": tuple(
                cells.activities(activities[d], d, today, system, known.get("activities")) for d in dates
            ),
        },
    )
