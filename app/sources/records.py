"""The frozen dataclasses that cross the border from a provider to the store."""

from dataclasses import dataclass
from datetime import date, datetime, time


@dataclass(frozen=True)
class Activity:
    """One workout. Metres, seconds, m/s, bpm; cadence as Strava gives it (rpm, runs count one leg).

    ``start_date`` is aware UTC; ``start_date_local`` is the athlete's wall clock, naive
    (docs/providers.md, Strava 3.5).
    What a device did not measure, or the provider does not say, is None.
    """

    id: int
    owner: int | None
    activity_type: str
    name: str
    distance: float | None
    moving_time: int | None
    elapsed_time: int | None
    start_date: datetime
    start_date_local: datetime
    utc_offset: float | None = None
    average_speed: float | None = None
    max_speed: float | None = None
    average_cadence: float | None = None
    average_heartrate: float | None = None
    max_heartrate: float | None = None
    total_elevation_gain: float | None = None
    upload_id: int | None = None


def bare(point: str) -> str:
    """A point's name without its beginning, which is `users/me/` at one time and `users/<n>/` at another
    (docs/providers.md, Google 3.2, 3.6)."""
    first, _, rest = point.partition("/")
    return rest.partition("/")[2] if first == "users" and "/" in rest else point


@dataclass(frozen=True)
class Weight:
    """One weigh-in: kilograms, percent body fat, kg/m2. ``point`` is the provider's stable name of it.

    ``record_date`` and ``record_time`` are the person's own calendar and clock.
    """

    point: str
    weight: float
    record_date: date
    record_time: time
    fat: float | None = None
    bmi: float | None = None

    @property
    def key(self) -> str:
        return bare(self.point)


@dataclass(frozen=True)
class DayFigure:
    """One day's sum of a metric, in that one's unit; a day without data has no record."""

    record_date: date
    value: float
