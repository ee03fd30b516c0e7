"""Reads the JSON of Garmin's account export: each day's energy, and weights (docs/formats.md 8.2)."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from app.files import plausible
from app.files.days import stamp
from app.files.records import DayCalories, How, Item, Member, WeighIn
from app.files.text import BAD, Faults, base, clean, entries

KIND = "garmin"
UTC_ZONE = ZoneInfo("UTC")


def is_wanted(name: str) -> bool:
    """By its name; the other thousands of JSON files there hold nothing that a week shows."""
    return base(name).startswith("udsfile_") or base(name).endswith("_userbiometrics.json")


def read(member: Member, how: How) -> Iterator[Item]:
    """Burned in all of each day that was worn to its end, and weigh-ins in kilograms."""
    faults = Faults(member.name)
    for entry in entries(member, faults):
        try:
            found = _weigh_in(entry, member.name, how) if "metaData" in entry else _day(entry, member.name, how)
        except BAD:
            faults.add("the entry cannot be read", entry)
            continue
        if found is None:
            continue
        if why := plausible.strange(found.date, how):
            faults.add(why, entry)
        elif whole := plausible.weigh_in(found) if isinstance(found, WeighIn) else plausible.day(found):
            yield whole
    yield from faults.refusals()


def _day(entry: dict[str, Any], name: str, how: How) -> DayCalories | None:
    """None for a day without energy, and for the person's today, which is not over."""
    day, kcal = date.fromisoformat(entry["calendarDate"]), entry.get("totalKilocalories")
    return DayCalories(KIND, day, burned=float(kcal), member=name) if kcal and day != how.today else None


def _weigh_in(entry: dict[str, Any], name: str, how: How) -> WeighIn | None:
    """Grams; the calendar's date is the person's own, the time stamp is UTC."""
    said = entry.get("weight")
    if not isinstance(said, dict) or not said.get("weight"):
        return None
    day = date.fromisoformat(clean(entry["metaData"]["calendarDate"], 40)[:10])
    printed = said.get("timestampGMT")
    at = stamp(str(printed)).instant(UTC_ZONE) if printed else None
    here = at.astimezone(how.zone) if at else None
    clock = here.time() if here and here.date() == day else None
    key = at.isoformat() if at else f"{day}"
    return WeighIn(KIND, key, day, round(float(said["weight"]) / 1000, 3), clock, at=at, member=name)
