"""Pure: the four figures at the head of the page, each held against the span before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app import units
from app.records.preferences import Preferences
from app.records.rows import CaloriesRow
from app.stats.numbers import time as duration
from app.trends import facts, figures
from app.trends.axes import Span
from app.trends.figures import Effort
from app.units import NBSP

ENOUGH_DAYS, LONG_RUN = 3, 2
"""A week counts with so many active days; so many of them in a row are a run."""
WEEK = timedelta(days=7)
CHANGE_IN = {"3 months": "3 months", "year": "a year"}
RISE, FALL, DONE = "rise", "fall", "tick"


@dataclass(frozen=True)
class Figure:
    """`sign` is the drawing before the note, '' for none."""

    title: str
    head: str
    note: str
    sign: str = ""


@dataclass(frozen=True)
class Spans:
    """The weeks that are looked at, and as many before them; by their first days, oldest first.

    `since` is the first day whose activities count, `name` what such a span is called (`3 months`), '' where there is
    nothing before it.
    """

    weeks: list[date]
    before: list[date]
    name: str
    since: date


def spans(span: Span, name: str, oldest: date | None, this_week: date) -> Spans:
    """The weeks that are over, from that of the first activity on; the running one where there is no other.

    What was before is compared with only where all of it was recorded.
    """
    every = [this_week - n * WEEK for n in reversed(range(-((span.first - this_week) // WEEK) + 1))]
    over = every[:-1] if span.step == "week" and len(every) > 1 else every
    recorded = [week for week in over if oldest is None or week + WEEK > oldest] or every[-1:]
    before = [week - len(over) * WEEK for week in over]
    whole = name and oldest is not None and before[0] + WEEK > oldest and recorded == over
    since = (
        recorded[0] if span.step == "week" else recorded[0].replace(day=1)
    )  # a month's activities are on its first day
    return Spans(recorded, before if whole else [], name, since)


def weight(found: facts.Trend, span: Span, name: str, system: str) -> Figure:
    if found.now is None:
        return Figure("Weight, trend", "", "No weigh-in")
    first = max(span.first, found.days[0])
    change = found.since(first) or 0.0
    since = (
        f"in {CHANGE_IN[name]}"
        if name in CHANGE_IN and first == span.first
        else f"since {facts.named(first, span.last)}"
    )
    pace = figures.slope(found.days, found.line, span.last)
    now = f", {units.weight(abs(pace), system)[0]} a week now" if name and pace and not same(pace, system) else ""
    much = "steady" if same(change, system) else units.mass(abs(change), system)
    sign = "" if same(change, system) else RISE if change > 0 else FALL
    return Figure("Weight, trend", units.mass(found.now, system), f"{much} {since}{now}", sign)


def same(kilograms: float, system: str) -> bool:
    return units.mass(abs(kilograms), system).startswith(f"0.0{NBSP}")


def eaten(rows: Sequence[CaloriesRow], before: Sequence[CaloriesRow], chosen: Preferences, name: str) -> Figure:
    """The mean of the days that have a figure, today not among them."""
    mean, burned = (figures.mean(getattr(row, which) for row in rows) for which in ("calories", "burned"))
    if mean is None:
        return Figure("Eaten a day", "", "Nothing eaten is known")
    was = figures.mean(row.calories for row in before)
    against, words = (chosen.calorie_goal, "the goal") if chosen.calorie_goal else (was, f"the {name} before")
    notes, sign = [], ""
    if against is not None:
        more, less = ("over", "under") if chosen.calorie_goal else ("more than", "less than")
        notes.append(difference(mean - against, more, less, words))
        sign = RISE if round(mean) > round(against) else FALL if round(mean) < round(against) else DONE
    if burned is not None:
        notes.append(difference(mean - burned, "over", "under", "burned"))
    return Figure("Eaten a day", units.kcal(mean), ", ".join(notes), sign)


def difference(kcal: float, more: str, less: str, words: str) -> str:
    """`116 under the goal`."""
    if not round(kcal):
        return f"as {words}"
    return f"{abs(kcal):,.0f} {more if kcal > 0 else less} {words}"


def moving(efforts: Sequence[Effort], looked: Spans) -> Figure:
    """The mean moving time of a week."""
    now = per_week(efforts, looked.weeks, looked.since)
    head = duration(round(now))
    if not looked.before:
        total = sum(effort.seconds for effort in efforts if effort.date >= looked.since)
        return Figure("Moving a week", head, f"{duration(round(total))} in all")
    more = now - per_week(efforts, looked.before, looked.before[0])
    if abs(more) < 60:
        return Figure("Moving a week", head, f"as in the {looked.name} before")
    words = f"{duration(round(abs(more)))} {'more' if more > 0 else 'less'} than the {looked.name} before"
    return Figure("Moving a week", head, words, RISE if more > 0 else FALL)


def per_week(efforts: Sequence[Effort], weeks: Sequence[date], since: date) -> float:
    """Seconds of moving time."""
    return sum(effort.seconds for effort in efforts if since <= effort.date < weeks[-1] + WEEK) / len(weeks)


def active(days: set[date], looked: Spans, this_week: date) -> Figure:
    """Days with an activity, a week; `days` go back as far as a run of weeks is looked for."""
    now = days_a_week(days, looked.weeks)
    head = f"{now:.1f}{NBSP}a week"
    run = run_of_weeks(days, this_week)
    if run >= LONG_RUN:
        return Figure("Active days", head, f"{run:,} weeks in a row with {ENOUGH_DAYS} or more", DONE)
    if not looked.before:
        return Figure("Active days", head, f"{sum(day >= looked.weeks[0] for day in days):,} in all")
    more = round(now - days_a_week(days, looked.before), 1)
    if not more:
        return Figure("Active days", head, f"as in the {looked.name} before")
    words = f"{abs(more):.1f} {'more' if more > 0 else 'less'} than the {looked.name} before"
    return Figure("Active days", head, words, RISE if more > 0 else FALL)


def days_a_week(days: set[date], weeks: Sequence[date]) -> float:
    return sum(weeks[0] <= day < weeks[-1] + WEEK for day in days) / len(weeks)


def run_of_weeks(days: set[date], this_week: date) -> int:
    """How many weeks in a row have enough active days, up to the last one; the running one counts once it has them."""
    run, week = int(is_active(days, this_week)), this_week - WEEK
    while is_active(days, week):
        run, week = run + 1, week - WEEK
    return run


def is_active(days: set[date], week: date) -> bool:
    return sum(week + timedelta(days=n) in days for n in range(7)) >= ENOUGH_DAYS
