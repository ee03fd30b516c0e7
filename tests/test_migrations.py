"""The committed migrations, against a real PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text

from app.extensions import db
from tests.conftest import ROOT, make_app, python

MIGRATIONS = str(ROOT / "migrations")


def test_upgrade_from_empty_leaves_no_drift_and_downgrade_leaves_nothing(empty_uri: str) -> None:
    with make_app(empty_uri).app_context():
        upgrade(directory=MIGRATIONS)
        with db.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, db.metadata) == []
        downgrade(directory=MIGRATIONS, revision="base")
        assert inspect(db.engine).get_table_names() == ["alembic_version"]
        with db.engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM pg_proc WHERE proname LIKE 'sevenday%'")) == 0
        upgrade(directory=MIGRATIONS)
        db.engine.dispose()


EARLIER = {
    "strava_activity": "(id, name, distance, start_date_local) SELECT n, 'Run ' || n, n, now()",
    "fitbit_weight": "(weight, record_date, point) SELECT n, current_date - n, 'p' || n",
    "fitbit_calories": "(calories, record_date) SELECT n, current_date - n",
    "sync_state": "(source, metric, state, last_attempt) SELECT 'strava', 'metric ' || n, 'ok', now()",
}
"""Rows that the first release could have had, as the second half of an INSERT."""


def test_a_database_of_the_first_release_keeps_every_row_as_it_is(empty_uri: str) -> None:
    def rows(columns: dict[str, str]) -> list[tuple[object, ...]]:
        with db.engine.connect() as connection:
            return [
                tuple(row)
                for table, names in columns.items()
                for row in connection.execute(text(f"SELECT {names} FROM {table} ORDER BY 1, 2"))
            ]

    with make_app(empty_uri).app_context():
        upgrade(directory=MIGRATIONS, revision="0001")
        with db.engine.begin() as connection:
            for table, what in EARLIER.items():
                connection.execute(text(f"INSERT INTO {table} {what} FROM generate_series(1, 50) n"))
        columns = {
            table: ", ".join(column["name"] for column in inspect(db.engine).get_columns(table)) for table in EARLIER
        }
        before = rows(columns)
        assert len(before) == 200
        upgrade(directory=MIGRATIONS)
        assert rows(columns) == before
        db.engine.dispose()


def test_processes_that_start_at_once_do_not_collide(empty_uri: str) -> None:
    def start(_: int) -> str:
        done = python("-m", "flask", "--app", "wsgi", "db", "upgrade", SQLALCHEMY_DATABASE_URI=empty_uri)
        return done.stderr if done.returncode else "ok"

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(start, range(4))) == ["ok"] * 4
