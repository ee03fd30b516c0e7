"""What may be believed of a value in somebody else's JSON; both clients read every field through here."""

import math
from datetime import UTC, datetime
from typing import TypeVar

BIGINT = 2**63 - 1
INTEGER = 2**31 - 1
Kind = TypeVar("Kind")


def number(value: object, low: float = 0.0, high: float = math.inf) -> float | None:
    """A finite number from ``low`` to ``high``, also when it was sent as a string; otherwise None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and low <= found <= high else None


def whole(value: object, low: int = 0, high: int = INTEGER) -> int | None:
    """A whole number from ``low`` to ``high``; a fractional one is rounded. Otherwise None."""
    if isinstance(value, str) and value.isdecimal() and len(value) < 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        # Only what is no integer goes through a float: an id may have more digits than a float keeps.
        found = number(value, low=-math.inf)
        value = None if found is None else round(found)
    return value if isinstance(value, int) and low <= value <= high else None


def identity(value: object) -> int | None:
    """A positive 64-bit id; unlike ``whole``, a fraction makes it None, for it would be someone else's id."""
    if isinstance(value, float) and not value.is_integer():
        return None
    return whole(value, low=1, high=BIGINT)


def text(value: object) -> str:
    """The string, without what PostgreSQL cannot store (NUL, half surrogates); "" for anything else."""
    if not isinstance(value, str):
        return ""
    return value.replace("\0", "").encode("utf-8", "replace").decode()


def instant(value: object) -> datetime | None:
    """An RFC 3339 time with 0 to 9 fraction digits as aware UTC (no zone means UTC); otherwise None."""
    local = wall_clock(value, keep_zone=True)
    if local is None:
        return None
    try:
        return local.astimezone(UTC) if local.tzinfo else local.replace(tzinfo=UTC)
    except OverflowError:
        return None


def wall_clock(value: object, keep_zone: bool = False) -> datetime | None:
    """The clock reading of a timestamp, naive: a zone in it is dropped, not converted
    (docs/providers.md, Strava 3.5)."""
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        return None
    return read if keep_zone else read.replace(tzinfo=None)


def need(name: str, value: Kind | None) -> Kind:
    """The value; ValueError naming the field when there is none."""
    if value is None:
        raise ValueError(f"no usable {name}")
    return value
