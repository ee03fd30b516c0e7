"""An account's first day by an index: each push asks for it, and would read a table that has no row of the account."""

from alembic import op

revision = "0012"
down_revision = "0011"

DAYS = {"strava_activity": "start_date_local", "fitbit_weight": "record_date", "fitbit_calories": "record_date"}


def upgrade() -> None:
    for table, day in DAYS.items():
        op.create_index(f"ix_{table}_account", table, ["account", day])


def downgrade() -> None:
    for table in DAYS:
        op.drop_index(f"ix_{table}_account", table)
