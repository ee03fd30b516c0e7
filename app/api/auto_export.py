"""Pure: what Health Auto Export posts (its JSON, versions 1 and 2) as records; what cannot be read is counted."""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from app.files import plausible, sports
from app.files.apple_values import instant, source
from app.files.numerals import KILOCALORIES, KILOGRAMS, METRES
from app.files.records import Activity, DayCalories, WeighIn
from app.records.account import PHONE

Record = Activity | WeighIn | DayCalories
Point = dict[str, Any]
WEIGHT, FAT = "weight_body_mass", "body_fat_percentage"
EATEN, ACTIVE, BASAL = "dietary_energy", "active_energy", "basal_energy_burned"
ENERGIES = (EATEN, ACTIVE, BASAL)
TWELVE_HOURS = re.compile(r"(.{10}) (\d{1,2}:\d\d:\d\d)\s*([AaPp])\.?[Mm]\.?\s*([-+]\d\d:?\d\d)")
"""Of a phone that is set to 12 hours."""


@dataclass
class Read:
    records: list[Record] = field(default_factory=list)
    refused: int = 0
    """How many of the points and workouts that this board takes could not be read."""


@dataclass(frozen=True)
class Stamp:
    """The phone's own day, and the instant; only the day of a figure of a whole day, which has midnight or no clock."""

    day: date
    at: datetime | None


def read(given: Any, now: datetime) -> Read:
    """`given` is the parsed body; `now` is aware. Raises ValueError where it is no such export."""
    data = given.get("data") if isinstance(given, dict) else None
    if not isinstance(data, dict) or not any(isinstance(data.get(name), list) for name in ("metrics", "workouts")):
        raise ValueError
    found = Read()
    points = metrics(data.get("metrics"), found, now)
    found.records += [*weigh_ins(points), *days(points)]
    for workout in objects(data.get("workouts")):
        try:
            found.records.append(activity(workout, now))
        except (ValueError, KeyError, TypeError, OverflowError, ArithmeticError):
            found.refused += 1
    return found


def objects(given: Any) -> list[Point]:
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def text(given: Any) -> str:
    return given if isinstance(given, str) else ""


def number(given: Any) -> float:
    """Raises ValueError for what is none, and for the infinities that JSON's large numbers become."""
    readable = isinstance(given, int | float | str) and not isinstance(given, bool)
    try:
        value = float(given) if readable else math.nan
    except OverflowError:
        raise ValueError from None
    if not math.isfinite(value):
        raise ValueError
    return value


def stamp(given: Any, now: datetime) -> Stamp:
    """Raises ValueError."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text(given)):
        day, at = date.fromisoformat(given), None
    else:
        at = local(given)
        day = at.date()
    if not plausible.EARLIEST <= day <= now.date() + timedelta(days=1) or (at and at > now + timedelta(minutes=10)):
        raise ValueError
    return Stamp(day, None if at is None or at.time() == time() else at.replace(microsecond=0))


def local(given: Any) -> datetime:
    """Aware. Raises ValueError."""
    said = " ".join(text(given).split())[:40]
    twelve = TWELVE_HOURS.fullmatch(said)
    if twelve:
        day, clock, half, ahead = twelve.groups()
        return datetime.strptime(f"{day} {clock} {half}M {ahead}", "%Y-%m-%d %I:%M:%S %p %z")
    return instant(said)


def metrics(given: Any, found: Read, now: datetime) -> dict[str, list[tuple[Stamp, float, str]]]:
    """By the metric's name its points: when, the value in kg, percent or kcal, and the source."""
    taken = defaultdict(list)
    for metric in objects(given):
        name = text(metric.get("name"))
        if name not in (WEIGHT, FAT, *ENERGIES):
            continue
        for point in objects(metric.get("data")):
            try:
                value = UNITS[name](number(point["qty"]), text(metric.get("units")).strip().lower())
                taken[name].append((stamp(point["date"], now), value, source(text(point.get("source")))))
            except (ValueError, KeyError):
                found.refused += 1
    return taken


def between(low: float, high: float, value: float) -> float:
    if not low <= value <= high:
        raise ValueError
    return value


def kilograms(value: float, unit: str) -> float:
    return between(20, 500, round(value * KILOGRAMS[unit], 3))


def percent(value: float, _unit: str) -> float:
    """Some versions say 0.185."""
    return between(1, 75, round(value * 100 if value < 1 else value, 2))


def kilocalories(value: float, unit: str) -> float:
    return between(0, 20_000, value * KILOCALORIES[unit])


UNITS: dict[str, Callable[[float, str], float]] = {
    WEIGHT: kilograms,
    FAT: percent,
    **dict.fromkeys(ENERGIES, kilocalories),
}


def weigh_ins(points: dict[str, list[tuple[Stamp, float, str]]]) -> Iterator[WeighIn]:
    """Each with the fat of the same moment."""
    fat = {when: value for when, value, _ in points[FAT]}
    for when, weight, _ in points[WEIGHT]:
        if when.at is None:
            yield WeighIn(PHONE, when.day.isoformat(), when.day, weight, fat=fat.get(when))
        else:
            key = when.at.astimezone(UTC).isoformat()
            clock = when.at.time()
            yield WeighIn(PHONE, key, when.day, weight, clock, fat.get(when), at=when.at)


def days(points: dict[str, list[tuple[Stamp, float, str]]]) -> Iterator[DayCalories]:
    """The sum of a day's points; of several sources that counted the same, the one with most. Burned is active and
    resting together: either alone is no day's figure."""
    sums = {name: summed(points[name]) for name in ENERGIES}
    complete = sums[ACTIVE].keys() & sums[BASAL].keys()
    for day in sorted(complete | sums[EATEN].keys()):
        burned = round(sums[ACTIVE][day] + sums[BASAL][day], 3) if day in complete else None
        figures = plausible.day(DayCalories(PHONE, day, sums[EATEN].get(day), burned))
        if figures:
            yield figures


def summed(points: list[tuple[Stamp, float, str]]) -> dict[date, float]:
    by_source: dict[tuple[date, str], float] = defaultdict(float)
    for when, value, name in points:
        by_source[when.day, name] += value
    found: dict[date, float] = {}
    for (day, _), value in by_source.items():
        found[day] = max(found.get(day, 0.0), round(value, 3))
    return found


def activity(workout: Point, now: datetime) -> Activity:
    """Raises ValueError, KeyError."""
    stamp(workout["start"], now)
    begin, end = local(workout["start"]), workout.get("end")
    start = begin.replace(microsecond=0).astimezone(UTC)
    said = seconds(workout.get("duration"))
    elapsed = (local(end) - begin).total_seconds() if end else said
    if not elapsed or not 0 < elapsed <= plausible.DAYS:
        raise ValueError
    moving = said if said and elapsed / 20 < said <= elapsed + 1 else elapsed  # once it was said in minutes
    name = text(workout.get("name"))
    sport = sports.of_word(name) or sports.in_text(name) or sports.WORKOUT
    ahead = begin.utcoffset()
    return plausible.activity(
        Activity(
            PHONE,
            f"{start.isoformat()} {sport}",
            sport,
            start,
            distance=measured(workout.get("distance"), METRES),
            moving_time=moving,
            elapsed_time=elapsed,
            average_heartrate=rate(workout, "avg"),
            max_heartrate=rate(workout, "max"),
            total_elevation_gain=measured(workout.get("elevationUp"), METRES),
            offset=int(ahead.total_seconds()) if ahead is not None else None,
        )
    )


def seconds(given: Any) -> float | None:
    """`2220`, or `{"qty": 2220}`."""
    try:
        return number(given.get("qty") if isinstance(given, dict) else given)
    except ValueError:
        return None


def measured(given: Any, units: dict[str, float]) -> float | None:
    """`{"qty": 8.2, "units": "km"}`; None for another unit, for 0, and for none."""
    try:
        return number(given["qty"]) * units[given["units"].lower()] or None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def rate(workout: Point, which: str) -> float | None:
    """Version 2 has both of `avgHeartRate` and `heartRate.avg`."""
    nested = workout.get("heartRate")
    inner = nested.get(which) if isinstance(nested, dict) else None
    return seconds(workout.get(f"{which}HeartRate", inner)) or None
