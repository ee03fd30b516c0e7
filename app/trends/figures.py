"""Pure: the computations behind the trends. They know days and SI figures, and nothing of pages, charts or tables."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean, linear_regression

from app import units
from app.records.rows import CaloriesRow
from app.stats.smoothing import MEMORY as MEMORY
from app.stats.smoothing import smoothed as smoothed
from app.stats.week import week_of

DAYS_FOR_SLOPE, WEIGH_INS_FOR_SLOPE = 7, 4
SPORTS_SHOWN = 5
OTHER_SPORTS = "Other sports"


@dataclass(frozen=True)
class Effort:
    """One activity: `date` is the day of its local start; metres, seconds of moving time, beats a minute.

    Or what `count` of them come to, with the mean of their heart rates by moving time.
    """

    date: date
    sport_type: str | None
    metres: float
    seconds: int
    heartrate: float | None
    count: int = 1


@dataclass(frozen=True)
class Day:
    """A day of the calendar; `activities` is None for a day to come."""

    date: date
    activities: int | None


@dataclass(frozen=True)
class Month:
    """`weeks` are rows of seven days, None where the day is of another month."""

    first: date
    weeks: list[list[Day | None]]
    active: int


@dataclass(frozen=True)
class Eaten:
    """Mean kcal of the days from `first` on, each of the days that have a figure; None without any."""

    first: date
    eaten: float | None
    burned: float | None
    days: int


def weeks(first: date, last: date) -> list[date]:
    """The first days of the weeks from the one that begins on `first` to the one that holds `last`."""
    return [first + timedelta(days=n) for n in range(0, (last - first).days + 1, 7)]


def slope(days: Sequence[date], line: Sequence[float], today: date, length: int = DAYS_FOR_SLOPE) -> float | None:
    """How the smoothed `line` of the last days rises, in kg a week; None with fewer than 4 weigh-ins in them."""
    since = today - timedelta(days=length - 1)
    recent = [(day.toordinal(), kg) for day, kg in zip(days, line, strict=True) if since <= day <= today]
    if len(recent) < WEIGH_INS_FOR_SLOPE:
        return None
    return 7 * linear_regression(*zip(*recent, strict=True)).slope


def load(effort: Effort, highest: float | None) -> float | None:
    """Moving minutes times average heart rate as a share of the person's highest; None where either rate is unknown."""
    if not effort.heartrate or not highest:
        return None
    return effort.seconds / 60 * min(1.0, effort.heartrate / highest)


def sports(efforts: Iterable[Effort]) -> list[str]:
    """Their names, most moving time first; where there are more than five, the least of them share one name."""
    seconds: Counter[str] = Counter()
    for effort in efforts:
        seconds[units.sport(effort.sport_type)] += effort.seconds
    names = [name for name, _ in seconds.most_common()]
    return names if len(names) <= SPORTS_SHOWN else [*names[: SPORTS_SHOWN - 1], OTHER_SPORTS]


def weekly(
    efforts: Sequence[Effort], weeks: Sequence[date], measure: Callable[[Effort], float | None]
) -> dict[str, list[float]]:
    """Sums of `measure` for each of `weeks` (or months), by sport; an activity counts on the day of its start."""
    sums = {name: [0.0] * len(weeks) for name in sports(efforts)}
    for effort in efforts:
        of_sport = sums.get(units.sport(effort.sport_type)) or sums[OTHER_SPORTS]
        of_sport[bisect_right(weeks, effort.date) - 1] += measure(effort) or 0
    return sums


def mean_calories(rows: Iterable[CaloriesRow], today: date, key: Callable[[date], date]) -> list[Eaten]:
    """The means of the days that share a `key`. Today is not over, so it is in none. Eaten and burned stay apart."""
    groups: dict[date, list[CaloriesRow]] = defaultdict(list)
    for row in rows:
        if row.date < today and (row.calories is not None or row.burned is not None):
            groups[key(row.date)].append(row)
    return [
        Eaten(
            first,
            mean([row.calories for row in days]),
            mean([row.burned for row in days]),
            sum(row.calories is not None for row in days),
        )
        for first, days in sorted(groups.items())
    ]


def mean(values: Iterable[float | None]) -> float | None:
    present = [value for value in values if value is not None]
    return fmean(present) if present else None


def year(today: date) -> date:
    """The first day of the twelve months of the calendar, the last of which is today's."""
    return date(today.year - 1, today.month + 1, 1) if today.month < 12 else date(today.year, 1, 1)


def calendar(days: Iterable[date], today: date, first_weekday: int) -> list[Month]:
    """Twelve months to today's. `days` are those of the activities, each as often as there are activities."""
    counts, first = Counter(days), year(today)
    months = []
    for n in range(12):
        begin = date(first.year + (first.month + n - 1) // 12, (first.month + n - 1) % 12 + 1, 1)
        months.append(month(begin, counts, today, first_weekday))
    return months


def month(begin: date, counts: Counter[date], today: date, first_weekday: int) -> Month:
    end = (begin + timedelta(days=31)).replace(day=1)
    rows: list[list[Day | None]] = []
    for start in weeks(week_of(begin, first_weekday), end - timedelta(days=1)):
        row = [start + timedelta(days=n) for n in range(7)]
        rows.append([Day(d, counts[d] if d <= today else None) if begin <= d < end else None for d in row])
    return Month(begin, rows, sum(begin <= day < end and day <= today for day in counts))
