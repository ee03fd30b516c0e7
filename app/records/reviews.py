"""Which weeks in review somebody has opened, whichever browser it was."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.extensions import db
from app.records.models import Review

NEAR = 3
"""In days. A week that began so near to another is the same for the most of its days: the person's week may begin
otherwise."""


def is_same_week(first: Any) -> ColumnElement[bool]:
    """Whether a row is of the week that begins on `first`, which a statement may be given later."""
    days: Any = func.abs(Review.week - first)  # a number of days
    return days <= literal_column(str(NEAR))


def mark_opened(first: date) -> None:
    """Keeps that it was; the first time counts."""
    with Session(db.engine) as session, session.begin():
        session.execute(insert(Review).values(week=first).on_conflict_do_nothing())
