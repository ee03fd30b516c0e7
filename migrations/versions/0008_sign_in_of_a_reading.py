"""Under which sign-in a metric was last read."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("sync_state", sa.Column("sign_in", sa.String(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("sync_state", "sign_in")
