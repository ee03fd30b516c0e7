"""The reads: a week as the board has it, and the three tables page by page."""

import base64
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime, time
from typing import Any

from flask import Response, jsonify
from flask_smorest import Blueprint
from sqlalchemy import Select, func, literal, select, tuple_
from sqlalchemy.orm import Session
from werkzeug.exceptions import UnprocessableEntity

from app.api.schemas import Page, Span, Week, WeekOut
from app.extensions import db
from app.records import preferences, queries
from app.records.models import ROWS_OF_DAYS, Activity, Calories, Weight
from app.records.shown import finite
from app.stats import payload, week

bp = Blueprint("api", __name__, description="One person's weeks: weight, calories and activities, in SI units.")
PROBLEMS = (400, 401, 403, 404, 405, 411, 413, 414, 415, 422, 429, 500, 503)
DOCUMENTED: dict[str, Any] = {
    "responses": {
        str(code): {
            "description": "A problem (RFC 9457).",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for code in PROBLEMS
    }
}


class Refused(UnprocessableEntity):
    """A value that the schema takes and the tables do not."""

    def __init__(self, messages: dict[Any, Any]) -> None:
        super().__init__()
        self.data = {"messages": messages}


def documented(view: Callable[..., Any]) -> Callable[..., Any]:
    marked: Callable[..., Any] = bp.doc(**DOCUMENTED)(view)
    return marked


@bp.get("/week")
@documented
@bp.response(200, WeekOut)
@bp.arguments(Week, location="query")
def of_week(asked: dict[str, Any]) -> Response:
    """The week that holds `day`; today's without one."""
    chosen = preferences.read()
    today = payload.today(chosen)
    day = asked.get("day", today)
    try:
        week.days(day, chosen.week_start)
    except ValueError:
        raise Refused({"day": ["The calendar has no whole week around this day."]}) from None
    shown = payload.page(chosen, day, today)
    figures = payload.figures(shown["rows"], shown["days"])
    days = [one.isoformat() for one in shown["days"]]
    sources = [link.text for link in shown["chain"]]
    return jsonify(days=days, today=today.isoformat(), sources=sources, **figures)


@bp.get("/activities")
@documented
@bp.response(200, Page)
@bp.arguments(Span, location="query")
def activities(asked: dict[str, Any]) -> Response:
    """Activities, oldest first."""
    key = (Activity.start_date_local, Activity.id)
    statement = within(select(Activity), Activity.start_date_local, asked, datetime.combine)
    return page(asked, statement, key, activity, moment)


@bp.get("/weight")
@documented
@bp.response(200, Page)
@bp.arguments(Span, location="query")
def weights(asked: dict[str, Any]) -> Response:
    """Weigh-ins, oldest first."""
    at = Weight.record_date + func.coalesce(Weight.record_time, time.min)
    statement = within(select(Weight), Weight.record_date, asked, lambda day, _: day)
    return page(asked, statement, (at, Weight.id), weigh_in, moment)


def of_days(row: str) -> Callable[[dict[str, Any]], Response]:
    """The view of a row of the board that is made of days' figures."""
    day = ROWS_OF_DAYS[row].model.record_date

    def view(asked: dict[str, Any]) -> Response:
        """The day's figures, an item a day, oldest first."""
        statement = within(select(day).distinct(), day, asked, lambda one, _: one)
        if "cursor" in asked:
            statement = statement.where(day > date.fromisoformat(parsed(asked["cursor"], check_day)[0]))
        with Session(db.engine) as session:
            days = list(session.scalars(statement.order_by(day).limit(asked["limit"] + 1)))
            more, days = len(days) > asked["limit"], days[: asked["limit"]]
            found = queries.of_days(session, row, days[0], days[-1]) if days else []
        items = [asdict(one) | {"date": one.date.isoformat()} for one in found]
        return jsonify(items=items, next=cursor([days[-1].isoformat(), 0]) if more else None)

    return view


for _row in ROWS_OF_DAYS:
    _view = bp.response(200, Page)(bp.arguments(Span, location="query")(of_days(_row)))
    bp.get(f"/{_row}", endpoint=_row)(documented(_view))


def within(
    statement: Select[Any], column: Any, asked: dict[str, Any], edge: Callable[[date, time], Any]
) -> Select[Any]:
    """Also without `from` and `to` only days that the calendar here has: PostgreSQL's reaches further."""
    first, last = asked.get("first", date.min), asked.get("last", date.max)
    return statement.where(column >= edge(first, time.min), column <= edge(last, time.max))


def page(
    asked: dict[str, Any],
    statement: Select[Any],
    key: tuple[Any, Any],
    item: Callable[[Any], dict[str, Any]],
    read: Callable[[str], datetime],
) -> Response:
    """A cursor names the last row's place, not a number of rows: what comes and goes elsewhere moves nothing."""
    if "cursor" in asked:
        at, number = parsed(asked["cursor"], read)
        statement = statement.where(tuple_(*key) > tuple_(literal(read(at)), literal(number)))
    statement = statement.add_columns(key[0]).order_by(*key).limit(asked["limit"] + 1)
    with Session(db.engine) as session:
        rows = session.execute(statement).all()
    shown = rows[: asked["limit"]]
    last = cursor([shown[-1][1].isoformat(), shown[-1][0].id]) if len(rows) > len(shown) else None
    return jsonify(items=[item(row) for row, _ in shown], next=last)


def cursor(place: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def moment(text: str) -> datetime:
    """A local clock's, as the cursors made here hold it."""
    found = datetime.fromisoformat(text)
    if found.tzinfo:
        raise ValueError
    return found


def check_day(text: str) -> date:
    return date.fromisoformat(text)


def parsed(given: str, read: Callable[[str], Any]) -> tuple[str, int]:
    try:
        at, number = json.loads(base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)))
        read(at)
        if not isinstance(number, int) or isinstance(number, bool) or not -(2**63) <= number < 2**63:
            raise ValueError
    except (ValueError, TypeError, RecursionError):
        raise Refused({"cursor": ["Send what `next` said, or no cursor at all."]}) from None
    return at, number


def activity(row: Activity) -> dict[str, Any]:
    figures = (
        *("distance", "average_speed", "max_speed", "average_cadence", "average_heartrate", "max_heartrate"),
        "total_elevation_gain",
    )
    return {
        "id": row.id,
        "activity_type": row.activity_type,
        "name": row.name,
        "start": row.start_date.isoformat() if row.start_date else None,
        "start_local": row.start_date_local.isoformat(),
        "date": row.start_date_local.date().isoformat(),
        "moving_time": row.moving_time,
        "elapsed_time": row.elapsed_time,
        **{name: finite(getattr(row, name)) for name in figures},
        "account": row.account,
    }


def weigh_in(row: Weight) -> dict[str, Any]:
    return {
        "id": row.id,
        "date": row.record_date.isoformat(),
        "time": row.record_time.isoformat() if row.record_time else None,
        **{name: finite(getattr(row, name)) for name in ("weight", "fat", "bmi")},
        "account": row.account,
    }


def day(row: Calories) -> dict[str, Any]:
    return {
        "date": row.record_date.isoformat(),
        "calories": finite(row.calories),
        "burned": finite(row.burned),
        "account": row.account,
    }
