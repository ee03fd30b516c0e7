"""Weigh-ins out of the Google Health API, against real sockets: days, units, joins and pages."""

from datetime import date, time

import pytest

from app.sources.errors import Retry
from app.sources.samples import weight_sample
from tests.wire import NOW, Say, fitbit_client, google_fault

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)
NAME = "users/111122223333444455/dataTypes/weight/dataPoints/"


@pytest.fixture
def client(wire, tmp_path):
    return fitbit_client(wire, tmp_path, NOW)


def civil(day, hours=7, minutes=4, **more):
    clock = {"hours": hours, "minutes": minutes, **more}
    return {"civilTime": {"date": {"year": 2026, "month": 11, "day": day}, "time": clock}}


def weight(when, grams=81650, name="1"):
    return {"name": NAME + name, "weight": {"sampleTime": when, "weightGrams": grams}}


def fat(when, percentage):
    return {"name": "f", "bodyFat": {"sampleTime": when, "percentage": percentage}}


def height(when, millimetres):
    return {"name": f"h{millimetres}", "height": {"sampleTime": when, "heightMillimeters": millimetres}}


def points(*listed):
    return {"dataPoints": list(listed)}


def read(client):
    return client.weights(FIRST, LAST)


def alone(wire, *listed):
    """These weights, no body fat, no height."""
    wire.says(points(*listed), {}, {})


# Weights


def test_grams_become_kilograms_and_the_civil_day_is_the_day(wire, client):
    alone(
        wire,
        weight({**civil(20, 7, 4, seconds=31, nanos=749348000), "physicalTime": "2026-11-20T12:04:31.7Z"}, 81650, "2"),
        weight({**civil(19), "physicalTime": "2026-11-20T05:00:00Z"}, 81900.5, "1"),
    )
    first, second = read(client)
    assert (first.point, first.weight, first.record_date) == (NAME + "1", 81.9, date(2026, 11, 19))
    assert (second.weight, second.record_time) == (81.65, time(7, 4, 31, 749348))
    assert (second.fat, second.bmi, client.unusable, client.unread_fields) == (None, None, 0, set())


def test_the_question_names_civil_days_and_no_source_family(wire, client):
    alone(wire, weight(civil(20)))
    read(client)
    asked = wire.seen[0]
    assert (asked.method, asked.path) == ("GET", "/v4/users/me/dataTypes/weight/dataPoints")
    span = 'weight.sample_time.civil_time >= "2026-11-01" AND weight.sample_time.civil_time < "2026-12-01"'
    assert asked.query == {"filter": span, "pageSize": "1000"}
    assert wire.seen[1].query["filter"].startswith('body_fat.sample_time.civil_time >= "2026-11-01" AND body_fat.')
    assert asked.headers["Authorization"] == "Bearer access-1"


@pytest.mark.parametrize(
    ("sample_time", "expected"),
    [
        ({"physicalTime": "2026-11-20T02:30:00Z", "utcOffset": "-18000s"}, "2026-11-19T21:30:00"),
        ({"physicalTime": "2026-11-19T20:00:00Z", "utcOffset": "19800s"}, "2026-11-20T01:30:00"),
        ({"physicalTime": "2026-11-20T02:30:00Z"}, "2026-11-20T02:30:00"),
        ({"physicalTime": "2026-11-20T02:30:00.5Z", "utcOffset": "0.5s"}, "2026-11-20T02:30:01"),
        ({"physicalTime": "2026-11-20T02:30:00.123Z"}, "2026-11-20T02:30:00.123000"),
        ({"physicalTime": "2026-11-20T02:30:00.123456Z"}, "2026-11-20T02:30:00.123456"),
        ({"physicalTime": "2026-11-20T02:30:00.123456789Z"}, "2026-11-20T02:30:00.123456"),
        ({"civilTime": {"date": {"year": 2026, "month": 11, "day": 20}, "time": {}}}, "2026-11-20T00:00:00"),
        ({"civilTime": {"date": {"year": 2026, "month": 11, "day": 20}}}, "2026-11-20T00:00:00"),
        (civil(20, 7, 0, seconds=60) | {"physicalTime": "2026-11-20T12:01:00Z"}, "2026-11-20T12:01:00"),
    ],
)
def test_every_form_of_time_is_read(sample_time, expected):
    assert weight_sample(weight(sample_time)).at.isoformat() == expected


def test_a_point_without_a_name_is_known_by_its_time(wire, client):
    nameless = {"weight": weight(civil(20))["weight"], "surprise": {"new": [1]}}
    reconciled = {"dataPointName": "r", "weight": weight(civil(21))["weight"]}
    alone(wire, nameless, reconciled)
    assert [found.point for found in read(client)] == ["weight@2026-11-20T07:04:00", "r"]


def test_two_weigh_ins_of_a_day_are_both_kept_but_a_repeated_point_once(wire, client):
    alone(wire, weight(civil(20, 21), name="b"), weight(civil(20, 7), name="a"), weight(civil(20, 7), name="a"))
    assert [found.record_time.hour for found in read(client)] == [7, 21]


def test_body_fat_is_joined_by_time_within_ten_minutes_of_the_same_day(wire, client):
    wire.says(
        points(
            weight(civil(20, 7, 0), name="a"), weight(civil(20, 12, 0), name="b"), weight(civil(20, 23, 59), name="c")
        ),
        points(fat(civil(20, 7, 9), 30), {**fat(civil(20, 6, 58), 25.8), "name": "g"}),
        {},
    )
    wire.script[1].body["dataPoints"] += [
        {**fat(civil(21, 0, 1), 20), "name": "i"},
        {**fat(civil(20, 12, 11), 20), "name": "j"},
    ]
    assert [found.fat for found in read(client)] == [25.8, None, None]


def test_bmi_takes_the_latest_height_known_at_that_moment(wire, client):
    wire.says(
        points(weight(civil(2), name="a"), weight(civil(20), name="b"), weight(civil(25), name="c")),
        {},
        points(height(civil(22), "1810"), height(civil(10), "1780"), height(civil(23), "-3")),
    )
    assert [found.bmi for found in read(client)] == [None, 25.77, 24.92]


@pytest.mark.parametrize(
    "refusal", [google_fault(403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"), Say("", 500), Say("<html>", 404), Say({}, 429)]
)
def test_a_refused_or_failing_extra_does_not_lose_the_weights(wire, client, refusal, caplog):
    wire.says(points(weight(civil(20))), refusal, points(height(civil(1), "1780")))
    (found,) = read(client)
    assert (found.weight, found.fat, found.bmi) == (81.65, None, 25.77)
    assert client.unread_fields == {"fat"}
    assert "Weights are read without fat" in caplog.text


@pytest.mark.parametrize(
    "broken",
    [
        weight(civil(20), "heavy"),
        weight(civil(20), -5),
        weight(civil(20), float("nan")),
        weight(civil(20), 2_000_000),
        weight({"physicalTime": "soon"}),
        weight({"physicalTime": "2026-11-20T02:30:00Z", "utcOffset": "far"}),
        weight({}),
        weight(None),
        {"name": "x"},
        "x",
    ],
)
def test_a_broken_point_is_skipped_counted_and_logged(wire, client, caplog, broken):
    alone(wire, weight(civil(19)), broken)
    assert [found.record_date.day for found in read(client)] == [19]
    assert client.unusable == 1
    assert "is skipped" in caplog.text


def test_a_point_outside_the_days_asked_for_is_dropped_and_not_broken(wire, client):
    alone(wire, weight({"physicalTime": "2026-12-01T01:00:00Z", "utcOffset": "0s"}), weight(civil(30), name="2"))
    assert [found.record_date.day for found in read(client)] == [30]
    assert client.unusable == 0


# Pages


def test_pages_are_read_to_the_end_with_the_same_question(wire, client):
    wire.says(
        {**points(weight(civil(3), name="3")), "nextPageToken": "p2"},
        {**points(weight(civil(2), name="2")), "nextPageToken": "p3"},
        {},
    )
    wire.says({"dataPoints": []}, {"nextPageToken": ""})
    assert [found.record_date.day for found in read(client)] == [2, 3]
    assert [seen.query.pop("pageToken", None) for seen in wire.seen[:3]] == [None, "p2", "p3"]
    assert wire.seen[0].query == wire.seen[1].query == wire.seen[2].query


@pytest.mark.parametrize("token", ["p2", 7])
def test_pages_that_go_round_in_a_circle_are_an_error_and_no_short_list(wire, client, token):
    wire.says(*[{**points(weight(civil(3))), "nextPageToken": token}] * 3)
    with pytest.raises(Retry, match="did not come to an end"):
        read(client)
