"""Pure: figures to charts, with their facts and their tables in the person's words and units."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from app import units
from app.records.preferences import Preferences
from app.records.rows import CaloriesRow, WeightRow
from app.stats import pace
from app.trends import figures
from app.trends.axes import Chart, Series, Span, day_name, spec, ticks
from app.trends.figures import Effort
from app.trends.monthly import by_month
from app.trends.sentences import BARS, NOTHING, calorie_facts, in_weight_units, kcal, kilograms, left_out, weight_facts
from app.units import NBSP

LAST, MEAN = "the day’s last weigh-in", "the mean of a month’s weigh-ins"
LOOKS = ("solid", "slanted", "dotted", "level", "crossed")
"""How the bars of up to SPORTS_SHOWN sports are told apart without colour."""


def weight(rows: Sequence[WeightRow], span: Span, chosen: Preferences, line: Sequence[float] | None = None) -> Chart:
    """`rows` are all weigh-ins there are, because the smoothed line at the first day comes from those before it; `line`
    is that where it is known already."""
    measured = [row for row in rows if math.isfinite(row.weight)]
    line = line or figures.smoothed([(row.date, row.weight) for row in measured])
    shown = [
        (row.date, row.weight, smooth) for row, smooth in zip(measured, line, strict=True) if row.date >= span.first
    ]
    if span.step == "month":
        shown = by_month(shown, span)
    days, goal = [day for day, _, _ in shown], chosen.goal_weight
    figure, unit = in_weight_units(chosen.units), units.weight(0, chosen.units)[1]
    series = [
        Series("Weight", "--soft", "points", [figure(weighed) for _, weighed, _ in shown]),
        Series("Smoothed", "--accent", "line", [figure(smooth) for _, _, smooth in shown]),
    ]
    if goal:
        series.append(Series("Goal", "--ink", "dashes", [figure(goal)] * len(shown)))
    by_day, name = span.step == "week", span.name if span.step == "month" else day_name
    table = [
        (name(day), *(kilograms(value, chosen.units) for value in [weighed, smooth, goal] if value))
        for day, weighed, smooth in reversed(shown)
    ]
    drawn = None
    if len(shown) > 1:
        scale = ticks([value for one in series for value in one.values if value], lambda v: f"{v:g}{NBSP}{unit}")
        drawn = spec(span, days, series, scale, 1 if by_day else span.width)
    return Chart(
        "weight",
        "Weight",
        weight_facts(measured, line, span.last, chosen),
        f"Weight by day: {LAST}, and the smoothed line"
        if by_day
        else f"Weight by month: {MEAN}, and the smoothed line",
        ("Day" if by_day else span.head, *(one.label for one in series)),
        table,
        drawn,
        "One weigh-in in this span: a line needs two." if shown else "No weigh-in in this span.",
        f"Each circle is {LAST if by_day else MEAN}; the line is the trend, on which a single day weighs a tenth.",
    )


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
            "Distance",
            lambda effort: effort.metres,
            lambda metres: units.distance(metres, system),
            length,
            f"{NBSP}{unit}",
            "No activity with a distance in this span.",
        ),
        Measure(
            "time",
            "Moving time",
            lambda effort: effort.seconds,
            lambda seconds: units.duration(round(seconds)),
            3600.0,
            f"{NBSP}h",
            "No activity in this span.",
        ),
        Measure(
            "load",
            "Load",
            lambda effort: figures.load(effort, highest),
            lambda load: f"{load:,.0f}",
            1.0,
            "",
            "No activity with a heart rate in this span, and the load is counted by it.",
        ),
    )


def weekly(measure: Measure, efforts: Sequence[Effort], span: Span, facts: tuple[str, ...]) -> Chart:
    """Stacked bars, a column of the table for each sport, and one for all together."""
    weeks, title = span.starts(), f"{measure.title} by {span.step}"
    sums = figures.weekly(efforts, weeks, measure.of)
    # Every chart gives a sport the same look, also where it has nothing of another one.
    looks = dict(zip(sums, LOOKS, strict=False))
    families = {units.sport(effort.sport_type): units.family(effort.sport_type) for effort in efforts}
    names = [name for name in looks if any(sums[name])]
    series = [
        Series(name, f"--{families.get(name, 'other')}", looks[name], [value / measure.per for value in sums[name]])
        for name in names
    ]
    totals = [sum(sums[name][n] for name in names) for n in range(len(weeks))]
    table = [
        (
            span.name(week) + (", so far" if week == weeks[-1] else ""),
            *(measure.text(value) if value else NOTHING for value in [*(sums[name][n] for name in names), totals[n]]),
        )
        for n, week in reversed(list(enumerate(weeks)))
    ]
    usual = usual_week(totals, efforts, weeks) if span.step == "week" else None
    scale = ticks([0, *(total / measure.per for total in [*totals, usual or 0])], lambda v: f"{v:,g}{measure.unit}")
    return Chart(
        measure.key,
        title,
        (f"{measure.text(sum(totals))} in all.", *facts) if names else facts,
        f"{title} and sport",
        (span.head, *names, "All"),
        table if names else [],
        spec(span, weeks, series, scale, span.width) if names else None,
        measure.lacking,
        level=(usual / measure.per, f"Usual week {measure.text(usual)}") if usual else None,
    )


def usual_week(totals: Sequence[float], efforts: Sequence[Effort], weeks: Sequence[date]) -> float | None:
    """The median of the last eight weeks that are over, as on the board; none before the first activity counts."""
    since = min((effort.date for effort in efforts), default=date.max)
    over = [total for week, total in zip(weeks, totals, strict=True) if week + pace.WEEK > since][:-1][-pace.WEEKS :]
    return median(over) if len(over) >= pace.ENOUGH else None


def load_facts(efforts: Sequence[Effort], highest: float | None) -> tuple[str, ...]:
    """What the load is, and how many activities it leaves out."""
    if not efforts:
        return ()
    without = sum(effort.count for effort in efforts if figures.load(effort, highest) is None)
    all_of_them = sum(effort.count for effort in efforts)
    left_out = f"{without:,} of {all_of_them:,} activities had no heart rate and are left out." if without else ""
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
        Series("Eaten", "--accent", "pale", [one.eaten for one in means]),
        Series("Burned", "--soft", "dotted-line", [one.burned for one in means]),
    ]
    if goal:
        series.append(Series("Goal", "--ink", "dashes", [float(goal)] * len(means)))
    table = [
        (
            (span.name if by_week else day_name)(one.first),
            *(kcal(value) for value in [one.eaten, one.burned, *([goal] if goal else [])]),
            *([str(one.days)] if by_week else []),
        )
        for one in reversed(means)
    ]
    present = [value for one in series for value in one.values if value is not None]
    scale = ticks([0, *present], lambda v: f"{v:,g}{NBSP}kcal")
    return Chart(
        "calories",
        f"Eaten and burned by {span.step}" if by_week else "Eaten and burned by day",
        calorie_facts(rows, span.last, chosen),
        "Calories eaten and burned" + (f": the mean day of each {span.step}" if by_week else " by day"),
        (span.head if by_week else "Day", *(one.label for one in series), *(["Days logged"] if by_week else [])),
        table,
        spec(span, days, series, scale, span.width if by_week else 1) if means else None,
        "Nothing eaten or burned is known in this span.",
        f"{BARS[span.step if by_week else 'day']} {left_out(rows, span.last)}".strip(),
    )
