"""The Strava client against real sockets: pages, records, and what it does with broken ones."""

import json
import logging
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from app.sources.errors import GiveUp, Retry
from app.sources.strava import read_activity
from tests.wire import NOW, Say, strava_client

AFTER, BEFORE = datetime(2026, 11, 8, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)
RUN = {
    "athlete": {"id": 134815, "resource_state": 1},
    "name": "Morning Run",
    "distance": 10012.4,
    "moving_time": 3125,
    "elapsed_time": 3248,
    "total_elevation_gain": 84.6,
    "type": "Run",
    "sport_type": "TrailRun",
    "id": 15234567890,
    "start_date": "2026-07-18T13:05:10Z",
    "start_date_local": "2026-07-18T06:05:10Z",
    "timezone": "(GMT-08:00) America/Los_Angeles",
    "utc_offset": -25200.0,
    "average_speed": 3.204,
    "max_speed": 4.62,
    "average_cadence": 84.1,
    "average_heartrate": 148.3,
    "max_heartrate": 171.0,
    "upload_id": 16234567890,
}
NOT_FOUND = {"message": "Record Not Found", "errors": [{"resource": "Activity", "field": "id", "code": "invalid"}]}


@pytest.fixture
def client(wire, tmp_path):
    return strava_client(wire, tmp_path, NOW)


def runs(first, count):
    return [{**RUN, "id": number} for number in range(first, first + count)]


def read(client):
    return list(client.activities(AFTER, BEFORE))


def without(*keys):
    return {key: value for key, value in RUN.items() if key not in keys}


# Paging


def test_reading_goes_on_until_an_empty_page_not_until_a_short_one(wire, client):
    wire.says(runs(1, 200), runs(201, 137), runs(338, 200), [])
    assert len(read(client)) == 537
    assert [seen.query["page"] for seen in wire.seen] == ["1", "2", "3", "4"]
    assert {seen.query["per_page"] for seen in wire.seen} == {"200"}


def test_an_empty_account_takes_one_call(wire, client):
    wire.says([])
    assert read(client) == []
    assert wire.paths() == ["/api/v3/athlete/activities"]
    assert wire.seen[0].headers["Authorization"] == "Bearer access-1"


def test_the_span_is_sent_in_epoch_seconds_whatever_the_zone(wire, client):
    wire.says([])
    list(client.activities(datetime(2026, 7, 18, tzinfo=ZoneInfo("America/Los_Angeles")), BEFORE))
    assert (wire.seen[0].query["after"], wire.seen[0].query["before"]) == ("1784358000", "1795392000")
    with pytest.raises(ValueError, match="aware"):
        list(client.activities(datetime(2026, 7, 18), BEFORE))  # noqa: DTZ001


def test_an_activity_that_slides_to_the_next_page_comes_once(wire, client):
    wire.says(runs(1, 3), runs(3, 2), [])
    assert [activity.id for activity in read(client)] == [1, 2, 3, 4]


def test_pages_without_end_are_given_up(wire, client, monkeypatch):
    monkeypatch.setattr("app.sources.strava.PAGE_CAP", 3)
    wire.says(*[runs(1, 1)] * 4)
    with pytest.raises(GiveUp, match="did not end"):
        read(client)


def test_a_failure_on_a_later_page_is_no_short_list(wire, client):
    wire.says(runs(1, 200), Say("<html>", 502))
    with pytest.raises(Retry):
        read(client)


# Records


def test_a_run_arrives_with_every_field(wire, client):
    wire.says([RUN], [])
    (run,) = read(client)
    assert (run.id, run.owner, run.upload_id, run.activity_type) == (15234567890, 134815, 16234567890, "TrailRun")
    assert run.start_date == datetime(2026, 7, 18, 13, 5, 10, tzinfo=UTC)
    assert (run.distance, run.moving_time, run.elapsed_time) == (10012.4, 3125, 3248)
    assert (run.average_speed, run.max_speed, run.average_cadence) == (3.204, 4.62, 84.1)
    assert (run.average_heartrate, run.max_heartrate, run.total_elevation_gain) == (148.3, 171.0, 84.6)


def test_the_local_start_is_wall_time_despite_its_z():
    yoga = read_activity(
        {
            **RUN,
            "start_date": "2026-07-19T03:40:00Z",
            "start_date_local": "2026-07-18T20:40:00Z",
            "utc_offset": -25200.0,
        }
    )
    assert yoga.start_date_local == datetime(2026, 7, 18, 20, 40)  # noqa: DTZ001
    assert yoga.start_date_local.date() == date(2026, 7, 18)


def test_what_was_not_measured_is_none():
    item = without("average_cadence", "average_heartrate", "max_heartrate", "upload_id", "athlete", "utc_offset")
    activity = read_activity({**item, "upload_id": None, "sport_type": None})
    assert activity.activity_type == "Run"
    values = [activity.average_cadence, activity.average_heartrate, activity.max_heartrate]
    assert [*values, activity.upload_id, activity.owner, activity.utc_offset] == [None] * 6


def test_nonsense_in_an_optional_field_counts_as_absent():
    broken = json.loads('{"average_speed": NaN, "max_speed": -1, "average_heartrate": Infinity, "max_heartrate": {}}')
    more = {"average_cadence": True, "total_elevation_gain": "high", "upload_id": 2**63, "utc_offset": 10**400}
    activity = read_activity({**RUN, **broken, **more, "athlete": "me", "name": None})
    assert (activity.average_speed, activity.max_speed, activity.average_heartrate) == (None, None, None)
    assert (activity.max_heartrate, activity.average_cadence, activity.total_elevation_gain) == (None, None, None)
    assert (activity.upload_id, activity.utc_offset, activity.owner, activity.name) == (None, None, None, "")


def test_numbers_of_another_kind_and_unknown_sports_are_read_all_the_same():
    odd = {"moving_time": 3125.4, "elapsed_time": "3248", "max_speed": 0, "sport_type": "Parkour", "id": 2**40}
    activity = read_activity({**RUN, **odd, "name": "5\u0000k \ud83d <b>\U0001f600"})
    assert (activity.moving_time, activity.elapsed_time, activity.max_speed) == (3125, 3248, 0.0)
    assert (activity.activity_type, activity.id) == ("Parkour", 2**40)
    assert activity.name == "5k ? <b>\U0001f600"


@pytest.mark.parametrize(
    "broken",
    [
        *[without(key) for key in ("id", "start_date", "start_date_local")],
        without("type", "sport_type"),
        {**RUN, "id": 1.5},
        {**RUN, "id": -4},
        {**RUN, "id": 2**63},
        {**RUN, "start_date_local": "yesterday"},
        {**RUN, "start_date": "0001-01-01T00:00:00+23:59"},
        None,
        "run",
        [],
    ],
)
def test_a_broken_record_is_skipped_counted_and_logged_and_the_others_are_kept(wire, client, caplog, broken):
    wire.says([runs(1, 1)[0], broken, runs(2, 1)[0]], [])
    assert [activity.id for activity in read(client)] == [1, 2]
    assert client.unusable == 1
    assert "is skipped" in caplog.text
    wire.says([])
    assert (read(client), client.unusable) == ([], 0)


@pytest.mark.parametrize("key", ["distance", "moving_time", "elapsed_time"])
@pytest.mark.parametrize("value", [None, "far", -1, 2.0**31 * 1e300, []])
def test_a_measurement_that_is_not_said_or_is_none_costs_only_itself(wire, client, key, value):
    wire.says([{**RUN, key: value}, without(key)], [])
    known = {"distance": 10012.4, "moving_time": 3125, "elapsed_time": 3248, key: None}
    (found,) = read(client)
    assert {name: getattr(found, name) for name in known} == known
    assert client.unusable == 0


def test_the_warning_names_the_activity_and_nothing_private(wire, client, caplog):
    wire.says([{**RUN, "start_date_local": None}], [])
    read(client)
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [
        "Strava activity 15234567890 is skipped: no usable start_date_local"
    ]


# One activity, one athlete


def test_an_activity_is_gone_only_by_a_404(wire, client):
    wire.says(RUN, Say(NOT_FOUND, 404), Say("", 404), Say("<html>", 404), Say({"message": "error"}, 500))
    assert [client.exists(15234567890) for _ in range(5)] == [True, False, False, False, True]
    assert wire.paths()[0] == "/api/v3/activities/15234567890"
    wire.says(Say("<html>", 500), Say("<html>hotel</html>"))
    for _ in range(2):
        with pytest.raises(Retry):
            client.exists(1)


def test_the_athlete_is_known_by_id(wire, client):
    wire.says({"id": 134815}, {"id": None})
    assert client.identity() == 134815
    with pytest.raises(Retry):
        client.identity()
