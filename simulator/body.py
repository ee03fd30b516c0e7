"""The scale, the food diary and the watch of the made-up athlete, date by date and without any state."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from math import cos, pi
from random import Random
from zoneinfo import ZoneInfo

from simulator.training import Activity, local

FOODS = {
    "BREAKFAST": ("Oatmeal with berries", "Bread, eggs and tomato", "Muesli with yoghurt"),
    "LUNCH": ("Lentil soup", "Pasta with pesto", "Rice bowl with tofu"),
    "DINNER": ("Chicken and potatoes", "Vegetable curry", "Salmon with rice"),
    "SNACK": ("Banana", "Nut bar", "Apple & cheese"),
}
MEALS = (("BREAKFAST", 7.2, 340, 520), ("LUNCH", 12.4, 560, 820), ("DINNER", 19.0, 640, 900))


@dataclass(frozen=True)
class Sample:
    """One measurement: grams, per cent or millimetres. `digits` is how many of the second's decimals the wire shows."""

    number: int
    at: datetime
    value: float
    by_hand: bool = False
    digits: int = 0


@dataclass(frozen=True)
class Meal:
    number: int
    at: datetime
    kind: str
    food: str
    kcal: float


def usual_kg(day: date) -> float:
    """From 78 kg at the end of 2024 to 72.5 kg two years later, a little more in winter; fixed per date for ever."""
    progress = min(1.0, max(0.0, (day - date(2024, 11, 15)).days / 735))
    return 78 - 5.5 * progress**2 * (3 - 2 * progress) + 0.3 * cos(2 * pi * day.timetuple().tm_yday / 365)


def _at(day: date, hour: float, zone: str, micro: int = 0) -> datetime:
    return local(datetime.combine(day, time()) + timedelta(hours=hour, microseconds=micro), ZoneInfo(zone))


@lru_cache(maxsize=20_000)
def weigh_ins(seed: str, day: date, zone: str, sure: bool = False) -> tuple[tuple[Sample, ...], tuple[Sample, ...]]:
    """Weights and body fats of the day. One day in six has none, unless it is `sure` to have one."""
    rng = Random(f"{seed}:{day}:body")
    kg = usual_kg(day) + rng.gauss(0, 0.3)
    morning = _weight(rng, 0, day, zone, rng.randint(23_400, 29_400), kg)
    evening = _weight(rng, 1, day, zone, rng.randint(73_800, 78_600), kg + 0.5)
    skipped, twice, has_fat = rng.random() < 1 / 6, rng.random() < 0.12, rng.random() < 0.85
    if skipped and not sure:
        return (), ()
    weights = (morning, evening) if twice else (morning,)
    return weights, tuple(_fat(rng, weight) for weight in weights if has_fat)


def _weight(rng: Random, nth: int, day: date, zone: str, second: int, kg: float) -> Sample:
    digits = rng.choice((0, 3, 6, 9))
    micro = rng.randrange(1000) * 1000 if digits == 3 else rng.randrange(1_000_000) if digits else 0
    grams: float = round(kg * 10) * 100 if rng.random() < 0.6 else round(kg * 1000 + 0.5, 1)
    number = 7_001_000_000_000_000_000 + day.toordinal() * 100 + nth
    return Sample(number, _at(day, second / 3600, zone, micro), grams, rng.random() < 0.2, digits)


def _fat(rng: Random, weight: Sample) -> Sample:
    percent = round(17 + (weight.value / 1000 - 72) * 0.9 + rng.uniform(-0.4, 0.4), 1)
    number = weight.number + 1_000_000_000_000_000
    return replace(weight, number=number, at=weight.at + timedelta(seconds=rng.randint(2, 6)), value=percent)


def height(day: date, zone: str) -> Sample:
    return Sample(7_003_000_000_000_000_001, _at(day, 9, zone), 1780, by_hand=True)


@lru_cache(maxsize=20_000)
def meals(seed: str, day: date, zone: str, sure: bool = False) -> tuple[Meal, ...]:
    """What was logged; on one day in twelve nothing, unless the day is `sure` to have something."""
    rng = Random(f"{seed}:{day}:food")
    if rng.random() < 1 / 12 and not sure:
        return ()
    snacks = [("SNACK", hour, 90, 260) for hour in rng.sample((10.2, 15.5, 21.2), rng.randrange(3))]
    plan = sorted([*MEALS, *snacks], key=lambda meal: meal[1])
    return tuple(
        meal(
            day, n, _at(day, hour + rng.randrange(30) / 60, zone), kind, rng.choice(FOODS[kind]), rng.randint(low, high)
        )
        for n, (kind, hour, low, high) in enumerate(plan)
    )


def meal(day: date, nth: int, at: datetime, kind: str, food: str, kcal: float) -> Meal:
    return Meal(7_100_000_000_000_000_000 + day.toordinal() * 100 + nth, at, kind, food, kcal)


def burned(seed: str, day: date, done: Iterable[Activity], share: float = 1.0) -> float:
    """Total kcal once `share` of the day is over and `done` was trained: 2,200 to 2,900 for a whole day."""
    calm = Random(f"{seed}:{day}:burned").uniform(2180, 2330)
    return round(calm * share + min(600.0, 0.7 * sum(a["calories"] for a in done)), 2)
