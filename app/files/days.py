"""Dates and clocks as exports print them, in the languages of the vendors (docs/formats.md 3.4, 8.1)."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

_MONTHS = (
    "jan january januar janv janvier gen gennaio ene enero januari janeiro",
    "feb february februar févr fév février fevr febbraio febrero februari fev fevereiro",
    "mar march märz mär mrz mars mrt maart marzo março",
    "apr april avr avril aprile abr abril",
    "may mai mei mag maggio mayo maj maio",
    "jun june juni juin giu giugno junio junho",
    "jul july juli juil juillet lug luglio julio julho",
    "aug august août aou ago agosto augustus augusti",
    "sep sept september septembre set settembre septiembre setembro",
    "oct october okt oktober octobre ott ottobre octubre out outubro",
    "nov november novembre noviembre novembro",
    "dec december dez dezember déc décembre dic dicembre diciembre dezembro",
)
MONTHS = {word: number for number, words in enumerate(_MONTHS, 1) for word in words.split()}
_CLOCK = re.compile(
    r"(?<!\d)(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<part>\d+))?)?"
    r"(?:\s*(?P<zone>z|utc|gmt)?\s*(?P<offset>[-+]\d\d:?\d\d)?(?=\s*$))?"
)
_AFTERNOON = re.compile(r"\bp\.?\s?m\b|下午|오후|午後")
_MORNING = re.compile(r"\ba\.?\s?m\b|上午|오전|午前")
_TOKENS = re.compile(r"\d+|[^\W\d_]+")


@dataclass(frozen=True)
class Stamp:
    """A printed moment: the day, the clock if there is one, and the offset from UTC if it says one."""

    day: date
    clock: time | None = None
    offset: timedelta | None = None

    def instant(self, zone: ZoneInfo) -> datetime:
        """Aware UTC, by the printed offset, else by the zone; a day without a clock is its midnight."""
        tz = zone if self.offset is None else timezone(self.offset)
        return datetime.combine(self.day, self.clock or time(), tz).astimezone(UTC)

    def local(self, zone: ZoneInfo) -> "Stamp":
        """The person's own day and clock: a printed offset is a place's clock, but UTC itself is nobody's."""
        if self.offset is None or self.offset or self.clock is None:
            return self
        here = self.instant(zone).astimezone(zone)
        return Stamp(here.date(), here.time(), self.offset)


def stamp(text: str, order: str = "dmy") -> Stamp:
    """`order` is dmy or mdy where both could be meant. Raises ValueError for what is no date."""
    bare = text.strip()
    try:
        found = _iso(bare)
    except ValueError:
        found = _printed(bare[:80].replace("\u00a0", " ").replace("\u202f", " ").lower(), order)
    # Beyond these no zone can be applied.
    if not 1000 < found.day.year < 9000 or abs(found.offset or timedelta()) > timedelta(hours=14):
        raise ValueError(f"not a date: {text[:40]!r}")
    return found


def _iso(text: str) -> Stamp:
    if text.isdecimal() and len(text) in (10, 13):
        return _split(datetime.fromtimestamp(int(text[:10]), UTC))
    if len(text) == 10:
        return Stamp(date.fromisoformat(text))
    if len(text) < 16:
        raise ValueError(text)
    return _split(datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-")))


def _split(moment: datetime) -> Stamp:
    return Stamp(moment.date(), moment.time(), moment.utcoffset())


def _printed(text: str, order: str) -> Stamp:
    found = _CLOCK.search(text)
    day = _day(text[: found.start()] + " " + text[found.end() :] if found else text, order)
    if not found:
        return Stamp(day)
    hour = int(found["hour"])
    if _AFTERNOON.search(text) or _MORNING.search(text):
        hour = hour % 12 + (12 if _AFTERNOON.search(text) else 0)
    micro = int((found["part"] or "0").ljust(6, "0")[:6])
    return Stamp(day, time(hour, int(found["minute"]), int(found["second"] or 0), micro), _offset(found))


def _offset(found: re.Match[str]) -> timedelta | None:
    if said := found["offset"]:
        minutes = int(said[1:3]) * 60 + int(said[-2:])
        return timedelta(minutes=-minutes if said[0] == "-" else minutes)
    return timedelta() if found["zone"] else None


def _day(text: str, order: str) -> date:
    tokens = _TOKENS.findall(text)
    numbers = [token for token in tokens if token.isdecimal() and len(token) < 5]
    months = [MONTHS[token] for token in tokens if token in MONTHS]
    if months and len(numbers) == 2:
        day, year = numbers if len(numbers[0]) < 3 else reversed(numbers)
        return date(_year(year), months[0], int(day))
    if len(numbers) != 3:
        raise ValueError(f"not a date: {text[:40]!r}")
    if len(numbers[0]) == 4:
        return date(*map(int, numbers))
    day, month = numbers[:2] if order == "dmy" else (numbers[1], numbers[0])
    return date(_year(numbers[2]), int(month), int(day))


def _year(text: str) -> int:
    return 2000 + int(text) if len(text) == 2 else int(text)


class Orders:
    """Whether a column writes the day or the month first, seen over all its cells (docs/formats.md 8.1)."""

    def __init__(self) -> None:
        self.votes: Counter[str] = Counter()
        self.either: list[str] = []

    def see(self, text: str) -> None:
        found = re.match(r"\s*(\d{1,2})([-/. ]+)(\d{1,2})[-/. ]+\d{2,4}(?!\d)", text)
        if not found:
            return
        first, second = int(found[1]), int(found[3])
        if first > 12 or second > 12 or "." in found[2]:
            self.votes["mdy" if second > 12 else "dmy"] += 1
        elif first != second and len(self.either) < 3 and text.strip() not in self.either:
            self.either.append(text.strip())

    def order(self, answer: str = "") -> str:
        """dmy or mdy, or "" where only the person knows it."""
        if len(self.votes) == 1:
            return next(iter(self.votes))
        return answer if answer in ("dmy", "mdy") else "" if self.votes or self.either else "dmy"
