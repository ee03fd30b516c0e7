"""The page of a day is a line of time: all that happened in its order, with a drawing, a source, and what edits it."""

import re
from datetime import date, datetime, time
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.records.one_day import clock
from app.records.rows import EffortRow
from app.stats import day, payload
from app.stats.day import Part
from tests.conftest import execute, make_app
from tests.test_pages import words

DAY = date(2026, 11, 24)
MOVED = "INSERT INTO strava_activity (start_date_local, activity_type, distance, moving_time, name, account) VALUES"
WEIGHED = "INSERT INTO fitbit_weight (record_date, record_time, weight, account) VALUES"
ATE = "INSERT INTO fitbit_calories (record_date, calories, burned, account) VALUES"


@pytest.fixture
def client(uri: str, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setattr(payload, "today", lambda _chosen: date(2026, 11, 26))
    return make_app(uri).test_client()


def line(client: FlaskClient) -> list[str]:
    """What each thing of the day says, in the page's order."""
    page = client.get(f"/stats/day/{DAY}").text
    return [words(one) for one in re.findall(r'<(?:article|div) class="day-part.*?</li>', page, re.DOTALL)]


def log(client: FlaskClient, **fields: str) -> Any:
    return client.post("/log/", data={"day": "other", "date": DAY.isoformat(), **fields})


def test_weigh_ins_meals_and_activities_stand_in_the_order_of_the_day(client, uri):
    execute(uri, f"{MOVED} ('2026-11-24 17:09', 'Run', 8200, 2530, 'Canal', 'strava:7')")
    execute(uri, f"{MOVED} ('2026-11-24 06:40', 'Walk', 2000, 1500, NULL, 'file:fit')")
    execute(uri, f"{WEIGHED} ('2026-11-24', '07:10', 72.4, 'fitbit:A1')")
    log(client, kind="calories", calories="450", time="7:40 pm", name="Lunch")
    starts = ["06:40 Walk, 2.0 km from a file: FIT file", "07:10 72.4 kg from Fitbit", "17:09 Run, 8.2 km Canal from"]
    starts.append("19:40 450 kcal Lunch by hand")
    shown = line(client)
    assert [one.startswith(begin) for one, begin in zip(shown, starts, strict=True)] == [True] * 4, shown
    assert shown[3].endswith("Edit Delete")


def test_what_has_no_time_comes_last_and_says_so(client, uri):
    execute(uri, f"{WEIGHED} ('2026-11-24', NULL, 72.4, '')")
    execute(uri, f"{MOVED} ('2026-11-24 23:30', 'Run', 8200, 2530, NULL, '')")
    log(client, kind="calories", calories="2000", how="total")
    assert [one.split(" kg")[0].split(",")[0] for one in line(client)] == [
        "23:30 Run",
        "Without a time 72.4",
        "Without a time 2",
    ]


@pytest.mark.parametrize(
    ("sport", "drawing"), [("Walk", "walk"), ("Hike", "walk"), ("Run", "run"), ("Swim", "swim"), ("Ride", "ride")]
)
def test_each_sport_has_its_own_drawing_so_a_walk_is_no_run(client, uri, sport, drawing):
    execute(uri, f"{MOVED} ('2026-11-24 06:40', %s, 2000, 1500, NULL, '')", sport)
    page = client.get(f"/stats/day/{DAY}").text
    part = re.search(r"<article.*?</article>", page, re.DOTALL)[0]
    assert re.findall(r'href="#i-(\w+)"', part) == [drawing]
    assert f'<symbol id="i-{drawing}"' in page


@pytest.mark.parametrize(
    ("ways", "said"),
    [
        ({"fitbit:A1": 1330}, "from Fitbit"),
        ({"fitbit:A1": 1330, "file:meals": 450}, "1,330 from Fitbit, 450 by hand"),
        ({"file:meals": 450}, "450 by hand"),
        ({"fitbit:A1": 1330, "file:meals": 450, "file:hand": 2000}, "by hand"),
        ({"file:apple": 900, "file:meals": 450}, "900 from a file: Apple Health export, 450 by hand"),
    ],
)
def test_a_sum_names_its_parts(client, uri, ways, said):
    for account, kcal in ways.items():
        execute(uri, f"{ATE} (%s, %s, NULL, %s)", DAY, kcal, account)
    page = client.get(f"/stats/day/{DAY}").text
    panel = re.search(r'<section class="panel" aria-labelledby="day-calories">.*?</section>', page, re.DOTALL)[0]
    assert words(panel).endswith(said)


def test_an_entry_of_a_hidden_row_can_still_be_edited(client, uri):
    log(client, kind="weight", weight="72.4", time="07:10")
    execute(uri, "UPDATE preferences SET hidden_rows = '[\"weight\"]'")
    assert line(client) == []
    assert "72.4 kg 07:10 by hand Edit Delete" in words(client.get(f"/stats/day/{DAY}").text)


def test_what_is_said_after_an_edit_is_said_once(client):
    log(client, kind="weight", weight="72.4", time="07:10")
    client.get("/log/")
    [name] = set(re.findall(r'name="name" value="(weight-\d+)"', client.get(f"/stats/day/{DAY}").text))
    log(client, kind="weight", weight="73", time="07:10", replaces=name)
    page = client.get(f"/stats/day/{DAY}").text
    assert page.count("Saved 73.0") == 1
    assert ">Undo<" in page


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("12:30", time(12, 30)),
        ("7:10 pm", time(19, 10)),
        ("12:05 am", time(0, 5)),
        ("", None),
        (None, None),
        ("25:00", None),
        ("noon", None),
    ],
)
def test_a_meals_clock_is_read_as_it_was_kept(text, at):
    assert clock(text) == at


def test_parts_of_one_minute_keep_their_order():
    at = time(7)
    parts = [Part(None, "a", "1"), Part(at, "a", "2"), Part(at, "a", "3"), Part(time.min, "a", "4")]
    assert [part.title for part in day.in_order(parts)] == ["4", "2", "3", "1"]


def test_the_week_above_says_today_in_words_and_draws_nothing_of_days_to_come():
    days = [date(2026, 11, number) for number in range(22, 29)]
    starts = [datetime.combine(days[0], time(8)), datetime.combine(days[2], time(8))]
    efforts = [EffortRow(start, seconds, 1.0) for start, seconds in zip(starts, (3600, 1800), strict=True)]
    shown = day.strip(days, date(2026, 11, 24), efforts)
    assert [one.weekday for one in shown] == ["Sun", "Mon", "Today", "Wed", "Thu", "Fri", "Sat"]
    assert [one.share for one in shown] == [100, 0, 50, None, None, None, None]
