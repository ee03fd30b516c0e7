"""Takeout's CSV tree: `timestamp` in UTC, one value, and the source that it came from (docs/formats.md 6.2)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from app.files import plausible
from app.files.days import stamp
from app.files.numerals import number
from app.files.records import How, Member
from app.files.text import Faults, Unreadable, clean, rows

UTC_ZONE = ZoneInfo("UTC")


@dataclass(frozen=True)
class Reading:
    """A value at an instant (aware UTC), from one data source."""

    at: datetime
    value: float
    source: str
    member: str


def readings(members: Sequence[Member], columns: Sequence[str], how: How) -> tuple[list[Reading], list[Faults]]:
    """All rows of small tables, with what could not be read."""
    faults = [Faults(member.name) for member in members]
    found = [one for member, fault in zip(members, faults, strict=True) for one in table(member, columns, how, fault)]
    return found, faults


def table(member: Member, columns: Sequence[str], how: How, faults: Faults) -> Iterator[Reading]:
    """The rows of one table; the value is in the first of `columns` that the header has."""
    try:
        lines = rows(member)
        heads = [head.strip().lower() for head in next(lines, [])]
        at = next((heads.index(name) for name in columns if name in heads), None)
        if at is None or "timestamp" not in heads:
            if len(heads) > 1:
                faults.add("the columns are not known", heads)
            return
        source = heads.index("data source") if "data source" in heads else None
        for row in lines:
            if one := _reading(row, heads.index("timestamp"), at, source, member.name, how, faults):
                yield one
    except Unreadable as error:
        faults.end = str(error)


def _reading(
    row: list[str], when: int, at: int, source: int | None, name: str, how: How, faults: Faults
) -> Reading | None:
    try:
        instant = stamp(row[when]).instant(UTC_ZONE)
        value = number(row[at])
    except (ValueError, IndexError):
        faults.add("the time or the number cannot be read", row)
        return None
    if why := plausible.strange(instant.date(), how):
        faults.add(why, row)
        return None
    said = clean(row[source], 80) if source is not None and source < len(row) else ""
    return None if value is None else Reading(instant, value, said, name)
