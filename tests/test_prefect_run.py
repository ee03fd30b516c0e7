"""`make run` and Prefect: what each program knows, and that a bookkeeping that is broken or deleted stops no sync."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

import run
from app.sync import prefect_api, sync_now
from app.sync.prefect_api import Api
from config import Config
from tests.conftest import execute, make_app
from tests.serving import Board, free_port, wait_until
from tests.test_run import everything_of, start, stop

NAME = f"deployments/name/{sync_now.DEPLOYMENT}"
UNSET = ("SQLALCHEMY_DATABASE_URI", "DASHBOARD_PASSWORD_HASH", *run.PREFECTS)  # the hash is instead of the password
HUSH = {name: f"hush:{name}" for name in run.SECRETS if name not in UNSET} | {"NOTIFY_URLS": "json://hush.invalid/"}
KNOWN: dict[str, set[str]] = {
    "gunicorn": set(HUSH),
    "tasks.py": set(HUSH) - set(run.WEB_ONLY),
    "prefect.flow_engine": set(HUSH) - set(run.WEB_ONLY),
    "simulator": set(),
    "server": set(),
    "postgres": set(),
}
"""The secrets that each program may know, by a word of its command line."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("prefect-run")


@pytest.fixture(scope="module")
def board(folder: Path) -> Iterator[Board]:
    """A demo over the bookkeeping of a newer release, as going back one leaves it."""
    (folder / "instance" / "prefect").mkdir(parents=True)
    with closing(sqlite3.connect(folder / "instance" / "prefect" / "prefect.db")) as database, database:
        database.execute("CREATE TABLE alembic_version (version_num TEXT)")
        database.execute("INSERT INTO alembic_version VALUES ('ffffffffffff')")
    board = start(folder, free_port(), **HUSH)
    wait_until(lambda: served(folder), seconds=90)
    yield board
    stop(board)
    assert everything_of(folder) == []


def the_api(folder: Path) -> Api | None:
    own = dict.fromkeys(("PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "PREFECT_API_AUTH_STRING_FILE"))
    return prefect_api.find({**own, "INSTANCE_DIR": str(folder / "instance")})


def served(folder: Path) -> dict[str, Any] | None:
    """The deployment, when there is one that runs on its schedule."""
    api = the_api(folder)
    found = prefect_api.ask(api, "GET", NAME) if api else None
    if found is None or not found.ok:
        return None
    known = found.json()
    active = [one for one in known["schedules"] if one["active"]]
    return known if active and not known["paused"] and not known["work_pool_name"] else None


@pytest.mark.timeout(300)
def test_a_database_of_a_newer_release_is_kept_aside_and_everything_starts(board: Board, folder: Path) -> None:
    (line,) = [line for line in board.log.splitlines() if "cannot be used" in line]
    assert "its revision is ffffffffffff, which this release does not know" in line
    assert len(list((folder / "instance" / "prefect").glob("prefect.db.*.aside"))) == 1
    assert "Traceback" not in board.log


def test_no_program_is_told_a_secret_that_is_not_its_own(board: Board, folder: Path) -> None:
    seen = set()
    own = prefect_api.written(folder / "instance" / "prefect" / "auth")
    for process in everything_of(folder):
        with suppress(psutil.Error):  # the run of a sync that has just ended
            words, environment = process.cmdline(), process.environ()
            assert own.partition(":")[2] not in " ".join(words)
            kind = next((kind for kind in KNOWN if any(kind == word.rpartition("/")[2] for word in words)), None)
            if kind:
                seen.add(kind)
                told = {name for name, value in HUSH.items() if value in environment.values()}
                assert told <= KNOWN[kind], (kind, words)
    assert seen >= {"gunicorn", "tasks.py", "simulator", "server", "postgres"}
    assert own not in board.log


def test_sync_now_finds_the_servers_address_and_string(board: Board, folder: Path) -> None:
    web = next(one for one in everything_of(folder) if "wsgi:app" in one.cmdline())
    app = make_app(web.environ()["SQLALCHEMY_DATABASE_URI"], INSTANCE_DIR=str(folder / "instance"))
    with app.app_context():
        assert sync_now.start() in ("Sync asked for; it begins within seconds.", sync_now.UNDER_WAY)


MISCHIEF = {
    "deleted": lambda known: [("DELETE", f"deployments/{known['id']}", None)],
    "paused": lambda known: [("POST", f"deployments/{known['id']}/pause_deployment", None)],
    "its schedule switched off": lambda known: [
        ("PATCH", f"deployments/{known['id']}/schedules/{one['id']}", {"active": False}) for one in known["schedules"]
    ],
    "its schedule removed": lambda known: [
        ("DELETE", f"deployments/{known['id']}/schedules/{one['id']}", None) for one in known["schedules"]
    ],
    "its schedule slowed down": lambda known: [
        ("PATCH", f"deployments/{known['id']}", {"schedules": [{"schedule": {"interval": 9e6}, "active": True}]})
    ],
    "given to a paused work pool": lambda known: [
        ("POST", "work_pools/", {"name": "theirs", "type": "process", "is_paused": True}),
        ("PATCH", f"deployments/{known['id']}", {"work_pool_name": "theirs"}),
    ],
    "limited": lambda known: [("PATCH", f"deployments/{known['id']}", {"concurrency_limit": 1})],
    "its flow deleted": lambda known: [("DELETE", f"flows/{known['flow_id']}", None)],
}


@pytest.mark.timeout(180)
@pytest.mark.parametrize("mischief", MISCHIEF)
def test_what_is_done_to_the_deployment_in_prefects_page_is_mended_within_a_minute(
    board: Board, folder: Path, mischief: str
) -> None:
    api, known = the_api(folder), served(folder)
    for method, path, body in MISCHIEF[mischief](known):
        answer = prefect_api.ask(api, method, path, json=body)
        assert answer.ok, answer.text
    wait_until(lambda: (now := served(folder)) and promised(now) == promised(known), seconds=60)
    wait_until(lambda: "it is registered again" in board.log)  # which is said once a minute at the most


def promised(known: dict[str, Any]) -> tuple[list[float], Any]:
    """How often it runs, and how many at once."""
    return [one["schedule"]["interval"] for one in known["schedules"]], known["global_concurrency_limit"]


@pytest.mark.timeout(180)
def test_after_all_that_runs_begin_on_their_schedule_and_rarely_once_the_demo_is_over(
    board: Board, folder: Path
) -> None:
    api = the_api(folder)

    def ended() -> int:
        wanted = {"state": {"type": {"any_": ["COMPLETED"]}}, "deployment_id": {"any_": [served(folder)["id"]]}}
        return int(prefect_api.ask(api, "POST", "flow_runs/count", json={"flow_runs": wanted}).json())

    before = ended()
    wait_until(lambda: ended() > before, seconds=120)
    address = next(p.environ()["SQLALCHEMY_DATABASE_URI"] for p in everything_of(folder) if "gunicorn" in p.cmdline())
    execute(address, "UPDATE sync_state SET account = 'strava:1' WHERE source = 'strava'")
    minutes = Config.SYNC_INTERVAL_MINUTES
    wait_until(lambda: (now := served(folder)) and promised(now)[0] == [60 * minutes])
