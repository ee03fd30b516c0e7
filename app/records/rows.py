"""The plain rows that queries return: what the pure modules and the feed know of the tables."""

from dataclasses import dataclass, field
from datetime import date, datetime, time

ROW_NAMES = {"weight": "Weight", "calories": "Calories", "activities": "Activities"}
"""The board's rows in their order, each with the name that it has unless the person gave it another."""


@dataclass(frozen=True)
class Preferences:
    """How the person wants the week shown.

    `timezone` is an IANA name, `calorie_goal` kcal eaten a day, `goal_weight` kilograms; `rows` are the rows to show,
    in order, with their names; `theme` is light, dark, or '' for as the device; `night` is from when until when, on the
    person's clock, a screen on the wall dims.
    """

    units: str
    timezone: str
    week_start: str
    calorie_goal: int | None = None
    goal_weight: float | None = None
    rows: dict[str, str] = field(default_factory=ROW_NAMES.copy)
    theme: str = ""
    night: tuple[time, time] | None = None


@dataclass(frozen=True)
class WeightRow:
    """The last weigh-in of a day: kilograms, percent, kg/m2."""

    date: date
    time: time | None
    weight: float
    fat: float | None
    bmi: float | None


@dataclass(frozen=True)
class CaloriesRow:
    """A day's kcal; `calories` were eaten."""

    date: date
    calories: float | None
    burned: float | None


@dataclass(frozen=True)
class ActivityRow:
    """One workout: m/s, rpm, bpm, metres, seconds; `date` is the day of its local start."""

    date: date
    id: int
    name: str | None
    activity_type: str | None
    speed: float | None
    cadence: float | None
    heartrate: float | None
    distance: float | None
    moving_time: int | None


@dataclass(frozen=True)
class WeekRows:
    """What the board shows of some days, oldest first; each field is named as its row of the board."""

    weight: list[WeightRow]
    calories: list[CaloriesRow]
    activities: list[ActivityRow]


@dataclass(frozen=True)
class EffortRow:
    """What an activity adds to its week: its local start (naive), seconds and metres."""

    start: datetime
    moving_time: int | None
    distance: float | None


@dataclass(frozen=True)
class ActivityDetail:
    """An activity with what only its day's page says: local start (naive), seconds, bpm, metres climbed, whose row."""

    row: ActivityRow
    start: datetime
    elapsed_time: int | None
    max_heartrate: float | None
    climb: float | None
    account: str


@dataclass(frozen=True)
class WeighInDetail:
    """A weigh-in with what only its day's page says: its row's number and whose row it is."""

    row: WeightRow
    id: int
    account: str


@dataclass(frozen=True)
class EatenDetail:
    """What one way says was eaten on a day, kcal: its row's number and whose row it is."""

    calories: float
    id: int
    account: str


@dataclass(frozen=True)
class MealRow:
    """A meal that was typed in: kcal, its clock and its words where they are known; `key` is its own."""

    calories: float
    time: time | None
    name: str
    key: str


@dataclass(frozen=True)
class DayRows:
    """Everything of one day; every weigh-in, the first one first.

    `weighed` are the weigh-ins of the days before and of this one, one a day; `eaten` is what each way says, the best
    one first.
    """

    weights: list[WeighInDetail]
    weighed: list[WeightRow]
    calories: list[CaloriesRow]
    eaten: list[EatenDetail]
    meals: list[MealRow]
    activities: list[ActivityDetail]
