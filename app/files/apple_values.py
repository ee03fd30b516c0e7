"""What Apple Health prints: instants with the phone's offset, energies, sources (docs/formats.md 7.2, 7.3, 7.4)."""

from datetime import UTC, datetime
from functools import lru_cache
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from app.files.numerals import KILOCALORIES, METRES
from app.files.text import clean


def instant(text: str) -> datetime:
    """`2016-11-14 07:25:41 -0700` in that offset, which is the exporting phone's and no place's. Raises ValueError."""
    found = datetime.fromisoformat(text[:19] + text[20:] if text[19:20] == " " else text)
    if found.tzinfo is None or not 1000 < found.year < 9000:
        raise ValueError(text[:40])
    return found


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo | None:
    """The zone of an `HKTimeZone`; None for none, and for a name that is not known."""
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, KeyError):
        return None


def zone_of(element: Element) -> ZoneInfo | None:
    return zone(metadata(element, "HKTimeZone"))


def metadata(element: Element, key: str) -> str:
    entries = (entry for entry in element.iterfind("MetadataEntry") if entry.get("key") == key)
    entry = next(entries, None)
    return "" if entry is None else entry.get("value", "")


@lru_cache(maxsize=256)
def source(text: str) -> str:
    """A source's name, folded: it holds no-break spaces and curly apostrophes, not always the same."""
    return clean(text.replace("\u00a0", " ").replace("’", "'"), 80)


def kilocalories(value: str, unit: str) -> float:
    """`Cal` is kcal. Raises ValueError, KeyError."""
    return float(value) * KILOCALORIES[unit.lower()]


def metres(value: str, unit: str) -> float:
    """Raises ValueError, KeyError."""
    return float(value) * METRES[unit.lower()]


def utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
