"""The live feed's events, to the letter of the contract; bad input gets one sentence and the connection lives."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from app.extensions import socketio
from app.stats import payload
from app.stats.feed import DOWN, NAMESPACE, Feed, feed
from tests.conftest import execute, make_app

TODAY = date(2026, 11, 25)
GREETING = [("my_response", {"data": "Connected", "count": 0})]
WEEK = [(date(2026, 11, 22) + timedelta(days=n)).isoformat() for n in range(7)]


class Client:
    """A browser on the live feed."""

    def __init__(self, app: Flask, **how: Any) -> None:
        self.wire = socketio.test_client(app, namespace=NAMESPACE, **how)

    def hears(self) -> list[tuple[str, Any]]:
        """The events since the last call, each with its one payload."""
        received = [(event["name"], *event["args"]) for event in self.wire.get_received(NAMESPACE)]
        assert all(len(event) == 2 for event in received)
        return received

    def says(self, event: str, *payloads: Any) -> list[tuple[str, Any]]:
        self.wire.emit(event, *payloads, namespace=NAMESPACE)
        return self.hears()

    def lives(self) -> bool:
        return self.says("get_week", {}) == [("dates", {"data": WEEK, "today": TODAY.isoformat()})]


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[Feed]:
    """The feeds that were started; the background task itself stays out, so that only answers are heard."""
    started: list[Feed] = []
    monkeypatch.setattr(Feed, "start", lambda feed: started.append(feed))
    monkeypatch.setattr(payload, "today", lambda _chosen: TODAY)
    return started


@pytest.fixture
def client(app: Flask) -> Client:
    client = Client(app)
    assert client.hears() == GREETING
    return client


@pytest.fixture
def alone() -> Client:
    """On a board whose database is gone, which makes no difference to what never asks it."""
    client = Client(make_app("postgresql+psycopg2://postgres@127.0.0.1:1/none"))
    assert client.hears() == GREETING
    return client


def types(item: dict[str, Any]) -> dict[str, type]:
    return {name: type(value) for name, value in item.items()}


def test_a_new_viewer_is_greeted_and_starts_the_feed(app, client, started):
    assert started == [app.extensions["feed"]]
    assert client.hears() == []


@pytest.mark.parametrize("message", [[{}], [], [None], [{"anything": "more"}]], ids=repr)
def test_each_event_is_answered_to_its_asker_only_with_an_object_or_nothing(app, client, message):
    other = Client(app)
    other.hears()
    assert client.says("get_week", *message) == [("dates", {"data": WEEK, "today": "2026-11-25"})]
    ((event, stats),) = client.says("get_stats", *message)
    assert (event, stats["data"]) == ("stats_vals", {"weight": [], "calories": [], "activities": []})
    assert client.says("joined", *message) == []
    assert other.hears() == []


def test_stats_vals_has_the_contracts_keys_and_types_and_nothing_of_another_week(client, uri):
    for day in ("2026-11-22", "2026-11-28", "2026-11-21", "2026-11-29"):
        execute(
            uri,
            "INSERT INTO fitbit_weight (weight, fat, bmi, record_date, record_time)"
            " VALUES (72.4, 18.4, 22.1, %s, '07:02'), (73, 18.9, 22.3, %s, '21:30')",
            *(day, day),
        )
        execute(uri, "INSERT INTO fitbit_calories (calories, record_date) VALUES (2104, %s)", day)
        execute(
            uri,
            "INSERT INTO strava_activity (average_speed, average_cadence, average_heartrate, distance, moving_time,"
            " start_date_local) VALUES (3.24, 85, 148, 8200, 2530, %s)",
            f"{day} 23:59:59",
        )
    ((_, stats),) = client.says("get_stats", {})
    weight, calories, activities = (stats["data"][name] for name in ("weight", "calories", "activities"))
    for items in (weight, calories, activities):
        assert [(item["index"], item["date"]) for item in items] == [(0, "2026-11-22"), (6, "2026-11-28")]
    last = {"index": 0, "weight": 73.0, "fat": 18.9, "bmi": 22.3, "date": "2026-11-22"}
    assert weight[0] == last | {"time": "21:30"}
    assert calories[0] == {"index": 0, "calories": 2104.0, "burned": None, "date": "2026-11-22"}
    promised = {"speed": float, "cadence": float, "heartrate": float, "distance": float, "moving_time": int}
    assert promised.items() <= types(activities[0]).items()
    assert (activities[0]["speed"], activities[0]["distance"], activities[0]["moving_time"]) == (3.24, 8200.0, 2530)
    assert (stats["count"], type(stats["count"])) == (feed().count, int)


def test_a_day_without_a_log_has_no_item_and_what_was_not_measured_is_null(client, uri):
    execute(uri, "INSERT INTO fitbit_weight (weight, record_date) VALUES (72.4, '2026-11-25')")
    execute(uri, "INSERT INTO fitbit_calories (burned, record_date) VALUES (900, '2026-11-24')")
    execute(uri, "INSERT INTO strava_activity (start_date_local) VALUES ('2026-11-25')")
    ((_, stats),) = client.says("get_stats")
    (weight,), (calories,), (activity,) = stats["data"].values()
    assert (weight["fat"], weight["bmi"]) == (None, None)
    assert calories["calories"] is None
    assert [activity[name] for name in ("speed", "cadence", "heartrate", "distance", "moving_time")] == [None] * 5


@pytest.mark.parametrize("asked", ["banana", "2026-13-40", 7, "", [], "9999-12-31"], ids=repr)
def test_a_week_may_be_asked_for_and_what_is_none_is_a_problem_in_one_sentence(client, asked):
    example = '{"week": "2026-11-25"}'
    assert client.says("get_stats", {"week": asked}) == [
        ("problem", {"error": f"get_stats takes a week such as {example}, not {asked!r}."})
    ]
    ((event, stats),) = client.says("get_stats", {"week": "2026-11-18"})
    assert (event, stats["week"], len(stats["cells"])) == ("stats_vals", "2026-11-15", 28)


@pytest.mark.parametrize(
    ("messages", "shown"),
    [
        (["banana"], "'banana'"),
        (["x" * 1_000], f"'{'x' * 56}..."),
        ([["a", 1]], "['a', 1]"),
        ([7], "7"),
        ([True], "True"),
        ([0], "0"),
        ([b"\x00\xff"], r"b'\x00\xff'"),
        ([{}, {}], "({}, {})"),
        (["two\nlines"], r"'two\nlines'"),
    ],
    ids=lambda value: str(value)[:20],
)
@pytest.mark.parametrize("event", ["get_week", "get_stats", "joined"])
def test_a_wrong_payload_gets_one_sentence_that_names_what_is_taken(alone, event, messages, shown):
    assert alone.says(event, *messages) == [
        ("problem", {"error": f"{event} takes an object such as {{}}, not {shown}."})
    ]
    assert alone.lives()


@pytest.mark.parametrize("event", ["get_weak", "message", "json", "problem", "stats_vals", "", "x" * 1_000, "a\nb"])
@pytest.mark.parametrize("messages", [[], [{}], ["text", 7]], ids=repr)
def test_an_unknown_event_gets_one_sentence_that_names_the_known_ones(alone, event, messages):
    ((name, said),) = alone.says(event, *messages)
    assert name == "problem"
    assert said["error"].startswith(f"There is no event {repr(event)[:50]}")
    assert said["error"].endswith("this feed takes get_week, get_stats, joined and sync_now.")
    assert "\n" not in said["error"]
    assert len(said["error"]) < 150
    assert alone.lives()


def test_an_error_of_our_own_is_said_without_its_details(alone, monkeypatch, caplog):
    def fail(*_: object) -> None:
        raise RuntimeError("the inside")

    monkeypatch.setattr(payload, "stats_vals", fail)
    assert alone.says("get_stats", {}) == [("problem", {"error": "That did not work here; the server's log says why."})]
    assert "the inside" in caplog.text
    assert alone.lives()


def test_while_the_database_is_gone_each_question_is_answered_with_that(alone):
    assert alone.says("get_stats", {}) == [("problem", {"error": DOWN})]
    assert alone.lives()


def test_with_a_password_only_a_signed_in_session_is_let_in(started, uri):
    app = make_app(uri, DASHBOARD_PASSWORD="hunter2")
    browser = app.test_client()
    for form in ({}, {"password": "wrong"}):
        browser.post("/login", data=form)
        refused = Client(app, flask_test_client=browser).wire
        assert not refused.is_connected(NAMESPACE)
        assert refused.queue == []
    assert started == []
    browser.post("/login", data={"password": "hunter2"})
    signed_in = Client(app, flask_test_client=browser)
    assert signed_in.hears() == GREETING
    assert signed_in.lives()
