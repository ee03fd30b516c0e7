"""Pure: whether two records are the same outing or weigh-in, whichever ways they came by (docs/formats.md 12.2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

START_SECONDS = 120
DURATION_SHARE, DURATION_SECONDS = 0.10, 120
DISTANCE_SHARE = 0.05
OVERLAP_SHARE = 0.8
FORGOTTEN_PAUSE = timedelta(days=1)
WALKING = 2.0
"""Metres a second; who runs slower than that may have called it a walk."""
SHIFT_SECONDS, LONGEST_SHIFT = 15 * 60, 14 * 3600
KILOGRAMS_OF_A_MINUTE, KILOGRAMS_OF_A_DAY = 0.05, 0.1
ROUNDING = 1e-6

FAMILIES = {
    "run": "Run TrailRun VirtualRun",
    "walk": "Walk Hike",
    "ride": "Ride VirtualRide MountainBikeRide GravelRide EBikeRide EMountainBikeRide Handcycle Velomobile",
    "swim": "Swim",
    "row": "Rowing VirtualRow",
    "ski": "NordicSki AlpineSki BackcountrySki Snowboard RollerSki Snowshoe",
    "indoor": "WeightTraining HighIntensityIntervalTraining Crossfit Yoga Pilates StairStepper Elliptical",
    "water": "Kayaking Canoeing StandUpPaddling Surfing Windsurf Kitesurf Sail",
}
FAMILY = {sport: family for family, sports in FAMILIES.items() for sport in sports.split()}
ANY = ("", "Workout")
"""What a device says that does not know the sport."""


@dataclass(frozen=True)
class Outing:
    """An activity as far as it can be told from another: aware start, seconds, metres; `id` is its row's.

    `strava` is Strava's id of it: two of these are two activities, however alike they are.
    """

    id: int
    activity_type: str
    start: datetime
    moving: float | None
    elapsed: float | None
    distance: float | None
    strava: int | None = None

    @property
    def seconds(self) -> float:
        """How long it was under way; a pause that was forgotten for days does not count."""
        moving, elapsed = self.moving or 0.0, self.elapsed or 0.0
        forgotten = elapsed > FORGOTTEN_PAUSE.total_seconds() and elapsed > 5 * moving > 0
        return moving if forgotten else max(moving, elapsed)


def match(outing: Outing, others: Iterable[Outing]) -> Outing | None:
    """The one of `others` that is the same outing, the closest in time where several are."""
    found = [other for other in others if same_outing(outing, other)]
    return min(found, key=lambda other: abs(other.start - outing.start), default=None)


def same_outing(one: Outing, other: Outing) -> bool:
    """Two recordings of one outing: begun together and alike in size, or going on at the same time."""
    if one.strava and other.strava:
        return one.strava == other.strava
    if not same_family(one, other):
        return False
    apart = abs((one.start - other.start).total_seconds())
    return (apart <= START_SECONDS and alike(one, other)) or overlapping(one, other)


def same_family(one: Outing, other: Outing) -> bool:
    if one.activity_type in ANY or other.activity_type in ANY or one.activity_type == other.activity_type:
        return True
    families = {family(one), family(other)}
    if families == {"run", "walk"}:
        runner = one if family(one) == "run" else other
        return 0 < speed(runner) < WALKING
    return len(families) == 1 and None not in families


def family(outing: Outing) -> str | None:
    return FAMILY.get(outing.activity_type)


def speed(outing: Outing) -> float:
    return (outing.distance or 0.0) / outing.moving if outing.moving else 0.0


def alike(one: Outing, other: Outing) -> bool:
    """Moving or elapsed time within 10 % or two minutes, or distance within 5 %."""
    durations = [(one.moving, other.moving), (one.elapsed, other.elapsed)]
    near = any(a and b and abs(a - b) <= max(DURATION_SECONDS, DURATION_SHARE * max(a, b)) for a, b in durations)
    return near or within(one.distance, other.distance, DISTANCE_SHARE)


def within(one: float | None, other: float | None, share: float) -> bool:
    return bool(one and other and abs(one - other) <= share * max(one, other))


def overlapping(one: Outing, other: Outing) -> bool:
    """Going on together for 80 % of the shorter one's time, neither twice as long as the other."""
    if not one.seconds or not other.seconds or max(one.seconds, other.seconds) > 2 * min(one.seconds, other.seconds):
        return False
    begin = max(one.start, other.start)
    end = min(outing.start + timedelta(seconds=outing.seconds) for outing in (one, other))
    shorter = min(one.moving or one.seconds, other.moving or other.seconds)
    return (end - begin).total_seconds() >= OVERLAP_SHARE * shorter


def shifted(one: Outing, other: Outing) -> bool:
    """Alike to one percent but for whole quarter hours between their starts: one has a wrong clock. Only to be told."""
    apart = abs((one.start - other.start).total_seconds())
    quarters = SHIFT_SECONDS <= apart <= LONGEST_SHIFT and apart % SHIFT_SECONDS == 0
    return quarters and within(one.distance, other.distance, 0.01) and within(one.seconds, other.seconds, 0.01)


@dataclass(frozen=True)
class WeighIn:
    """Kilograms on the person's calendar and clock; `id` is the row's."""

    id: int
    date: date
    time: time | None
    weight: float


def same_weigh_in(one: WeighIn, other: WeighIn) -> bool:
    """In the same minute and within 50 g; or on the same day and within 0.1 kg, where a time is not known."""
    if one.date != other.date:
        return False
    apart = abs(one.weight - other.weight) - ROUNDING
    if one.time is None or other.time is None:
        return apart <= KILOGRAMS_OF_A_DAY
    minutes = (one.time.hour, one.time.minute) == (other.time.hour, other.time.minute)
    return minutes and apart <= KILOGRAMS_OF_A_MINUTE


def apart(one: WeighIn, other: WeighIn) -> tuple[float, float]:
    """Seconds between two weigh-ins of a day, a whole day where a time is not known, and kilograms."""
    clocks = [timedelta(hours=at.hour, minutes=at.minute, seconds=at.second) for at in (one.time, other.time) if at]
    seconds = abs(clocks[0] - clocks[1]).total_seconds() if len(clocks) == 2 else 86_400.0
    return seconds, abs(one.weight - other.weight)
