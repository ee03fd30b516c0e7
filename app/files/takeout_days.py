"""Takeout's days: what was burned, minute by minute and in two trees, and what was eaten (docs/formats.md 6.4, 6.5)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from app.files import plausible
from app.files.days import stamp
from app.files.records import DayCalories, How, Item, Member, Note
from app.files.text import BAD, Faults, entries
from app.files.utc_tables import table

KIND = "takeout"
WHOLE = 1300
"""Minutes without which a day's sum is no figure of the whole day."""
PADDED = 720
"""Minutes of one and the same value, to the end of all data, that nobody lives: Fitbit fills a chunk up with them."""
PASSED_ON = ("health connect", "health kit", "healthkit", "3p web api")
"""Sources that only pass on what a tracker counted already."""


@dataclass
class _Day:
    """One day's minutes of one source."""

    member: str
    kcal: float = 0.0
    filled: bytearray = field(default_factory=lambda: bytearray(1440))
    minutes: int = 0
    last: float = -1.0
    run: int = 0

    def add(self, minute: int, kcal: float, file: int) -> None:
        """A minute that another file brought already is not counted again; an autumn hour in one file is."""
        if self.filled[minute] not in (0, file):
            return
        self.filled[minute] = file
        self.kcal += kcal
        self.minutes += 1
        self.run = self.run + 1 if kcal == self.last else 1
        self.last = kcal


def burned(legacy: Sequence[Member], tables: Sequence[Member], how: How) -> Iterator[Item]:
    """A day is the CSV's where that has it whole, else the JSON's, never both."""
    faults: list[Faults] = []
    old: dict[date, _Day] = {}
    for number, member in enumerate(legacy):
        faults.append(fault := Faults(member.name))
        _legacy(member, old, number % 255 + 1, fault)
    new: dict[str, dict[date, _Day]] = {}
    for number, member in enumerate(tables):
        faults.append(fault := Faults(member.name))
        _table(member, new, number % 255 + 1, how, fault)
    for fault in faults:
        yield from fault.refusals()
    padding = [*_unpadded(old), *(padded for days in new.values() for padded in _unpadded(days))]
    if padding:
        yield Note(padding[0], "Minutes that Fitbit filled up behind the last sync were left out.")
    yield from _chosen(old, new, how)


def _legacy(member: Member, days: dict[date, _Day], file: int, faults: Faults) -> None:
    for entry in entries(member, faults):
        try:
            day, minute = _printed(entry["dateTime"])
            kcal = float(entry["value"])
        except BAD:
            faults.add("the minute cannot be read", entry)
            continue
        _count(days, day, minute, kcal, member.name, file)


def _printed(text: str) -> tuple[date, int]:
    """`MM/DD/YY HH:MM:SS` as day and minute; there are millions of them."""
    return _day(text[:8]), int(text[9:11]) * 60 + int(text[12:14])


@lru_cache(maxsize=64)
def _day(text: str) -> date:
    return stamp(text, "mdy").day


def _table(member: Member, sources: dict[str, dict[date, _Day]], file: int, how: How, faults: Faults) -> None:
    for one in table(member, ("calories",), how, faults):
        local = one.at.astimezone(how.zone)
        minute = local.hour * 60 + local.minute
        _count(sources.setdefault(one.source, {}), local.date(), minute, one.value, one.member, file)


def _count(days: dict[date, _Day], day: date, minute: int, kcal: float, name: str, file: int) -> None:
    """No more than 100 kcal are burned in a minute."""
    if 0 <= kcal <= 100 and 0 <= minute < 1440:
        (days.get(day) or days.setdefault(day, _Day(name))).add(minute, kcal, file)


def _unpadded(days: dict[date, _Day]) -> list[str]:
    """Drops the days that the filling reaches; returns the members that had any. A life of one value stays."""
    reached: list[date] = []
    value: float | None = None
    for day in sorted(days, reverse=True):
        found = days[day]
        if value is not None and found.last != value:
            break
        value = found.last
        reached.append(day)
        if found.run < found.minutes:
            break
    lives = any(found.run < found.minutes for found in days.values())
    if not lives or sum(days[day].run for day in reached) < PADDED:
        return []
    return [days.pop(day).member for day in reached if days[day].run > 1440 - WHOLE]


def _chosen(old: dict[date, _Day], new: dict[str, dict[date, _Day]], how: How) -> Iterator[Item]:
    partial: list[_Day] = []
    for day in sorted({*old, *(day for days in new.values() for day in days)}):
        found = _best([(source, days[day]) for source, days in new.items() if day in days], old.get(day))
        if found.minutes < WHOLE:
            partial.append(found)
        elif not plausible.strange(day, how) and (
            whole := plausible.day(DayCalories(KIND, day, burned=round(found.kcal, 2), member=found.member))
        ):
            yield whole
    if partial:
        why = f"Days of which not all minutes are there, so that their sum says nothing: {len(partial):,}."
        yield Note(partial[0].member, why)


def _best(offered: list[tuple[str, _Day]], old: _Day | None) -> _Day:
    """The greatest of the CSV's own sources, then of those that pass on, then the JSON; a whole day before a part."""
    ranked = sorted(offered, key=lambda pair: (any(word in pair[0].lower() for word in PASSED_ON), -pair[1].kcal))
    days = [*(day for _, day in ranked), *([old] if old else [])]
    return next((day for day in days if day.minutes >= WHOLE), days[-1])


def eaten(members: Sequence[Member], how: How) -> Iterator[Item]:
    """The sum of a day's food; a day without any food is not there (docs/formats.md 6.5)."""
    days: dict[date, float] = {}
    seen: set[str] = set()
    names: dict[date, str] = {}
    for member in members:
        faults = Faults(member.name)
        for key, day, kcal in _foods(member, how, faults):
            if key not in seen:
                seen.add(key)
                days[day] = days.get(day, 0.0) + kcal
                names.setdefault(day, member.name)
        yield from faults.refusals()
    for day, kcal in sorted(days.items()):
        if whole := plausible.day(DayCalories(KIND, day, eaten=round(kcal, 2), member=names[day])):
            yield whole


def _foods(member: Member, how: How, faults: Faults) -> Iterator[tuple[str, date, float]]:
    for number, entry in enumerate(entries(member, faults)):
        try:
            day = date.fromisoformat(entry["logDate"][:10])
            kcal = _energy(entry)
        except BAD:
            faults.add("the food has no day or no calories", entry)
            continue
        if why := plausible.strange(day, how):
            faults.add(why, entry)
        elif 0 < kcal < 50_000:
            yield str(entry.get("logId") or (member.name, number)), day, kcal


def _energy(entry: dict[str, Any]) -> float:
    said = (entry.get("nutritionalValues") or {}).get("calories")
    return float(said if said is not None else entry["loggedFood"]["calories"])
