"""Reads Cronometer's `biometrics.csv`, which has one measure a row, each with its unit (docs/formats.md 8.2)."""

from collections.abc import Iterator, Sequence
from datetime import date, time

from app.files import plausible
from app.files.days import stamp
from app.files.numerals import KILOGRAMS, number
from app.files.records import How, Item, Member, Refusal, WeighIn
from app.files.text import Faults, Unreadable, rows

KIND = "table"


def is_one(heads: Sequence[str]) -> bool:
    return {"day", "metric", "unit", "amount"} <= {head.strip().lower() for head in heads}


def read(member: Member, how: How) -> Iterator[Item]:
    """Weights, with the body fat of the same time or day."""
    faults = Faults(member.name)
    weights: dict[tuple[date, time | None], float] = {}
    fats: dict[tuple[date, time | None], float] = {}
    try:
        lines = rows(member)
        heads = [head.strip().lower() for head in next(lines, [])]
        for row in lines:
            _measure(dict(zip(heads, map(str.strip, row), strict=False)), weights, fats, faults, how)
    except Unreadable as error:
        yield Refusal(member.name, str(error))
    days = {day: fat for (day, _), fat in fats.items()}
    for (day, clock), weight in weights.items():
        fat = fats.get((day, clock), days.get(day))
        found = WeighIn(KIND, f"{day} {clock or weight}", day, weight, clock, fat, member=member.name)
        if whole := plausible.weigh_in(found):
            yield whole
    yield from faults.refusals()


Measures = dict[tuple[date, time | None], float]


def _measure(cells: dict[str, str], weights: Measures, fats: Measures, faults: Faults, how: How) -> None:
    metric = cells.get("metric", "").lower()
    if metric not in ("weight", "body fat"):
        return
    try:
        when = stamp(f"{cells['day']} {cells.get('time', '')}")
        value = number(cells["amount"])
        factor = KILOGRAMS[cells["unit"].lower()] if metric == "weight" else 1.0
    except (KeyError, ValueError):
        faults.add("a date, number or unit cannot be read", cells)
        return
    if why := plausible.strange(when.day, how):
        faults.add(why, cells)
    elif value:
        (weights if metric == "weight" else fats)[when.day, when.clock] = round(value * factor, 3)
