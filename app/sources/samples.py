"""Turns Google Health data points into plain samples and joins them; pure, for it is where days and units go wrong."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from app.sources.records import Weight
from app.sources.values import instant, need, number, text, whole

NEAR = timedelta(minutes=10)
COPY_SECONDS, COPY_KILOGRAMS = 60, 0.06
"""Two of Google's sources round one weigh-in's second and its tenth differently."""


@dataclass(frozen=True)
class Sample:
    """One measurement: ``at`` is the person's own calendar and clock, naive. The unit is that of its kind."""

    name: str
    at: datetime
    value: float
    source: str = ""
    """Which of Google's data sources holds it."""


def weight_sample(point: object) -> Sample:
    """Kilograms (Google sends grams, up to a tonne). ValueError naming what is unusable
    (docs/providers.md, Google 3.6)."""
    sample = _sample(point, "weight", "weightGrams", 1.0, 1e6)
    return replace(sample, value=round(sample.value / 1000, 3))


def fat_sample(point: object) -> Sample:
    """Percent of the body that is fat. ValueError as above."""
    sample = _sample(point, "bodyFat", "percentage", 0.1, 100.0)
    return replace(sample, value=round(sample.value, 2))


def height_sample(point: object) -> Sample:
    """Metres (Google sends millimetres, as a string). ValueError as above, also for no human height."""
    sample = _sample(point, "height", "heightMillimeters", 300.0, 3000.0)
    return replace(sample, value=sample.value / 1000)


def _sample(point: object, key: str, unit: str, low: float, high: float) -> Sample:
    record = _object(point)
    content = _object(record.get(key))
    at = need("time", civil(_object(content.get("sampleTime"))))
    # Some kinds of point have no name; the time is the next most lasting thing about them.
    name = text(record.get("name")) or text(record.get("dataPointName")) or f"{key}@{at.isoformat()}"
    source = json.dumps(_object(record.get("dataSource")), sort_keys=True)
    return Sample(name, at, need(unit, number(content.get(unit), low, high)), source)


def civil(sample_time: dict[str, Any]) -> datetime | None:
    """The person's wall clock: ``civilTime``, or else ``physicalTime`` moved by ``utcOffset``
    (docs/providers.md, Google 3.5, 3.6)."""
    written = _object(sample_time.get("civilTime"))
    day = civil_date(written)
    at = _at_time(day, _object(written.get("time"))) if day else None
    return at or _shifted(instant(sample_time.get("physicalTime")), _seconds(sample_time.get("utcOffset")))


def _shifted(moment: datetime | None, offset: float | None) -> datetime | None:
    if moment is None or offset is None:
        return None
    try:
        return (moment + timedelta(seconds=offset)).replace(tzinfo=None)
    except OverflowError:
        return None


def civil_date(written: object) -> date | None:
    """The ``date`` of a CivilDateTime; None if there is none or it is in no calendar."""
    parts = _object(_object(written).get("date"))
    year, month, day = (whole(parts.get(part)) for part in ("year", "month", "day"))
    try:
        return date(year or 0, month or 0, day or 0)
    except (ValueError, OverflowError):
        return None


def _at_time(day: date, clock: dict[str, Any]) -> datetime | None:
    # A part that is zero is not sent, and midnight is {}.
    hours, minutes, seconds, nanos = (whole(clock.get(part, 0)) for part in ("hours", "minutes", "seconds", "nanos"))
    if hours is None or minutes is None or seconds is None or nanos is None:
        return None
    try:
        return datetime(day.year, day.month, day.day, hours, minutes, seconds, nanos // 1000)  # noqa: DTZ001
    except (ValueError, OverflowError):
        return None


def _seconds(duration: object) -> float | None:
    """``"-18000s"`` as seconds; a zero duration may be left out of the JSON."""
    if duration is None:
        return 0.0
    match = re.fullmatch(r"(-?\d{1,6}(\.\d{1,9})?)s", text(duration))
    return float(match[1]) if match else None


def join(weights: Iterable[Sample], fats: Iterable[Sample], heights: Iterable[Sample]) -> list[Weight]:
    """Weigh-ins, oldest first, with the body fat nearest in time (same day, within 10 minutes), which is of one of them
    alone, and the BMI by the latest height known at that moment."""
    in_order = sorted(weights, key=lambda sample: (sample.at, sample.name))
    own = nearest(in_order, fats)
    by_time = sorted(heights, key=lambda height: height.at)
    return [_weight(sample, own.get(sample.name), by_time) for sample in in_order]


def nearest(weights: list[Sample], fats: Iterable[Sample]) -> dict[str, Sample]:
    """The body fat of each weigh-in that has one, by its name; the closest in time are matched first, each once."""
    by_day = defaultdict(list)
    for fat in fats:
        by_day[fat.at.date()].append(fat)
    pairs = [(abs(fat.at - one.at), one.at, one, fat) for one in weights for fat in by_day[one.at.date()]]
    found: dict[str, Sample] = {}
    used: set[str] = set()
    for apart, _, one, fat in sorted(pairs, key=lambda pair: (*pair[:2], pair[2].name, pair[3].name)):
        if apart <= NEAR and one.name not in found and fat.name not in used:
            found[one.name] = fat
            used.add(fat.name)
    return found


def copies(weights: Iterable[Sample]) -> set[str]:
    """The names of weigh-ins that another of Google's data sources holds, too; the first by name of each is no copy."""
    left: list[Sample] = []
    found: set[str] = set()
    for one in sorted(weights, key=lambda sample: (sample.at.date(), sample.name)):
        near = (other for other in left if other.source != one.source and _same(one, other))
        if next(near, None):
            found.add(one.name)
        else:
            left = [other for other in left if other.at.date() >= one.at.date() - timedelta(days=1)] + [one]
    return found


def _same(one: Sample, other: Sample) -> bool:
    seconds = abs((one.at - other.at).total_seconds())
    return seconds <= COPY_SECONDS and abs(one.value - other.value) <= COPY_KILOGRAMS


def _weight(sample: Sample, fat: Sample | None, heights: list[Sample]) -> Weight:
    height = next((height for height in reversed(heights) if height.at <= sample.at), None)
    return Weight(
        point=sample.name,
        weight=sample.value,
        record_date=sample.at.date(),
        record_time=sample.at.time(),
        fat=fat.value if fat else None,
        bmi=round(sample.value / height.value**2, 2) if height else None,
    )


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
