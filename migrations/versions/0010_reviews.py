"""Which weeks in review somebody has opened."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "review",
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("week", name="pk_review"),
    )


def downgrade() -> None:
    op.drop_table("review")
