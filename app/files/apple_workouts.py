"""Apple Health's workouts, in the forms until iOS 15 and since; a triathlon is its legs (docs/formats.md 7.2)."""

import math
import re
from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element

from app.files import plausible, sports
from app.files.apple_values import instant, metadata, metres, source, utc, zone_of
from app.files.records import Activity, Member
from app.files.text import base, head

KIND = "apple"
SECONDS = {"min": 60.0, "s": 1.0, "sec": 1.0, "hr": 3600.0, "h": 3600.0}
SPEEDS = {"m/s": 1.0, "km/hr": 1 / 3.6, "km/h": 1 / 3.6, "mi/hr": 0.44704}
LEGS = {"DistanceSwimming": "Swim", "DistanceCycling": "Ride", "DistanceWalkingRunning": "Run"}
_PREFIX = "HKQuantityTypeIdentifier"
_POINT = re.compile(rb"<trkpt\b[^>]{0,200}>")
_PLACE = {name: re.compile(rb"\b%s\s*=\s*[\"'](-?\d{1,3}(?:\.\d+)?)[\"']" % name) for name in (b"lat", b"lon")}


def workouts(element: Element, routes: Mapping[str, Member], member: str) -> Iterator[Activity]:
    """One, or the legs of a multisport workout; none for a transition. Raises ValueError, KeyError."""
    legs = element.findall("WorkoutActivity")
    several = element.get("workoutActivityType", "").endswith("SwimBikeRun") and len(legs) > 1
    for leg in legs if several else [element]:
        sport = _leg(leg) if several else sports.of_apple(element.attrib["workoutActivityType"])
        if sport:
            yield plausible.activity(_activity(leg, element, sport, routes, member))


def _leg(leg: Element) -> str | None:
    """A leg's sport by its own type, else by what was measured; None for a transition."""
    if said := leg.get("workoutActivityType"):
        return sports.of_apple(said)
    measured = {statistic.get("type", "").removeprefix(_PREFIX) for statistic in leg.iterfind("WorkoutStatistics")}
    return next((sport for kind, sport in LEGS.items() if kind in measured), None)


def _activity(part: Element, whole: Element, sport: str, routes: Mapping[str, Member], member: str) -> Activity:
    start = utc(instant(part.attrib["startDate"]))
    elapsed = (instant(part.attrib["endDate"]) - start).total_seconds()
    moving = _duration(part) or elapsed
    distance = _distance(part)
    here = zone_of(whole)
    offset = start.astimezone(here).utcoffset() if here else None
    app = source(whole.get("sourceName", ""))
    return Activity(
        KIND,
        f"{start.isoformat()} {sport} {app}",
        sport,
        start,
        distance=distance,
        moving_time=moving,
        elapsed_time=elapsed,
        average_speed=distance / moving if distance and moving else None,
        max_speed=_speed(part),
        average_cadence=_statistic(part, "CyclingCadence", "average"),
        average_heartrate=_statistic(part, "HeartRate", "average"),
        max_heartrate=_statistic(part, "HeartRate", "maximum"),
        total_elevation_gain=_ascent(whole) if part is whole else None,
        offset=int(offset.total_seconds()) if offset is not None else None,
        position=None if here else _position(whole, routes),
        member=member,
    )


def _duration(part: Element) -> float | None:
    """Without its pauses."""
    said = part.get("duration")
    return float(said) * SECONDS[part.get("durationUnit", "min").lower()] if said else None


def _distance(part: Element) -> float | None:
    if said := part.get("totalDistance"):
        return metres(said, part.get("totalDistanceUnit", "km")) or None
    for kind in (
        *LEGS,
        "DistanceDownhillSnowSports",
        "DistanceWheelchair",
        "DistanceCrossCountrySkiing",
        "DistanceRowing",
    ):
        statistic = _find(part, kind)
        if statistic is not None and (said := statistic.get("sum")):
            return metres(said, statistic.get("unit", "km")) or None
    return None


def _find(part: Element, kind: str) -> Element | None:
    found = (one for one in part.iterfind("WorkoutStatistics") if one.get("type", "").removeprefix(_PREFIX) == kind)
    return next(found, None)


def _statistic(part: Element, kind: str, field: str) -> float | None:
    statistic = _find(part, kind)
    said = statistic.get(field) if statistic is not None else None
    value = float(said) if said else 0.0
    return value if value and math.isfinite(value) else None


def _speed(part: Element) -> float | None:
    for kind in ("RunningSpeed", "CyclingSpeed"):
        if value := _statistic(part, kind, "maximum"):
            unit = (found.get("unit", "") if (found := _find(part, kind)) is not None else "").lower()
            return value * SPEEDS[unit] if unit in SPEEDS else None
    return None


def _ascent(whole: Element) -> float | None:
    """`1234 cm`."""
    said = metadata(whole, "HKElevationAscended").split()
    return metres(said[0], said[1]) if len(said) == 2 else None


def _position(whole: Element, routes: Mapping[str, Member]) -> tuple[float, float] | None:
    """The first point of the workout's route; of that file nothing else is needed."""
    reference = whole.find("WorkoutRoute/FileReference")
    route = routes.get(base(reference.get("path", ""))) if reference is not None else None
    point = _POINT.search(head(route)) if route else None
    found = [place.search(point[0]) for place in _PLACE.values()] if point else []
    if len(found) != 2 or not all(found):
        return None
    lat, lon = (float(one[1]) for one in found if one)
    return (lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 and (lat or lon) else None
