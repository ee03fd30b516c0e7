"""The database of a benchmark: an embedded PostgreSQL with the tables, and years of rows in them."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from flask import Flask

from tests.conftest import ROOT, embedded, make_app, upgrade

EMPTY = "TRUNCATE strava_activity, fitbit_weight, fitbit_calories, sync_state"
YEARS = """
INSERT INTO fitbit_weight (weight, fat, record_date, record_time, account)
    SELECT 72 + sin(n), 18, current_date - n, '07:00', 'fitbit:abc' FROM generate_series(0, {days}) n;
INSERT INTO fitbit_calories (calories, burned, record_date, account)
    SELECT 2100, 2500, current_date - n, 'fitbit:abc' FROM generate_series(0, {days}) n;
INSERT INTO strava_activity (activity_type, name, distance, moving_time, average_speed, average_heartrate, start_date_local, account)
    SELECT 'Run', 'Along the canal', 8200, 2530, 3.2, 148, current_date - n + time '18:00', 'strava:7' FROM generate_series(0, {days}) n;
INSERT INTO sync_state (source, metric, account, state, last_attempt, last_success)
    SELECT source, metric, account, 'ok', now(), now() FROM (VALUES ('strava', 'activities', 'strava:7'),
        ('fitbit', 'weight', 'fitbit:abc'), ('fitbit', 'eaten', 'fitbit:abc'), ('fitbit', 'burned', 'fitbit:abc')) given (source, metric, account);
"""


@contextmanager
def migrated() -> Iterator[tuple[str, Flask]]:
    """Its address, and an application that uses it."""
    with embedded.held(tempfile.mkdtemp()) as uri:
        app = make_app(uri)
        with app.app_context():
            upgrade(directory=str(ROOT / "migrations"))
        yield uri, app


def fill(uri: str, years: int) -> None:
    """Instead of what is there."""
    connection = psycopg2.connect(uri.replace("+psycopg2", ""))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(EMPTY)
        cursor.execute(YEARS.format(days=years * 365))
        cursor.execute("VACUUM ANALYZE")
    connection.close()
