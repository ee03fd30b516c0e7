"""Processes of a running Sevenday killed with -9 in turn while it syncs and is watched, then all at once.

The end of some is everybody's. With every test run that is shown on one of those; on each of them by

    POWER_CUT=all .venv/bin/python -m pytest tests/test_power_cut.py
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg2
import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import embedded
from app.extensions import db
from simulator.world import World
from tests.conftest import execute, make_app, python
from tests.mirror import Rows, fill, holds, rows
from tests.refusals import LIST
from tests.serving import NAMESPACE, PATIENCE, Board, Person, free_port, wait_until
from tests.test_run import everything_of, start, stop
from tests.updating import Accounts, connected

READING_SECONDS = 5
"""How long the provider takes for the answer that is waited for when something is killed."""
OFFLINE = (psycopg2.OperationalError, OperationalError)


@dataclass
class Home:
    """`make run` with an account, on a machine where whatever ends is started again, as systemd or Docker does it."""

    folder: Path
    accounts: Accounts
    port: int = field(default_factory=free_port)
    entered: int = 0
    board: Board = field(init=False)

    def switch_on(self) -> None:
        settings = self.accounts.settings | {"SYNC_INTERVAL_MINUTES": "0.25", "WEEK_START": "sunday"}
        self.board = start(self.folder, self.port, **settings)
        self.address = self.one("gunicorn").environ()["SQLALCHEMY_DATABASE_URI"]

    def one(self, *words: str) -> psutil.Process:
        """The oldest process with all these words in its command line."""
        found = [process for process in everything_of(self.folder) if set(words) <= said_of(process)]
        return min(found, key=psutil.Process.create_time)

    def begin_sync(self, run: str, viewer: Person) -> None:
        """Has the updater asked for a sync from the page, and leaves it in the middle of reading something new."""
        self.accounts.world.edit_activity(9_000_000_001, name=run)
        self.accounts.world.requests.clear()
        self.accounts.world.fail(LIST, delay=READING_SECONDS)
        for _ in range(30):
            viewer.client.emit("sync_now", {}, namespace=NAMESPACE)
            with suppress(AssertionError):
                return wait_until(self.is_reading, seconds=2)
        pytest.fail(self.board.log_file.read_text()[-4000:])

    def is_reading(self) -> bool:
        return any(LIST in path for _, path, _ in self.accounts.world.requests)

    def enter(self) -> None:
        """Commits one more row by hand, which no sync could bring back."""
        self.entered += 1
        execute(self.address, "INSERT INTO fitbit_weight (weight, record_date) VALUES (%s, current_date)", self.entered)

    def stored(self) -> Rows:
        with make_app(self.address).app_context():
            try:
                with Session(db.engine) as session:
                    return rows(session)
            finally:
                db.engine.dispose()

    def by_hand(self) -> int:
        connection = psycopg2.connect(self.address.replace("+psycopg2", ""))
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM fitbit_weight WHERE account = ''")
            (count,) = cursor.fetchone() or (0,)
        connection.close()
        return int(count)

    def comes_back(self, ends: bool) -> None:
        """Waits until all is well. What `ends` as a whole is started again, as the machine's supervisor would."""
        if ends:
            self.board.process.wait(timeout=PATIENCE)
            wait_until(lambda: everything_of(self.folder) == [])
            self.switch_on()
        wait_until(self.is_whole, seconds=120)

    def is_whole(self) -> bool:
        """Every row entered by hand is there, and what the account holds is there just so."""
        with suppress(*OFFLINE):
            found = {key: row for key, row in self.stored().items() if key != ("weight", None)}
            return found == holds(self.accounts.world) and self.by_hand() == self.entered
        return False


def said_of(process: psutil.Process) -> set[str]:
    with suppress(psutil.Error):
        return {word.rpartition("/")[2] for word in process.cmdline()}
    return set()


def web_worker(home: Home) -> psutil.Process:
    return home.one("gunicorn").children()[0]


def flow_run(home: Home) -> psutil.Process:
    return next(child for child in home.one("tasks.py").children() if "guard.py" not in said_of(child))


def prefect_server(home: Home) -> psutil.Process:
    return home.one("guard.py", "prefect").children()[0]


def a_backend(home: Home) -> psutil.Process:
    """One of PostgreSQL's own, which takes all its sessions with it."""
    return next(child for child in home.one("postgres").children() if "idle" in " ".join(child.cmdline()))


PROCESSES: dict[str, tuple[Callable[[Home], psutil.Process], bool]] = {
    "the web worker": (web_worker, False),
    "the run of the sync": (flow_run, False),
    "a session of PostgreSQL": (a_backend, False),
    "PostgreSQL": (lambda home: home.one("postgres"), False),
    "Prefect's server": (prefect_server, True),
    "the updater": (lambda home: home.one("tasks.py"), True),
    "the web master": (lambda home: home.one("gunicorn"), True),
}
"""Each with whether its end is everybody's, after which a supervisor starts it all again."""
SELDOM = set() if os.environ.get("POWER_CUT") == "all" else {"the updater", "the web master"}
"""The updater is killed alone in test_faults_kill.py, and who ends with whom is seen in test_supervisor.py."""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with connected(World.empty(tz="UTC"), "", "", tmp_path) as accounts:
        fill(accounts.world)
        yield Home(tmp_path, accounts)
        cut(everything_of(tmp_path))


def cut(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()


@pytest.mark.timeout(1800)
def test_no_kill_9_and_no_power_cut_costs_a_row_or_needs_a_hand(home: Home) -> None:
    home.switch_on()
    home.enter()
    wait_until(home.is_whole, seconds=120)
    viewers = [Person(home.board.url, transport) for transport in ("polling", "websocket")]

    def show_the_week() -> bool:
        return [viewer.weight for viewer in viewers] == [home.entered] * 2

    for name, (process, ends) in PROCESSES.items():
        if name in SELDOM:
            continue
        home.begin_sync(name, viewers[1])
        home.enter()
        process(home).kill()
        home.comes_back(ends)
        wait_until(show_the_week)
        print(f"{name}: all is well")
    home.begin_sync("power cut", viewers[1])
    home.enter()
    running = everything_of(home.folder)
    cut([*running, *(child for one in running for child in one.children())])
    home.comes_back(ends=True)
    wait_until(show_the_week)
    for viewer in viewers:
        viewer.close()
    stop(home.board)
    wait_until(lambda: everything_of(home.folder) == [])


@pytest.mark.parametrize("number", [str(os.getpid()), ""], ids=["somebody else's", "none, as the note was not written"])
def test_the_process_number_that_the_power_cut_left_keeps_nothing_from_starting(tmp_path: Path, number: str) -> None:
    with embedded.held(str(tmp_path)) as uri:
        execute(uri, "CREATE TABLE kept (id int)")
    note = tmp_path / "postgres" / "postmaster.pid"
    lines = [number, str(note.parent), "1700000000", "5432", str(note.parent), "", "  5432001    123456", "ready   "]
    note.write_text("\n".join(lines) if number else "")
    if number:
        note.with_name(".s.PGSQL.5432.lock").write_text("\n".join(lines))
    code = f"from app import embedded; print(embedded.uri({str(tmp_path)!r}))"
    assert python("-c", code).stderr == ""
    with embedded.held(str(tmp_path)) as uri:
        execute(uri, "INSERT INTO kept VALUES (1)")
