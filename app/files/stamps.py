"""Instants and numbers as GPX and TCX write them."""

from datetime import UTC, datetime
from math import isfinite, nan
from typing import NamedTuple


class Stamp(NamedTuple):
    """Seconds since 1970, and the offset in seconds that stands behind the time: None for `Z` and for none at all."""

    seconds: float
    offset: int | None
    naive: bool


def stamp(text: str) -> Stamp | None:
    """ISO 8601 with any number of digits behind the second. `+00:00` and nothing say UTC, but no place's clock."""
    try:
        read = datetime.fromisoformat(text)
        ahead = read.utcoffset()
        instant = read.replace(tzinfo=UTC) if ahead is None else read
        return Stamp(instant.timestamp(), int(ahead.total_seconds()) or None if ahead else None, ahead is None)
    except (ValueError, OverflowError):
        return None


def number(text: str) -> float:
    """A finite number, else NaN."""
    try:
        read = float(text)
    except ValueError:
        return nan
    return read if isfinite(read) else nan
