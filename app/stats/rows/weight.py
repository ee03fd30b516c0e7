"""Pure: the board's row of weigh-ins."""

import math
from datetime import date
from statistics import fmean
from typing import Any

from app import units
from app.records.rows import DayRows, Preferences, WeighInDetail, WeightRow
from app.stats.cells import Cell, Entry, figure, joined, weekday
from app.stats.day import Part, facts, source
from app.stats.numbers import Number
from app.stats.smoothing import smoothed

NAME = "weight"
METRIC = ("fitbit", "weight")
DEVICE: tuple[str, str] | None = None
EMPTY = "No weigh-in"
NOTHING = "No weigh-in is recorded."
GROWS = False
KEY = "date"
HEADS: tuple[str, ...] = ("Day", "Time", "Weight", "Fat", "BMI")


def cell(records: list[WeightRow], _partial: bool, age: str, chosen: Preferences) -> Cell:
    row = records[-1]
    time = f"{row.time:%H:%M}" if row.time else ""
    fat = figure(row.fat, f"fat {{:.1f}}{units.NBSP}%")
    return Cell("value", (Entry(*units.weight(row.weight, chosen.units), note=joined([time, age]), extra=fat),))


def number(title: str, records: list[WeightRow], before: list[WeightRow], _today: date, chosen: Preferences) -> Number:
    """The average of the week's weigh-ins, one a day, against last week's."""
    system = chosen.units
    if not records:
        return Number(title, EMPTY, (f"last week {units.mass(average(before), system)}",) if before else ())
    ours = average(records)
    compared = change_of(ours, average(before), system) if before else "none last week"
    return Number(title, units.mass(ours, system), (compared,))


def average(rows: list[WeightRow]) -> float:
    return fmean(row.weight for row in rows)


def change_of(kilograms: float, before: float, system: str) -> str:
    return difference(kilograms - before, system, "more than last week", "less than last week", "as last week")


def trend(kilograms: float, goal: float | None, system: str) -> str:
    """`trend 73.0, 2.0 above the goal`: how far it is is told from the trend, as one day is not."""
    now, _ = units.weight(kilograms, system)
    if not goal:
        return f"trend {now}"
    far, _ = units.weight(abs(kilograms - goal), system)
    return f"trend {now}, at the goal" if far == "0.0" else f"trend {now}, {far} {side(kilograms, goal)} the goal"


def side(kilograms: float, goal: float) -> str:
    return "above" if kilograms > goal else "below"


def difference(kilograms: float, system: str, more: str, less: str, same: str) -> str:
    """`0.3 kg less than last week`; `same` where the figure would read 0.0."""
    amount = units.mass(abs(kilograms), system)
    if amount.startswith("0.0"):
        return same
    return f"{amount} {more if kilograms > 0 else less}"


def item(row: WeightRow) -> dict[str, Any]:
    return {"weight": row.weight, "fat": row.fat, "bmi": row.bmi, "time": f"{row.time:%H:%M}" if row.time else None}


def change(before: dict[str, Any] | None, now: dict[str, Any] | None, system: str) -> str:
    if now is None:
        return f"Weight, {mass(before, system)}, removed from {weekday(before)}" if before else ""
    if before is None:
        return f"Weight, {mass(now, system)}, added to {weekday(now)}"
    if (now["time"] or "") > (before["time"] or ""):
        return f"Weight, {mass(now, system)} at {now['time']}, added to {weekday(now)}"
    if mass(before, system) == mass(now, system):
        return ""
    was, unit = units.weight(before["weight"], system)
    is_now, _ = units.weight(now["weight"], system)
    return f"Weight on {weekday(now)} corrected from {was} to {is_now}{units.NBSP}{unit}"


def mass(item: dict[str, Any], system: str) -> str:
    return units.mass(item["weight"], system)


def parts(rows: DayRows, system: str) -> tuple[Part, ...]:
    last = rows.weights[-1:]
    return tuple(weigh_in(one, trend_of(rows) if one in last else None, system) for one in rows.weights)


def trend_of(rows: DayRows) -> float:
    """The smoothed weight of the day, which has a weigh-in."""
    return (smoothed([(row.date, row.weight) for row in rows.weighed]) or [rows.weights[-1].row.weight])[-1]


def weigh_in(one: WeighInDetail, now: float | None, system: str) -> Part:
    shown = facts(
        ("fat", figure(one.row.fat, f"{{:.1f}}{units.NBSP}%")),
        ("BMI", figure(one.row.bmi, "{:.1f}")),
        ("trend", units.mass(now, system) if now else ""),
    )
    title = units.mass(one.row.weight, system)
    return Part(one.row.time, NAME, title, shown, source=source(one.account), entry=f"weight-{one.id}")


def of_day(title: str, rows: DayRows, _partial: bool, chosen: Preferences) -> Number:
    if not rows.weights:
        return Number(title, NOTHING)
    weighed, now = rows.weights[-1].row.weight, trend_of(rows)
    beside = difference(weighed - now, chosen.units, "over its trend", "under its trend", "as its trend")
    return Number(title, units.mass(weighed, chosen.units), (beside, trend(now, chosen.goal_weight, chosen.units)))


def latest(record: Any, system: str) -> list[str]:
    weighed = " ".join(units.weight(record.weight, system)) if math.isfinite(record.weight) else ""
    time = f"{record.record_time:%H:%M}" if record.record_time else ""
    return [
        record.record_date.isoformat(),
        time,
        weighed,
        figure(record.fat, "{:.1f} %"),
        figure(record.bmi, "{:.1f}"),
    ]
