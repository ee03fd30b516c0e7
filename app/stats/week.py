"""Pure: which seven days make the week, and what stands in each cell of the board and why."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.stats import units
from app.stats.rows import ActivityRow, CaloriesRow, WeekRows, WeightRow

FIRST_WEEKDAY = {"monday": 0, "saturday": 5, "sunday": 6}
PARTS_OF_DAY = ("morning", "lunch", "afternoon", "evening", "night")
ROWS = ("weight", "calories", "activities")


@dataclass(frozen=True)
class Entry:
    """One thing in a cell: `text` with its `unit`, what else is known of it in `note`; `kind` is only a style."""

    text: str
    unit: str = ""
    note: str = ""
    name: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Cell:
    """What stands in one cell. `state`: value, partial (today so far), none (nothing recorded), or future."""

    state: str
    entries: tuple[Entry, ...] = ()
    word: str = ""
    note: str = ""


@dataclass(frozen=True)
class Head:
    weekday: str
    number: str
    today: bool


@dataclass(frozen=True)
class Board:
    """The whole week as texts: seven heads, and seven cells for each of ROWS."""

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
        first = day - timedelta(days=(day.weekday() - FIRST_WEEKDAY[start]) % 7)
        return [first + timedelta(days=n) for n in range(7)]
    except OverflowError:
        raise ValueError(f"{day} is outside the calendar") from None


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


def board(rows: WeekRows, dates: list[date], today: date, system: str) -> Board:
    """The week's rows as texts in the units of `system` (metric or imperial)."""
    weights = {row.date: row for row in rows.weight}
    calories = {row.date: row for row in rows.calories}
    return Board(
        title=title(dates, today),
        heads=tuple(Head(f"{day:%A}", str(day.day), day == today) for day in dates),
        rows={
            "weight": tuple(weight_cell(weights.get(day), day, today, system) for day in dates),
            "calories": tuple(calories_cell(calories.get(day), day, today) for day in dates),
            "activities": tuple(
                activities_cell([row for row in rows.activities if row.date == day], day, today, system)
                for day in dates
            ),
        },
    )


def weight_cell(row: WeightRow | None, day: date, today: date, system: str) -> Cell:
    if row is None:
        return empty(day, today, "No weigh-in")
    time = f"{row.time:%H:%M}" if row.time else ""
    fat = f"fat {row.fat:.1f}{units.NBSP}%" if row.fat is not None else ""
    return Cell("value", (Entry(*units.weight(row.weight, system), note=joined([time, fat])),))


def calories_cell(row: CaloriesRow | None, day: date, today: date) -> Cell:
    burned = f"burned {row.burned:,.0f}" if row and row.burned is not None else ""
    if row is None or row.calories is None:
        return empty(day, today, "Nothing logged", burned)
    if day == today:
        return Cell("partial", (Entry(f"{row.calories:,.0f}", "kcal", note=joined(["so far", burned])),))
    return Cell("value", (Entry(f"{row.calories:,.0f}", "kcal", note=burned),))


def activities_cell(rows: list[ActivityRow], day: date, today: date, system: str) -> Cell:
    if not rows:
        return empty(day, today, "No activity")
    return Cell("value", tuple(activity_entry(row, system) for row in rows), note=total(rows, system))


def activity_entry(row: ActivityRow, system: str) -> Entry:
    """`Run, 8.2 km` with `42:10, 5:08 /km, 148 bpm` below; without a distance `Yoga, 45 min`."""
    sport = units.sport(row.activity_type)
    heart = f"{row.heartrate:.0f}{units.NBSP}bpm" if row.heartrate else ""
    if not row.distance:
        return Entry(
            joined([sport, units.duration(row.moving_time)]),
            note=heart,
            name=own_name(row),
            kind=units.family(row.activity_type),
        )
    facts = [
        units.clock(row.moving_time),
        units.effort(row.activity_type, row.distance, row.moving_time, system),
        heart,
    ]
    return Entry(
        joined([sport, units.distance(row.distance, system)]),
        note=joined(facts),
        name=own_name(row),
        kind=units.family(row.activity_type),
    )


def own_name(row: ActivityRow) -> str:
    """The name that the person gave; `Morning Run` is Strava's own and says nothing that the cell does not."""
    letters = re.sub("[^a-z]", "", (row.name or "").lower())
    given_by_strava = letters in {part + (row.activity_type or "").lower() for part in PARTS_OF_DAY}
    return "" if given_by_strava else row.name or ""


def total(rows: list[ActivityRow], system: str) -> str:
    """The sum of a day's activities where there are several."""
    if len(rows) < 2:
        return ""
    metres = sum(row.distance or 0 for row in rows)
    seconds = sum(row.moving_time or 0 for row in rows)
    return "Together " + joined([units.distance(metres, system) if metres else "", units.duration(seconds)])


def empty(day: date, today: date, word: str, note: str = "") -> Cell:
    """A cell without a value: a day to come stays blank; on a day that is not over, there may yet be one."""
    if day > today:
        return Cell("future", word="To come")
    return Cell("none", word=f"{word} yet" if day == today else word, note=note)


def joined(parts: Iterable[str]) -> str:
    return ", ".join(part for part in parts if part)
