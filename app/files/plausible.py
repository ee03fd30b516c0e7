"""What a real person's record can hold: anything beyond is a unit, a clock or a file gone wrong."""

import math
from dataclasses import replace
from datetime import date, timedelta

from app.files.records import Activity, DayCalories, How, WeighIn

EARLIEST = date(1970, 1, 1)
DAYS = 31 * 86400.0
"""The longest that a forgotten pause was seen to last, in seconds (docs/formats.md 4.3)."""
RANGES = {
    "distance": (0, 2e7),
    "moving_time": (0, DAYS),
    "elapsed_time": (0, 4 * DAYS),
    "average_speed": (0, 400),
    "max_speed": (0, 400),
    "average_cadence": (0, 400),
    "average_heartrate": (1, 300),
    "max_heartrate": (1, 300),
    "total_elevation_gain": (0, 1e5),
}
"""Metres, seconds, m/s, rpm, bpm."""


def within(value: float | None, low: float, high: float) -> float | None:
    """The value, or None where it is none or beyond."""
    return value if value is not None and math.isfinite(value) and low <= value <= high else None


def strange(day: date, how: How) -> str:
    """Why no record can be of this day, to follow `because`; "" where one can."""
    if day < EARLIEST:
        return "the date lies before 1970"
    # The person's today may be a day behind the place of the record.
    return "the date lies in the future" if day > how.today + timedelta(days=1) else ""


def activity(found: Activity) -> Activity:
    """Without the figures that cannot be."""
    wrong = {
        name: None
        for name, (low, high) in RANGES.items()
        if (value := getattr(found, name)) is not None and within(value, low, high) is None
    }
    return replace(found, **wrong) if wrong else found  # type: ignore[arg-type]


def weigh_in(found: WeighIn) -> WeighIn | None:
    """None where the weight is nobody's; 0 stands for not measured."""
    if within(found.weight, 2, 700) is None:
        return None
    return replace(found, fat=within(found.fat, 0.5, 90), bmi=within(found.bmi, 3, 250))


def day(found: DayCalories) -> DayCalories | None:
    """None where neither figure can be; 0 stands for nothing logged."""
    eaten, burned = within(found.eaten, 0.5, 50_000), within(found.burned, 0.5, 50_000)
    return None if eaten is None and burned is None else replace(found, eaten=eaten, burned=burned)
