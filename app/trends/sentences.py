"""Pure: what the charts of the weight and of the calories say in sentences."""

from collections.abc import Callable, Sequence
from datetime import date

from app import units
from app.records.preferences import Preferences
from app.records.rows import CaloriesRow, WeightRow
from app.trends import figures
from app.trends.axes import day_name
from app.units import NBSP

NOTHING = "–"
BARS = {
    "day": "Bars are days; the lines are means of seven days.",
    "week": "Bars and line are the mean days of weeks.",
    "month": "Bars and line are the mean days of months.",
}


def weight_facts(
    measured: Sequence[WeightRow], line: Sequence[float], today: date, chosen: Preferences
) -> tuple[str, ...]:
    if not measured:
        return ()
    facts = [f"Smoothed {kilograms(line[-1], chosen.units)} on {day_name(measured[-1].date)}."]
    rise = figures.slope([row.date for row in measured], line, today)
    if rise is not None:
        much = kilograms(abs(rise), chosen.units)
        steady = float(much.split(NBSP)[0]) == 0
        facts.append("Steady." if steady else f"{'Rising' if rise > 0 else 'Falling'} by {much} a week.")
    if chosen.goal_weight:
        away = line[-1] - chosen.goal_weight
        much, side = kilograms(abs(away), chosen.units), "above" if away > 0 else "below"
        at_goal = float(much.split(NBSP)[0]) == 0
        facts.append(
            f"{'At' if at_goal else f'{much} {side}'} the goal of {kilograms(chosen.goal_weight, chosen.units)}."
        )
    return tuple(facts)


def kilograms(value: float, system: str) -> str:
    return units.mass(value, system)


def in_weight_units(system: str) -> Callable[[float], float]:
    per = units.KG_PER_POUND if system == "imperial" else 1.0
    return lambda kilograms: kilograms / per


def left_out(rows: Sequence[CaloriesRow], today: date) -> str:
    """Days from the first that has a figure to yesterday without a food log."""
    logged = {row.date for row in rows if row.calories is not None and row.date < today}
    missing = (today - min(logged)).days - len(logged) if logged else 0
    many = f"{missing:,} days without a food log are" if missing > 1 else "1 day without a food log is"
    return f"{many} left out." if missing else ""


def calorie_facts(rows: Sequence[CaloriesRow], today: date, chosen: Preferences) -> tuple[str, ...]:
    before = [row for row in rows if row.date < today]
    eaten, burned = (figures.mean(getattr(row, name) for row in before) for name in ("calories", "burned"))
    parts = [f"{name} {kcal(value)}" for name, value in (("Eaten", eaten), ("burned", burned)) if value is not None]
    goal = f"The goal is {kcal(chosen.calorie_goal)} eaten." if chosen.calorie_goal else ""
    means = f"{', '.join(parts)} on a mean day that has the figure, without today." if parts else ""
    return tuple(filter(None, (means[:1].upper() + means[1:], goal)))


def kcal(value: float | None) -> str:
    return NOTHING if value is None else units.kcal(value)
