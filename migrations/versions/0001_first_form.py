"""First form: the three tables of records, the sync's memory, and the triggers that announce a change."""

import sqlalchemy as sa
from alembic import op

from migrations.records import create_record_table

revision = "0001"
down_revision = None

# Equal notifications of one transaction are folded by PostgreSQL, so an import announces each day once.
NOTIFY = """
CREATE FUNCTION sevenday_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        PERFORM pg_notify('sevenday', '');
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        PERFORM pg_notify('sevenday', left(to_jsonb(OLD) ->> TG_ARGV[0], 10));
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM pg_notify('sevenday', left(to_jsonb(NEW) ->> TG_ARGV[0], 10));
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.execute(NOTIFY)
    create_activities()
    create_fitbit()
    create_sync_state()


def create_activities() -> None:
    create_record_table(
        "strava_activity",
        "start_date_local",
        sa.Column("owner", sa.BigInteger()),
        sa.Column("activity_type", sa.String()),
        sa.Column("distance", sa.Float()),
        sa.Column("elapsed_time", sa.Integer()),
        sa.Column("average_speed", sa.Float()),
        sa.Column("average_cadence", sa.Float()),
        sa.Column("average_heartrate", sa.Float()),
        sa.Column("name", sa.String()),
        sa.Column("utc_offset", sa.Float()),
        sa.Column("max_speed", sa.Float()),
        sa.Column("max_heartrate", sa.Float()),
        sa.Column("total_elevation_gain", sa.Float()),
        sa.Column("upload_id", sa.BigInteger()),
        sa.Column("moving_time", sa.Integer()),
        sa.Column("start_date", sa.DateTime(timezone=True)),
        sa.Column("start_date_local", sa.DateTime(), nullable=False),
    )
    op.create_index("ix_strava_activity_start_date", "strava_activity", ["start_date"])
    op.create_index("ix_strava_activity_start_date_local", "strava_activity", ["start_date_local"])


def create_fitbit() -> None:
    create_record_table(
        "fitbit_weight",
        "record_date",
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("bmi", sa.Float()),
        sa.Column("fat", sa.Float()),
        sa.Column("record_date", sa.Date(), nullable=False),
        sa.Column("record_time", sa.Time()),
        sa.Column("point", sa.String()),
        sa.UniqueConstraint("account", "point", name="uq_fitbit_weight_account"),
    )
    op.create_index("ix_fitbit_weight_record_date", "fitbit_weight", ["record_date", "record_time"])
    create_record_table(
        "fitbit_calories",
        "record_date",
        sa.Column("calories", sa.Float()),
        sa.Column("burned", sa.Float()),
        sa.Column("record_date", sa.Date(), nullable=False),
        sa.UniqueConstraint("record_date", "account", name="uq_fitbit_calories_record_date"),
    )


def create_sync_state() -> None:
    op.create_table(
        "sync_state",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("account", sa.String(), server_default="", nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("message", sa.String(), server_default="", nullable=False),
        sa.Column("last_attempt", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_success", sa.DateTime(timezone=True)),
        sa.Column("newest", sa.Date()),
        sa.Column("resume_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("source", "metric", name="pk_sync_state"),
    )


def downgrade() -> None:
    for table in ("sync_state", "fitbit_calories", "fitbit_weight", "strava_activity"):
        op.drop_table(table)
    op.execute("DROP FUNCTION sevenday_notify()")
