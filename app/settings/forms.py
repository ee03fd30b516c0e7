"""The form of `/settings/`: what each field takes, and what is said beside it when it got something else."""

import re
from collections.abc import Sequence
from datetime import time
from typing import Any
from zoneinfo import available_timezones

from flask_wtf import FlaskForm
from wtforms import BooleanField, FloatField, HiddenField, IntegerField, RadioField, SelectField, StringField, TimeField
from wtforms.validators import Length, Optional, ValidationError
from wtforms.widgets import TextInput

from app import units
from app.records.models import StoredPreferences
from app.records.rows import ROW_NAMES, Preferences

UNITS = {"metric": "Metric (kg, km)", "imperial": "Imperial (lb, mi)"}
WEEK_STARTS = {"sunday": "Sunday", "monday": "Monday", "saturday": "Saturday"}
THEMES = {"": "As the device", "light": "Light", "dark": "Dark"}
KILOCALORIES, KILOGRAMS = (500, 20_000), (20, 300)
"""What the goals may be."""


class Kilocalories(IntegerField):
    """Takes 2200 as well as 2,200 and 2 200."""

    widget = (
        TextInput()
    )  # a number's would hand nothing over where the entry is none, so nobody could say what is wrong

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        text = re.sub(r"(?<=\d)[,.\s](?=\d{3}\b)", "", "".join(valuelist).strip())
        try:
            self.data = int(text) if text else None
        except ValueError:
            raise ValueError("Enter a whole number such as 2200, or nothing.") from None


class Weight(FloatField):
    """Takes 72.5 as well as 72,5."""

    widget = TextInput()

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        text = "".join(valuelist).strip().replace(",", ".")
        try:
            self.data = float(text) if text else None
        except ValueError:
            raise ValueError("Enter a number such as 72.5, or nothing.") from None


class TimeOfDay(TimeField):
    """Takes 21:00 as well as 7:05 and 21:00:00."""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        if not valuelist:
            return
        text, self.data = "".join(valuelist).strip(), None
        found = re.fullmatch(r"(\d{1,2}):(\d\d)(?::\d\d)?", text, re.ASCII)
        try:
            self.data = time(int(found[1]), int(found[2])) if found else None
        except ValueError:  # 25:00
            found = None
        if text and not found:
            raise ValueError("Enter a time such as 21:00, or nothing.")


class SettingsForm(FlaskForm):
    """An empty choice or field stands for the default, a goal's for none; one that is not sent stays as it is."""

    units = SelectField("Units")
    timezone = SelectField("Time zone")
    week_start = SelectField("The week begins on")
    calorie_goal = Kilocalories(
        "Calorie goal, kcal eaten a day",
        [Optional()],
        render_kw={"inputmode": "numeric"},
    )
    goal_weight = Weight("Goal weight", [Optional()], render_kw={"inputmode": "decimal"})
    goal_weight_in = HiddenField()
    """The units that the page showed the goal weight in: another choice of units does not change what was entered."""
    theme = RadioField("Colours")
    night_from = TimeOfDay("The wall dims from")
    night_until = TimeOfDay("until", description="Empty for never.")

    def __init__(self, default: Preferences, **given: Any) -> None:
        super().__init__(**given)
        self.units.choices = with_default(UNITS, default.units)
        self.week_start.choices = with_default(WEEK_STARTS, default.week_start)
        self.timezone.choices = with_default({name: name for name in sorted(available_timezones())}, default.timezone)
        self.theme.choices = list(THEMES.items())
        if self.goal_weight_in.data not in UNITS:
            self.goal_weight_in.data = default.units
        self.goal_weight.label.text = f"Goal weight, {units.weight(0, self.goal_weight_in.data)[1]}"

    def validate_calorie_goal(self, field: Kilocalories) -> None:
        low, high = KILOCALORIES
        if field.data is not None and not low <= field.data <= high:
            raise ValidationError(f"Enter a number from {low:,} to {high:,}, or nothing.")

    def validate_goal_weight(self, field: Weight) -> None:
        low, high = (in_units(kilograms, self.goal_weight_in.data) for kilograms in KILOGRAMS)
        if field.data is not None and not low <= field.data <= high:
            unit = units.weight(0, self.goal_weight_in.data)[1]
            raise ValidationError(f"Enter a number from {low:.0f} to {high:.0f} {unit}, or nothing.")

    def validate_night_until(self, field: TimeOfDay) -> None:
        if self.night_from.process_errors or field.process_errors:
            return
        if (self.night_from.data is None) != (field.data is None):
            raise ValidationError("Enter both times, or neither.")
        if field.data is not None and self.night_from.data == field.data:
            raise ValidationError("These are one and the same time: enter another, or empty both.")

    def values(self) -> dict[str, Any]:
        """What is to be stored: a value for each column of the table, None for the default."""
        per_unit = units.KG_PER_POUND if self.goal_weight_in.data == "imperial" else 1
        names = {row: "".join(filter(str.isprintable, self[f"name_{row}"].data or "")).strip() for row in ROW_NAMES}
        return {
            "units": self.units.data or None,
            "timezone": self.timezone.data or None,
            "week_start": self.week_start.data or None,
            "calorie_goal": self.calorie_goal.data,
            "goal_weight": self.goal_weight.data and self.goal_weight.data * per_unit,
            "hidden_rows": [row for row in ROW_NAMES if not self[f"show_{row}"].data],
            "row_names": {row: name for row, name in names.items() if name},
            "theme": self.theme.data or None,
            "night_from": self.night_from.data,
            "night_until": self.night_until.data,
        }


def one_row(form: SettingsForm, _field: BooleanField) -> None:
    if not any(form[f"show_{row}"].data for row in ROW_NAMES):
        raise ValidationError("The board needs one row at the least.")


for row, name in ROW_NAMES.items():
    setattr(SettingsForm, f"show_{row}", BooleanField(name, [one_row] if row == next(iter(ROW_NAMES)) else []))
    too_long = Length(max=30, message="Enter 30 letters at the most.")
    placeholder = {"placeholder": name, "maxlength": 30}
    setattr(SettingsForm, f"name_{row}", StringField(f"Name of the row {name}", [too_long], render_kw=placeholder))


def shown(stored: StoredPreferences, now: Preferences) -> dict[str, Any]:
    """What the form holds before anything is entered."""
    return {
        "units": stored.units or "",
        "timezone": stored.timezone or "",
        "week_start": stored.week_start or "",
        "calorie_goal": stored.calorie_goal,
        "goal_weight": stored.goal_weight and round(in_units(stored.goal_weight, now.units), 1),
        "goal_weight_in": now.units,
        "theme": stored.theme or "",
        "night_from": stored.night_from,
        "night_until": stored.night_until,
        **{f"show_{row}": row not in stored.hidden_rows for row in ROW_NAMES},
        **{f"name_{row}": stored.row_names.get(row, "") for row in ROW_NAMES},
    }


def with_default(options: dict[str, str], default: str) -> list[tuple[str, str]]:
    return [("", f"Default: {options.get(default, default)}"), *options.items()]


def in_units(kilograms: float, system: str) -> float:
    return kilograms / units.KG_PER_POUND if system == "imperial" else kilograms
