"""What happens in other people's lives: accounts change hands, records move, clocks are wrong, refusals have forms."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy.orm import Session

import tasks
from app.records import queries, store
from app.records.models import Activity, Weight
from app.sources.errors import SignedInAnew
from app.sources.oauth import Token
from app.sources.records import bare
from tests.conftest import execute
from tests.test_mirror_property import FITBIT, Updater, in_the_accounts, in_the_tables, since
from tests.wire import Wire, serving


def now() -> datetime:
    return datetime.now(UTC)


def today() -> date:
    return now().date()


@pytest.fixture
def updater(uri: str, tmp_path: Path) -> Iterator[Updater]:
    updater = Updater(uri, tmp_path)
    yield updater
    updater.end()


@pytest.fixture
def wire() -> Iterator[Wire]:
    with serving() as wire:
        yield wire


def noon(days: int) -> datetime:
    return datetime.combine(today() - timedelta(days=days), time(12))


def assert_equal(updater: Updater) -> None:
    assert since(date.min, in_the_tables(updater)) == since(date.min, in_the_accounts(updater.world))


# Records that move


@pytest.mark.parametrize("days", [20, 70, 400])
def test_an_activity_and_a_weigh_in_that_are_re_dated_stand_on_their_new_days_after_the_next_sync(
    updater: Updater, days: int
) -> None:
    number = updater.world.add_activity(start_date_local=noon(3), distance=5000.0)
    point = updater.world.add_weight(71.5, noon(3), fat=18.0)
    for back in range(5, 10):
        updater.world.add_weight(70 + back, noon(back))
    updater.sync_to_the_end()
    updater.world.edit_activity(number, start_date_local=noon(days), distance=4200.0)
    updater.world.delete_weight(point)
    sample = int(point.rpartition("/")[2])
    moved = updater.world.add_weight(71.25, noon(days), fat=17.5)
    for kind in ("weight", "body-fat"):
        again = updater.world._samples[kind].pop(int(moved.rpartition("/")[2]))
        updater.world._samples[kind][sample] = type(again)(sample, again.at, again.value, by_hand=True)
    updater.sync()
    assert_equal(updater)


@pytest.mark.parametrize("gone", [21, 60])
@pytest.mark.parametrize("first", [1, 40], ids=["in the last days", "in the history"])
def test_all_of_a_mass_deletion_goes_with_one_reading(updater: Updater, gone: int, first: int) -> None:
    start = noon(first)
    numbers = [
        updater.world.add_activity(start_date_local=start - timedelta(minutes=7 * nth)) for nth in range(gone + 3)
    ]
    for nth in range(gone + 3):
        updater.world.add_weight(70, start - timedelta(minutes=7 * nth))
    updater.sync_to_the_end()
    for number in numbers[:gone]:
        updater.world.delete_activity(number)
    for sample in updater.world.samples("weight")[:gone]:
        updater.world.delete_weight(f"/{sample.number}")
    updater.a_week_passes()
    updater.sync_to_the_end()
    assert_equal(updater)


@pytest.mark.parametrize("status", [401, 403, 500, 502])
def test_an_error_of_one_record_costs_only_that_record(updater: Updater, status: int) -> None:
    numbers = [updater.world.add_activity(start_date_local=noon(back)) for back in (1, 2)]
    for back in (1, 2, 3):
        updater.world.add_weight(70 + back, noon(back))
    updater.sync_to_the_end()
    updater.world.delete_activity(numbers[0])
    updater.world.delete_weight(f"/{updater.world.samples('weight')[0].number}")
    updater.world.fail("/api/v3/activities/", status=status, body={"message": "Authorization Error"}, times=9)
    updater.world.fail("/dataTypes/weight/dataPoints/7", status=status, body={"error": {"code": status}}, times=9)
    updater.world.add_activity(start_date_local=noon(0) - timedelta(days=4), name="New")
    updater.sync()
    assert set(updater.states().values()) == {"ok"}
    assert updater.rows("SELECT count(*) FROM strava_activity") == [(3,)]
    updater.world._faults.clear()
    updater.sync()
    assert_equal(updater)


@pytest.mark.parametrize("pause", [800, 2000, 4000])
def test_a_pause_of_years_does_not_end_the_history(updater: Updater, pause: int) -> None:
    for back in (1, 20, pause, pause + 30, 2 * pause):
        updater.world.add_weight(70, noon(back))
        updater.world.set_eaten(today() - timedelta(days=back), 2000)
        updater.world.set_burned(today() - timedelta(days=back), 2500)
    updater.sync_to_the_end()
    assert_equal(updater)


def test_where_google_lists_no_steps_the_history_goes_on_to_when_no_fitbit_was_sold(updater: Updater) -> None:
    for back in (1, 900):
        updater.world.set_burned(today() - timedelta(days=back), 2500)
    updater.world.fail("/dataTypes/steps/", status=400, body={"error": {"code": 400, "status": "INVALID"}}, times=99)
    updater.sync_to_the_end()
    assert_equal(updater)


# Accounts that change hands


def strangers(updater: Updater, uri: str) -> None:
    """As if all that was read so far had been of another athlete and another user."""
    execute(uri, "UPDATE strava_activity SET account = 'strava:7', owner = 7")
    execute(uri, "UPDATE fitbit_weight SET account = 'fitbit:x', point = replace(point, 'users/', 'users/x')")
    execute(uri, "UPDATE fitbit_calories SET account = 'fitbit:x'")
    execute(uri, "UPDATE sync_state SET account = CASE source WHEN 'strava' THEN 'strava:7' ELSE 'fitbit:x' END")


def test_another_accounts_token_file_removes_nothing_and_its_whole_history_is_read_at_once(
    updater: Updater, uri: str
) -> None:
    for back in (1, 2, 40):
        updater.world.add_activity(start_date_local=noon(back))
        updater.world.add_weight(90.0, noon(back))
    updater.sync_to_the_end()
    strangers(updater, uri)
    for activity in list(updater.world.activities()):
        updater.world.delete_activity(activity["id"])
    for sample in list(updater.world.samples("weight")):
        updater.world.delete_weight(f"/{sample.number}")
    for back in (2, 60):
        updater.world.add_weight(60.0, noon(back) - timedelta(hours=1))
    updater.connect("strava")
    updater.connect("fitbit")
    updater.sync_to_the_end(1)
    assert updater.rows("SELECT count(*) FROM strava_activity WHERE account = 'strava:7'") == [(3,)]
    assert updater.rows("SELECT count(*), account FROM fitbit_weight GROUP BY account ORDER BY 2") == [
        (2, FITBIT),
        (3, "fitbit:x"),
    ]


def test_a_day_that_the_connected_account_covers_is_its_own_and_older_days_stay(app: Flask, session: Session) -> None:
    day = date(2026, 11, 10)
    for account, kilograms, at, days in (("fitbit:x", 90.0, time(22), range(4)), ("fitbit:y", 60.0, time(7), (1, 2))):
        for back in days:
            where = {"account": account, "record_date": day - timedelta(days=back), "record_time": at}
            session.add(Weight(weight=kilograms, point=f"{account}{back}", **where))
            start = datetime.combine(day - timedelta(days=back), at)
            strava = account.replace("fitbit", "strava")
            session.add(Activity(account=strava, start_date_local=start, start_date=start.replace(tzinfo=UTC)))
    for source in ("fitbit", "strava"):
        store.remember(session, source, "weight", account=f"{source}:y", state="ok", last_attempt=now())
    session.commit()
    shown = {row.date: row.weight for row in queries.weights(session, date.min, date.max)}
    assert shown == {day - timedelta(days=3): 90.0, day - timedelta(days=2): 60.0, day - timedelta(days=1): 60.0}
    assert [row.date for row in queries.activities(session, date(1, 1, 1), date(9999, 1, 1))] == [*sorted(shown)]
    assert queries.of_another(session, "fitbit") == queries.of_another(session, "strava") == 4
    assert store.forget_others(session, "fitbit") == 4
    assert queries.of_another(session, "fitbit") == 0


@pytest.mark.parametrize("nth", range(1, 7))
def test_a_sign_in_during_a_reading_ends_it_and_nothing_is_stored_as_the_other_ones(updater: Updater, nth: int) -> None:
    for back in (1, 2, 40, 80):
        updater.world.add_weight(70, noon(back))
    calls = iter(range(nth, 0, -1))

    def sign_in(url: str, _what: dict[str, Any]) -> None:
        if "/google/v4" in url and next(calls, 0) == 1:
            updater.connect("fitbit")

    updater.before = sign_in
    updater.sync()
    assert any("Somebody has signed in" in line for line in updater.said)
    updater.sync_to_the_end()
    assert_equal(updater)


def test_tokens_that_change_between_the_reading_and_the_save_store_nothing(updater: Updater, uri: str) -> None:
    updater.world.add_weight(70, noon(1))
    reading = tasks.fetch.run("fitbit", "weight")  # type: ignore[attr-defined]
    updater.connect("fitbit")
    with pytest.raises(SignedInAnew):
        tasks.save.run("fitbit", "weight", reading)  # type: ignore[attr-defined]
    assert updater.rows("SELECT count(*) FROM fitbit_weight") == [(0,)]


def test_a_sign_in_is_told_from_another_and_a_renewal_is_none() -> None:
    one = Token("a", "r", 1, extra={"connected_at": 5})
    assert one.sign_in == Token("b", "r", 9, "scope", {"connected_at": 5, "who": "Ann"}).sign_in
    others = [Token("a", "q", 1, extra={"connected_at": 5}), Token("a", "r", 1, extra={"connected_at": 6}), one]
    assert len({token.sign_in for token in others}) == 3
    assert one.sign_in != "r"


# Days to come


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Honolulu", "UTC", "Asia/Tokyo"])
def test_planned_meals_are_neither_stored_nor_kept(updater: Updater, uri: str, zone: str) -> None:
    execute(uri, f"UPDATE preferences SET timezone = '{zone}'")
    today = now().astimezone(ZoneInfo(zone)).date()
    for ahead in (-1, 0, 1, 2, 9):
        updater.world.set_eaten(today + timedelta(days=ahead), 3000)
    execute(
        uri,
        "INSERT INTO fitbit_calories (account, record_date, calories)"
        f" VALUES ('{FITBIT}', '{today + timedelta(days=3)}', 9000)",
    )
    updater.sync_to_the_end()
    stored = {day for (day,) in updater.rows("SELECT record_date FROM fitbit_calories WHERE calories IS NOT NULL")}
    assert stored == {today - timedelta(days=1), today}


def test_a_points_prefix_may_change(updater: Updater, uri: str) -> None:
    for back in (1, 2, 40):
        updater.world.add_weight(70 + back, noon(back))
    updater.sync_to_the_end()
    execute(uri, "UPDATE fitbit_weight SET point = replace(point, 'users/111122223333444455/', 'users/me/')")
    versions = updater.rows("SELECT id, xmin::text FROM fitbit_weight ORDER BY id")
    updater.a_week_passes()
    updater.sync_to_the_end()
    assert updater.rows("SELECT id, xmin::text FROM fitbit_weight ORDER BY id") == versions
    names = [f"{first}dataTypes/weight/dataPoints/7" for first in ("users/me/", "users/123/", "")]
    assert all(bare(one) == bare(other) for one, other in combinations(names, 2))
