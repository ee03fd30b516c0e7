"""TCX: an activity's laps are summed; where they say nothing, or what cannot be, its points (docs/formats.md 5.2)."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import nan

from app.files import outings, zones
from app.files.records import Activity, How, Item, Member, Note, Refusal
from app.files.stamps import number, stamp
from app.files.text import base, clean
from app.files.tracks import EARLIEST, Mean, Track, joined
from app.files.xml_stream import Hostile, attribute, counted, parse

_SLACK = 60.0  # s that the laps' timer may be over the wall time before it is not believed
_DAY = 86_400.0
_TITLE = 100  # longer notes are a diary, not a name
_OF_A_POINT = {*outings.OF_A_POINT, "Time", "LatitudeDegrees", "LongitudeDegrees", "DistanceMeters"}
_OF_A_LAP = {"TotalTimeSeconds", "DistanceMeters", "MaximumSpeed", "Cadence", "AvgRunCadence"}
_OF_A_LAP |= {"AverageHeartRateBpm", "MaximumHeartRateBpm"}


@dataclass
class _Lap:
    start: float | None = None
    said: dict[str, float] = field(default_factory=dict)
    track: Track = field(default_factory=Track)

    @property
    def distance(self) -> float:
        """Metres as the lap says, by its points where it says that it did not move."""
        return self.said.get("DistanceMeters") or self.track.distance


@dataclass
class _Outing:
    sport: str = ""
    id: float | None = None
    notes: str = ""
    creator: str = ""
    laps: list[_Lap] = field(default_factory=list)

    def end_lap(self) -> None:
        """Add up the points of the last lap."""
        if self.laps:
            self.laps[-1].track.end_segment()


class _Tcx:
    """Keeps the laps of each activity."""

    def __init__(self) -> None:
        self.found: list[_Outing] = []
        self.courses = self._laps = 0
        self.offset: int | None = None
        self._path: list[str] = []
        self._values: dict[str, str] | None = None  # None outside of a point
        self._last: tuple[float, float, float, float] | None = None

    def start(self, name: str, attributes: list[str]) -> None:
        self._path.append(name)
        if name == "Trackpoint":
            self._values = {}
        elif name == "Activity":
            self.found.append(_Outing(clean(attribute(attributes, "Sport"), 60)))
            counted(len(self.found))
            self._last = None
        elif name == "Lap" and self.found:
            self.found[-1].laps.append(_Lap(self._time(attribute(attributes, "StartTime"))))
            self._laps += 1
            counted(self._laps)
        elif name == "Course":
            self.courses += 1

    def end(self, name: str, text: str) -> None:
        self._path.pop()
        parent = self._path[-1] if self._path else ""
        if name == "Value":
            name, parent = parent, self._path[-2] if len(self._path) > 1 else ""
        if name == "Trackpoint":
            self._point(self._values or {})
            self._values = None
        elif self._values is not None:
            if text and name in _OF_A_POINT:
                self._values[name] = text
        elif name == "Lap" and self.found:
            self.found[-1].end_lap()
        elif text and self.found:
            self._about(self.found[-1], parent, name, text)

    def _about(self, outing: _Outing, parent: str, name: str, text: str) -> None:
        if name in _OF_A_LAP and outing.laps and parent in ("Lap", "LX"):
            value = number(text)
            if value > 0:
                outing.laps[-1].said[name] = value
        elif (parent, name) == ("Activity", "Id"):
            outing.id = self._time(text)
        elif (parent, name) == ("Activity", "Notes"):
            outing.notes = clean(text)
        elif (parent, name) == ("Creator", "Name"):
            outing.creator = clean(text)

    def _time(self, text: str) -> float | None:
        time = stamp(text)
        if time:
            self.offset = self.offset or time.offset
        return time.seconds if time else None

    def _point(self, values: dict[str, str]) -> None:
        time = self._time(values.get("Time", ""))
        if time is None or not self.found or not self.found[-1].laps:
            return
        lat, lon = (number(values.get(name, "")) for name in ("LatitudeDegrees", "LongitudeDegrees"))
        if not zones.is_place(lat, lon):
            lat = lon = nan
        point = time, lat, lon, number(values.get("DistanceMeters", ""))
        track = self.found[-1].laps[-1].track
        if self._last and not track.count:
            track.add(*self._last)  # the way from the lap before
        if track.add(*point):
            outings.measure(track, values)
            self._last = point


def read(member: Member, how: How) -> Iterator[Item]:  # noqa: ARG001 - every reader is told
    """Every activity of the file; a course is refused by name."""
    try:
        found, fault = parse(member, _Tcx)
    except Hostile as error:
        yield Refusal(member.name, str(error))
        return
    for outing in found.found:
        outing.end_lap()  # which a cut file left open
    made = (_activity(outing, found.offset, member.name) for outing in found.found)
    moved = list({outing.key: outing for outing in made if outing}.values())
    yield from map(outings.one_foot, moved)
    if not moved:
        yield Refusal(member.name, _why_none(found, fault))
        return
    notes = [fault, outings.BOTH_FEET if any(map(outings.counts_both_feet, moved)) else ""]
    yield from (Note(member.name, text) for text in notes if text)


def _why_none(found: _Tcx, fault: str) -> str:
    if found.courses:
        return "This is a planned course, a way to follow: it holds no workout."
    if fault:
        return "This TCX file is broken before its first lap: download it, or export it, once more."
    return "This TCX file holds no workout: no lap with a duration, and no points with times."


def _activity(outing: _Outing, offset: int | None, name: str) -> Activity | None:
    """None for one that took no time, or of which nobody knows when it was."""
    track = joined(lap.track for lap in outing.laps)
    begin = _begin(outing, track)
    elapsed, moving = _times(outing, track, begin or 0.0)
    if begin is None or not elapsed:
        return None
    start = zones.of_unix(begin)
    kind = outings.sport(outing.sport, outing.notes, base(name), outing.creator)
    made = outings.activity("tcx", kind, start, track, name)
    distance = sum(lap.distance for lap in outing.laps) or made.distance
    rates, turns = _mean(outing, "AverageHeartRateBpm"), _mean(outing, "AvgRunCadence", "Cadence")
    return replace(
        made,
        name=outing.notes if len(outing.notes) <= _TITLE else "",
        distance=distance,
        moving_time=moving,
        elapsed_time=elapsed,
        average_speed=distance / moving if distance and moving else None,
        max_speed=_greatest(outing, "MaximumSpeed") or made.max_speed,
        average_cadence=turns or made.average_cadence,
        average_heartrate=made.average_heartrate or rates,
        max_heartrate=max(_greatest(outing, "MaximumHeartRateBpm"), made.max_heartrate or 0.0) or None,
        offset=offset,
    )


def _begin(outing: _Outing, track: Track) -> float | None:
    """By the activity's id, which is its start, unless the points are of another day."""
    said = outing.id or next((lap.start for lap in outing.laps if lap.start), None)
    if said is None or said < EARLIEST or (track.first is not None and abs(track.first - said) > _DAY):
        return track.first
    return said


def _times(outing: _Outing, track: Track, begin: float) -> tuple[float, float]:
    """Elapsed and moving seconds; a timer far over the wall time is an error of whoever merged the file."""
    timer = sum(lap.said.get("TotalTimeSeconds", 0.0) for lap in outing.laps)
    ends = (lap.start + lap.said.get("TotalTimeSeconds", 0.0) for lap in outing.laps if lap.start)
    last = track.last if track.last is not None else max(ends, default=begin)
    elapsed = max(last - begin, track.elapsed)
    if timer and (timer <= elapsed + _SLACK or not track.count):
        return max(elapsed, timer), timer
    return elapsed, track.moving or elapsed


def _mean(outing: _Outing, *names: str) -> float | None:
    """Of what the laps say, weighted by their times."""
    mean = Mean()
    for lap in outing.laps:
        mean.add(
            next((lap.said[name] for name in names if name in lap.said), None), lap.said.get("TotalTimeSeconds", 0.0)
        )
    return mean.value


def _greatest(outing: _Outing, name: str) -> float:
    return max((lap.said.get(name, 0.0) for lap in outing.laps), default=0.0)
