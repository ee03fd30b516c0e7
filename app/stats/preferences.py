"""How the person wants the week shown; the environment's values are the defaults."""

from dataclasses import dataclass, field

from flask import current_app

ROW_NAMES = {"weight": "Weight", "calories": "Calories", "activities": "Activities"}
"""The board's rows in their order, each with the name that it has unless the person gave it another."""


@dataclass(frozen=True)
class Preferences:
    """`timezone` is an IANA name, `calorie_goal` kcal eaten a day, `goal_weight` kilograms.

    `rows` are the rows to show, in order, with their names.
    """

    units: str
    timezone: str
    week_start: str
    calorie_goal: int | None = None
    goal_weight: float | None = None
    rows: dict[str, str] = field(default_factory=ROW_NAMES.copy)


def read() -> Preferences:
    config = current_app.config
    return Preferences(units=config["UNITS"], timezone=config["TIMEZONE"], week_start=config["WEEK_START"])
