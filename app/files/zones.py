"""Whose day an activity belongs to: the clock at its place, from the best that its file says (docs/formats.md 4.5)."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.files.records import Activity

QUARTER = 15 * 60
_FURTHEST = 14 * 3600
_REST = 5 * 60  # a watch's two clocks may be this far from a whole quarter of an hour


class Local(NamedTuple):
    """A local start without a zone, its distance from UTC in seconds, and whether the person's zone was assumed."""

    start: datetime
    offset: int
    assumed: bool


def local(activity: Activity, zone: ZoneInfo) -> Local:
    """By the file's own clock or offset, as its reader checked it, else by where it began, else the person's zone."""
    if activity.local is not None:
        ahead = activity.local.replace(tzinfo=UTC) - activity.start
        return Local(activity.local, int(ahead.total_seconds()), activity.assumed)
    offset, assumed = activity.offset, False
    if offset is None and activity.position:
        offset = offset_at(activity.position, activity.start)
    if offset is None:
        offset, assumed = offset_in(zone, activity.start), True
    return Local((activity.start + timedelta(seconds=offset)).replace(tzinfo=None), offset, assumed)


def offset_in(zone: ZoneInfo, instant: datetime) -> int:
    """Seconds that the zone's clock is ahead of UTC at that instant."""
    ahead = instant.astimezone(zone).utcoffset()
    return int(ahead.total_seconds()) if ahead else 0


def offset_at(position: tuple[float, float], instant: datetime) -> int | None:
    """The same at a place (latitude, longitude in degrees); None where nobody knows its zone."""
    zone = zone_at(position)
    return offset_in(zone, instant) if zone else None


def zone_at(position: tuple[float, float]) -> ZoneInfo | None:
    """The zone of a place; at sea one of the nautical `Etc/GMT` zones. None for a place that is none."""
    from tzfpy import get_tz  # 30 MB of borders, which only an import needs

    latitude, longitude = position
    if not is_place(latitude, longitude):
        return None
    try:
        return ZoneInfo(get_tz(longitude, latitude))
    except (ZoneInfoNotFoundError, ValueError):  # a zone younger than this machine's tables
        return None


def is_place(latitude: float, longitude: float) -> bool:
    """Whether this is a place: devices write 100, 200 or 0/0 where they had none."""
    return -90 <= latitude <= 90 and -180 <= longitude <= 180 and bool(latitude or longitude)


def credible(seconds: float) -> int | None:
    """A difference between two clocks as a zone's offset, in whole quarters of an hour; None for rubbish."""
    whole = round(seconds / QUARTER) * QUARTER
    return whole if abs(seconds - whole) <= _REST and abs(whole) <= _FURTHEST else None


def doubtful_zero(offset: int | None, position: object, start: datetime, zone: ZoneInfo) -> int | None:
    """An offset of 0 is also what devices write that know none: the place decides, else it must be the person's too."""
    if offset == 0 and (position or offset_in(zone, start) != 0):
        return None
    return offset


def of_unix(seconds: float) -> datetime:
    """Seconds since 1970 as aware UTC, cut to the whole second."""
    return datetime.fromtimestamp(int(seconds), UTC)
