"""How Alembic reaches the database: through the application's own engine, one process at a time."""

from contextlib import nullcontext

from alembic import context
from flask import current_app
from sqlalchemy import text

MIGRATION_LOCK = 7_000_001  # any number that nothing else in this database locks

db = current_app.extensions["migrate"].db

# A restore makes the tables and fills them in one transaction, so it brings that transaction's connection.
given = current_app.config.get("MIGRATE_ON")
with nullcontext(given) if given is not None else db.engine.connect() as connection:
    context.configure(connection=connection, target_metadata=db.metadata, compare_type=True)
    with context.begin_transaction():
        # A second process that starts at the same moment waits here, and then finds nothing left to do.
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        context.run_migrations()
