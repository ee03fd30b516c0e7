"""What stands below a figure that is about to be typed: the weigh-in before, and what the day has so far."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import units
from app.extensions import db
from app.log.parsing import Form
from app.records import preferences, queries
from app.records.models import Weight

LAST = select(Weight).order_by(Weight.record_date.desc(), Weight.record_time.desc().nulls_last(), Weight.id.desc())


def last_weigh_in(session: Session) -> Weight | None:
    return session.scalar(LAST.limit(1))


def of(kind: str, form: Form) -> str:
    with Session(db.engine) as session:
        return {"weight": of_weight, "calories": of_calories}.get(kind, of_nothing)(session, form)


def of_weight(session: Session, form: Form) -> str:
    """`Sunday 22 November 72.8 kg.`"""
    last = last_weigh_in(session)
    if last is None:
        return ""
    days = (form.now.date() - last.record_date).days
    when = {0: "Today", 1: "Yesterday"}.get(days, f"{last.record_date:%A} {last.record_date.day} {last.record_date:%B}")
    return f"{when} {units.mass(last.weight, form.units)}."


def of_calories(session: Session, form: Form) -> str:
    """`Today so far 1,780 of 2,400 kcal.`"""
    today = form.now.date()
    eaten = next((row.calories for row in queries.calories(session, today, today)), None)
    goal = preferences.read().calorie_goal
    aim = f" of {goal:,.0f}" if goal else ""
    return f"Today so far {eaten or 0:,.0f}{aim} kcal." if eaten or goal else ""


def of_nothing(_session: Session, _form: Form) -> str:
    return ""
