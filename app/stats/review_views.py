"""`/stats/week/...`: how a week went, on one page."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from app.extensions import db
from app.records import preferences, queries, reviews
from app.records.rows import Preferences
from app.stats import payload, review, review_words, week
from app.stats.pace import WEEK, WEEKS
from app.stats.smoothing import MEMORY
from app.stats.views import asked_day, bp


@bp.get("/week/<day>", endpoint="review")
def shown(day: str) -> str | Response:
    """The week that begins on the day; another day of it leads there, 404 with one line for a week to come."""
    chosen = preferences.read()
    today = payload.today(chosen)
    asked = asked_day("The address", day, today, chosen.week_start)
    days = week.days(asked, chosen.week_start)
    if days[0] > today:
        raise NotFound(f"That week has not begun. Look back on it from {days[0].day} {days[0]:%B} {days[0].year} on.")
    if asked != days[0]:
        return redirect(url_for("stats.review", day=days[0]))
    if days[-1] < today and is_looked_at():
        reviews.mark_opened(days[0])
    return render_template("stats/review.html", **view(db.session(), chosen, days, today))


def is_looked_at() -> bool:
    """Whether a person sees the answer: a browser may fetch a page ahead, or ask only whether it is there."""
    ahead = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    return request.method == "GET" and "prefetch" not in ahead


def view(session: Session, chosen: Preferences, days: list[date], today: date) -> dict[str, Any]:
    board = payload.page(chosen, days[0], today)
    records = read(session, days)
    return {
        "title": review_words.title(days, today),
        "days": days,
        "over": days[-1] < today,
        "numbers": board["numbers"],
        "trend": review_words.trend(*review.trend(records.weights, days[0]), chosen.units),
        "bests": bests(session, records, chosen, days, today),
        "lines": review_words.lines(compared(records, chosen, days, today), chosen),
        "goal": goal(records, chosen, days, today),
        "rows": chosen.rows,
        "earlier": board["earlier"],
        "later": board["later"],
        "demo": board["demo"],
        "from_strava": board["from_strava"] and "activities" in chosen.rows,
    }


def read(session: Session, days: list[date]) -> review.Records:
    since = payload.back(days[0], 7 * review.YEAR)
    return review.Records(
        weights=queries.weights(session, payload.back(since, MEMORY.days), days[-1]),
        calories=queries.calories(session, payload.back(days[0], 7 * WEEKS), days[-1]),
        efforts=queries.efforts(session, since, days[-1]),
        oldest=queries.first_activity_day(session),
    )


def compared(records: review.Records, chosen: Preferences, days: list[date], today: date) -> list[review.Compared]:
    """A week that runs is compared with the weeks before up to the same weekday and hour."""
    span = WEEK
    if today <= days[-1]:
        clock = payload.now().astimezone(ZoneInfo(chosen.timezone)).time()
        span = datetime.combine(today, clock) - datetime.combine(days[0], datetime.min.time())
    now, *before = (
        review.of_week(records, first, today, span) for first in (days[0], *review.weeks_before(days[0], WEEKS))
    )
    return review.compare(now, before)


def bests(
    session: Session, records: review.Records, chosen: Preferences, days: list[date], today: date
) -> list[review_words.Told]:
    found = []
    if "activities" in chosen.rows:
        weeks = (days[0], *review.weeks_before(days[0], review.YEAR - 1))
        now, *before = (review.of_week(records, first, today) for first in weeks)
        rows = queries.activities(session, weeks[-1], days[-1])
        mine, others = ([row for row in rows if (row.date >= days[0]) is new] for new in (True, False))
        found = review.best_figures(now, before) + review.longest(mine, others)
    since = payload.back(days[0], 7 * review.YEAR)
    recent = [row for row in records.weights if row.date >= since]
    nearest = review.best_trend(recent, days[0], chosen.goal_weight) if "weight" in chosen.rows else None
    return [review_words.best(one, chosen.units) for one in [*found, *([nearest] if nearest else [])]]


def goal(records: review.Records, chosen: Preferences, days: list[date], today: date) -> dict[str, Any] | None:
    if not chosen.calorie_goal or "calories" not in chosen.rows:
        return None
    found = review.goal_days(records.calories, days, today, chosen.calorie_goal)
    return {"words": review_words.goal_words(found, chosen.calorie_goal), "marks": review_words.marks(found)}
