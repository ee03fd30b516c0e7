"""Reads of longer spans: plain rows of many days, without the columns that only the board shows."""

from datetime import date, datetime, time

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.records.models import OF_DAYS, Activity
from app.records.queries import counts, finite
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
        .where(Activity.start_date_local.between(first, datetime.combine(last, time.max)), counts(session, Activity))
        .order_by(Activity.start_date_local)
    )
    return [
        Effort(start.date(), sport, finite(metres) or 0.0, seconds or 0, finite(heartrate) or None)
        for start, sport, metres, seconds, heartrate in rows
    ]


def highest_heartrate(session: Session) -> float | None:
    """The highest that any activity recorded, in beats a minute."""
    highest = func.greatest(Activity.max_heartrate, Activity.average_heartrate)
    return session.scalar(select(func.max(highest)).where(highest <= HIGHEST_BELIEVED, counts(session, Activity)))


def first_record(session: Session) -> date | None:
    """The oldest day of which any table has a row."""
    activity = session.scalar(select(func.min(Activity.start_date_local)))
    days = [session.scalar(select(func.min(model.record_date))) for model in OF_DAYS]
    return min((day for day in [*days, activity.date() if activity else None] if day), default=None)
