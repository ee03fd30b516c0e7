"""Pure: figures to charts, with their facts and their tables in the person's words and units."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from app import units
from app.records.preferences import Preferences
from app.records.rows import CaloriesRow, WeightRow
from app.trends import figures
from app.trends.axes import Chart, Series, Span, day_name, spec, ticks
from app.trends.figures import Effort
from app.units import NBSP

NOTHING = "–"
LOOKS = ("solid", "slanted", "dotted", "level", "crossed")
"""How the bars of up to SPORTS_SHOWN sports are told apart without colour."""


def weight(rows: Sequence[WeightRow], span: Span, chosen: Preferences) -> Chart:
    """`rows` are all weigh-ins there are, because the smoothed line at the first day comes from those before it."""
    known = [row for row in rows if math.isfinite(row.weight)]
    line = figures.smoothed([(row.date, row.weight) for row in known])
    shown = [(row, smooth) for row, smooth in zip(known, line, strict=True) if row.date >= span.first]
    days, goal = [row.date for row, _ in shown], chosen.goal_weight
    figure, unit = in_weight_units(chosen.units), units.weight(0, chosen.units)[1]
    series = [
        Series("Weight", "--soft", "points", [figure(row.weight) for row, _ in shown]),
        Series("Smoothed", "--accent", "line", [figure(smooth) for _, smooth in shown]),
    ]
    if goal:
        series.append(Series("Goal", "--ink", "dashes", [figure(goal)] * len(shown)))
    table = [
        (day_name(row.date), *(kilograms(value, chosen.units) for value in [row.weight, smooth, goal] if value))
        for row, smooth in reversed(shown)
    ]
    drawn = None
    if len(shown) > 1:
        scale = ticks([value for one in series for value in one.values if value], lambda v: f"{v:g}{NBSP}{unit}")
        drawn = spec(span, days, series, scale, 1)
    return Chart(
        "weight",
        "Weight",
        weight_facts(known, line, span.last, chosen),
        "Weight by day: the day's last weigh-in, and the smoothed line",
        ("Day", *(one.label for one in series)),
        table,
        drawn,
        "One weigh-in in this span: a line needs two." if shown else "No weigh-in in this span.",
    )


def weight_facts(
    known: Sequence[WeightRow], line: Sequence[float], today: date, chosen: Preferences
) -> tuple[str, ...]:
    if not known:
        return ()
    facts = [f"Smoothed {kilograms(line[-1], chosen.units)} on {day_name(known[-1].date)}."]
    rise = figures.slope([row.date for row in known], line, today)
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


@dataclass(frozen=True)
class Measure:
    """What is summed of activities by week and sport. `of` is in SI, `per` of which are one of the axis's `unit`."""

    key: str
    title: str
    of: Callable[[Effort], float | None]
    text: Callable[[float], str]
    per: float
    unit: str
    lacking: str


def measures(system: str, highest: float | None) -> tuple[Measure, ...]:
    """`highest` is the person's highest heart rate, which the load is measured by."""
    length, unit = (units.METRES_PER_MILE, "mi") if system == "imperial" else (1000.0, "km")
    return (
        Measure(
            "distance",
            "Distance by week",
            lambda effort: effort.metres,
            lambda metres: units.distance(metres, system),
            length,
            f"{NBSP}{unit}",
            "No activity with a distance in this span.",
        ),
        Measure(
            "time",
            "Moving time by week",
            lambda effort: effort.seconds,
            lambda seconds: units.duration(round(seconds)),
            3600.0,
            f"{NBSP}h",
            "No activity in this span.",
        ),
        Measure(
            "load",
            "Load by week",
            lambda effort: figures.load(effort, highest),
            lambda load: f"{load:,.0f}",
            1.0,
            "",
            "No activity with a heart rate in this span, and the load is counted by it.",
        ),
    )


def weekly(measure: Measure, efforts: Sequence[Effort], span: Span, facts: tuple[str, ...]) -> Chart:
    """Stacked bars, a column of the table for each sport, and one for all together."""
    weeks = figures.weeks(span.first, span.last)
    sums = figures.weekly(efforts, weeks, measure.of)
    # Every chart gives a sport the same look, also where it has nothing of another one.
    looks = dict(zip(figures.sports(efforts), LOOKS, strict=False))
    families = {units.sport(effort.sport_type): units.family(effort.sport_type) for effort in efforts}
    names = [name for name in looks if any(sums[name])]
    series = [
        Series(name, f"--{families.get(name, 'other')}", looks[name], [value / measure.per for value in sums[name]])
        for name in names
    ]
    totals = [sum(sums[name][n] for name in names) for n in range(len(weeks))]
    table = [
        (
            day_name(week) + (", so far" if week == weeks[-1] else ""),
            *(measure.text(value) if value else NOTHING for value in [*(sums[name][n] for name in names), totals[n]]),
        )
        for n, week in reversed(list(enumerate(weeks)))
    ]
    scale = ticks([0, *(total / measure.per for total in totals)], lambda v: f"{v:,g}{measure.unit}")
    return Chart(
        measure.key,
        measure.title,
        (f"{measure.text(sum(totals))} in all.", *facts) if names else facts,
        f"{measure.title} and sport",
        ("Week of", *names, "All"),
        table if names else [],
        spec(span, weeks, series, scale, 7) if names else None,
        measure.lacking,
    )


def load_facts(efforts: Sequence[Effort], highest: float | None) -> tuple[str, ...]:
    """What the load is, and how many activities it leaves out."""
    if not efforts:
        return ()
    without = sum(figures.load(effort, highest) is None for effort in efforts)
    left_out = f"{without:,} of {len(efforts):,} activities had no heart rate and are left out." if without else ""
    meaning = (
        f"Load is moving minutes times the average heart rate’s share of your highest ({highest:.0f}{NBSP}bpm):"
        " an hour at three quarters of it is 45."
        if highest
        else ""
    )
    return tuple(filter(None, (meaning, left_out)))


def calories(
    rows: Sequence[CaloriesRow], span: Span, chosen: Preferences, by_week: Callable[[date], date] | None
) -> Chart:
    """By day, or the means of the weeks of `by_week`. Two figures that are never added; both come from Fitbit."""
    means = figures.mean_calories(rows, span.last, by_week or (lambda day: day))
    days, goal = [one.first for one in means], chosen.calorie_goal
    series = [
        Series("Eaten", "--ride", "solid", [one.eaten for one in means]),
        Series("Burned", "--run", "line", [one.burned for one in means]),
    ]
    if goal:
        series.append(Series("Goal", "--ink", "dashes", [float(goal)] * len(means)))
    table = [
        (
            day_name(one.first),
            *(kcal(value) for value in [one.eaten, one.burned, *([goal] if goal else [])]),
            *([str(one.days)] if by_week else []),
        )
        for one in reversed(means)
    ]
    known = [value for one in series for value in one.values if value is not None]
    scale = ticks([0, *known], lambda v: f"{v:,g}{NBSP}kcal")
    return Chart(
        "calories",
        "Eaten and burned by week" if by_week else "Eaten and burned by day",
        calorie_facts(rows, span.last, chosen),
        "Calories eaten and burned" + (": the mean day of each week" if by_week else " by day"),
        ("Week of" if by_week else "Day", *(one.label for one in series), *(["Days logged"] if by_week else [])),
        table,
        spec(span, days, series, scale, 7 if by_week else 1) if means else None,
        "Nothing eaten or burned is known in this span.",
    )


def calorie_facts(rows: Sequence[CaloriesRow], today: date, chosen: Preferences) -> tuple[str, ...]:
    before = [row for row in rows if row.date < today]
    eaten, burned = (figures.mean(getattr(row, name) for row in before) for name in ("calories", "burned"))
    known = [f"{name} {kcal(value)}" for name, value in (("Eaten", eaten), ("burned", burned)) if value is not None]
    goal = f"The goal is {kcal(chosen.calorie_goal)} eaten." if chosen.calorie_goal else ""
    means = f"{', '.join(known)} on a mean day that has the figure, without today." if known else ""
    return tuple(filter(None, (means[:1].upper() + means[1:], goal)))


def kcal(value: float | None) -> str:
    return NOTHING if value is None else units.kcal(value)
