"""The one committed migration, against a real PostgreSQL."""

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


def test_processes_that_start_at_once_do_not_collide(empty_uri: str) -> None:
    def start(_: int) -> str:
        done = python("-m", "flask", "--app", "wsgi", "db", "upgrade", SQLALCHEMY_DATABASE_URI=empty_uri)
        return done.stderr if done.returncode else "ok"

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(start, range(4))) == ["ok"] * 4
