"""What GPX and TCX have in common on the way from a track to an activity."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from app.files import sports
from app.files.records import Activity
from app.files.stamps import number
from app.files.tracks import Track

HEARTRATE, CADENCE, SPEED = (
    ("hr", "heartrate", "HeartRateBpm"),
    ("cad", "cadence", "Cadence", "RunCadence"),
    ("speed", "Speed"),
)
OF_A_POINT = frozenset({*HEARTRATE, *CADENCE, *SPEED})
BOTH_FEET = "The run's cadence counted both feet: it was halved."
_STEPS = 120  # a run's cadence over this counts both feet
_FASTEST = 100.0  # m/s


def measure(track: Track, values: Mapping[str, str]) -> None:
    """Take a point's heart rate, cadence and speed, under whatever name a device gave them."""
    if OF_A_POINT.isdisjoint(values):
        return
    track.heartrate.add(_first(values, HEARTRATE))
    track.cadence.add(_first(values, CADENCE))
    speed = _first(values, SPEED)
    if speed is not None and 0 <= speed < _FASTEST:
        track.speeds.append(speed)


def _first(values: Mapping[str, str], names: tuple[str, ...]) -> float | None:
    return next((number(values[name]) for name in names if name in values), None)


def sport(word: str, *hints: str) -> str:
    """The type that a file says, else what its name or a note speaks of; a word that nobody knows stays as it is."""
    recognized = sports.of_gpx(word)
    if recognized and recognized != sports.WORKOUT:
        return recognized
    hinted = next(filter(None, map(sports.in_text, hints)), None)
    return hinted or recognized or (word if word and not word.isdecimal() else sports.WORKOUT)


def activity(kind: str, activity_type: str, start: datetime, track: Track, member: str) -> Activity:
    """An activity with what a track adds up to."""
    distance = track.distance if track.distance or (track.position and sports.has_distance(activity_type)) else None
    moving = track.moving or track.elapsed
    return Activity(
        kind=kind,
        key=f"{start:%Y-%m-%dT%H:%M:%SZ}/{activity_type}",
        activity_type=activity_type,
        start=start,
        distance=distance,
        moving_time=moving,
        elapsed_time=track.elapsed,
        average_speed=distance / moving if distance and moving else None,
        max_speed=track.max_speed,
        average_cadence=track.cadence.value,
        average_heartrate=track.heartrate.value,
        max_heartrate=track.heartrate.greatest,
        position=track.position,
        member=member,
    )


def counts_both_feet(found: Activity) -> bool:
    """Whether a run's cadence is in steps a minute, where everybody else counts one foot."""
    return sports.family(found.activity_type) == "run" and (found.average_cadence or 0) > _STEPS


def one_foot(found: Activity) -> Activity:
    """With the cadence of a run counted by one foot."""
    return replace(found, average_cadence=(found.average_cadence or 0) / 2) if counts_both_feet(found) else found
