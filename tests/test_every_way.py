"""One and the same by an account, a file, the API and a hand, in every order: one row, and the typed one gives way."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import permutations
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Date, cast, select
from sqlalchemy.orm import Session

from app.extensions import db
from app.files.records import Activity, DayCalories
from app.records import models, queries, store
from app.records.account import HAND, PHONE
from app.sources import records
from app.sync import entries

ORDERS = list(permutations(["hand", "phone", "file", "account"]))
KINDS = {"hand": HAND, "phone": PHONE, "file": "apple"}
SECONDS = {"hand": 2500, "phone": 2520, "file": 2510, "account": 2530}
KCAL = {"hand": 2000, "phone": 1790, "file": 1785, "account": 1780}


@pytest.fixture
def days(app: Flask) -> list[date]:
    """One for each order."""
    return [entries.how().today - timedelta(days=1 + number) for number in range(len(ORDERS))]


def run(way: str, day: date) -> None:
    start, seconds = datetime.combine(day, time(7, 30), UTC), SECONDS[way]
    if way != "account":
        kind = KINDS[way]
        entries.store_items([Activity(kind, f"{way} {day}", "Run", start, "", 8200, seconds, seconds, offset=0)], kind)
        return
    local = start.replace(tzinfo=None)
    known = records.Activity(day.toordinal(), 7, "Run", "Canal", 8210.0, seconds, seconds, start, local)
    with Session(db.engine) as session, session.begin():
        store.save_activities(session, "strava:7", [known], ())


def eat(way: str, day: date) -> None:
    if way != "account":
        entries.store_items([DayCalories(KINDS[way], day, KCAL[way])], KINDS[way])
        return
    with Session(db.engine) as session, session.begin():
        store.save_figures(session, "fitbit:9", "eaten", [records.DayFigure(day, KCAL[way])], None)


def rows(model: Any, column: Any, day: date) -> list[Any]:
    with Session(db.engine) as session:
        return list(session.scalars(select(model).where(cast(column, Date) == day)))


def eaten(day: date) -> list[float | None]:
    with Session(db.engine) as session:
        return [row.calories for row in queries.calories(session, day, day)]


def test_an_outing_is_one_row(days: list[date]) -> None:
    for order, day in zip(ORDERS, days, strict=True):
        for way in order:
            run(way, day)
        [row] = rows(models.Activity, models.Activity.start_date_local, day)
        assert row.moving_time == SECONDS["hand"], order
        assert entries.remove(models.Activity, row.id)
        [row] = rows(models.Activity, models.Activity.start_date_local, day)
        assert row.moving_time == SECONDS["account"], order


def test_a_days_figure_is_the_typed_one_until_it_is_deleted(days: list[date]) -> None:
    for order, day in zip(ORDERS, days, strict=True):
        for way in order:
            eat(way, day)
        assert eaten(day) == [KCAL["hand"]], order
        own = rows(models.Calories, models.Calories.record_date, day)
        assert sum(entries.remove(models.Calories, row.id) for row in own) == 1
        [left] = eaten(day)
        assert left in (KCAL["account"], KCAL["phone"], KCAL["file"]), order
