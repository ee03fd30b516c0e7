"""Backup and restore: losing everything, and what a restore must never do."""

import gzip
import hashlib
import io
import json
import os
import re
import shutil
import stat
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import requests

from tests.conftest import ROOT, execute, python
from tests.mirror import fill
from tests.serving import PATIENCE, Board, serving, viewing
from tests.updating import Accounts, python_readied

ADDED = [
    "INSERT INTO strava_activity (id, name, start_date_local) VALUES (7, E'Müde, \"sehr\"\\nüber 🏔 \\\\N', now())",
    "INSERT INTO strava_activity (id, name, start_date_local) VALUES (8, '', now())",
    "INSERT INTO fitbit_weight (weight, fat, record_date) VALUES (70.1000000000000014, 'NaN', current_date)",
]
WIPE = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"


@pytest.fixture
def filled(accounts: Accounts, uri: str) -> Accounts:
    """An account that has been read, and some rows with whatever a person can enter."""
    fill(accounts.world)
    assert accounts.sync()[0] == 0
    for row in ADDED:
        execute(uri, row)
    return accounts


def backup(accounts: Accounts, action: str, file: Path) -> subprocess.CompletedProcess[str]:
    return python_readied("backup.py", action, str(file), **accounts.settings)


def table_of(page: str) -> str:
    found = re.search(r"<table.*</table>", page, re.DOTALL)
    assert found
    return found[0]


def shown(board: Board) -> tuple[str, dict[str, Any]]:
    """The board as a browser gets it, and what the feed says of the week."""
    with viewing(board) as viewer:
        viewer.say("get_stats", {})
        said = viewer.until("stats_vals")
    return table_of(requests.get(f"{board.url}/stats/livefeed", timeout=PATIENCE).text), {
        key: said[key] for key in ("data", "cells", "title")
    }


def stored(uri: str) -> list[str]:
    """Every row of every table, as PostgreSQL writes it."""
    connection = psycopg2.connect(uri.replace("+psycopg2", ""))
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        found = []
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT t::text FROM {table} t ORDER BY 1")
            found += [f"{table} {row}" for (row,) in cursor.fetchall()]
    connection.close()
    return found


def test_after_losing_everything_the_restored_board_is_the_same_to_the_byte(
    filled: Accounts, uri: str, tmp_path: Path
) -> None:
    file = tmp_path / "kept" / "backup.tar.gz"
    settings = {name: value for name, value in filled.settings.items() if name != "SQLALCHEMY_DATABASE_URI"}
    with serving(uri, tmp_path / "log", **settings) as board:
        before, tokens = shown(board), {path.name: path.read_bytes() for path in filled.creds.glob("*.json")}
    assert len(tokens) == 2
    saved = backup(filled, "save", file)
    assert saved.returncode == 0, saved.stderr
    assert "rows of strava_activity" in saved.stdout
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    execute(uri, WIPE)
    shutil.rmtree(filled.creds)
    restored = backup(filled, "restore", file)
    assert restored.returncode == 0, restored.stderr
    assert {path.name: path.read_bytes() for path in filled.creds.iterdir()} == tokens
    assert {stat.S_IMODE(path.stat().st_mode) for path in filled.creds.iterdir()} == {0o600}
    with serving(uri, tmp_path / "log", **settings) as board:
        assert shown(board) == before
    # It goes on as ever: a sync finds nothing to change, and a row that is added gets an id of its own.
    assert filled.sync()[0] == 0
    execute(uri, "INSERT INTO fitbit_weight (weight, record_date) VALUES (71, current_date)")


def test_a_restore_under_a_running_board_shows_on_every_open_page(filled: Accounts, uri: str, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.gz"
    assert backup(filled, "save", file).returncode == 0
    with serving(uri, tmp_path / "log", TIMEZONE="UTC") as board, viewing(board) as viewer:
        viewer.say("get_stats", {})
        before = viewer.until("stats_vals")["data"]
        execute(uri, "DELETE FROM strava_activity")
        while viewer.until("stats_vals")["data"] == before:
            pass
        assert backup(filled, "restore", file).returncode == 0
        while viewer.until("stats_vals")["data"] != before:
            pass


def repacked(change: Callable[[dict[str, bytes]], None]) -> Callable[[bytes], bytes]:
    """A backup with other content in it."""

    def repack(packed: bytes) -> bytes:
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            files = {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]
        change(files)
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w:gz") as archive:
            for name, data in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
        return out.getvalue()

    return repack


def other_manifest(**what: Any) -> Callable[[bytes], bytes]:
    def change(files: dict[str, bytes]) -> None:
        files["sevenday.json"] = json.dumps(json.loads(files["sevenday.json"]) | what).encode()

    return repacked(change)


def one_flipped(packed: bytes) -> bytes:
    middle = len(packed) // 2
    return packed[:middle] + bytes([packed[middle] ^ 1]) + packed[middle + 1 :]


DAMAGE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "it is no backup of Sevenday"),
    "cut off": (lambda packed: packed[: len(packed) * 2 // 3], "it is no backup of Sevenday, or it is damaged"),
    "one bit": (one_flipped, "it is no backup of Sevenday, or it is damaged"),
    "something else": (lambda _: gzip.compress(b"holiday pictures"), "it is no backup of Sevenday"),
    "another tar": (repacked(lambda files: files.clear()), "it is no backup of Sevenday"),
    "a table that was changed": (
        repacked(lambda files: files.update({"tables/fitbit_weight.csv": b"id\n"})),
        "it is damaged",
    ),
    "a table that is missing": (
        repacked(lambda files: files.pop("tables/fitbit_weight.csv") and None),
        "it is damaged",
    ),
    "a file for elsewhere": (repacked(lambda files: files.update({"../../etc/passwd": b""})), "it is damaged"),
    "a later release": (other_manifest(revision="9999"), "it was made by a newer Sevenday; upgrade this one first"),
}


def test_a_file_that_is_no_whole_backup_is_refused_in_one_line_and_changes_nothing(
    filled: Accounts, uri: str, tmp_path: Path
) -> None:
    file = tmp_path / "backup.tar.gz"
    assert backup(filled, "save", file).returncode == 0
    good, before = file.read_bytes(), everything(filled, uri)
    for name, (damage, reason) in DAMAGE.items():
        file.write_bytes(damage(good))
        refused = backup(filled, "restore", file)
        assert refused.returncode == 1, name
        assert refused.stderr.startswith(f"{file} cannot be restored: {reason}"), (name, refused.stderr)
        assert refused.stderr.count("\n") == 1
        assert everything(filled, uri) == before, name


def test_a_restore_that_fails_half_way_leaves_all_as_it_was(filled: Accounts, uri: str, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.gz"
    assert backup(filled, "save", file).returncode == 0
    before = everything(filled, uri)

    def spoil(files: dict[str, bytes]) -> None:
        files["tables/strava_activity.csv"] = b"id,name\nnot a number,x\n"
        about = json.loads(files["sevenday.json"])
        about["sha256"]["tables/strava_activity.csv"] = hashlib.sha256(files["tables/strava_activity.csv"]).hexdigest()
        files["sevenday.json"] = json.dumps(about).encode()

    file.write_bytes(repacked(spoil)(file.read_bytes()))
    refused = backup(filled, "restore", file)
    assert refused.returncode == 1
    assert refused.stderr.startswith("The database refused: invalid input syntax for type bigint")
    assert everything(filled, uri) == before


def everything(accounts: Accounts, uri: str) -> tuple[list[str], dict[str, bytes]]:
    return stored(uri), {path.name: path.read_bytes() for path in accounts.creds.iterdir() if path.suffix != ".lock"}


def test_make_backup_and_make_restore_do_it_for_the_embedded_database(tmp_path: Path) -> None:
    environment = {"INSTANCE_DIR": str(tmp_path / "instance"), "CREDS_DIR": str(tmp_path / "creds")}
    file = tmp_path / "b.tar.gz"
    assert python("-m", "flask", "--app", "wsgi", "db", "upgrade", **environment).returncode == 0
    made = make("backup", FILE=str(file), **environment)
    assert made.returncode == 0, made.stderr
    shutil.rmtree(tmp_path / "instance")
    done = make("restore", FILE=str(file), **environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Restored from {file}: 0 rows of choice")
    forgotten = make("restore", **environment)
    assert "Name the backup: make restore FILE=" in forgotten.stderr


def make(target: str, FILE: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    named = [f"FILE={FILE}"] if FILE else []
    return subprocess.run(
        ["make", "--no-print-directory", target, *named],
        cwd=ROOT,
        env={**os.environ, **environment, "MAKEFLAGS": ""},  # these tests may run under a make themselves
        capture_output=True,
        text=True,
        check=False,
    )
