"""History: how far back the sync has read, where it goes on, and what the provider still allows."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

COLUMNS = {
    "requests_left": sa.Integer(),
    "cursor": sa.String(),
    "oldest": sa.Date(),
    "full_at": sa.DateTime(timezone=True),
}


def upgrade() -> None:
    for name, kind in COLUMNS.items():
        op.add_column("sync_state", sa.Column(name, kind))


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column("sync_state", name)
