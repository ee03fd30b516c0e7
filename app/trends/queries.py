"""Reads of longer spans: plain rows of many days, without the columns that only the board shows."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Date, case, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.records.models import OF_DAYS, Activity
from app.records.queries import first_activity_day
from app.records.shown import finite, is_shown
from app.trends.figures import Effort

HIGHEST_BELIEVED = 220
"""Beats a minute; what is above is a fault of a sensor."""


def efforts(session: Session, first: date, last: date) -> list[Effort]:
    """Every activity that began on the days `first` to `last`, by its local start."""
    rows = session.execute(
        select(
            Activity.start_date_local,
            Activity.activity_type,
            Activity.distance,
            Activity.moving_time,
            Activity.average_heartrate,
        )
        .where(Activity.start_date_local.between(first, datetime.combine(last, time.max)), is_shown(Activity))
        .order_by(Activity.start_date_local)
    )
    return [
        Effort(start.date(), sport, finite(metres) or 0.0, seconds or 0, finite(heartrate) or None)
        for start, sport, metres, seconds, heartrate in rows
    ]


def efforts_by_month(session: Session, first: date, last: date) -> list[Effort]:
    """Of each month and sport what all activities come to, on the month's first day; the heart rate is the mean by
    moving time, and those without one stand apart."""
    inside = Activity.start_date_local.between(first, datetime.combine(last, time.max))
    month, heart = func.date_trunc("month", Activity.start_date_local), positive(Activity.average_heartrate)
    seconds = func.coalesce(Activity.moving_time, 0)
    rows = session.execute(
        select(
            month,
            Activity.activity_type,
            func.sum(positive(Activity.distance)),
            func.sum(seconds),
            func.sum(heart * seconds) / func.nullif(func.sum(seconds), 0),
            func.count(),
        )
        .where(inside, is_shown(Activity))
        .group_by(month, Activity.activity_type, heart.is_(None))
        .order_by(month)
    )
    return [
        Effort(start.date(), sport, metres or 0.0, time_moved, heartrate, many)
        for start, sport, metres, time_moved, heartrate, many in rows
    ]


def positive(column: InstrumentedAttribute[float | None]) -> ColumnElement[float | None]:
    """NULL for 0 and for what is no number."""
    return case((column.between(1e-9, 1e300), column))


def active_days(session: Session, first: date, last: date) -> set[date]:
    """The days on which an activity began, by the clock there."""
    inside = Activity.start_date_local.between(first, datetime.combine(last, time.max))
    days: Any = func.array_agg(cast(Activity.start_date_local, Date).distinct())
    return set(session.scalar(select(days).where(inside, is_shown(Activity))) or [])


def highest_heartrate(session: Session) -> float | None:
    """The highest that any activity recorded, in beats a minute: by its index, at once."""
    highest = func.greatest(Activity.max_heartrate, Activity.average_heartrate)
    return session.scalar(select(func.max(highest)).where(highest <= HIGHEST_BELIEVED, is_shown(Activity)))


def first_record(session: Session) -> date | None:
    """The oldest day of which any table has a row."""
    days = [session.scalar(select(func.min(model.record_date))) for model in OF_DAYS]
    return min((day for day in [*days, first_activity_day(session)] if day), default=None)
