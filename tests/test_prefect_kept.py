"""What Prefect's server keeps: the string it asks for, its address, and a database that never decides over a start."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests

import run
from app.sync import prefect_api, serve_prefect
from tests.conftest import ROOT, python

NEWEST = "a3b9c7d2e5f1"
DAMAGED = [b"", b"\n", b"sevenday:", b"sevenday:short", b"\x00" * 52, b"\xff\xfe", b"sevenday:" + b"a" * 43 + b"\nb"]


def test_the_string_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    os.umask(before := os.umask(0))
    file = tmp_path / "prefect" / "auth"
    made = prefect_api.load_or_create_auth_string(file)
    assert re.fullmatch(r"sevenday:[\w-]{43}", made)
    assert prefect_api.load_or_create_auth_string(file) == made
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [path.name for path in file.parent.iterdir()] == ["auth"]
    os.umask(before)


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_string_counts_as_missing(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "auth").write_bytes(damage)
    (tmp_path / ".auth.draft").write_bytes(b"what a crash left")
    assert prefect_api.written(tmp_path / "auth") is None
    made = prefect_api.load_or_create_auth_string(tmp_path / "auth")
    assert prefect_api.written(tmp_path / "auth") == made
    assert [path.name for path in tmp_path.iterdir()] == ["auth"]


@pytest.mark.parametrize("damage", [None, b""])
def test_processes_that_ask_at_once_get_the_same_string(tmp_path: Path, damage: bytes | None) -> None:
    file = tmp_path / "prefect" / "auth"
    if damage is not None:
        file.parent.mkdir()
        file.write_bytes(damage)
    code = (
        "import pathlib; from app.sync import prefect_api as api; "
        f"print(api.load_or_create_auth_string(pathlib.Path({str(file)!r})))"
    )
    command = [sys.executable, "-c", code]
    running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    said = {process.communicate(timeout=60)[0].strip() for process in running}
    assert said == {file.read_text().strip()}


CONFIG = {"PREFECT_API_URL": None, "PREFECT_API_AUTH_STRING": None, "PREFECT_API_AUTH_STRING_FILE": None}


def test_the_string_comes_from_the_setting_or_a_file_and_our_own_is_told_to_no_other_server(tmp_path: Path) -> None:
    own = prefect_api.load_or_create_auth_string(tmp_path / "prefect" / "auth")
    (tmp_path / "theirs").write_text("ann:a long one\n")
    config = CONFIG | {"INSTANCE_DIR": str(tmp_path)}
    elsewhere = config | {"PREFECT_API_URL": "https://prefect.example/api"}
    assert prefect_api.auth_string(config) == own
    assert prefect_api.auth_string(elsewhere) is None
    (tmp_path / "theirs").write_text("ann:hunter2\n")
    named = elsewhere | {"PREFECT_API_AUTH_STRING_FILE": str(tmp_path / "theirs")}
    assert prefect_api.auth_string(named) == "ann:hunter2"
    assert prefect_api.auth_string(named | {"PREFECT_API_AUTH_STRING": "ann:set"}) == "ann:set"


@pytest.mark.parametrize("note", ["", "http://127.0.0.1:4200/api", "x y", "http://127.0.0.1:4200/api {me}"])
def test_an_address_whose_server_is_gone_is_none(tmp_path: Path, note: str) -> None:
    """Whoever has taken the port since would be told the string."""
    (tmp_path / "prefect").mkdir()
    (tmp_path / "prefect" / "api_url").write_text(note.format(me=os.getpid()))
    assert prefect_api.find(CONFIG | {"INSTANCE_DIR": str(tmp_path)}) is None


@pytest.mark.parametrize("value", ["no-colon", ":nobody", "nobodys-name:", "a:b\x07"])
def test_a_string_that_is_no_user_and_password_is_said_without_repeating_it(value: str) -> None:
    done = python("-c", "import config", PREFECT_API_AUTH_STRING=value)
    assert done.stderr == "Sevenday cannot start: PREFECT_API_AUTH_STRING is '(hidden)'; it takes user:password.\n"


def database(path: Path, revision: str | None = NEWEST, rows: int = 2000) -> None:
    """A database as Prefect leaves one behind, as far as anybody looks before it starts."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE flow_run (id INTEGER PRIMARY KEY, name TEXT)")
        connection.executemany("INSERT INTO flow_run (name) VALUES (?)", [("x" * 200,)] * rows)
        connection.execute("CREATE INDEX by_name ON flow_run (name)")
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        if revision:
            connection.execute("INSERT INTO alembic_version VALUES (?)", (revision,))
        connection.commit()


def spoil(path: Path) -> None:
    """The head is whole, the pages behind it are not."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xa5" * (size // 4))


BROKEN: dict[str, Callable[[Path], object]] = {
    "garbage": lambda path: path.write_bytes(os.urandom(50_000)),
    "a text": lambda path: path.write_text("not a database"),
    "truncated": lambda path: (database(path), os.truncate(path, path.stat().st_size // 2)),
    "cut within the head": lambda path: (database(path), os.truncate(path, 60)),
    "pages spoilt": lambda path: (database(path), spoil(path)),
    "of a newer release": lambda path: database(path, "ffffffffffff"),
    "of no revision": lambda path: database(path, None),
    "a folder": lambda path: path.mkdir(),
    "a link that leads nowhere": lambda path: path.symlink_to("gone"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_database_is_kept_aside_with_its_journals_and_said_in_a_line(tmp_path: Path, kind: str) -> None:
    home = tmp_path / "prefect"
    home.mkdir()
    BROKEN[kind](home / "prefect.db")
    (home / "prefect.db-wal").write_bytes(b"")
    (said,) = serve_prefect.prepare(home)
    names = sorted(path.name for path in home.iterdir())
    assert names == sorted([kept := re.search(r"kept as (\S+),", said)[1], f"{kept}-wal"])
    assert "\n" not in said
    assert serve_prefect.prepare(home) == []


def test_a_database_that_is_fine_empty_or_at_work_stays(tmp_path: Path) -> None:
    database(tmp_path / "prefect.db")
    assert serve_prefect.prepare(tmp_path) == []
    with closing(sqlite3.connect(tmp_path / "prefect.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert serve_prefect.prepare(tmp_path) == []
    (tmp_path / "prefect.db").unlink()
    (tmp_path / "prefect.db").touch()  # what a power cut leaves of a new one; SQLite begins in it
    assert serve_prefect.prepare(tmp_path) == []


def test_a_home_that_is_no_folder_is_kept_aside(tmp_path: Path) -> None:
    (tmp_path / "prefect").write_text("")
    assert "no folder" in serve_prefect.prepare(tmp_path / "prefect")[0]
    assert (tmp_path / "prefect").stat().st_mode & 0o777 == 0o700


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every user comes to, as pytest's own are root's alone."""
    folder = Path(tempfile.mkdtemp(prefix="sevenday-public-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody who may not write here")
def test_a_database_or_a_home_that_cannot_be_written_to_is_kept_aside(public: Path) -> None:
    """As after a start as root: the files are root's, the folder above is the person's own."""
    own = public / "own"
    home = own / "prefect"
    home.mkdir(parents=True)
    database(home / "prefect.db")
    for path in (own, home):
        os.chown(path, 65534, 65534)
    assert "it cannot be written to" in as_nobody(home)
    database(home / "another.db")
    os.chown(home, 0, 0)
    assert "no folder that can be written to" in as_nobody(home)
    assert home.stat().st_uid == 65534


def as_nobody(home: Path) -> str:
    """What `prepare` says to a user who is not root; in a child, as there is no way back."""
    code = "import os, pathlib, sys; from app.sync import serve_prefect; os.setgroups([]); os.setresgid(*[65534] * 3);"
    code += "os.setresuid(*[65534] * 3); print(*serve_prefect.prepare(pathlib.Path(sys.argv[1])))"
    done = python("-c", code, str(home))
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_the_server_and_the_simulator_are_told_holds_none_of_the_boards_secrets(tmp_path: Path) -> None:
    given = {name: f"hush-{name}" for name in (*run.SECRETS, "NOTIFY_URLS", "AWS_SECRET_ACCESS_KEY")}
    given |= {"PATH": "/bin", "LC_ALL": "C", "PREFECT_SERVER_DATABASE_CONNECTION_URL": "sqlite://"}
    told = serve_prefect.environment_of(given, tmp_path, 4200, "sevenday:own")
    assert not [value for value in told.values() if value.startswith("hush")]
    assert {"PATH", "LC_ALL", "PREFECT_SERVER_DATABASE_CONNECTION_URL"} <= told.keys()
    assert told["PREFECT_SERVER_API_AUTH_STRING"] == "sevenday:own"
    assert serve_prefect.without_secrets(given) == {"PATH": "/bin", "LC_ALL": "C"}


def test_prefect_reads_the_settings_as_they_are_meant(tmp_path: Path) -> None:
    code = """
from prefect.settings import get_current_settings
server = get_current_settings().server
vacuum = server.services.db_vacuum
print(*sorted(vacuum.enabled_vacuum_types), vacuum.retention_period.days, server.events.retention_period.days)
print(server.ui.v2_enabled, server.analytics_enabled, server.ui.show_promotional_content, server.ui.api_url)"""
    done = python("-c", code, **serve_prefect.SERVER_SETTINGS, PREFECT_HOME=str(tmp_path))
    assert done.stdout.split() == ["events", "flow_runs", "orphans", "30", "7", "False", "False", "False", "/api"]


def test_the_newest_revision_of_the_installed_prefect_is_known() -> None:
    assert NEWEST in serve_prefect.revisions()


def test_a_server_that_is_busy_for_a_moment_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [503, 503, 200]

    def request(*_: object, **__: object) -> requests.Response:
        answer = requests.Response()
        answer.status_code = answers.pop(0)
        return answer

    monkeypatch.setattr(requests.Session, "request", request)
    monkeypatch.setattr(prefect_api, "BUSY_RESTS", (0.0, 0.0, 0.0))
    assert prefect_api.ask(prefect_api.Api("http://127.0.0.1:1/api", None), "GET", "health").ok
    assert answers == []
