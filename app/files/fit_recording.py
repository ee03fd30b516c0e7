"""What lies in a FIT file around its sessions: who wrote it, its clocks, and each session's own records."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf, nan

from app.files import zones
from app.files.fit_container import (
    ACTIVITY,
    CORRELATION,
    EPOCH,
    FILE_ID,
    LAP,
    RECORD,
    SEMICIRCLE,
    TIMESTAMP,
    Fields,
    Part,
    is_date,
    stream,
)
from app.files.records import How
from app.files.tracks import Track

START, ELAPSED, TIMER = 2, 7, 8  # fields of a session
_LAP_SPORT, _LAP_SUB_SPORT = 25, 39
_COROS = 294  # writes an offset of 0 in Bogotá as in Prague
_LATITUDE, _LONGITUDE, _HEARTRATE, _CADENCE, _DISTANCE, _SPEED, _FRACTION, _FINE_SPEED = 0, 1, 3, 4, 5, 6, 53, 73
EVERYTHING = frozenset({_LATITUDE, _LONGITUDE, _HEARTRATE, _CADENCE, _DISTANCE, _SPEED, _FRACTION, _FINE_SPEED})


@dataclass
class Recording:
    """A FIT file's bytes and messages; `sessions` are those that are activities, in the order of their starts.

    `lacking` are for each of these the numbers of the records' fields that are needed, as it does not say them itself.
    """

    data: bytes
    name: str
    how: How
    parts: list[Part]
    sessions: list[Fields]
    lacking: Sequence[frozenset[int]] = ()

    def all(self, message: int) -> list[Fields]:
        """A message's fields from every part of the file."""
        return [fields for part in self.parts for fields in part.all(message)]

    @cached_property
    def maker(self) -> int | None:
        """The manufacturer's number."""
        return next((fields[1] for fields in self.all(FILE_ID) if 1 in fields), None)

    @cached_property
    def recorded(self) -> set[int]:
        """The numbers of the fields that the records may hold."""
        return set().union(*(part.defined.get(RECORD, set()) for part in self.parts))

    @cached_property
    def offset(self) -> int | None:
        """The local clock's distance from UTC in seconds, where two clocks of the file agree on one that can be."""
        clocks = [
            (fields.get(field), fields.get(TIMESTAMP, 0))
            for message, field in ((ACTIVITY, 5), (CORRELATION, 3))
            for fields in self.all(message)
        ]
        offsets = (zones.credible(here - utc) for here, utc in clocks if here is not None and is_date(utc))
        return next((found for found in offsets if found is not None and (found or self.maker != _COROS)), None)

    @cached_property
    def lap_sport(self) -> tuple[int | None, int | None]:
        """Sport and sub sport of the first lap that says it."""
        laps = (fields for _, fields in stream(self.data, {LAP: frozenset({_LAP_SPORT, _LAP_SUB_SPORT})}))
        return next(((lap[_LAP_SPORT], lap.get(_LAP_SUB_SPORT)) for lap in laps if _LAP_SPORT in lap), (None, None))

    @cached_property
    def tracks(self) -> list[Track]:
        """Each session's records. A single session has all of them, of several each those of its own time."""
        tracks = [Track() for _ in self.sessions]
        needed = frozenset().union(*self.lacking)
        if not needed:
            return tracks
        starts = [fields.get(START, 0) for fields in self.sessions]
        ends = [start + _wall(fields) for start, fields in zip(starts, self.sessions, strict=True)]
        alone = len(tracks) == 1
        for _, fields in stream(self.data, {RECORD: needed | {TIMESTAMP}}):
            time = fields.get(TIMESTAMP, 0)
            number = 0 if alone else bisect_right(starts, time) - 1
            if is_date(time) and number >= 0 and self.lacking[number] and (alone or time <= ends[number]):
                _take(tracks[number], time, fields)
        for track in tracks:
            track.end_segment()
        return tracks


def _take(track: Track, time: int, fields: Fields) -> None:
    lat, lon, way = fields.get(_LATITUDE), fields.get(_LONGITUDE), fields.get(_DISTANCE)
    north, east = (nan, nan) if lat is None or lon is None else (lat * SEMICIRCLE, lon * SEMICIRCLE)
    if lat is not None and not zones.is_place(north, east):
        north = east = nan
    if not track.add(EPOCH + time, north, east, nan if way is None else way / 100):
        return
    if _HEARTRATE in fields:
        track.heartrate.add(fields[_HEARTRATE])
    if _CADENCE in fields:
        track.cadence.add(fields[_CADENCE] + fields.get(_FRACTION, 0) / 128)
    speed = fields.get(_FINE_SPEED, fields.get(_SPEED))
    if speed is not None:
        track.speeds.append(speed / 1000)


def _wall(fields: Fields) -> float:
    """How long a session's own records go on, in seconds."""
    return max(fields.get(ELAPSED, 0), fields.get(TIMER, 0)) / 1000 or inf
