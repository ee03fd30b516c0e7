"""The pages: the index of latest records, and the live week."""

from datetime import date

from flask import Blueprint, render_template, request
from werkzeug.exceptions import BadRequest

from app.extensions import db
from app.stats import latest, payload, preferences, queries, week

bp = Blueprint("stats", __name__)


@bp.get("/")
@bp.get("/index")
def index() -> str:
    system = preferences.read().units
    return render_template(
        "stats/index.html",
        activity_rows=latest.activities(db.session.scalars(queries.latest_activities()), system),
        weight_rows=latest.weights(db.session.scalars(queries.latest_weights()), system),
        calories_rows=latest.calories(db.session.scalars(queries.latest_calories())),
        demo=queries.demo_is_on(db.session()),
    )


@bp.get("/livefeed")
def livefeed() -> str:
    chosen = preferences.read()
    today = payload.today(chosen)
    day = asked_day(request.args.get("week"), today, chosen.week_start)
    view = payload.page(chosen, day, today)
    return render_template(
        "stats/livefeed.html", current=today in view["days"], today=today, row_names=week.ROWS, **view
    )


def asked_day(text: str | None, today: date, week_start: str) -> date:
    """The day of `?week=`, today when there is none; 400 with one line for what is no day."""
    if text is None:
        return today
    try:
        day = date.fromisoformat(text)
        if text == day.isoformat() and week.days(day, week_start):
            return day
    except ValueError:
        pass
    raise BadRequest(f"week takes a day such as {today.isoformat()}, not “{text[:40]}”.")
