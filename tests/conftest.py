"""What every test stands on: a real PostgreSQL, a fresh database each, and the application bound to it."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from tests.workers import SCRATCH

# Nothing of the machine's own settings may reach a test: an empty value stands for the default (config.py).
ROOT = Path(__file__).resolve().parent.parent
OWN_SETTINGS = """
    SQLALCHEMY_DATABASE_URI SECRET_KEY STRAVA_CLIENT_ID STRAVA_CLIENT_SECRET FITBIT_CLIENT_ID FITBIT_CLIENT_SECRET
    STRAVA_API_BASE STRAVA_OAUTH_BASE GOOGLE_HEALTH_BASE GOOGLE_AUTH_URL GOOGLE_TOKEN_URL GOOGLE_REVOKE_URL TIMEZONE
    WEEK_START UNITS FEED_INTERVAL_SECONDS SYNC_INTERVAL_MINUTES SYNC_LOOKBACK_DAYS STRAVA_RETENTION_DAYS BIND_ADDRESS
    PORT DASHBOARD_PASSWORD PUBLIC_BASE_URL SOCKETIO_ASYNC_MODE PREFECT_API_URL DEMO SIMULATOR_URL
    TRUSTED_PROXIES METRICS_PORT LOG_FORMAT INBOX_DIR MAX_UPLOAD_MB NOTIFY_URLS
    PREFECT_API_AUTH_STRING PREFECT_API_AUTH_STRING_FILE DASHBOARD_PASSWORD_HASH
"""
os.environ |= dict.fromkeys(OWN_SETTINGS.split(), "") | {
    "INSTANCE_DIR": str(SCRATCH / "instance"),
    "CREDS_DIR": str(SCRATCH / "creds"),
    "PREFECT_HOME": str(SCRATCH / "prefect"),
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    # Where a test says nothing else it lives in UTC, as do the programs and the database that it starts.
    "TZ": "UTC",
}
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # where it is set, each program that a test starts compiles all of ours
time.tzset()

import psycopg2
import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy.orm import Session

from app import create_app, embedded
from app.extensions import db
from config import TestConfig
from tests import logged

logged.listen(SCRATCH / "everything.log")


def pytest_sessionfinish() -> None:
    logged.hand_over(SCRATCH)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a PostgreSQL server of the tests' own, without a database name's query.

    It need not outlive the machine, so it waits for no disk; what was committed outlives a `kill -9` all the same.
    """
    with embedded.held(str(SCRATCH / "server")) as uri:
        for setting in ("fsync", "full_page_writes"):
            execute(uri, f"ALTER SYSTEM SET {setting} = off")
        execute(uri, "SELECT pg_reload_conf()")
        yield uri


@pytest.fixture(scope="session")
def template(server: str) -> str:
    """The name of a migrated, empty database that each test's own is a copy of."""
    execute(server, "CREATE DATABASE template_sevenday")
    migrate(at(server, "template_sevenday"))
    return "template_sevenday"


@pytest.fixture
def empty_uri(server: str) -> Iterator[str]:
    """A database without tables."""
    yield from fresh(server, "template1")


@pytest.fixture
def uri(server: str, template: str) -> Iterator[str]:
    """A database of this test's own with all tables, empty."""
    yield from fresh(server, template)


@pytest.fixture
def app(uri: str) -> Iterator[Flask]:
    app = make_app(uri)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    with Session(db.engine) as session:
        yield session


def make_app(uri: str, **settings: object) -> Flask:
    """An application on `uri`; `settings` override those of TestConfig."""
    logged.note(settings)
    return create_app(type("ThisConfig", (TestConfig,), {"SQLALCHEMY_DATABASE_URI": uri, **settings}))


def migrate(uri: str) -> None:
    """Makes all tables."""
    with make_app(uri).app_context():
        upgrade(directory=str(ROOT / "migrations"))
        db.engine.dispose()


def fresh(server: str, template: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex[:12]}"
    execute(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield at(server, name)
    execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def at(server: str, database: str) -> str:
    """The server's address with another database."""
    return server.replace("/postgres?", f"/{database}?")


def execute(uri: str, sql: str, *parameters: object) -> None:
    """Runs one statement from outside the application, as psql would, and commits it."""
    connection = psycopg2.connect(uri.replace("+psycopg2", ""))
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters or None)
    finally:
        connection.close()


def python(*arguments: str, check: bool = False, **environment: str) -> subprocess.CompletedProcess[str]:
    """A Python program in the repository's root, as a person would start it."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=check,
        timeout=120,
    )
    (SCRATCH / f"printed-{uuid.uuid4().hex}.log").write_text(done.stdout + done.stderr)
    return done


pytest_plugins = ["tests.boards", "tests.browsing", "tests.needs", "tests.programs", "tests.updating", "tests.wire"]
