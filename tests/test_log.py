"""What a person types in: in their units, refused beside its field, over what others say, and taken back again."""

import re
from datetime import date, datetime, time, timedelta
from itertools import permutations
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.extensions import db
from app.files.records import WeighIn
from app.log import typed
from app.log.parsing import plain
from app.records import queries, store
from app.records.account import HAND, PHONE
from app.records.models import Activity, Calories, Weight
from app.sources import records
from app.sync import entries


@pytest.fixture
def yesterday(app: Flask) -> date:
    return entries.how().today - timedelta(days=1)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def log(client: FlaskClient, kind: str, **fields: str) -> Any:
    return client.post("/log/", data={"kind": kind, "day": "yesterday", **fields})


def named(page: str) -> list[str]:
    """The entries that a page offers to take back."""
    return list(dict.fromkeys(re.findall(r'name="name" value="(\w+-\w+)"', page)))


def delete(client: FlaskClient, name: str) -> Any:
    return client.post("/log/delete", data={"name": name})


def rows(model: Any) -> list[Any]:
    with Session(db.engine) as session:
        return list(session.scalars(select(model).order_by(model.id)))


def eaten(day: date) -> float | None:
    with Session(db.engine) as session:
        found = queries.calories(session, day, day)
        return found[0].calories if found else None


def brought(day: date, kcal: float) -> None:
    with Session(db.engine) as session, session.begin():
        store.save_figures(session, "fitbit:9", "eaten", [records.DayFigure(day, kcal)], None)


@pytest.mark.parametrize(
    ("typed", "units", "kilograms"), [("72,4", "metric", 72.4), ("72.4", "metric", 72.4), ("160", "imperial", 72.575)]
)
def test_a_weight_is_taken_in_the_persons_units_with_a_point_or_a_comma(app, client, typed, units, kilograms):
    app.config["UNITS"] = units
    assert log(client, "weight", weight=typed, time="7:10 pm", fat="18,5").status_code == 302
    [row] = rows(Weight)
    assert (row.weight, row.fat, row.record_time) == (kilograms, 18.5, time(19, 10))
    assert "Undo" in client.get("/log/").text


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        ("weight", {"weight": "7"}, "from 20 to 500 kg"),
        ("weight", {"weight": ""}, "from 20 to 500 kg"),
        ("weight", {"weight": "72", "fat": "99"}, "from 1 to 75 percent"),
        ("weight", {"weight": "72", "time": "25:00"}, "7:10 pm"),
        ("weight", {"weight": "72", "day": "other", "date": "2999-01-01"}, "to today"),
        ("weight", {"weight": "72", "day": "other", "date": "x"}, "Enter a day such as"),
        ("calories", {"calories": "20001"}, "from 0 to 20,000 kcal"),
        ("activity", {"sport": "Run", "exact": "x"}, "Enter minutes"),
        ("activity", {"sport": "Chess", "exact": "42"}, "Choose a sport"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_what_was_typed_stays(client, kind, fields, said):
    answer = log(client, kind, **fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert all(rows(model) == [] for model in (Weight, Calories, Activity))


def test_meals_are_added_to_what_the_account_says_and_a_total_stands_over_all(client, yesterday):
    brought(yesterday, 1330)
    log(client, "calories", calories="450", time="12:30", name="Lunch")
    assert eaten(yesterday) == 1780
    page = client.get(f"/stats/day/{yesterday}").text
    assert "1,330 from Fitbit, 450 by hand" in page
    assert "Lunch" in page
    log(client, "calories", calories="2000", how="total")
    assert eaten(yesterday) == 2000
    for name in named(client.get(f"/stats/day/{yesterday}").text):
        delete(client, name)
    assert eaten(yesterday) == 1330


def test_an_activity_is_stored_with_its_day_and_goes_with_undo(client, yesterday):
    log(client, "activity", sport="Run", exact="42:10", distance="8,2", name="Canal", time="07:30")
    [row] = rows(Activity)
    assert (row.moving_time, row.distance, row.start_date_local) == (
        2530,
        8200,
        datetime.combine(yesterday, time(7, 30)),
    )
    [name] = named(client.get("/log/?kind=activity").text)
    assert delete(client, name).status_code == 302
    assert rows(Activity) == []
    assert delete(client, name).status_code == 404


def test_an_entry_that_is_edited_is_one_entry(client, yesterday):
    log(client, "weight", weight="72.4", time="07:10")
    edit = client.get(f"/stats/day/{yesterday}").text.split('href="/log/?')[1].partition('"')[0].replace("&amp;", "&")
    assert 'value="72.4"' in client.get(f"/log/?{edit}").text
    log(client, "weight", weight="73", time="07:10", replaces=f"weight-{rows(Weight)[0].id}")
    assert [row.weight for row in rows(Weight)] == [73]


def undo(client: FlaskClient, page: str) -> Any:
    """Presses the button of what a page says was done."""
    form = page.split("log-said")[1].split("</form>")[0]
    fields = dict(re.findall(r'name="([\w]+)" value="([^"]*)"', form))
    return client.post(re.findall(r'action="([^"]+)"', form)[0], data=fields, follow_redirects=True)


ENTRIES: list[tuple[str, dict[str, str], Any]] = [
    ("weight", {"weight": "72,44", "time": "07:10", "fat": "18.5"}, {"weight": "70"}),
    ("weight", {"weight": "159.6"}, {"weight": "150"}),
    ("calories", {"calories": "450", "time": "12:30", "name": "Post-run lunch"}, {"calories": "900"}),
    ("calories", {"calories": "2000", "how": "total"}, {"calories": "2100", "how": "total"}),
    ("activity", {"sport": "Run", "exact": "42:10", "distance": "8,25", "name": "Canal", "time": "07:30"},
     {"sport": "Ride", "exact": "20"}),
]  # fmt: skip


def said(day: date) -> Any:
    """What is typed in of a day, without its numbers in the tables."""
    return [(entry.text, entry.edit) for entry in typed.of_day(day.isoformat()).values()]


@pytest.mark.parametrize(("kind", "fields", "other"), ENTRIES)
def test_undo_brings_back_what_was_deleted_or_edited(app, client, yesterday, kind, fields, other):
    app.config["UNITS"] = "imperial" if fields.get("weight") == "159.6" else "metric"
    log(client, kind, **fields)
    client.get("/log/")  # which says that it was saved
    before, [name] = said(yesterday), [entry.name for entry in typed.of_day(yesterday.isoformat()).values()]
    page = client.post("/log/delete", data={"name": name, "day": yesterday}, follow_redirects=True).text
    assert said(yesterday) == []
    assert "by hand" in undo(client, page).text  # on the day's page, where it was
    assert said(yesterday) == before
    [name] = [entry.name for entry in typed.of_day(yesterday.isoformat()).values()]
    log(client, kind, **other, replaces=name)
    assert said(yesterday) != before
    undo(client, client.get(f"/stats/day/{yesterday}").text)
    assert said(yesterday) == before


@pytest.mark.parametrize("order", list(permutations(["hand", "phone", "file", "account"])))
def test_one_weigh_in_by_every_way_is_one_row_and_the_typed_one_gives_way(app, yesterday, order):
    for way in order:
        bring(way, yesterday)
    [row] = rows(Weight)
    assert (row.weight, row.account) == (72.44, "fitbit:9")
    assert entries.remove(Weight, row.id)
    assert [row.weight for row in rows(Weight)] == [72.4]


def bring(way: str, day: date) -> None:
    at = time(7, 10)
    if way == "account":
        with Session(db.engine) as session, session.begin():
            store.save_weights(session, "fitbit:9", [records.Weight("points/1", 72.4, day, at, None)], None)
        return
    kind, kilograms = {"hand": (HAND, 72.44), "phone": (PHONE, 72.41), "file": ("apple", 72.42)}[way]
    entries.store_items([WeighIn(kind, f"{way} 1", day, kilograms, at)], kind)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("72,4", 72.4),
        ("1,780", 1780),
        ("1 780", 1780),
        ("72.", 72),
        ("", None),
        ("1e5", None),
        ("-3", None),
        ("nan", None),
    ],
)
def test_a_number_is_read_as_people_write_it(typed, number):
    assert plain(typed) == number
