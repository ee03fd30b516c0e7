"""Apple Health's weigh-ins: an app's copies are one, with the fat of the same minute (docs/formats.md 7.4)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from app.files import plausible
from app.files.apple_values import instant, source, utc, zone_of
from app.files.numerals import KILOGRAMS
from app.files.records import How, WeighIn

KIND = "apple"
MASS, FAT, BMI = "BodyMass", "BodyFatPercentage", "BodyMassIndex"
APART = timedelta(minutes=2)
SAME = 0.05
"""Kilograms."""


@dataclass(frozen=True)
class _Measured:
    at: datetime
    value: float
    source: str
    zone: ZoneInfo | None


class WeighIns:
    """Collects what scales measured; there are few of these in any export."""

    def __init__(self, how: How, member: str) -> None:
        self.how, self.member = how, member
        self.found: dict[str, list[_Measured]] = {MASS: [], FAT: [], BMI: []}

    def add(self, kind: str, record: Element) -> None:
        """Raises ValueError, KeyError."""
        value = float(record.attrib["value"])
        if kind == MASS:
            value = round(value * KILOGRAMS[record.attrib["unit"].lower()], 3)
        elif kind == FAT and value <= 1:
            value = round(value * 100, 3)
        at = utc(instant(record.attrib["startDate"]))
        self.found[kind].append(_Measured(at, value, source(record.get("sourceName", "")), zone_of(record)))

    def items(self) -> Iterator[WeighIn]:
        fats, indices = (_by_minute(self.found[kind]) for kind in (FAT, BMI))
        for one in _once(self.found[MASS]):
            here = one.at.astimezone(one.zone or self.how.zone)
            fat, bmi = _near(fats, one.at), _near(indices, one.at)
            key = f"{one.at.isoformat()} {one.source}"
            found = WeighIn(KIND, key, here.date(), one.value, here.time(), fat, bmi, one.at, self.member)
            if not plausible.strange(found.date, self.how) and (whole := plausible.weigh_in(found)):
                yield whole


def _once(found: list[_Measured]) -> Iterator[_Measured]:
    """Of the same weight from several sources within two minutes the first."""
    kept: list[_Measured] = []
    for one in sorted(found, key=lambda one: (one.at, one.source)):
        kept = [other for other in kept if one.at - other.at <= APART]
        if not any(abs(other.value - one.value) <= SAME and _copies(one, other) for other in kept):
            kept.append(one)
            yield one


def _copies(one: _Measured, other: _Measured) -> bool:
    return one.source != other.source or one.at == other.at


def _by_minute(found: list[_Measured]) -> dict[datetime, float]:
    return {one.at.replace(second=0, microsecond=0): one.value for one in found}


def _near(values: dict[datetime, float], at: datetime) -> float | None:
    minute = at.replace(second=0, microsecond=0)
    near = (values.get(minute + timedelta(minutes=step)) for step in (0, -1, 1))
    return next((value for value in near if value is not None), None)
