"""A FIT session as an activity: which of its fields to believe, and what its records tell where it says nothing."""

from collections.abc import Iterator
from math import nan

from app.files import sports, zones
from app.files.fit_container import (
    ACTIVITY,
    CORRELATION,
    EPOCH,
    SEMICIRCLE,
    SESSION,
    SPORT,
    TIMESTAMP,
    Fields,
    is_date,
)
from app.files.fit_recording import ELAPSED, EVERYTHING, START, TIMER, Recording
from app.files.records import Activity, Note
from app.files.tracks import Track

_VIRTUAL_MAKERS = {260, 307, 331}  # Zwift, OneLap, MyWhoosh: their places are no places
_VIRTUAL = 58
_KNOWN_WORKOUTS = {0, 4, 10}  # generic, fitness equipment, training

# Fields of a session.
_LATITUDE, _LONGITUDE, _SPORT, _SUB_SPORT, _DISTANCE = 3, 4, 5, 6, 9
_SPEED, _MAX_SPEED, _HEARTRATE, _MAX_HEARTRATE, _CADENCE, _ASCENT = 14, 15, 16, 17, 18, 22
_MOVING, _FRACTION, _PROFILE, _FINE_SPEED, _FINE_MAX_SPEED = 59, 92, 110, 124, 125
SESSION_FIELDS = {
    SESSION: frozenset({START, _LATITUDE, _LONGITUDE, _SPORT, _SUB_SPORT, ELAPSED, TIMER, _DISTANCE, _SPEED})
    | {_MAX_SPEED, _HEARTRATE, _MAX_HEARTRATE, _CADENCE, _ASCENT, _MOVING, _FRACTION, _PROFILE, _FINE_SPEED}
    | {_FINE_MAX_SPEED, TIMESTAMP},
    SPORT: frozenset({0, 1, 3}),
    ACTIVITY: frozenset({5, TIMESTAMP}),
    CORRELATION: frozenset({3, TIMESTAMP}),
}
# The records' fields for what a session may lack.
_PLACES, _WAYS, _RATES, _TURNS, _SPEEDS = {0, 1}, {0, 1, 5}, {3}, {4, 53}, {6, 73}


def activity(recording: Recording, number: int) -> tuple[Activity | None, list[Note]]:
    """The activity of a session, or None when nobody knows when it was; with what is odd about it."""
    fields = recording.sessions[number]
    kind, title = _sport(recording, fields)
    track = recording.tracks[number]
    begin = _begin(fields, track, alone=len(recording.sessions) == 1)
    elapsed, moving = _times(fields, track, kind)
    if begin is None or not (elapsed or fields.get(_DISTANCE)):
        return None, []
    start, position, distance = (
        zones.of_unix(begin),
        _position(recording, fields, track),
        _distance(fields, track, kind),
    )
    speed = _speed(fields, _FINE_SPEED, _SPEED)
    made = Activity(
        kind="fit",
        key=f"{start:%Y-%m-%dT%H:%M:%SZ}/{kind}",
        activity_type=kind,
        start=start,
        name=title,
        distance=distance,
        moving_time=moving,
        elapsed_time=elapsed,
        average_speed=speed or (distance / moving if distance and moving else None),
        max_speed=_speed(fields, _FINE_MAX_SPEED, _MAX_SPEED) or max(track.speeds, default=0) or None,
        average_cadence=_cadence(fields) or track.cadence.value,
        average_heartrate=fields.get(_HEARTRATE) or track.heartrate.value,
        max_heartrate=fields.get(_MAX_HEARTRATE) or track.heartrate.greatest,
        total_elevation_gain=fields.get(_ASCENT),
        offset=zones.doubtful_zero(recording.offset, position, start, recording.how.zone),
        position=position,
        member=recording.name,
    )
    return made, list(_oddities(made))


def _sport(recording: Recording, fields: Fields) -> tuple[str, str]:
    """The type, and for one that Strava has no word for the watch's own name of it."""
    sport, sub_sport = fields.get(_SPORT), fields.get(_SUB_SPORT)
    messages = recording.all(SPORT) if len(recording.sessions) == 1 else []
    if sport is None:
        told = [(each.get(0), each.get(1)) for each in messages] + [recording.lap_sport]
        sport, sub_sport = next((pair for pair in told if pair[0] is not None), (None, None))
    if sport is None:
        return sports.in_text(recording.name) or sports.WORKOUT, ""
    kind = sports.of_fit(sport, sub_sport) or sports.WORKOUT
    if kind != sports.WORKOUT:
        return kind, ""
    called = next((each[3] for each in messages if each.get(3)), "")
    return kind, fields.get(_PROFILE) or called or ("" if sport in _KNOWN_WORKOUTS else f"Sport {sport}")


def lacking(recording: Recording, fields: Fields) -> frozenset[int]:
    """The numbers of the records' fields that may hold what the session does not say; they are worth unpacking."""
    timed = fields.get(ELAPSED) and (fields.get(TIMER) or fields.get(_MOVING))
    if not timed or not is_date(fields.get(START, 0)):
        return EVERYTHING
    numbers = {TIMESTAMP} if _begins_late(fields) else set()
    if fields.get(_DISTANCE) is None and _may_go(_sport(recording, fields)[0]):
        numbers |= _WAYS
    if not fields.get(_HEARTRATE) or not fields.get(_MAX_HEARTRATE):
        numbers |= _RATES
    if not _cadence(fields):
        numbers |= _TURNS
    if not _speed(fields, _FINE_MAX_SPEED, _MAX_SPEED):
        numbers |= _SPEEDS
    if not recording.offset and _place(fields) is None and not _is_virtual(recording, fields):
        numbers |= _PLACES
    return frozenset(numbers & (recording.recorded | {TIMESTAMP}))


def _begin(fields: Fields, track: Track, alone: bool) -> float | None:
    """Seconds since 1970: the session's start, unless it is none, or comes after the records that belong to it."""
    start = fields.get(START, 0)
    if not is_date(start):
        return track.first
    begin = EPOCH + start
    return min(begin, track.first or begin) if alone and _begins_late(fields) else begin


def _begins_late(fields: Fields) -> bool:
    """Whether start and elapsed time lead over a minute past the session's own end, as an old Fenix has it."""
    start, end = fields.get(START, 0), fields.get(TIMESTAMP, 0)
    return start < end < start + fields.get(ELAPSED, 0) / 1000 - 60


def _times(fields: Fields, track: Track, kind: str) -> tuple[float | None, float | None]:
    """Elapsed and moving seconds. Where a device swapped them, the greater is elapsed (docs/formats.md 4.3)."""
    timer, moving = fields.get(TIMER, 0) / 1000, fields.get(_MOVING, 0) / 1000
    elapsed = fields.get(ELAPSED, 0) / 1000 or max(track.elapsed, timer, moving)
    if not timer and not moving:
        timer = (track.moving if sports.has_distance(kind) else 0) or elapsed
    if timer > elapsed + 1:
        elapsed, timer = timer, elapsed
    return elapsed or None, min(moving or timer, elapsed) or None


def _distance(fields: Fields, track: Track, kind: str) -> float | None:
    """Metres; nought is a distance only in sports that have one."""
    stored = fields.get(_DISTANCE)
    if stored is None:
        return track.distance or None if _may_go(kind) else None
    return stored / 100 if stored or sports.has_distance(kind) else None


def _may_go(kind: str) -> bool:
    return sports.has_distance(kind) or kind == sports.WORKOUT


def _speed(fields: Fields, *numbers: int) -> float | None:
    """The first of several speeds that is one, in m/s."""
    return next((fields[number] / 1000 for number in numbers if fields.get(number)), None)


def _cadence(fields: Fields) -> float | None:
    """Turns a minute, of runs one foot's, as Strava counts them too."""
    return fields.get(_CADENCE, 0) + fields.get(_FRACTION, 0) / 128 if fields.get(_CADENCE) else None


def _place(fields: Fields) -> tuple[float, float] | None:
    lat, lon = fields.get(_LATITUDE, nan) * SEMICIRCLE, fields.get(_LONGITUDE, nan) * SEMICIRCLE
    return (lat, lon) if zones.is_place(lat, lon) else None


def _position(recording: Recording, fields: Fields, track: Track) -> tuple[float, float] | None:
    return None if _is_virtual(recording, fields) else _place(fields) or track.position


def _is_virtual(recording: Recording, fields: Fields) -> bool:
    return fields.get(_SUB_SPORT) == _VIRTUAL or recording.maker in _VIRTUAL_MAKERS


def _oddities(made: Activity) -> Iterator[Note]:
    if (made.average_heartrate or 0) > 220:
        yield Note(made.member, "The average heart rate is over 220 a minute: the strap may have been at fault.")
    if (made.elapsed_time or 0) > 24 * 3600 and (made.elapsed_time or 0) > 5 * (made.moving_time or 0):
        yield Note(made.member, "It went on for days by the clock: a pause was forgotten, so trust the moving time.")
