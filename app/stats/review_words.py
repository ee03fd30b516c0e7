"""Pure: the week in review as texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app import units
from app.records.rows import Preferences
from app.stats import numbers, week
from app.stats.pace import ENOUGH
from app.stats.review import Best, Compared, GoalDay
from app.stats.rows import weight
from app.stats.rows.activities import own_name

NOTHING = "–"
ROW_OF = {"weight": "weight", "eaten": "calories", "burned": "calories"}
"""The board's row that a figure belongs to; the rest are of the activities."""
LABELS = {
    "weight": "Weight, average",
    "eaten": "Eaten a day",
    "burned": "Burned a day",
    "seconds": "Moving time",
    "metres": "Distance",
    "activities": "Activities",
    "active_days": "Active days",
}
MOST = {
    "seconds": "Most moving time",
    "metres": "Most distance",
    "activities": "Most activities",
    "active_days": "Most active days",
}
STEPS = {"eaten": 1, "burned": 1}
"""To what figures are rounded where they are shown, so that their difference is that of what is shown."""
GOAL_WORDS = {"met": "met", "over": "over", "none": "not logged", "running": "so far", "future": "to come"}


@dataclass(frozen=True)
class Line:
    """A figure beside the usual one, and how they differ."""

    label: str
    now: str
    usual: str
    difference: str


@dataclass(frozen=True)
class Told:
    """A best of the year: what, how much, and of one activity its sport's style, its day, and its own name."""

    what: str
    figure: str
    kind: str = ""
    day: str = ""
    name: str = ""


@dataclass(frozen=True)
class Mark:
    """A day of the goal: its weekday, the state as a class and as words."""

    weekday: str
    state: str
    words: str


def title(days: list[date], today: date) -> str:
    return f"{week.title(days, today)} {'so far' if today <= days[-1] else 'in review'}"


def amount(measure: str, value: float, system: str) -> str:
    if measure in ("weight", "trend"):
        return units.mass(value, system)
    if measure in ("eaten", "burned"):
        return units.kcal(value)
    if measure in ("seconds", "moving_time"):
        return numbers.time(round(value))
    if measure in ("metres", "distance"):
        return units.distance(value, system)
    return f"{value:g}"


def line(one: Compared, system: str) -> Line:
    usual = amount(one.measure, one.usual, system) if one.usual is not None else NOTHING
    now = amount(one.measure, one.value, system) if one.value is not None else NOTHING
    return Line(LABELS[one.measure], now, usual, difference(one, system))


def difference(one: Compared, system: str) -> str:
    """`44 min more`, `as usual`; why there is none."""
    if one.usual is None:
        return f"after {ENOUGH} weeks"
    if one.value is None:
        return "not known"
    if amount(one.measure, one.value, system) == amount(one.measure, one.usual, system):
        return "as usual"
    step = STEPS.get(one.measure, 0)
    now, usual = (step * round(value / step) if step else value for value in (one.value, one.usual))
    return f"{amount(one.measure, abs(now - usual), system)} {'more' if now > usual else 'less'}"


def lines(compared: Sequence[Compared], chosen: Preferences) -> list[Line]:
    """Those of the rows that are shown, without what neither the week nor the weeks before know."""
    shown = [one for one in compared if ROW_OF.get(one.measure, "activities") in chosen.rows]
    return [line(one, chosen.units) for one in shown if one.value is not None or one.usual is not None]


def best(one: Best, system: str) -> Told:
    figure, row = amount(one.measure, one.value, system), one.activity
    if row is None:
        what = MOST.get(one.measure, "Trend nearest to the goal")
        return Told(f"{what} in a year", figure)
    what = f"Longest {units.sport(row.activity_type).lower()} in a year"
    return Told(what, figure, units.sport_classes(row.activity_type), f"{row.date:%A}", own_name(row))


def trend(before: float | None, now: float | None, system: str) -> str:
    """`over the week from 73.4 to 73.0: 0.4 kg less`; '' where there is none before or at the end."""
    if before is None or now is None:
        return ""
    was, is_now = (units.weight(kg, system)[0] for kg in (before, now))
    return f"over the week from {was} to {is_now}: " + weight.difference(now - before, system, "more", "less", "level")


def marks(days: Sequence[GoalDay]) -> list[Mark]:
    return [Mark(f"{one.date:%a}", one.state, GOAL_WORDS[one.state]) for one in days]


def goal_words(days: Sequence[GoalDay], goal: int) -> str:
    """`5 of 6 logged days met the goal of 2,400 kcal`."""
    met, logged = (sum(one.state in states for one in days) for states in (("met",), ("met", "over")))
    if not logged:
        return f"No full day was logged; the goal is {units.kcal(goal)}"
    return f"{met} of {numbers.counted(logged, 'logged day')} met the goal of {units.kcal(goal)}"
