"""Reads the archive that Strava mails, or its `activities.csv` alone, in any language (docs/formats.md 3)."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from app.files import plausible, sports
from app.files.days import stamp
from app.files.numerals import number
from app.files.records import Activity, Athlete, How, Item, Member, Note, Refusal
from app.files.strava_columns import Columns, Row, cell, decimal, find, in_metres, order
from app.files.strava_words import header
from app.files.text import Faults, Unreadable, base, clean, rows

ReadSingle = Callable[[Member, How], Iterable[Item]]
"""The dispatcher's reader of one FIT, GPX or TCX."""
KIND = "strava"
UTC_ZONE = ZoneInfo("UTC")
SAMPLE = 400
GAPS = (
    *("distance", "moving_time", "elapsed_time", "average_speed", "max_speed", "average_cadence"),
    *("average_heartrate", "max_heartrate", "total_elevation_gain", "offset", "position"),
)
"""What the attached file may fill where the table says nothing; the table's own figures win (docs/formats.md 3.5)."""


def read(members: Sequence[Member], how: How, single: ReadSingle) -> Iterator[Item]:
    """The athlete, the rows of the table with what their files know besides, then the files without a row."""
    table = min((m for m in members if base(m.name) == "activities.csv"), key=lambda m: m.name.count("/"), default=None)
    table = table or (members[0] if len(members) == 1 else None)
    files = {_stem(member.name): member for member in members if "activities/" in f"/{member.name}".lower()}
    yield from _athlete(members)
    if table is None:
        yield from _without_row(files, how, single)
        return
    try:
        yield from _activities(table, files, how, single, alone=len(members) == 1)
    except Unreadable as error:
        yield Refusal(table.name, str(error))


def _stem(name: str) -> str:
    return base(name.replace("\\", "/")).removesuffix(".gz")


def _athlete(members: Sequence[Member]) -> Iterator[Item]:
    profile = next((m for m in members if base(m.name) == "profile.csv"), None)
    try:
        lines = list(islice(rows(profile), 2)) if profile else []
    except Unreadable:
        return
    # The column is the first in every language; its header is translated.
    if len(lines) == 2 and lines[1][0].strip().isdecimal() and len(lines[1][0]) < 19:
        yield Athlete(int(lines[1][0]), profile.name if profile else "")


def _activities(table: Member, files: dict[str, Member], how: How, single: ReadSingle, alone: bool) -> Iterator[Item]:
    lines = rows(table)
    heads = next(lines, [])
    sample = list(islice(lines, SAMPLE))
    if not sample:
        yield Note(table.name, "The table of activities is empty.")
        return
    columns = find(heads, sample)
    if columns is None:
        shown = clean(", ".join(map(header, heads)), 200)
        raise Unreadable(f"The columns of this table of activities are not understood: {shown}")
    reader = _Rows(table.name, columns, sample, in_metres(heads))
    missing = 0
    for row in _all_rows(table):
        found = reader.activity(row, how)
        if found is None:
            continue
        file = files.pop(_stem(cell(row, columns, "file")), None)
        missing += bool(cell(row, columns, "file")) and file is None
        if file is not None:
            found = yield from _with_file(found, file, how, single)
        yield plausible.activity(_finished(found, cell(row, columns, "type")))
    yield from reader.faults.refusals()
    if missing and not alone:
        yield Note(table.name, _missing(missing))
    yield from _without_row(files, how, single)


def _missing(count: int) -> str:
    files = "1 file that the table names is" if count == 1 else f"{count:,} files that the table names are"
    return f"{files} not there; read from the table alone."


def _all_rows(table: Member) -> Iterator[list[str]]:
    return islice(rows(table), 1, None)


class _Rows:
    """Makes an activity of a row of the table; what it cannot read it keeps in `faults`."""

    def __init__(self, name: str, columns: Columns, sample: Sequence[Row], metres: bool) -> None:
        self.faults = Faults(name)
        self.columns, self.metres = columns, metres
        self.mark, self.order = decimal(columns, sample), order(columns, sample)

    def activity(self, row: Row, how: How) -> Activity | None:
        """None where the row has no id or no date that can be."""
        if any(text.strip() == "#error#" for text in row):
            self.faults.add("Strava failed to write them (#error#)", row[:4])
            return None
        said = cell(row, self.columns, "id")
        if not said.isdecimal() or len(said) > 18:
            self.faults.add("the activity's id is not a whole number", row[:4])
            return None
        try:
            start = stamp(cell(row, self.columns, "date"), self.order).instant(UTC_ZONE)
        except ValueError:
            self.faults.add("the date cannot be read", row[:4])
            return None
        if why := plausible.strange(start.date(), how):
            self.faults.add(why, row[:4])
            return None
        return self._totals(row, int(said), start)

    def _totals(self, row: Row, key: int, start: datetime) -> Activity:
        word = sports.of_word(cell(row, self.columns, "type"))
        return Activity(
            KIND,
            str(key),
            word or "",
            start,
            clean(cell(row, self.columns, "name")),
            distance=self._distance(row, word),
            moving_time=self._number(row, "moving"),
            elapsed_time=self._number(row, "elapsed"),
            average_speed=self._number(row, "average_speed") or None,
            max_speed=self._number(row, "max_speed") or None,
            average_cadence=self._number(row, "average_cadence") or None,
            average_heartrate=self._number(row, "average_heartrate") or None,
            max_heartrate=self._number(row, "max_heartrate") or None,
            total_elevation_gain=self._number(row, "gain"),
            strava_id=key,
            upload_id=self._upload(row, key),
            member=self.faults.member,
        )

    def _number(self, row: Row, field: str, mark: str = ".") -> float | None:
        try:
            return number(cell(row, self.columns, field), mark)
        except ValueError:
            return None

    def _distance(self, row: Row, word: str | None) -> float | None:
        """Metres; 0 where that only says that the sport has none is None."""
        found = self._metres(row, word)
        return found if found or sports.has_distance(word or "") else None

    def _metres(self, row: Row, word: str | None) -> float | None:
        exact = self.columns["distance"] != self.columns["distance_first"]
        if exact and (metres := self._number(row, "distance")) is not None:
            return metres
        first = self._number(row, "distance_first", self.mark)
        # Swims and rows are printed in metres, all else in kilometres.
        whole = self.metres or word in ("Swim", "Rowing")
        return first if first is None or whole else first * 1000

    def _upload(self, row: Row, key: int) -> int | None:
        """The number of the file's name is the upload's, but for what the app recorded: there it is the id
        (docs/formats.md 3.5)."""
        stem = _stem(cell(row, self.columns, "file")).split(".")[0]
        return int(stem) if stem.isdecimal() and len(stem) < 19 and int(stem) != key else None


def _with_file(found: Activity, file: Member, how: How, single: ReadSingle) -> Generator[Item, None, Activity]:
    """Returns the row with its gaps filled by the file; what is wrong with the file is only noted."""
    inside: list[Activity] = []
    for item in single(file, how):
        if isinstance(item, Activity):
            inside.append(item)
        elif isinstance(item, Refusal):
            yield Note(file.name, f"Read from the table alone: {item.why}")
        elif isinstance(item, Note):
            yield item
    return _filled(found, inside)


def _filled(found: Activity, inside: Sequence[Activity]) -> Activity:
    """Of a triathlon's legs the one that begins with the row counts."""
    near = min(inside, key=lambda other: abs(other.start - found.start), default=None)
    if near is None or abs(near.start - found.start) > timedelta(days=1):
        return found
    gaps = {name: getattr(near, name) for name in GAPS if getattr(found, name) is None}
    sport = near.activity_type if near.activity_type != sports.WORKOUT else ""  # which the table's own word tells more
    return replace(found, activity_type=found.activity_type or sport, **gaps)


def _finished(found: Activity, word: str) -> Activity:
    speed = found.average_speed
    if speed is None and found.distance and found.moving_time:
        speed = found.distance / found.moving_time
    return replace(found, average_speed=speed, activity_type=found.activity_type or clean(word, 60) or "Workout")


def _without_row(files: dict[str, Member], how: How, single: ReadSingle) -> Iterator[Item]:
    for file in files.values():
        inside = list(single(file, how))
        yield from inside
        if any(isinstance(item, Activity) for item in inside):
            yield Note(file.name, "No row of activities.csv names this file; it was read by itself.")
