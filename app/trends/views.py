"""`/stats/trends`: one page for each of three spans, with an address of its own."""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest

from app.extensions import db
from app.records import preferences
from app.records import queries as stats_queries
from app.records.preferences import Preferences
from app.records.rows import CaloriesRow, WeightRow
from app.stats import payload, week
from app.trends import calendar, charts, drawing, facts, figures, glance, queries, sentences, sports
from app.trends.axes import Chart, Span
from app.trends.figures import Effort

RANGES = {"3m": "3 months", "1y": "1 year", "all": "All"}
CALLED = {"3m": "3 months", "1y": "year", "all": ""}
"""What the span before is called."""
WEEKS = {"3m": 13, "1y": 53}
LONGEST = timedelta(days=30 * 366)
"""How far back `all` goes: a device whose clock was never set must not stretch the charts over centuries."""
BY_WEEK = timedelta(days=11 * 366)
"""The longest span of which every day and week has a row; in longer ones a month has."""

bp = Blueprint("trends", __name__)


@bp.get("/trends")
def trends() -> str:
    asked = request.args.get("range", "3m")
    if asked not in RANGES:
        raise BadRequest(f"range takes {', '.join(RANGES)}, not “{asked[:40]}”.")
    chosen, session = preferences.read(), db.session()
    today, first_weekday = payload.today(chosen), week.FIRST_WEEKDAY[chosen.week_start]
    return render_template(
        "trends/index.html",
        **page(session, chosen, span_of(session, asked, today, first_weekday), asked),
        ranges=RANGES,
        asked=asked,
        demo=stats_queries.demo_is_on(session),
        from_strava=payload.is_from_strava(stats_queries.sync_states(session)),
    )


def span_of(session: Session, asked: str, today: date, first_weekday: int) -> Span:
    first = figures.week_of(first_day(session, asked, today), first_weekday)
    return Span(first.replace(day=1), today, "month") if today - first > BY_WEEK else Span(first, today)


def first_day(session: Session, asked: str, today: date) -> date:
    if asked in WEEKS:
        return today - timedelta(weeks=WEEKS[asked] - 1)
    return min(today, max(queries.first_record(session) or today, today - LONGEST))


def page(session: Session, chosen: Preferences, span: Span, asked: str) -> dict[str, Any]:
    """What the template shows of a span: only its own days are read, as many before them, and a year."""
    this_week, name = figures.week_of(span.last, week.FIRST_WEEKDAY[chosen.week_start]), CALLED[asked]
    before = span.first - timedelta(weeks=WEEKS.get(asked, 0))
    done = activities(session, span, before)
    eaten = stats_queries.calories(session, before, span.last)
    weighed = stats_queries.weights(session, span.first - figures.MEMORY, span.last)
    weighed = [row for row in weighed if math.isfinite(row.weight)]
    found = facts.trend(weighed, span.last)
    own = [effort for effort in done.efforts if effort.date >= span.first]
    looked = glance.spans(span, name, stats_queries.first_activity_day(session), this_week)
    drawn = page_charts(session, weighed, found.line, own, split(eaten, span.first, date.max), span, chosen, asked)
    totals = sports.totals(own, chosen.units)
    return {
        "step": span.step,
        "today": span.last,
        "drawings": sorted({glance.RISE, glance.FALL, glance.DONE, *(one.icon for one in totals)}),
        "glance": (
            glance.weight(found, span, name, chosen.units),
            glance.eaten(split(eaten, span.first, span.last), split(eaten, before, span.first), chosen, name),
            glance.moving(done.efforts, looked),
            glance.active(done.days, looked, this_week),
        ),
        "charts": drawn,
        "plots": {chart.key: drawing.plot(chart, goes_on(found, span, chosen)) for chart in drawn.values()},
        "weight_facts": facts.table(found, [row.weight for row in weighed if row.date >= span.first], span, chosen),
        "sports": totals,
        "year": calendar.year(done.year, span.last, this_week.weekday()),
        "calendar": calendar.calendar((effort.date for effort in done.year), span.last, this_week.weekday()),
    }


class Done(NamedTuple):
    """Activities of the span and of the one before, the days that had any, and those of the calendar's year."""

    efforts: list[Effort]
    days: set[date]
    year: list[Effort]


def activities(session: Session, span: Span, before: date) -> Done:
    year = figures.year(span.last)
    if span.step == "month":
        months = queries.efforts_by_month(session, span.first, span.last)
        days = queries.active_days(session, span.first, span.last)
        return Done(months, days, queries.efforts(session, year, span.last))
    efforts = queries.efforts(session, min(before, year), span.last)
    return Done(efforts, {effort.date for effort in efforts}, [effort for effort in efforts if effort.date >= year])


def split(rows: Sequence[CaloriesRow], first: date, end: date) -> list[CaloriesRow]:
    """The rows from `first` to the day before `end`."""
    return [row for row in rows if first <= row.date < end]


def goes_on(found: facts.Trend, span: Span, chosen: Preferences) -> float | None:
    """How the line of the weight goes on, in the chart's unit a day; None where its last point is no day."""
    if found.pace is None or span.step == "month":
        return None
    return sentences.in_weight_units(chosen.units)(found.pace) / 7


def page_charts(
    session: Session,
    weighed: Sequence[WeightRow],
    line: Sequence[float],
    efforts: Sequence[Effort],
    eaten: Sequence[CaloriesRow],
    span: Span,
    chosen: Preferences,
    asked: str,
) -> dict[str, Chart]:
    """The page's charts by their keys; over a long span, calories are the means of its weeks or months."""
    first_weekday, highest = week.FIRST_WEEKDAY[chosen.week_start], queries.highest_heartrate(session)
    load = {"load": charts.load_facts(efforts, highest)}
    by = {"week": lambda day: figures.week_of(day, first_weekday), "month": lambda day: day.replace(day=1)}
    drawn = [
        charts.weight(weighed, span, chosen, line),
        *(
            charts.weekly(measure, efforts, span, load.get(measure.key, ()))
            for measure in charts.measures(chosen.units, highest)
        ),
        charts.calories(eaten, span, chosen, None if asked == "3m" else by[span.step]),
    ]
    return {chart.key: chart for chart in drawn}
