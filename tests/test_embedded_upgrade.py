"""The embedded database's way to the next PostgreSQL major: every row is kept, whenever it is cut off."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from app import embedded, embedded_programs, embedded_server, embedded_upgrade, embedded_user
from tests.conftest import at, execute, python

OLD, NEW = 16, 18


@pytest.fixture(scope="module")
def made_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation of the older major, with what a person may have in it, in the order in which it was put in."""
    instance = tmp_path_factory.mktemp("older") / "instance"
    instance.mkdir()
    embedded_programs.make(instance / "postgres", OLD)
    server = embedded_server.start(instance, instance / "postgres")
    uri = embedded_server.address(server.socket_folder)
    execute(uri, "CREATE TABLE kept (name text); CREATE ROLE reader LOGIN; GRANT SELECT ON kept TO reader")
    execute(
        uri,
        "INSERT INTO kept SELECT E'CREATE ROLE postgres;' || chr(10) || 'Müde ' || n FROM generate_series(1, 5000) n",
    )
    execute(uri, "CREATE DATABASE another")
    execute(at(uri, "another"), "CREATE TABLE kept AS SELECT 7 AS number")
    embedded_server.stop(instance / "postgres")
    return instance


@pytest.fixture
def instance(made_before: Path, tmp_path: Path) -> Iterator[Path]:
    copy = tmp_path / "instance"
    shutil.copytree(made_before, copy)
    embedded_user.hand_over(copy / "postgres", embedded_user.owner(made_before / "postgres"))
    yield copy
    embedded_server.stop(copy / "postgres")


def asked(uri: str, question: str) -> object:
    connection = psycopg2.connect(uri.replace("+psycopg2", ""))
    with connection, connection.cursor() as cursor:
        cursor.execute(question)
        (answer,) = cursor.fetchone() or (None,)
    connection.close()
    return answer


def assert_all_is_there(instance: Path, major: int) -> None:
    with embedded.held(str(instance)) as uri:
        assert str(asked(uri, "SHOW server_version")).startswith(f"{major}.")
        assert asked(uri, "SELECT count(DISTINCT name) FROM kept WHERE name LIKE 'CREATE ROLE postgres;%Müde%'") == 5000
        assert asked(uri, "SELECT has_table_privilege('reader', 'kept', 'SELECT')") is True
        assert asked(at(uri, "another"), "SELECT number FROM kept") == 7


def left_over(instance: Path) -> set[str]:
    kept = {"postgres", "postgres.lock", "postgres.log", "postgres.running", "postgres.users", "secret_key"}
    return {path.name for path in instance.iterdir()} - kept


def test_a_database_of_an_older_major_is_carried_over_with_everything_in_it(
    instance: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert_all_is_there(instance, NEW)
    assert left_over(instance) == set()
    said = capsys.readouterr().err.splitlines()
    assert [line[9:] for line in said] == [
        f"database: The database is of PostgreSQL {OLD}; carrying it over to {NEW} ...",
        f"database: The database is of PostgreSQL {NEW} now.",
    ]
    assert_all_is_there(instance, NEW)
    assert capsys.readouterr().err == ""


CUTS = {
    "before anything came over": "embedded_upgrade.copy = die",
    "when all had come over": "copy = embedded_upgrade.copy; embedded_upgrade.copy = lambda *a: (copy(*a), die())",
    "with the old one moved aside": "after(2, pathlib.Path, 'rename')",
    "before the old one is removed": "after(3, pathlib.Path, 'rename')",
}
DIE = """
import os, pathlib, signal, sys
from app import embedded, embedded_server, embedded_upgrade
def die(*_): os.kill(os.getpid(), signal.SIGKILL)
def after(times, owner, name):
    did, seen = getattr(owner, name), []
    def now(self, target):
        if "draft" not in self.name:
            seen.append(self)
        done = did(self, target)
        return die() if len(seen) == times else done
    setattr(owner, name, now)
"""


@pytest.mark.parametrize("cut", CUTS)
def test_a_kill_at_any_step_loses_nothing_and_the_next_start_goes_on(instance: Path, cut: str) -> None:
    done = python("-c", f"{DIE}\n{CUTS[cut]}\nembedded.uri({str(instance)!r})")
    assert done.returncode == -9
    assert left_over(instance) != set()
    assert_all_is_there(instance, NEW)
    assert left_over(instance) == set()


def test_where_it_does_not_come_over_the_old_one_goes_on_as_it_is(
    instance: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(embedded_upgrade, "copy", fail)
        assert_all_is_there(instance, OLD)
    said = capsys.readouterr().err
    assert f"It stays with PostgreSQL {OLD} for now, and nothing is lost: No space left on device\n" in said
    assert_all_is_there(instance, NEW)
    assert left_over(instance) == set()


def test_a_dump_that_does_not_fit_is_a_failure_and_not_half_a_database(instance: Path) -> None:
    with embedded.held(str(instance.parent / "other")) as uri:
        execute(uri, "CREATE TABLE kept (name int)")
        new = embedded_server.running(instance.parent / "other" / "postgres")
        old = embedded_server.start(instance, instance / "postgres")
        assert new is not None
        with pytest.raises(OSError, match='relation "kept" already exists'):
            embedded_upgrade.copy(old, new, embedded_programs.folders()[NEW])


@pytest.mark.parametrize("major", ["15", "99", ""])
def test_data_of_a_major_that_nothing_here_can_read_are_refused_in_one_line(tmp_path: Path, major: str) -> None:
    data = tmp_path / "instance" / "postgres"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text(major)
    (data / "base").mkdir()
    done = python("backup.py", "save", str(tmp_path / "b"), INSTANCE_DIR=str(tmp_path / "instance"))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    assert "restore the backup here" in done.stderr
    assert sorted(path.name for path in data.iterdir()) == ["PG_VERSION", "base"]


def test_where_only_the_old_programs_are_there_they_go_on(instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binaries = embedded_programs.folders()[OLD]
    monkeypatch.setattr(embedded_programs, "folders", lambda: {OLD: binaries})
    assert_all_is_there(instance, OLD)
