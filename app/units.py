"""Pure: figures in SI units to the words and units that a person reads."""

import re
from collections.abc import Mapping
from functools import lru_cache
from unicodedata import bidirectional

NBSP = "\N{NO-BREAK SPACE}"
"""Between a figure and its unit, so that they stay on one line."""

KG_PER_POUND = 0.45359237
METRES_PER_MILE = 1609.344
METRES_PER_YARD = 0.9144
METRES_PER_FOOT = 0.3048

ON_FOOT = {"Run", "TrailRun", "VirtualRun", "Walk", "Hike", "Snowshoe"}
SPORTS = {
    "EBikeRide": "E-bike ride",
    "EMountainBikeRide": "E-mountain bike ride",
    "HighIntensityIntervalTraining": "HIIT",
    "StandUpPaddling": "Stand-up paddling",
}
"""Strava's sport types whose words cannot be told from their capitals; the rest, known or not, are split there."""


def weight(kilograms: float, system: str) -> tuple[str, str]:
    """(`72.4`, `kg`)."""
    if system == "imperial":
        return f"{kilograms / KG_PER_POUND:.1f}", "lb"
    return f"{kilograms:.1f}", "kg"


def mass(kilograms: float, system: str) -> str:
    """`72.4 kg`."""
    return NBSP.join(weight(kilograms, system))


def kcal(value: float) -> str:
    """`2,240 kcal`."""
    return f"{value:,.0f}{NBSP}kcal"


def distance(metres: float, system: str) -> str:
    """`8.2 km`, `400 m`; miles and yards in imperial."""
    unit, length, small, small_length = (
        ("mi", METRES_PER_MILE, "yd", METRES_PER_YARD) if system == "imperial" else ("km", 1000.0, "m", 1.0)
    )
    if metres < 0.95 * length:
        return f"{metres / small_length:.0f}{NBSP}{small}"
    return f"{metres / length:,.1f}{NBSP}{unit}"


def height(metres: float, system: str) -> str:
    """`124 m`; feet in imperial."""
    if system == "imperial":
        return f"{metres / METRES_PER_FOOT:,.0f}{NBSP}ft"
    return f"{metres:,.0f}{NBSP}m"


def clock(seconds: int | None) -> str:
    """`42:10`, `1:03:20`; empty when unknown."""
    if not seconds:
        return ""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def duration(seconds: int | None) -> str:
    """`45 min`, `1 h 05 min`; empty when unknown."""
    if not seconds:
        return ""
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours:,}{NBSP}h{NBSP}{minutes:02}{NBSP}min" if hours else f"{minutes or 1}{NBSP}min"


def effort(sport_type: str | None, metres: float, seconds: int | None, system: str) -> str:
    """Pace on foot (`5:08 /km`) and in water (`1:55 /100 m`), speed elsewhere (`24.3 km/h`); of the moving time."""
    if not seconds or metres <= 0:
        return ""
    imperial = system == "imperial"
    if sport_type in ON_FOOT:
        length, unit = (METRES_PER_MILE, "mi") if imperial else (1000.0, "km")
        return f"{clock(round(seconds * length / metres))}{NBSP}/{unit}"
    if sport_type == "Swim":
        length, unit = (100 * METRES_PER_YARD, f"100{NBSP}yd") if imperial else (100.0, f"100{NBSP}m")
        return f"{clock(round(seconds * length / metres))}{NBSP}/{unit}"
    length, unit = (METRES_PER_MILE, "mph") if imperial else (1000.0, "km/h")
    return f"{metres / length / seconds * 3600:.1f}{NBSP}{unit}"


@lru_cache
def sport(sport_type: str | None) -> str:
    """`MountainBikeRide` as `Mountain bike ride`; a type that nobody knew when this was written reads well too."""
    if not sport_type:
        return "Workout"
    return SPORTS.get(sport_type) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", sport_type).capitalize()


def isolated(text: str) -> str:
    """Somebody's own words within a sentence of ours: those from right to left take nothing beside them along."""
    if any(bidirectional(letter) in ("R", "AL") for letter in text):
        return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"
    return text


def family(sport_type: str | None) -> str:
    """run, ride or other: the colour of an activity."""
    if sport_type in ON_FOOT:
        return "run"
    return "ride" if sport_type and sport_type.endswith("Ride") else "other"


ICONS = {
    "Walk": "walk", "Hike": "walk", "Snowshoe": "walk", "Swim": "swim", "Yoga": "yoga", "Pilates": "yoga",
    "WeightTraining": "strength", "Crossfit": "strength", "Workout": "strength",
    "HighIntensityIntervalTraining": "strength",
}  # fmt: skip
"""The drawing of a sport that its family's does not show."""


def sport_classes(sport_type: str | None) -> str:
    """`run walk`: an activity's colour (its family) and, where it has one of its own, its drawing."""
    return " ".join(filter(None, [family(sport_type), ICONS.get(sport_type or "")]))


def counts(found: Mapping[str, int]) -> str:
    """`1,132 activities, 3 days of calories and 1 weigh-in`, by what one of each is called."""
    texts = [f"{count:,} {word if count == 1 else several(word)}" for word, count in found.items()]
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)


def several(word: str) -> str:
    """`activities`, `days of calories`, `weigh-ins`."""
    first, of, rest = word.partition(" of ")
    return f"{first.removesuffix('y')}ies" if first.endswith("ty") else f"{first}s{of}{rest}"
