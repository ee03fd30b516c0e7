"""Writes GPX and TCX for the tests, along a meridian: so many metres a second to the north."""

from datetime import UTC, datetime, timedelta
from math import degrees

from app.files.tracks import EARTH

START = datetime(2026, 5, 9, 6, 30, tzinfo=UTC)


def at(second: float) -> str:
    """A time as devices write it."""
    return (START + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")


def north(metres: float) -> float:
    """Degrees of latitude so far north of Prague."""
    return 50.08 + degrees(metres / EARTH)


def trkpt(second: float, metres: float, inside: str = "", time: str = "") -> str:
    stamp = time or at(second)
    return f'<trkpt lat="{north(metres):.9f}" lon="14.43"><time>{stamp}</time>{inside}</trkpt>'


def trkpts(count: int, *, first: int = 0, every: int = 1, speed: float = 3.0, inside: str = "") -> str:
    seconds = range(first, first + count * every, every)
    return "".join(trkpt(second, second * speed, inside) for second in seconds)


def trk(*segments: str, about: str = "<name>Morning</name><type>running</type>") -> str:
    return f"<trk>{about}" + "".join(f"<trkseg>{points}</trkseg>" for points in segments) + "</trk>"


def gpx(*tracks: str, head: str = "", version: str = "1.1", creator: str = "Device") -> str:
    space = f"http://www.topografix.com/GPX/{version.replace('.', '/')}"
    opened = f'<gpx version="{version}" creator="{creator}" xmlns="{space}" xmlns:x="http://x">'
    return f'<?xml version="1.0" encoding="UTF-8"?>{opened}{head}{"".join(tracks)}</gpx>'


def trackpoint(second: float, metres: float, inside: str = "", place: bool = True) -> str:
    here = f"<LatitudeDegrees>{north(metres):.9f}</LatitudeDegrees><LongitudeDegrees>14.43</LongitudeDegrees>"
    where = f"<Position>{here}</Position>" if place else ""
    way = f"<DistanceMeters>{metres}</DistanceMeters>"
    return f"<Trackpoint><Time>{at(second)}</Time>{where}{way}{inside}</Trackpoint>"


def lap(
    first: int,
    seconds: int,
    *,
    speed: float = 3.0,
    timer: float | None = None,
    distance: float | None = None,
    about: str = "",
    inside: str = "",
    place: bool = True,
    points: bool = True,
) -> str:
    """A lap with a point each second, its own and the first one of the next."""
    way = seconds * speed if distance is None else distance
    time = seconds if timer is None else timer
    totals = f"<TotalTimeSeconds>{time}</TotalTimeSeconds><DistanceMeters>{way}</DistanceMeters>"
    each = (trackpoint(second, second * speed, inside, place) for second in range(first, first + seconds + 1))
    track = f"<Track>{''.join(each)}</Track>" if points else ""
    return f'<Lap StartTime="{at(first)}">{totals}{about}{track}</Lap>'


def outing(*laps: str, sport: str = "Running", id: str = "", about: str = "") -> str:
    return f'<Activity Sport="{sport}"><Id>{id or at(0)}</Id>{"".join(laps)}{about}</Activity>'


def tcx(*outings: str) -> str:
    space = "http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"
    inside = f"<Activities>{''.join(outings)}</Activities>"
    return f'<?xml version="1.0"?><TrainingCenterDatabase xmlns="{space}">{inside}</TrainingCenterDatabase>'
