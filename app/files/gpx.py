"""GPX: tracks of points with times become one activity; planned routes are refused by name (docs/formats.md 5.1)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from math import nan
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.files import outings, sports, zones
from app.files.records import Activity, How, Item, Member, Note, Refusal
from app.files.stamps import number, stamp
from app.files.text import base, clean
from app.files.tracks import Track, joined
from app.files.xml_stream import Hostile, attribute, counted, parse

APART = 6 * 3600.0  # s; tracks further apart than this are two outings
_OF_A_POINT = outings.OF_A_POINT | {"time"}


@dataclass
class _Trk:
    name: str = ""
    sport: str = ""
    track: Track = field(default_factory=Track)
    ascent: float | None = None
    max_speed: float | None = None

    @property
    def kind(self) -> str:
        return sports.of_gpx(self.sport) or self.sport


class _Gpx:
    """Keeps sums of each track, and counts the points that are none for want of a time, or of one that can be."""

    def __init__(self) -> None:
        self.creator = self.name = self.zone = ""
        self.trks: list[_Trk] = []
        self.timeless = self.impossible = 0
        self.naive = False
        self.offset: int | None = None
        self._path: list[str] = []
        self._place = (nan, nan)
        self._values: dict[str, str] | None = None  # None outside of a point

    def start(self, name: str, attributes: list[str]) -> None:
        self._path.append(name)
        if name == "trkpt":
            self._place = number(attribute(attributes, "lat")), number(attribute(attributes, "lon"))
            self._values = {}
        elif name == "trk":
            self.trks.append(_Trk())
            counted(len(self.trks))
        elif name == "gpx":
            self.creator = attribute(attributes, "creator")

    def end(self, name: str, text: str) -> None:
        self._path.pop()
        if name == "trkpt":
            self._point(self._values or {})
            self._values = None
        elif self._values is not None:
            if text and name in _OF_A_POINT:
                self._values[name] = text
        elif name == "trkseg" and self.trks:
            self.trks[-1].track.end_segment()
        elif text:
            self._about(name, self._path[-1] if self._path else "", text)

    def _about(self, name: str, parent: str, text: str) -> None:
        trk = self.trks[-1] if self.trks else _Trk()
        match parent, name:
            case "trk", "name":
                trk.name = clean(text)
            case "trk", "type":
                trk.sport = clean(text, 60)
            case "TrackStatsExtension", "Ascent":
                trk.ascent = number(text)
            case "TrackStatsExtension", "MaxSpeed":
                trk.max_speed = number(text)
            case (("metadata" | "gpx"), "name"):
                self.name = clean(text)
            case _, "startTimeZone":
                self.zone = text

    def _point(self, values: dict[str, str]) -> None:
        time = stamp(values.get("time", ""))
        if time is None or not self.trks:
            self.timeless += 1
            return
        track = self.trks[-1].track
        if not track.add(time.seconds, *self._place):
            self.impossible += 1
            return
        self.naive = self.naive or time.naive
        self.offset = self.offset or time.offset
        outings.measure(track, values)


def read(member: Member, how: How) -> Iterator[Item]:  # noqa: ARG001 - every reader is told
    """One activity over all tracks, or several where they are of different sports or lie hours apart."""
    try:
        found, fault = parse(member, _Gpx)
    except Hostile as error:
        yield Refusal(member.name, str(error))
        return
    for trk in found.trks:
        trk.track.end_segment()
    timed = sorted((trk for trk in found.trks if trk.track.count), key=lambda trk: trk.track.first or 0.0)
    made = [_activity(found, group, member.name) for group in _groups(timed)]
    moved = [outing for outing in made if outing.elapsed_time]
    yield from map(outings.one_foot, moved)
    if moved:
        yield from (Note(member.name, text) for text in _notes(found, moved, fault))
    else:
        yield Refusal(member.name, _why_none(found, fault))


def _why_none(found: _Gpx, fault: str) -> str:
    if any(trk.track.count for trk in found.trks):
        return "This track holds a single moment: there is no way in it."
    if found.impossible:
        return "The times of this track lie before 1990, or its places are none: the device's clock was not set."
    if fault:
        return "This GPX file is broken before its first point: download it, or export it, once more."
    if found.timeless or found.trks:
        return "This is a planned route: it has no times, so it is no workout."
    return "This GPX file holds only waypoints or a planned route, without times: it is no workout."


def _notes(found: _Gpx, moved: Sequence[Activity], fault: str) -> Iterator[str]:
    if fault:
        yield fault
    if found.naive:
        yield "Its times name no zone: they were taken as UTC."
    if any(map(outings.counts_both_feet, moved)):
        yield outings.BOTH_FEET


def _groups(trks: Sequence[_Trk]) -> Iterator[list[_Trk]]:
    """Tracks, in the order of their times, that are one outing."""
    group = list(trks[:1])
    for before, trk in pairwise(trks):
        away = (trk.track.first or 0.0) - (before.track.last or 0.0) > APART
        other = trk.kind and before.kind and trk.kind != before.kind
        if away or other:
            yield group
            group = []
        group.append(trk)
    if group:
        yield group


def _activity(found: _Gpx, group: Sequence[_Trk], name: str) -> Activity:
    track = joined(trk.track for trk in group)
    # FitoTrack writes a whole object as its file's name.
    title = next((trk.name for trk in group if trk.name), "" if found.name.startswith("{") else found.name)
    kind = outings.sport(next((trk.sport for trk in group if trk.sport), ""), title, base(name))
    start = zones.of_unix(track.first or 0.0)
    ascents = [trk.ascent for trk in group if trk.ascent is not None]
    fastest = max((trk.max_speed or 0.0 for trk in group), default=0.0)
    made = outings.activity("gpx", kind, start, track, name)
    return replace(
        made,
        name=title,
        max_speed=made.max_speed or fastest or None,
        total_elevation_gain=sum(ascents) if ascents else None,
        offset=found.offset if found.offset is not None else _offset(found.zone, start),
        strava_id=_strava_id(found.creator, base(name)),
    )


def _offset(zone: str, start: datetime) -> int | None:
    """By the name of a zone that Cyclemeter writes into its files."""
    try:
        return zones.offset_in(ZoneInfo(zone), start) if zone else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _strava_id(creator: str, file: str) -> int | None:
    """What Strava's own app recorded is named by the activity's id in an export."""
    stem = file.split(".")[0]
    return int(stem) if creator.startswith("StravaGPX") and stem.isdecimal() and len(stem) < 19 else None
