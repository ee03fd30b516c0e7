"""The real updater, killed with -9 at each step or robbed of its database: nothing lost, nothing left running."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest

from tests import faults
from tests.conftest import ROOT, execute
from tests.faults import OWN_ERROR, Updater, assert_mended, assert_nothing_lost, expire
from tests.refusals import LIST, WEIGHT
from tests.serving import wait_until
from tests.test_run import everything_of

unread, updater = faults.unread, faults.updater


@dataclass
class Running:
    """`python tasks.py --once` under way, in a folder of its own."""

    process: subprocess.Popen[bytes]
    updater: Updater
    log: Path

    def asked(self, route: str, times: int = 1) -> None:
        """Waits until a request has arrived that is kept waiting there."""
        self.until(lambda: len(self.updater.calls(route)) >= times)

    def until(self, happens: Callable[[], object]) -> None:
        def now() -> bool:
            assert self.process.poll() is None, self.log.read_text()
            return bool(happens())

        wait_until(now)


@contextmanager
def running(updater: Updater, prefect_url: str) -> Iterator[Running]:
    folder = updater.accounts.creds.parent
    environment = {**os.environ, **updater.accounts.settings, "PREFECT_API_URL": prefect_url}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "tasks.py", "--once"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        yield Running(process, updater, folder / "log")
    finally:
        process.kill()
        process.wait()


class Database:
    """A session of psql beside the updater's."""

    def __init__(self, uri: str) -> None:
        self.connection = psycopg2.connect(uri.replace("+psycopg2", ""))

    def run(self, sql: str) -> list[tuple[object, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def waiting(self) -> list[tuple[object, ...]]:
        """Sessions that wait for a lock of a table."""
        return self.run("SELECT pid FROM pg_locks WHERE NOT granted AND relation IS NOT NULL")

    def others(self) -> list[tuple[object, ...]]:
        return self.run(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    def claimed(self) -> list[tuple[object, ...]]:
        """The locks by which an updater keeps others from its sources, or writes alone."""
        here = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        return self.run(f"SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND {here}")


@pytest.fixture
def database(updater: Updater) -> Iterator[Database]:
    database = Database(updater.accounts.settings["SQLALCHEMY_DATABASE_URI"])
    yield database
    database.connection.close()


def starting(run: Running, database: Database) -> None:
    database.run("LOCK TABLE alembic_version")
    run.until(database.waiting)


def renewing(run: Running, database: Database) -> None:
    run.asked("/oauth/token")


def reading(run: Running, database: Database) -> None:
    run.asked(LIST)


def asking(run: Running, database: Database) -> None:
    run.asked("/activities/9000000008")


def writing(run: Running, database: Database) -> None:
    run.asked(LIST)
    database.run("LOCK TABLE strava_activity IN SHARE MODE")
    run.until(database.waiting)


def remembering(run: Running, database: Database) -> None:
    run.asked(LIST)
    database.run("LOCK TABLE sync_state IN SHARE MODE")
    run.until(database.waiting)
    assert ("activity", 9_000_000_100) in run.updater.stored()


def weighing(run: Running, database: Database) -> None:
    run.asked(WEIGHT)


def going_back(run: Running, database: Database) -> None:
    run.asked(LIST, times=3)


STEPS: dict[str, tuple[Callable[[Running, Database], None], str]] = {
    "starting": (starting, "Strava 3 h ago"),
    "renewing": (renewing, "Strava 3 h ago"),
    "reading": (reading, "Strava 3 h ago"),
    "asking": (asking, "Strava 3 h ago"),
    "writing": (writing, "Strava 3 h ago"),
    "remembering": (remembering, "Strava 3 h ago"),
    "weighing": (weighing, "Strava just now"),
    "history": (going_back, "Strava just now"),
}


def hang(updater: Updater, step: str) -> None:
    """Lets the provider keep the updater waiting at a step."""
    world, uri = updater.world, updater.accounts.settings["SQLALCHEMY_DATABASE_URI"]
    routes = {"renewing": "/oauth/token", "reading": LIST, "asking": "/activities/9000000008", "weighing": WEIGHT}
    if step in routes:
        world.fail(routes[step], delay=60)
    if step == "renewing":
        expire(updater.accounts, "strava")
    if step in ("writing", "remembering"):
        world.fail(LIST, delay=1)
    if step == "history":
        execute(uri, "UPDATE sync_state SET full_at = NULL")
        world.fail(LIST, times=2)  # the last days, which take two calls
        world.fail(LIST, delay=60)


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_9_at_any_step_loses_nothing_and_leaves_nothing_running(
    updater: Updater, database: Database, request: pytest.FixtureRequest, step: str
) -> None:
    before = updater.stored()
    hang(updater, step)
    # Once with a Prefect server of the updater's own, which must not outlive it.
    with running(updater, "" if step == "reading" else request.getfixturevalue("prefect_url")) as run:
        STEPS[step][0](run, database)
        run.process.kill()
        run.process.wait()
    database.connection.rollback()
    wait_until(lambda: everything_of(updater.accounts.creds.parent) == [])
    wait_until(lambda: not database.claimed())
    assert updater.line("Strava") == STEPS[step][1]
    assert_nothing_lost(before, updater)
    assert_mended(updater)


def test_a_database_that_goes_away_while_it_is_written_to_loses_nothing(
    updater: Updater, database: Database, prefect_url: str
) -> None:
    before = updater.stored()
    hang(updater, "writing")
    with running(updater, prefect_url) as run:
        writing(run, database)
        pids = ", ".join(str(pid) for (pid,) in database.others())
        database.run(f"SELECT pg_terminate_backend(pid) FROM unnest(ARRAY[{pids}]) pid")
        database.connection.rollback()
        assert run.process.wait(60) == 1
    assert updater.line("Strava") == "Strava: sync failing, last synced 3 h ago"
    assert updater.messages() == [OWN_ERROR]
    assert_nothing_lost(before, updater)
    assert_mended(updater)
