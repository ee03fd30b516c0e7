"""`/stats/trends`: one page for each of three spans, with an address of its own."""

from datetime import date, timedelta

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest

from app.extensions import db
from app.records import preferences
from app.records import queries as stats_queries
from app.records.preferences import Preferences
from app.stats import payload, week
from app.trends import charts, figures, queries
from app.trends.axes import Chart, Span
from app.trends.calendar import calendar
from app.trends.figures import Effort

RANGES = {"3m": "3 months", "1y": "1 year", "all": "All"}
WEEKS = {"3m": 13, "1y": 53}
LONGEST = timedelta(days=30 * 366)
"""How far back `all` goes: a device whose clock was never set must not stretch the charts over centuries."""

bp = Blueprint("trends", __name__)


@bp.get("/trends")
def trends() -> str:
    asked = request.args.get("range", "3m")
    if asked not in RANGES:
        raise BadRequest(f"range takes {', '.join(RANGES)}, not “{asked[:40]}”.")
    chosen, session = preferences.read(), db.session()
    today, first_weekday = payload.today(chosen), week.FIRST_WEEKDAY[chosen.week_start]
    span = Span(figures.week_of(first_day(session, asked, today), first_weekday), today)
    efforts = queries.efforts(session, min(span.first, figures.year(today)), today)
    return render_template(
        "trends/index.html",
        charts=page_charts(session, chosen, span, asked != "3m", [e for e in efforts if e.date >= span.first]),
        calendar=calendar((effort.date for effort in efforts), today, first_weekday),
        ranges=RANGES,
        asked=asked,
        demo=stats_queries.demo_is_on(session),
        from_strava=payload.is_from_strava(stats_queries.sync_states(session)),
    )


def first_day(session: Session, asked: str, today: date) -> date:
    if asked in WEEKS:
        return today - timedelta(weeks=WEEKS[asked] - 1)
    return min(today, max(queries.first_record(session) or today, today - LONGEST))


def page_charts(session: Session, chosen: Preferences, span: Span, long: bool, efforts: list[Effort]) -> list[Chart]:
    """The page's charts in their order; over a long span, calories are the means of weeks."""
    first_weekday = week.FIRST_WEEKDAY[chosen.week_start]
    highest = queries.highest_heartrate(session)
    by_week = (lambda day: figures.week_of(day, first_weekday)) if long else None
    facts = {"load": charts.load_facts(efforts, highest)}
    return [
        charts.weight(stats_queries.weights(session, span.first - figures.MEMORY, span.last), span, chosen),
        *(
            charts.weekly(measure, efforts, span, facts.get(measure.key, ()))
            for measure in charts.measures(chosen.units, highest)
        ),
        charts.calories(stats_queries.calories(session, span.first, span.last), span, chosen, by_week),
    ]
