"""Writes all that a person has as tables and a manifest, which own.py reads back (docs/formats.md 13.2)."""

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from app.files.records import DAYS, DayCalories

FORMAT, VERSION = "sevenday-export", 1
ACTIVITIES, WEIGHT, CALORIES, MANIFEST = "activities.csv", "weight.csv", DayCalories.FILE, "manifest.json"
COLUMNS: dict[str, tuple[str, ...]] = {
    ACTIVITIES: (
        *("id", "account", "source", "start_utc", "start_local", "utc_offset_s", "type", "name", "distance_m"),
        *("moving_s", "elapsed_s", "average_speed_mps", "max_speed_mps", "average_heartrate_bpm", "max_heartrate_bpm"),
        *("average_cadence_rpm", "elevation_gain_m", "upload_id"),
    ),
    WEIGHT: ("date", "time", "weight_kg", "fat_percent", "bmi", "account", "source", "point"),
    **{day.FILE: ("date", *day.COLUMNS, "account", "source") for day in DAYS},
}
"""Each file's columns; a row is a mapping of them, with None (or nothing) for what is unknown."""
Row = Mapping[str, Any]
BOM = b"\xef\xbb\xbf"
"""Makes Excel read umlauts right."""
_BLOCK = 1 << 16
_FORMULA = re.compile(r"'*[=+@\t\r-]")


def escape_formula(text: str) -> str:
    """With an apostrophe before what a spreadsheet would take for a formula. A text with apostrophes in front of such
    a sign gets one too, so that unescape_formula() gives back exactly what was there."""
    return f"'{text}" if _FORMULA.match(text) else text


def unescape_formula(text: str) -> str:
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text


def cell(value: Any) -> str:
    """Numbers in the shortest form that reads back equal, instants in UTC, "" for what is unknown."""
    if value is None:
        return ""
    if isinstance(value, str):
        return escape_formula(value)
    if isinstance(value, datetime):
        aware = value.tzinfo is not None
        return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z" if aware else value.isoformat()
    return value.isoformat() if isinstance(value, date | time) else repr(value)


def table(name: str, rows: Iterable[Row]) -> Iterator[bytes]:
    """The file `name` in pieces: UTF-8 with BOM, comma, CRLF (RFC 4180)."""
    columns = COLUMNS[name]
    yield BOM
    yield from _csv([columns], csv.QUOTE_MINIMAL)
    yield from _csv(([cell(row.get(column)) for column in columns] for row in rows), csv.QUOTE_MINIMAL)


def _csv(lines: Iterable[Iterable[str]], quoting: Any) -> Iterator[bytes]:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=quoting, lineterminator="\r\n")
    for line in lines:
        writer.writerow(line)
        if text.tell() > _BLOCK:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def fitbit_body(rows: Iterable[Row]) -> Iterator[bytes]:
    """The last weigh-in of each day in the form that Garmin Connect imports: Fitbit's `Body` (docs/formats.md 9).

    `rows` are those of weight.csv by date and time; Garmin asks for the unit, which is kg. Unknown is 0 there.
    """
    days = {row["date"]: row for row in rows}
    yield b"Body\r\nDate,Weight,BMI,Fat\r\n"
    lines = (
        [f"{day}", *(f"{row.get(name) or 0:.2f}" for name in ("weight_kg", "bmi", "fat_percent"))]
        for day, row in days.items()
    )
    yield from _csv(lines, csv.QUOTE_ALL)


class _Sink(io.RawIOBase):
    """Takes what zipfile writes, so that it can be sent on at once."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.pieces.append(bytes(data))
        return len(data)

    def drain(self) -> Iterator[bytes]:
        pieces, self.pieces = self.pieces, []
        yield from pieces


def archive(
    tables: Mapping[str, Callable[[], Iterable[Row]]], made: datetime, program: str, zone: str
) -> Iterator[bytes]:
    """A zip of the tables by their names and the manifest, in pieces; rows are asked for one table after the other.

    `made` is aware UTC, `program` its version, `zone` the person's IANA name.
    """
    sink = _Sink()
    files: dict[str, dict[str, Any]] = {}
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as whole:
        for name in COLUMNS:
            rows = _Counted(tables[name]())
            digest = hashlib.sha256()
            with whole.open(_info(name, made), "w") as member:
                for piece in table(name, rows):
                    digest.update(piece)
                    member.write(piece)
                    yield from sink.drain()
            files[name] = {"rows": rows.count, "sha256": digest.hexdigest()}
        about = {"format": FORMAT, "version": VERSION, "made_at": cell(made), "program": program, "zone": zone}
        whole.writestr(_info(MANIFEST, made), json.dumps({**about, "files": files}, indent=1))
    yield from sink.drain()


class _Counted:
    """Counts the rows that pass."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self.rows:
            self.count += 1
            yield row


def _info(name: str, made: datetime) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, made.timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    return info
