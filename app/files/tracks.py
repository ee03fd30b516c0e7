"""What points on a way add up to, for files without totals: distance, moving time, heart rate and cadence."""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import asin, cos, isfinite, isnan, nan, radians, sin, sqrt
from statistics import median
from typing import NamedTuple

from app.files.zones import is_place

EARTH = 6_371_008.8  # metres
LONGEST_GAP = 60.0  # s; a longer one is a pause
SLOWEST = 0.3  # m/s; slower is standing
FASTEST = 100.0  # m/s; faster is an error of the receiver
EARLIEST = 631_152_000.0  # 1990
_LOST = 3  # after so many points in a row that are too far off, they are right, and what came before was wrong


class Point(NamedTuple):
    """Seconds since 1970, degrees, and metres since the start; what is not known is not a number."""

    time: float
    lat: float
    lon: float
    distance: float


def metres(lat: float, lon: float, to_lat: float, to_lon: float) -> float:
    """The way between two places (degrees) on a sphere."""
    north, east = radians(to_lat - lat) / 2, radians(to_lon - lon) / 2
    chord = sin(north) ** 2 + cos(radians(lat)) * cos(radians(to_lat)) * sin(east) ** 2
    return 2 * EARTH * asin(sqrt(min(chord, 1.0)))  # in this order NaN stays NaN


@dataclass
class Mean:
    """The mean and greatest of what is above 0: everywhere 0 means that there was no sensor."""

    total: float = 0.0
    weight: float = 0.0
    greatest: float | None = None

    def add(self, value: float | None, weight: float = 1.0) -> None:
        """Count a value, `weight` times."""
        if value and weight and value > 0 and isfinite(value):
            self.total += value * weight
            self.weight += weight
            self.greatest = max(self.greatest or value, value)

    @property
    def value(self) -> float | None:
        """The mean, None when nothing was above 0."""
        return self.total / self.weight if self.weight else None


@dataclass
class Track:
    """Sums over one or several segments; the way between two segments counts nowhere. Times are seconds since 1970."""

    distance: float = 0.0
    moving: float = 0.0
    first: float | None = None
    last: float | None = None
    position: tuple[float, float] | None = None
    count: int = 0
    heartrate: Mean = field(default_factory=Mean)
    cadence: Mean = field(default_factory=Mean)
    speeds: array = field(default_factory=lambda: array("d"))
    _columns: array = field(default_factory=lambda: array("d"))  # 32 bytes a point, where objects would take 200
    _sorted: bool = True

    def add(self, time: float, lat: float = nan, lon: float = nan, distance: float = nan) -> bool:
        """Take a point; False when it is none (before 1990, on no place of this earth)."""
        if isnan(lat) or isnan(lon):
            lat = lon = nan
        elif not is_place(lat, lon):
            return False
        if not time >= EARLIEST:
            return False
        if not (isnan(lat) and isnan(distance)):
            self._sorted = self._sorted and not (self._columns and time < self._columns[-4])
            self._columns.extend((time, lat, lon, distance))
        self.count += 1
        if self.first is None or self.last is None:
            self.first = self.last = time
        elif time > self.last:
            self.last = time
        elif time < self.first:
            self.first = time
        return True

    def end_segment(self) -> None:
        """Add up what was added since the last call."""
        points: Iterable[Point] = _points(self._columns)
        way, moving, start = along(points if self._sorted else sorted(points))
        self.distance += way
        self.moving += moving
        self.position = self.position or start
        self._columns, self._sorted = array("d"), True

    @property
    def elapsed(self) -> float:
        """Seconds from the first point to the last."""
        return self.last - self.first if self.first is not None and self.last is not None else 0.0

    @property
    def max_speed(self) -> float | None:
        """The greatest speed that a device wrote, of the middle ones of five in a row: single ones are noise."""
        windows = (self.speeds[i : i + 5] for i in range(max(1, len(self.speeds) - 4)))
        return max(map(median, windows)) or None if self.speeds else None


def joined(tracks: Iterable[Track]) -> Track:
    """Several tracks, in the order of their times, as one."""
    whole = Track()
    for track in tracks:
        whole.distance += track.distance
        whole.moving += track.moving
        whole.count += track.count
        whole.first = track.first if whole.first is None else min(whole.first, track.first or whole.first)
        whole.last = max(filter(None, (whole.last, track.last)), default=None)
        whole.position = whole.position or track.position
        whole.speeds.extend(track.speeds)
        for mean, part in ((whole.heartrate, track.heartrate), (whole.cadence, track.cadence)):
            mean.total, mean.weight = mean.total + part.total, mean.weight + part.weight
            mean.greatest = max(filter(None, (mean.greatest, part.greatest)), default=None)
    return whole


def along(points: Iterable[Point]) -> tuple[float, float, tuple[float, float] | None]:
    """Metres, moving seconds and the first place of points in the order of their times."""
    way, moving, lost = 0.0, 0.0, 0
    here: Point | None = None
    start: tuple[float, float] | None = None
    for point in points:
        if start is None and not isnan(point.lat):
            start = point.lat, point.lon
        if here is None:
            here = point
            continue
        gap, step = point.time - here.time, _step(here, point)
        if step > FASTEST * max(gap, 1.0) and (lost := lost + 1) < _LOST:
            continue
        if lost < _LOST:
            way += step
            moving += gap if gap <= LONGEST_GAP and step >= SLOWEST * gap else 0.0
        here, lost = point, 0
    return way, moving, start


def _step(here: Point, there: Point) -> float:
    """Metres from one point to the next, by the device's own counter where it has one."""
    counted = there.distance - here.distance
    if not isnan(counted):
        return max(0.0, counted)
    way = metres(here.lat, here.lon, there.lat, there.lon)
    return 0.0 if isnan(way) else way


def _points(columns: array) -> Iterator[Point]:
    each = iter(columns)
    return map(Point, each, each, each, each)
