"""Pure: what a person types, to SI units; each refusal is a sentence for its field, in the person's units."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app import units
from app.files.records import Activity, DayCalories, WeighIn
from app.records.account import HAND

KILOGRAMS, KCAL, FAT, KILOMETRES = (20, 500), (0, 20_000), (1, 75), (0, 2000)
SPORTS = ("Run", "Ride", "Walk", "Swim", "WeightTraining", "Yoga", "Hike", "Rowing", "NordicSki", "Workout")
CLOCK = re.compile(r"\s*(\d{1,2})[:.h](\d{2})(?::\d{2})?\s*([ap])?\.?\s*(?:m\.?)?\s*", re.IGNORECASE)
LONGEST = 31 * 86400


@dataclass
class Form:
    """What was typed, by the names of the fields, and what is wrong with it, by the same names."""

    given: Mapping[str, str]
    units: str
    now: datetime
    """Aware, in the person's zone."""
    errors: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return self.given.get(name, "").strip()

    def number(self, name: str, low: float, high: float, unit: str, needed: bool = True) -> float | None:
        """`72.4` as well as `72,4`; None where it is empty and need not be there, or is wrong."""
        raw = self.text(name)
        if not raw and not needed:
            return None
        found = plain(raw)
        if found is None or not low <= found <= high:
            self.errors[name] = f"Enter a number from {low:,.0f} to {high:,.0f}{f' {unit}' if unit else ''}."
            return None
        return found

    def day(self) -> date:
        """Today, yesterday, or the other day that is named."""
        today, which = self.now.date(), self.text("day")
        if which in ("", "today"):
            return today
        if which == "yesterday":
            return today - timedelta(days=1)
        try:
            found = date.fromisoformat(self.text("date") or which)
        except ValueError:
            self.errors["date"] = f"Enter a day such as {today.isoformat()}."
            return today
        if not date(1970, 1, 1) <= found <= today:
            self.errors["date"] = f"Enter a day from 1970-01-01 to today, {today.isoformat()}."
        return found

    def clock(self, day: date, name: str = "time") -> time | None:
        """`7:10`, `19:10`, `7:10 pm`; the present where it is empty and the day is today."""
        raw = self.text(name)
        if not raw:
            return self.now.time().replace(second=0, microsecond=0, tzinfo=None) if day == self.now.date() else None
        found = CLOCK.fullmatch(raw)
        hour, minute = (int(found[1]), int(found[2])) if found else (99, 99)
        if found and found[3] and 1 <= hour <= 12:
            hour = hour % 12 + (12 if found[3].lower() == "p" else 0)
        if hour > 23 or minute > 59:
            self.errors[name] = "Enter a time such as 7:10 or 7:10 pm."
            return None
        at = time(hour, minute)
        if day == self.now.date() and at > self.now.time():
            self.errors[name] = f"That is still to come: it is {self.now:%H:%M} now."
        return at


def plain(raw: str) -> float | None:
    """A number with a decimal point or comma, and thousands set apart; None for what is none."""
    text = re.sub(r"[\s\u00a0\u202f']", "", raw)
    text = (
        re.sub(r"(?<=\d),(?=\d{3}(?:\D|$))", "", text) if "." in text or re.fullmatch(r"\d{1,2},\d{3}", text) else text
    )
    text = text.replace(",", ".")
    return float(text) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{0,6})?|\.[0-9]{1,6}", text) else None


def weigh_in(form: Form, key: str) -> WeighIn | None:
    per_unit, unit = (units.KG_PER_POUND, "lb") if form.units == "imperial" else (1.0, "kg")
    low, high = (kilograms / per_unit for kilograms in KILOGRAMS)
    weight = form.number("weight", low, high, unit)
    fat = form.number("fat", *FAT, "percent", needed=False)
    day = form.day()
    at = form.clock(day)
    if form.errors or weight is None:
        return None
    return WeighIn(HAND, key, day, round(weight * per_unit, 3), at, fat)


def calories(form: Form) -> DayCalories | None:
    """The figure of a meal or of the day; a meal's clock and words are asked for beside it."""
    eaten = form.number("calories", *KCAL, "kcal")
    day = form.day()
    if form.text("how") != "total" and form.text("time"):
        form.clock(day)
    return None if form.errors or eaten is None else DayCalories(HAND, day, eaten)


def activity(form: Form, key: str, zone: ZoneInfo) -> Activity | None:
    imperial = form.units == "imperial"
    length, unit = (units.METRES_PER_MILE, "mi") if imperial else (1000.0, "km")
    sport = form.text("sport")
    if sport not in SPORTS:
        form.errors["sport"] = "Choose a sport."
    seconds = duration(form)
    away = form.number("distance", 0, KILOMETRES[1] * 1000 / length, unit, needed=False)
    day = form.day()
    at = form.clock(day) or (None if "time" in form.errors else time(12))
    name = "".join(filter(str.isprintable, form.text("name")))[:200]
    if form.errors or seconds is None or at is None:
        return None
    local = datetime.combine(day, at, zone)
    ahead = local.utcoffset()
    offset = int(ahead.total_seconds()) if ahead else 0
    distance = None if away is None else away * length
    start = local.astimezone(UTC)
    return Activity(HAND, key, sport, start, name, distance, seconds, seconds, offset=offset)


def duration(form: Form) -> float | None:
    """Seconds of `42` (minutes), `42:10` or `1:02:10`; the field's, else the choice beside it."""
    name = "exact" if form.text("exact") else "minutes"
    parts = (form.text(name)).split(":")
    if len(parts) == 1:
        minutes = plain(parts[0])
        found = minutes * 60 if minutes is not None else 0
    else:
        whole = [int(part) if re.fullmatch("[0-9]{1,3}", part) else -1 for part in parts]
        usable = len(whole) <= 3 and min(whole) >= 0 and max(whole[1:]) < 60
        found = sum(n * 60**place for place, n in enumerate(reversed(whole))) if usable else 0
    if not 0 < found <= LONGEST:
        form.errors["exact"] = "Enter minutes such as 42, or 42:10, or 1:02:10."
        return None
    return float(round(found))
