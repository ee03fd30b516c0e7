"""What a phone sends and a hand types in: stored at once, by the same ladder as what files say (records/filing.py)."""

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.extensions import db
from app.files import plausible
from app.files.records import Activity, DayCalories, How, WeighIn
from app.records import models, origins, preferences, store
from app.records.account import HAND, MEALS, MEALS_ACCOUNT
from app.records.filing import Came, Filing, Incoming
from app.sync.records_of_files import incoming

Item = Activity | WeighIn | DayCalories


def how() -> How:
    """The person's zone and day."""
    zone = ZoneInfo(preferences.read().timezone)
    return How(zone, datetime.now(UTC).astimezone(zone).date())


def records_of(items: Iterable[Item], told: How) -> list[Incoming]:
    """Of a day's calories one for each figure, so that one that comes alone leaves the other as it was."""
    found = []
    for item in items:
        item = plausible.activity(item) if isinstance(item, Activity) else item
        record = incoming(item, told)
        if record is not None:
            found += split(record) if record.model is models.Calories else [record]
    return found


def split(record: Incoming) -> list[Incoming]:
    """A day's row for what was eaten and one for what was burned, which filing makes one again."""
    day, account = record.values["record_date"], record.values.get("account")
    owner = {"account": account} if account else {}
    return [
        Incoming(record.model, record.kind, f"{record.key} {name}", {"record_date": day, name: value} | owner)
        for name in ("calories", "burned")
        if (value := record.values[name]) is not None
    ]


def store_items(items: Iterable[Item], way: str) -> list[tuple[Came, Any]]:
    """Stores all of them or none; of each how it came and its row, detached. One transaction at a time does this."""
    told = how()
    with Session(db.engine, expire_on_commit=False) as session, session.begin():
        store.remove_demo(session)
        records = records_of(items, told)
        return Filing(session, way, records).store_each()


def remove(model: Any, row_id: int, way: str = HAND) -> bool:
    """Takes away what was typed in of a row, which is then what the other ways say, or gone. Whether there was any."""
    with Session(db.engine) as session, session.begin():
        store.begin(session, "")
        row = session.get(model, row_id)
        ways = origins.of_rows(session, model, [row_id])[row_id] if row else []
        if not any(one.way == way for one in ways):
            return False
        origins.withdraw(session, model, [row], way)
        return True


def add_meal(item: DayCalories, at: str, name: str) -> tuple[int, str]:
    """One more meal of a day, by its clock (`12:30`, or ''). Returns the id of the day's row, and the meal's key."""
    with Session(db.engine) as session, session.begin():
        store.remove_demo(session)
        own = (models.Calories.record_date == item.date, models.Calories.account == MEALS_ACCOUNT)
        row = session.scalar(select(models.Calories).where(*own))
        if row is None:
            row = models.Calories(record_date=item.date, account=MEALS_ACCOUNT, calories=0.0)
            session.add(row)
            session.flush()
        content = {"record_date": item.date, "calories": item.eaten, "at": at, "name": name}
        meal = origins.origin(models.Calories, row.id, MEALS, MEALS, secrets.token_hex(8), content)
        session.add(meal)
        session.flush()
        add_up(session, row)
        return row.id, meal.key


def remove_meal(key: str) -> bool:
    with Session(db.engine) as session, session.begin():
        store.begin(session, "")
        meal = session.scalar(select(models.Origin).where(models.Origin.way == MEALS, models.Origin.key == key))
        if meal is None:
            return False
        row = session.get_one(models.Calories, meal.row_id)
        session.delete(meal)
        session.flush()
        add_up(session, row)
        return True


def add_up(session: Session, row: models.Calories) -> None:
    """Makes a day's row the sum of its meals."""
    meals = origins.of_rows(session, models.Calories, [row.id])[row.id]
    if not meals:
        session.delete(row)
        return
    total = sum(float(meal.content["calories"]) for meal in meals)
    origins.write(row, {"calories": total}, origins.moment(session))
