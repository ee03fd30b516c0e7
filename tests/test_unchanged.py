"""An account in which nothing happens costs nothing: a week of syncs, the weekly reading of all history among them."""

import select
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any
from unittest import mock

import psycopg2
import pytest

import tasks
from app.records import queries
from app.sync import agenda, history
from simulator.world import World
from tests.test_mirror_property import TABLES, Updater, in_the_accounts, in_the_tables, since

DAY = 86400


class Calendar:
    """Today, moved on by whole days for both the product and the providers."""

    def __init__(self) -> None:
        self.passed = 0

    def time(self) -> float:
        return time.time() + self.passed * DAY

    @contextmanager
    def kept(self) -> Iterator[None]:
        calendar = self

        class Moved(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Any:
                return datetime.fromtimestamp(calendar.time(), tz)

        with ExitStack() as stack:
            for module in (tasks, history, agenda, queries):
                stack.enter_context(mock.patch.object(module, "datetime", Moved))
            yield


@pytest.fixture
def calendar() -> Iterator[Calendar]:
    calendar = Calendar()
    with calendar.kept():
        yield calendar


@pytest.fixture
def updater(uri: str, tmp_path: Path, calendar: Calendar) -> Iterator[Updater]:
    """Connected a moment ago to an account with a month of everything, all of which is in the tables."""
    world = World.empty(tz="UTC", clock=calendar.time)
    now = datetime.now(UTC).replace(tzinfo=None)
    for ago in range(1, 32):
        at = now - timedelta(days=ago)
        world.add_activity(start_date_local=at, distance=5000.0 + ago)
        world.add_weight(72 + ago / 100, at, fat=18.2)
        world.set_eaten(at.date(), 2000 + ago)
        world.set_burned(at.date(), 2500.25 + ago)
    updater = Updater(uri, tmp_path, world)
    updater.sync_to_the_end()
    yield updater
    updater.end()


class Listener:
    """What a web server hears on the channel of the board."""

    def __init__(self, uri: str) -> None:
        self.connection = psycopg2.connect(uri.replace("+psycopg2", ""))
        self.connection.autocommit = True
        with self.connection.cursor() as cursor:
            cursor.execute("LISTEN sevenday")

    def heard(self) -> set[str]:
        """The days that were announced since the last time. PostgreSQL has sent them before the sync's last commit
        returned, so a tenth of a second is long."""
        while select.select([self.connection], [], [], 0.1)[0]:
            self.connection.poll()
        days = {notify.payload for notify in self.connection.notifies}
        self.connection.notifies.clear()
        return days


@pytest.fixture
def listener(uri: str) -> Iterator[Listener]:
    listener = Listener(uri)
    yield listener
    listener.connection.close()


def versions(updater: Updater) -> dict[tuple[str, int], tuple[str, str]]:
    """Every row with the transaction that wrote it last and the place where it lies, which any UPDATE changes."""
    return {
        (table, number): (xmin, ctid)
        for table in TABLES[:3]
        for number, xmin, ctid in updater.rows(f"SELECT id, xmin::text, ctid::text FROM {table}")
    }


def a_day_passes(updater: Updater, calendar: Calendar) -> None:
    calendar.passed += 1
    updater.world.requests.clear()
    updater.sync()
    assert set(updater.states().values()) == {"ok"}, updater.said


def read_from_the_beginning(updater: Updater) -> bool:
    """Whether the history was among what was asked for: a list of all activities before a moment, but after none."""
    lists = [sent for _, path, sent in updater.world.requests if path.endswith("/athlete/activities")]
    assert lists
    return any("after" not in sent for sent in lists)


def test_a_week_of_syncs_of_an_unchanged_account_writes_no_row_and_sends_no_push(
    updater: Updater, calendar: Calendar, listener: Listener
) -> None:
    before = versions(updater)
    assert len(before) == 3 * 31
    full = []
    for _ in range(8):
        a_day_passes(updater, calendar)
        full.append(read_from_the_beginning(updater))
    assert full == [False] * 6 + [True, False]
    assert versions(updater) == before
    assert listener.heard() == set()


@pytest.mark.parametrize("day", [2, 7], ids=["in the days that every run reads", "in the history, read weekly"])
def test_of_a_changed_account_just_the_change_is_written_and_announced(
    updater: Updater, calendar: Calendar, listener: Listener, day: int
) -> None:
    world, changed = updater.world, 3 if day == 2 else 25
    before = versions(updater)
    listener.heard()
    calendar.passed = day - 1
    activity = world.activities()[-changed]
    world.edit_activity(activity["id"], name="Another name")
    a_day_passes(updater, calendar)
    after = versions(updater)
    assert {row for row in before if before[row] != after[row]} == {("strava_activity", activity["id"])}
    assert listener.heard() == {activity["start_date_local"][:10]}
    assert since(date.min, in_the_tables(updater)) == since(date.min, in_the_accounts(world))


def test_todays_first_partial_calories_are_written_over_and_announced(
    updater: Updater, calendar: Calendar, listener: Listener
) -> None:
    listener.heard()
    a_day_passes(updater, calendar)
    today = datetime.fromtimestamp(calendar.time(), UTC).date()
    for kcal in (300, 900):
        updater.world.set_burned(today, kcal)
        updater.sync()
        assert listener.heard() == {today.isoformat()}
        assert updater.rows("SELECT burned FROM fitbit_calories ORDER BY record_date DESC LIMIT 1") == [(kcal,)]
