"""Reads our own export, the zip or one of its tables, back to the rows that it was made of (docs/formats.md 13.2)."""

import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from functools import partial
from typing import Any

from app.files.export import ACTIVITIES, COLUMNS, FORMAT, MANIFEST, VERSION, WEIGHT, unescape_formula
from app.files.records import DAYS, Activity, Day, How, Item, Member, Note, Refusal, WeighIn
from app.files.text import DAMAGE, Faults, Unreadable, base, from_json, rows

KIND = "own"
OUR_IDS = 10**12
"""Row ids of an installation begin here; any below are a provider's or the person's own."""
_NEEDED = {ACTIVITIES: {"start_utc", "start_local", "type"}, WEIGHT: {"weight_kg", "date"}}
_NEEDED |= {day.FILE: {next(iter(day.COLUMNS))} for day in DAYS}


def is_own(heads: Sequence[str]) -> str | None:
    """Which of the tables has such a header; None for none."""
    names = {head.strip() for head in heads}
    return next((table for table, needed in _NEEDED.items() if needed <= names), None)


def read(members: Sequence[Member], how: How) -> Iterator[Item]:
    """All rows of the tables; what the manifest says is checked first."""
    manifest = next((member for member in members if base(member.name) == MANIFEST), None)
    try:
        about = from_json(manifest) if manifest else {}
    except Unreadable as error:
        yield Note(MANIFEST, str(error))
        about = {}
    about = about if isinstance(about, dict) else {}
    if manifest and isinstance(version := about.get("version"), int) and version > VERSION:
        yield Refusal(manifest.name, "A newer Sevenday made this export; bring this one up to date first.")
        return
    for member in members:
        if member is not manifest:
            yield from _changed(member, about)
            yield from _table(member, how)


def _changed(member: Member, about: dict[str, Any]) -> Iterator[Item]:
    """A table that a person has edited is read all the same."""
    files = about.get("files") if about.get("format") == FORMAT else None
    said = files.get(base(member.name)) if isinstance(files, dict) else None
    if not isinstance(said, dict):
        return
    digest = hashlib.sha256()
    try:
        with member.open() as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    except DAMAGE:
        return  # the reader of the table says so
    if said.get("sha256") != digest.hexdigest():
        yield Note(member.name, "This table was changed since it was exported.")


def _table(member: Member, how: How) -> Iterator[Item]:
    faults = Faults(member.name)
    try:
        lines = rows(member)
        heads = [head.strip() for head in next(lines, [])]
        kind = is_own(heads)
        if kind is None:
            yield Refusal(member.name, f"This is none of the tables of our export ({', '.join(COLUMNS)}).")
            return
        for line in lines:
            cells = {head: text for head, text in zip(heads, line, strict=False) if text}
            try:
                yield _READERS[kind](cells, how, member.name)
            except (ValueError, KeyError, OverflowError):
                faults.add("a date or a number cannot be read", line)
    except Unreadable as error:
        faults.end = str(error)
    yield from faults.refusals()


def _number(cells: dict[str, str], name: str) -> float | None:
    """A whole number stays one, so that writing it again gives the same text."""
    text = cells.get(name)
    if text is None:
        return None
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(name)
    return int(text) if text.isdecimal() else value


def _whole(cells: dict[str, str], name: str) -> int | None:
    """An id, within what a database's bigint holds."""
    value = int(cells[name]) if name in cells else None
    if value is not None and not -(2**63) <= value < 2**63:
        raise ValueError(name)
    return value


def _text(cells: dict[str, str], name: str) -> str:
    return unescape_formula(cells.get(name, "")).replace("\0", "")


def _activity(cells: dict[str, str], how: How, member: str) -> Activity:
    """A row that was entered without an instant has only its wall clock; `start` is then assumed."""
    local = datetime.fromisoformat(cells["start_local"]) if "start_local" in cells else None
    if local is not None and local.tzinfo is not None:
        raise ValueError("start_local has no zone")
    assumed = "start_utc" not in cells
    start = (
        datetime.fromisoformat(cells["start_utc"]) if not assumed else (local or _missing()).replace(tzinfo=how.zone)
    )
    row, offset = _whole(cells, "id"), _number(cells, "utc_offset_s")
    return Activity(
        KIND,
        str(row) if row is not None else "",
        _text(cells, "type"),
        start.astimezone(UTC),
        _text(cells, "name"),
        distance=_number(cells, "distance_m"),
        moving_time=_number(cells, "moving_s"),
        elapsed_time=_number(cells, "elapsed_s"),
        average_speed=_number(cells, "average_speed_mps"),
        max_speed=_number(cells, "max_speed_mps"),
        average_cadence=_number(cells, "average_cadence_rpm"),
        average_heartrate=_number(cells, "average_heartrate_bpm"),
        max_heartrate=_number(cells, "max_heartrate_bpm"),
        total_elevation_gain=_number(cells, "elevation_gain_m"),
        offset=None if offset is None else round(offset),
        strava_id=row if row is not None and row < OUR_IDS else None,
        upload_id=_whole(cells, "upload_id"),
        member=member,
        local=local,
        assumed=assumed,
        account=_text(cells, "account"),
        source=_text(cells, "source"),
    )


def _missing() -> datetime:
    raise ValueError("neither start_utc nor start_local")


def _weight(cells: dict[str, str], _: How, member: str) -> WeighIn:
    """`key` is the row's point, "" where it had none."""
    return WeighIn(
        KIND,
        _text(cells, "point"),
        date.fromisoformat(cells["date"]),
        _kilograms(cells),
        time.fromisoformat(cells["time"]) if "time" in cells else None,
        _number(cells, "fat_percent"),
        _number(cells, "bmi"),
        member=member,
        account=_text(cells, "account"),
        source=_text(cells, "source"),
    )


def _kilograms(cells: dict[str, str]) -> float:
    weight = _number(cells, "weight_kg")
    if weight is None:
        raise ValueError("no weight")
    return weight


def _day(record: type[Day], cells: dict[str, str], _: How, member: str) -> Day:
    return record(
        KIND,
        date.fromisoformat(cells["date"]),
        **{field: _number(cells, column) for column, field in record.COLUMNS.items()},
        member=member,
        account=_text(cells, "account"),
        source=_text(cells, "source"),
    )


_READERS: dict[str, Callable[[dict[str, str], How, str], Item]] = {
    ACTIVITIES: _activity,
    WEIGHT: _weight,
    **{record.FILE: partial(_day, record) for record in DAYS},
}
