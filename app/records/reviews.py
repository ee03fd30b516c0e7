"""Which weeks in review somebody has opened, whichever browser it was."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.extensions import db
from app.records.models import Review

NEAR = timedelta(days=3)
"""A week that began so near to another is the same for the most of its days: the person's week may begin otherwise."""


def is_opened(session: Session, first: date) -> bool:
    """Whether the review of the week that begins on `first` was opened."""
    near = Review.week.between(max(first, date.min + NEAR) - NEAR, min(first, date.max - NEAR) + NEAR)
    return session.scalar(select(Review.week).where(near).limit(1)) is not None


def opened(first: date) -> None:
    """Keeps that it was; the first time counts."""
    with Session(db.engine) as session, session.begin():
        session.execute(insert(Review).values(week=first).on_conflict_do_nothing())
