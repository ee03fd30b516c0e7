"""Pure: what stands in one cell of the board, as texts."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from app import units
from app.records.rows import ActivityRow, CaloriesRow, WeightRow
from app.stats import reasons
from app.stats.reasons import Known

PARTS_OF_DAY = ("morning", "lunch", "afternoon", "evening", "night")


@dataclass(frozen=True)
class Entry:
    """One thing in a cell: `text` with its `unit`, what else is known of it in `note`; `kind` is only a style.

    `share` is its part of the person's goal in percent.
    """

    text: str
    unit: str = ""
    note: str = ""
    name: str = ""
    kind: str = ""
    share: int | None = None


@dataclass(frozen=True)
class Cell:
    """What stands in one cell. `state`: value, partial (today so far), or one of `reasons.Reason`.

    `why` is the sentence behind `word`.
    """

    state: str
    entries: tuple[Entry, ...] = ()
    word: str = ""
    note: str = ""
    why: str = ""


def weight(row: WeightRow | None, day: date, today: date, system: str, known: Known | None = None) -> Cell:
    if row is None:
        return empty(day, today, "No weigh-in", known)
    time = f"{row.time:%H:%M}" if row.time else ""
    fat = f"fat {row.fat:.1f}{units.NBSP}%" if row.fat is not None else ""
    note = joined([time, fat, reasons.age(day, today, known)])
    return Cell("value", (Entry(*units.weight(row.weight, system), note=note),))


def calories(row: CaloriesRow | None, day: date, today: date, goal: int | None, known: Known | None = None) -> Cell:
    burned = f"burned {row.burned:,.0f}" if row and row.burned is not None else ""
    if row is None or row.calories is None:
        return empty(day, today, "Nothing logged", known, burned)
    partial = day == today
    parts = ["so far" if partial else "", reasons.age(day, today, known, partial)]
    note = joined([*parts, against(row.calories, goal, partial), burned])
    share = round(100 * row.calories / goal) if goal else None
    return Cell("partial" if partial else "value", (Entry(f"{row.calories:,.0f}", "kcal", note, share=share),))


def against(kcal: float, goal: int | None, partial: bool) -> str:
    """`210 over`, `160 under`, `620 left` today; '' without a goal."""
    if not goal:
        return ""
    if kcal > goal:
        return f"{kcal - goal:,.0f} over"
    return f"{goal - kcal:,.0f} {'left' if partial else 'under'}"


def activities(rows: list[ActivityRow], day: date, today: date, system: str, known: Known | None = None) -> Cell:
    if not rows:
        return empty(day, today, "No activity", known)
    note = joined([total(rows, system), reasons.age(day, today, known)])
    return Cell("value", tuple(activity(row, system) for row in rows), note=note)


def activity(row: ActivityRow, system: str) -> Entry:
    """`Run, 8.2 km` with `42:10, 5:08 /km, 148 bpm` below; without a distance `Yoga, 45 min`."""
    heart = f"{row.heartrate:.0f}{units.NBSP}bpm" if row.heartrate else ""
    effort = units.effort(row.activity_type, row.distance, row.moving_time, system) if row.distance else ""
    facts = [units.clock(row.moving_time), effort, heart] if row.distance else [heart]
    title = headline(row.activity_type, row.distance, row.moving_time, system)
    return Entry(title, note=joined(facts), name=own_name(row), kind=units.family(row.activity_type))


def headline(sport_type: str | None, metres: float | None, seconds: int | None, system: str) -> str:
    """`Run, 8.2 km`; without a distance `Yoga, 45 min`."""
    size = units.distance(metres, system) if metres else units.duration(seconds)
    return joined([units.sport(sport_type), size])


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


def empty(day: date, today: date, word: str, known: Known | None, note: str = "") -> Cell:
    reason = reasons.missing(day, today, word, known)
    return Cell(reason.state, word=reason.word, note="" if reason.state == "future" else note, why=reason.why)


def joined(parts: Iterable[str]) -> str:
    return ", ".join(part for part in parts if part)
