"""An import killed with -9 with or without its database, or short of disk: a later run ends with the same tables."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL
from typing import Any

import psycopg2
import pytest
from flask_migrate import upgrade

from app import embedded
from app.extensions import db
from app.sync import imports
from simulator import strava_export
from simulator.world import World
from tests.conftest import ROOT, fresh, make_app, python
from tests.serving import wait_until
from tests.test_imports import content, taken

Ask = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of an account with two and a half batches of activities."""
    file = tmp_path_factory.mktemp("export") / "export.zip"
    activities = World(tz="Europe/Berlin", years=3).activities()
    file.write_bytes(strava_export.archive(activities[-2 * imports.BATCH - 150 :]))
    return file


@pytest.fixture(scope="module")
def undisturbed(export: Path, server: str, template: str) -> Iterator[Any]:
    """What is in the tables when nothing happens."""
    for uri in fresh(server, template):
        with importing(uri, export) as (process, _):
            assert process.wait(120) == 0
        yield everything(uri)


def everything(uri: str) -> Any:
    with asking(uri) as ask:
        kept = ask("SELECT record, key, content::text FROM origin ORDER BY record, key")
        return content(uri), kept, ask("SELECT state FROM file_import")


@contextmanager
def asking(uri: str) -> Iterator[Ask]:
    connection = psycopg2.connect(uri.replace("+psycopg2", ""))
    connection.autocommit = True

    def ask(sql: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []

    yield ask
    connection.close()


@contextmanager
def importing(uri: str, file: Path) -> Iterator[tuple["subprocess.Popen[str]", Ask]]:
    settings = {"SQLALCHEMY_DATABASE_URI": uri, "DEMO": "0", "TIMEZONE": "Europe/Berlin"}
    command = [sys.executable, "tasks.py", "--import", str(file)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, text=True, **pipes)  # type: ignore[call-overload]
    try:
        with asking(uri) as ask:
            yield process, ask
    finally:
        process.kill()
        process.communicate()


def finish(uri: str) -> None:
    """As the updater does when it is there again: until PostgreSQL knows that the old one is dead, it tries again."""
    with make_app(uri, TIMEZONE="Europe/Berlin").app_context():
        wait_until(lambda: taken() or not imports.is_any_waiting())
        db.engine.dispose()


STAGES: dict[str, Callable[[Ask], object]] = {
    "it has been noted": lambda ask: ask("SELECT 1 FROM file_import"),
    "it is being read": lambda ask: ask("SELECT 1 FROM file_import WHERE sha256 IS NOT NULL"),
    "the first batch is being stored": lambda ask: (
        ask("SELECT 1 FROM file_import WHERE sha256 IS NOT NULL")
        and ask(
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = 7000002 AND database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database())"
            " UNION SELECT 1 FROM strava_activity"
        )
    ),
    "some of it is stored": lambda ask: ask("SELECT 1 FROM strava_activity"),
    "most of it is stored": lambda ask: ask(f"SELECT 1 FROM strava_activity OFFSET {imports.BATCH}"),
}


@pytest.mark.parametrize("stage", STAGES)
def test_a_killed_import_is_brought_to_the_same_end(stage: str, export: Path, undisturbed: Any, uri: str) -> None:
    with importing(uri, export) as (process, ask):
        wait_until(lambda: STAGES[stage](ask))
        process.send_signal(SIGKILL)
        process.wait()
    finish(uri)
    assert everything(uri) == undisturbed


@pytest.mark.timeout(180)
def test_a_killed_postgresql_costs_an_import_nothing(export: Path, undisturbed: Any, tmp_path: Path) -> None:
    for stage in ("it is being read", "some of it is stored"):
        with embedded.held(str(tmp_path)) as uri:
            with make_app(uri).app_context():
                upgrade(directory=str(ROOT / "migrations"))
                db.engine.dispose()
            with importing(uri, export) as (process, ask):
                wait_until(lambda ask=ask, stage=stage: STAGES[stage](ask))
                os.kill(int((tmp_path / "postgres" / "postmaster.pid").read_text().split()[0]), SIGKILL)
                said, _ = process.communicate(timeout=60)
            assert process.returncode != 0, said
        with embedded.held(str(tmp_path)) as uri:
            finish(uri)
            assert everything(uri) == undisturbed
            with asking(uri) as ask:
                ask("TRUNCATE strava_activity, origin, file_import")


FILL = """
import resource, sys
from app import create_app
from config import TestConfig
TestConfig.SQLALCHEMY_DATABASE_URI, TestConfig.INBOX_DIR = sys.argv[1:]
client = create_app(TestConfig).test_client()
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
for size in (3 << 20, 1000):
    head = b'--x\\r\\nContent-Disposition: form-data; name="file"; filename="run.gpx"\\r\\n\\r\\n'
    sent = head + b"x" * size + b"\\r\\n--x--\\r\\n"
    print(client.post("/files/", data=sent, content_type="multipart/form-data; boundary=x").status_code)
"""


def test_a_disk_that_is_full_in_the_middle_of_an_upload_keeps_nothing_of_it(uri: str, tmp_path: Path) -> None:
    """Here a file may have no more than a megabyte, which ends the writing just as a full disk does."""
    done = python("-c", FILL, uri, str(tmp_path / "inbox"))
    assert done.stdout.split() == ["507", "302"], done.stderr
    assert len(list((tmp_path / "inbox" / imports.UPLOADS).iterdir())) == 1
    with asking(uri) as ask:
        assert ask("SELECT size FROM file_import") == [(1000,)]
