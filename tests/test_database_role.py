"""What docker-compose.yml's database lets Sevenday do: everything in its own database, and nothing outside of it."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import psycopg2
import pytest

from app import embedded, embedded_programs
from tests.conftest import ROOT, execute, python
from tests.test_containers import SERVICES
from tests.test_embedded_upgrade import asked


@pytest.fixture
def composed(tmp_path: Path) -> Iterator[str]:
    """The address of the database as the image sets it up with deploy/database.sql, for the user `sevenday`."""
    with embedded.held(str(tmp_path / "server")) as uri:
        psql = embedded_programs.folders()[embedded_programs.newest()] / "psql"
        command = [psql, "-h", unquote(uri.partition("host=")[2]), "-U", "postgres", "-v", "ON_ERROR_STOP=1"]
        environment = {**os.environ, "POSTGRES_PASSWORD": "it's a \\ secret"}
        script = ["-f", str(ROOT / "deploy" / "database.sql")]
        subprocess.run([*command, *script], env=environment, capture_output=True, check=True)
        yield uri.replace("postgres:@/postgres?", "sevenday@/sevenday?")


def test_the_image_runs_the_script_as_its_superuser() -> None:
    (script,) = SERVICES["db"]["secrets"]
    assert script["target"].startswith("/docker-entrypoint-initdb.d/")
    assert "POSTGRES_USER" not in SERVICES["db"]["environment"]


def test_as_its_owner_it_migrates_saves_and_restores(composed: str, tmp_path: Path) -> None:
    settings = {"SQLALCHEMY_DATABASE_URI": composed, "CREDS_DIR": str(tmp_path / "creds")}
    assert python("-m", "flask", "--app", "wsgi", "db", "upgrade", **settings).returncode == 0
    execute(composed, "INSERT INTO fitbit_weight (weight, record_date) VALUES (70, current_date)")
    for action in ("save", "restore"):
        done = python("backup.py", action, str(tmp_path / "b"), **settings)
        assert done.returncode == 0, done.stderr
    assert asked(composed, "SELECT weight FROM fitbit_weight") == 70


@pytest.mark.parametrize(
    "act",
    [
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT pg_read_file('/etc/passwd')",
        "CREATE ROLE another",
        "ALTER ROLE sevenday SUPERUSER",
        "CREATE DATABASE another",
    ],
)
def test_it_can_do_nothing_outside_of_it(composed: str, act: str) -> None:
    with pytest.raises(psycopg2.Error, match=r"permission denied|must be superuser"):
        execute(composed, act)


def test_the_superuser_has_no_password(composed: str) -> None:
    superuser = composed.replace("sevenday@/sevenday?", "postgres:@/postgres?")
    assert asked(superuser, "SELECT count(*) FROM pg_authid WHERE rolname = 'postgres' AND rolpassword IS NULL") == 1
