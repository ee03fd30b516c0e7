"""Pure: a week's figures against the median of those before, the best of a year, and the days that met the goal."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from statistics import fmean, median

from app.records.rows import ActivityRow, CaloriesRow, EffortRow, WeightRow
from app.stats.pace import ENOUGH, WEEK, WEEKS
from app.stats.smoothing import smoothed

YEAR = 52
"""Weeks, of which this is the last."""
BESTS = ("seconds", "metres", "activities", "active_days")
"""Figures of which the largest is the best."""


@dataclass(frozen=True)
class Figures:
    """A week's: kg on average, kcal on an average day, seconds, metres, counts; None for what is not known."""

    weight: float | None = None
    eaten: float | None = None
    burned: float | None = None
    seconds: float | None = None
    metres: float | None = None
    activities: float | None = None
    active_days: float | None = None


@dataclass(frozen=True)
class Compared:
    """A figure of the week and the median of `weeks` before it; `usual` is None where those are too few."""

    measure: str
    value: float | None
    usual: float | None
    weeks: int


@dataclass(frozen=True)
class Best:
    """What was never as much in the year: a figure of the week, or one activity as the longest of its sport."""

    measure: str
    value: float
    activity: ActivityRow | None = None


@dataclass(frozen=True)
class GoalDay:
    """`state`: met, over, none (nothing logged), running (today) or future."""

    date: date
    state: str


@dataclass(frozen=True)
class Records:
    """What is stored up to the week's end, oldest first; `oldest` is the day of the first activity of all."""

    weights: Sequence[WeightRow]
    calories: Sequence[CaloriesRow]
    efforts: Sequence[EffortRow]
    oldest: date | None


def of_week(records: Records, first: date, today: date, span: timedelta = WEEK) -> Figures:
    """The figures of the week that begins on `first`; activities only until `span` after its begin.

    Today is not over, so what was eaten and burned on it does not count. A week that was over before the first
    activity of all has no figures of activities; a later one without any has 0.
    """
    last, begin = first + WEEK - timedelta(days=1), datetime.combine(first, time.min)
    days = [row for row in records.calories if first <= row.date <= last and row.date < today]
    inside = [effort for effort in records.efforts if begin <= effort.start < begin + span]
    counts = records.oldest is not None and records.oldest <= last
    return Figures(
        weight=mean(row.weight for row in records.weights if first <= row.date <= last),
        eaten=mean(row.calories for row in days),
        burned=mean(row.burned for row in days),
        seconds=sum(effort.moving_time or 0 for effort in inside) if counts else None,
        metres=sum(effort.distance or 0 for effort in inside) if counts else None,
        activities=len(inside) if counts else None,
        active_days=len({effort.start.date() for effort in inside}) if counts else None,
    )


def mean(values: Iterable[float | None]) -> float | None:
    present = [value for value in values if value is not None]
    return fmean(present) if present else None


def weeks_before(first: date, count: int) -> list[date]:
    """The first days of up to so many weeks before, the latest first; fewer at the calendar's beginning."""
    return [first - n * WEEK for n in range(1, min(count, (first - date.min).days // 7) + 1)]


def compare(now: Figures, before: Sequence[Figures]) -> list[Compared]:
    """Every figure beside its median of the eight weeks `before`, of those that have it."""
    found = []
    for name in (field.name for field in fields(Figures)):
        present = [value for week in before[:WEEKS] if (value := getattr(week, name)) is not None]
        usual = median(present) if len(present) >= ENOUGH else None
        found.append(Compared(name, getattr(now, name), usual, len(present)))
    return found


def best_figures(now: Figures, before: Sequence[Figures]) -> list[Best]:
    """Those of the week that none of the weeks `before` reached, of which at least three had anything."""
    found = []
    for name in BESTS:
        value, others = getattr(now, name), [one for week in before if (one := getattr(week, name))]
        if value and len(others) >= ENOUGH and value > max(others):
            found.append(Best(name, value))
    return found


def longest(week: Iterable[ActivityRow], before: Iterable[ActivityRow]) -> list[Best]:
    """The activities of the week that are longer than any of their sport `before`, of which there were at least three.

    By distance, and by moving time where the sport has none.
    """
    sports: dict[str | None, list[ActivityRow]] = defaultdict(list)
    for row in before:
        sports[row.activity_type].append(row)
    found: dict[str | None, Best] = {}
    for row in week:
        measure = "distance" if row.distance else "moving_time"
        value = getattr(row, measure) or 0
        others = [one for other in sports[row.activity_type] if (one := getattr(other, measure))]
        rival = found[row.activity_type].value if row.activity_type in found else 0
        if len(others) >= ENOUGH and value > max(*others, rival):
            found[row.activity_type] = Best(measure, value, row)
    return list(found.values())


def trend(weights: Sequence[WeightRow], first: date) -> tuple[float | None, float | None]:
    """The smoothed weight, kg, before the week and at its end; None where nothing was weighed until then."""
    line = smoothed([(row.date, row.weight) for row in weights])
    before = [kg for row, kg in zip(weights, line, strict=True) if row.date < first]
    return before[-1] if before else None, line[-1] if line else None


def best_trend(weights: Sequence[WeightRow], first: date, goal: float | None) -> Best | None:
    """The trend at the week's end, where it is nearer to the goal than on any day before; None without a goal."""
    line = smoothed([(row.date, row.weight) for row in weights])
    before = [kg for row, kg in zip(weights, line, strict=True) if row.date < first]
    if not goal or len(before) < ENOUGH or len(before) == len(line):
        return None
    nearest = min(abs(kg - goal) for kg in before)
    return Best("trend", line[-1]) if abs(line[-1] - goal) < nearest else None


def goal_days(rows: Iterable[CaloriesRow], days: Sequence[date], today: date, goal: int) -> list[GoalDay]:
    eaten = {row.date: row.calories for row in rows if row.calories is not None}
    return [GoalDay(day, goal_state(eaten.get(day), day, today, goal)) for day in days]


def goal_state(kcal: float | None, day: date, today: date, goal: int) -> str:
    if day >= today:
        return "running" if day == today else "future"
    if kcal is None:
        return "none"
    return "met" if kcal <= goal else "over"
