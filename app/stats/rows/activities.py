"""Pure: the board's row of activities."""

import math
import re
from datetime import date
from typing import Any

from app import units
from app.records.rows import ActivityDetail, ActivityRow, DayRows, Preferences
from app.stats.cells import Cell, Entry, joined, weekday
from app.stats.day import Part, facts, source
from app.stats.numbers import Number, counted

NAME = "activities"
METRIC = ("strava", "activities")
DEVICE: tuple[str, str] | None = None
EMPTY = "No activity"
NOTHING = "No activity is recorded."
GROWS = False
KEY = "id"
HEADS: tuple[str, ...] = ("Start", "Sport", "Name", "Distance", "Moving time")

PARTS_OF_DAY = ("morning", "lunch", "afternoon", "evening", "night")
ON_STRAVA = "https://www.strava.com/activities/{id}"


def cell(records: list[ActivityRow], _partial: bool, age: str, chosen: Preferences) -> Cell:
    system = chosen.units
    return Cell("value", tuple(entry(row, system) for row in records), note=age, total=total(records, system))


def entry(row: ActivityRow, system: str) -> Entry:
    """`Run, 8.2 km` with `42:10, 5:08 /km, 148 bpm` below; without a distance `Yoga, 45 min`."""
    heart = bpm(row.heartrate)
    effort = units.effort(row.activity_type, row.distance, row.moving_time, system) if row.distance else ""
    details = [units.clock(row.moving_time), effort, heart] if row.distance else [heart]
    title = headline(row.activity_type, row.distance, row.moving_time, system)
    return Entry(title, note=joined(details), name=own_name(row), kind=units.sport_classes(row.activity_type))


def headline(sport_type: str | None, metres: float | None, seconds: int | None, system: str) -> str:
    """`Run, 8.2 km`; without a distance `Yoga, 45 min`."""
    size = units.distance(metres, system) if metres else units.duration(seconds)
    return joined([units.sport(sport_type), size])


def own_name(row: ActivityRow) -> str:
    """The name that the person gave; `Morning Run` is Strava's own and says nothing that the cell does not."""
    letters = re.sub("[^a-z]", "", (row.name or "").lower())
    given_by_strava = letters in {part + (row.activity_type or "").lower() for part in PARTS_OF_DAY}
    return "" if given_by_strava else row.name or ""


def number(
    title: str, records: list[ActivityRow], _before: list[ActivityRow], _today: date, chosen: Preferences
) -> Number:
    """Moving time, with the distance and how many below."""
    if not records:
        return Number(title, EMPTY)
    found = (*total(records, chosen.units), counted(len(records), "activity", "activities"))
    return Number(title, found[0], (joined(found[1:]),) if found[1:] else ())


def total(rows: list[ActivityRow], system: str) -> tuple[str, ...]:
    """(`2 h 41 min`, `24.6 km`), what is known of it."""
    metres = sum(row.distance or 0 for row in rows)
    seconds = sum(row.moving_time or 0 for row in rows)
    return tuple(filter(None, [units.duration(seconds), units.distance(metres, system) if metres else ""]))


def item(row: ActivityRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "activity_type": row.activity_type,
        "speed": row.speed,
        "cadence": row.cadence,
        "heartrate": row.heartrate,
        "distance": row.distance,
        "moving_time": row.moving_time,
    }


def change(before: dict[str, Any] | None, now: dict[str, Any] | None, system: str) -> str:
    if now is None:
        return f"{named(before, system)}, removed from {weekday(before)}" if before else ""
    if before is None:
        return f"{named(now, system)}, added to {weekday(now)}"
    if before["date"] != now["date"]:
        return f"{named(now, system)}, moved from {weekday(before)} to {weekday(now)}"
    if named(before, system) != named(now, system):
        return f"{named(now, system)}, on {weekday(now)} corrected from {named(before, system)}"
    if before["name"] != now["name"] and now["name"]:
        return f"{named(now, system)}, on {weekday(now)} is now called {units.isolated(now['name'])}"
    return f"{named(now, system)}, on {weekday(now)} corrected" if before != now else ""


def named(item: dict[str, Any], system: str) -> str:
    return headline(item["activity_type"], item["distance"], item["moving_time"], system)


def parts(rows: DayRows, system: str) -> tuple[Part, ...]:
    return tuple(workout(detail, system) for detail in rows.activities)


def of_day(title: str, rows: DayRows, _partial: bool, chosen: Preferences) -> Number:
    if not rows.activities:
        return Number(title, NOTHING)
    climbed = sum(one.climb or 0 for one in rows.activities)
    count = counted(len(rows.activities), "activity", "activities")
    notes = joined([count, f"{units.height(climbed, chosen.units)} of climb" if climbed else ""])
    found = (*total([one.row for one in rows.activities], chosen.units), notes)
    return Number(title, found[0], found[1:])


def workout(detail: ActivityDetail, system: str) -> Part:
    row = detail.row
    effort = units.effort(row.activity_type, row.distance, row.moving_time, system) if row.distance else ""
    highest = f"at most {detail.max_heartrate:.0f}" if detail.max_heartrate else ""
    shown = facts(
        ("moving", units.clock(row.moving_time)),
        ("in all", units.clock(detail.elapsed_time) if detail.elapsed_time != row.moving_time else ""),
        ("pace" if "/" in effort and "km/h" not in effort else "speed", effort),
        ("heart rate", joined([bpm(row.heartrate), highest])),
        ("climb", units.height(detail.climb, system) if detail.climb else ""),
    )
    return Part(
        detail.start.time(),
        units.sport_classes(row.activity_type).split()[-1],
        headline(row.activity_type, row.distance, row.moving_time, system),
        shown,
        name=own_name(row),
        kind=units.sport_classes(row.activity_type),
        source=source(detail.account),
        address=ON_STRAVA.format(id=row.id) if detail.account.startswith("strava:") else "",
        entry=f"activity-{row.id}",
    )


def bpm(rate: float | None) -> str:
    return f"{rate:.0f}{units.NBSP}bpm" if rate else ""


def latest(record: Any, system: str) -> list[str]:
    return [
        f"{record.start_date_local:%Y-%m-%d %H:%M}",
        units.sport(record.activity_type),
        record.name or "",
        units.distance(record.distance, system) if record.distance and math.isfinite(record.distance) else "",
        units.clock(record.moving_time),
    ]
