"""The highest heart rate is found at once, however many activities there are."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
NAME = "ix_strava_activity_highest_heartrate"


def upgrade() -> None:
    op.create_index(NAME, "strava_activity", [sa.text("greatest(max_heartrate, average_heartrate)")])


def downgrade() -> None:
    op.drop_index(NAME, "strava_activity")
