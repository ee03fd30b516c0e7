"""Which column of Strava's `activities.csv` is which, in any language and of any year (docs/formats.md 3.2, 3.3)."""

import re
from collections.abc import Sequence

from app.files.days import Orders
from app.files.numerals import Separators, number
from app.files.strava_words import NAMES, OLD_TYPE, header

BEHIND_FILE = {
    "elapsed": 3,
    "moving": 4,
    "distance": 5,
    "max_speed": 6,
    "average_speed": 7,
    "gain": 8,
    "average_cadence": 17,
    "max_heartrate": 18,
    "average_heartrate": 19,
}
"""How far each stands behind the file's name, in every export since about 2020; in front of it the order is English."""
ENGLISH = {"id": 0, "date": 1, "name": 2, "type": 3, "elapsed_first": 5, "distance_first": 6, "file": 12}
_FILE = re.compile(r"activities/[^/]+\.(fit|gpx|tcx)(\.gz)?", re.IGNORECASE)
Row = Sequence[str]
Columns = dict[str, int]


def find(heads: Row, sample: Sequence[Row]) -> Columns | None:
    """Field -> index; None where neither the words nor the structure explain the numbers of the `sample`."""
    named = _named(heads)
    structural = _structural(heads, sample, named)
    tries = [structural | named, structural] if {"id", "date"} <= named.keys() else [structural]
    return next((columns for columns in tries if _explains(columns, sample)), None)


def is_export(heads: Row, sample: Sequence[Row]) -> bool:
    """By its headers in a language that is known, else by its ids and the names of its files."""
    if {"id", "date", "type", "elapsed"} <= _named(heads).keys():
        return True
    named = any(_FILE.fullmatch(text.strip()) for row in sample for text in row)
    return named and find(heads, sample) is not None


def cell(row: Row, columns: Columns, field: str) -> str:
    at = columns.get(field, len(row))
    return row[at].strip() if at < len(row) else ""


def in_metres(heads: Row) -> bool:
    """Until June 2019 the only distance was in metres; those headers are in small letters."""
    return bool(heads) and heads[0].strip() == "id"


def decimal(columns: Columns, sample: Sequence[Row]) -> str:
    """The decimal sign of the first distance, which follows the account's language."""
    seen = Separators()
    for row in sample:
        seen.see(cell(row, columns, "distance_first"))
    return seen.decimal()


def order(columns: Columns, sample: Sequence[Row]) -> str:
    """Day first, as every language's numeric form seen has it, unless a date can only be the other way."""
    seen = Orders()
    for row in sample:
        seen.see(cell(row, columns, "date"))
    return seen.order() or "dmy"


def _named(heads: Row) -> Columns:
    """Of a name that occurs twice the last is the exact one."""
    columns: Columns = {}
    for index, head in enumerate(map(header, heads)):
        field = "type" if head == OLD_TYPE and "type" not in columns else NAMES.get(head)
        if field in ("elapsed", "distance"):
            columns.setdefault(f"{field}_first", index)
        if field:
            columns[field] = index
    return columns


def _structural(heads: Row, sample: Sequence[Row], named: Columns) -> Columns:
    by_cells = next((index for row in sample for index, text in enumerate(row) if _FILE.fullmatch(text.strip())), None)
    at = named.get("file", ENGLISH["file"]) if by_cells is None else by_cells
    behind = {field: at + step for field, step in BEHIND_FILE.items()} if len(heads) > at + 22 else {}
    return {**ENGLISH, "elapsed": ENGLISH["elapsed_first"], "distance": ENGLISH["distance_first"], "file": at} | behind


def _explains(columns: Columns, sample: Sequence[Row]) -> bool:
    """Whether ids are digits, and the two distances and the two times say the same in most rows."""
    whole = [row for row in sample if cell(row, columns, "id").isdecimal()]
    agreeing = sum(_agree(row, columns) for row in whole)
    return bool(whole) and agreeing * 2 > len(whole)


def _agree(row: Row, columns: Columns) -> bool:
    try:
        first, second = (number(cell(row, columns, name)) for name in ("elapsed_first", "elapsed"))
        metres = number(cell(row, columns, "distance"))
        kilometres = [number(cell(row, columns, "distance_first"), mark) for mark in ".,"]
    except ValueError:
        return columns["distance_first"] == columns["distance"]
    if first is not None and second is not None and abs(first - second) > 1:
        return False
    if metres is None or kilometres[0] is None or columns["distance_first"] == columns["distance"]:
        return True
    return any(abs(km - metres / 1000) <= 0.011 or abs(km - metres) <= 1 for km in kilometres if km is not None)
