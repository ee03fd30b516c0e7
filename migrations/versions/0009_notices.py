"""What the person was told, which address did not take it, and when they want to hear nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("key", name="pk_notice"),
    )
    op.create_table(
        "notice_trouble",
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("place", name="pk_notice_trouble"),
    )
    op.add_column("preferences", sa.Column("quiet_from", sa.Time()))
    op.add_column("preferences", sa.Column("quiet_to", sa.Time()))
    op.add_column("preferences", sa.Column("week_review", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    for column in ("week_review", "quiet_to", "quiet_from"):
        op.drop_column("preferences", column)
    op.drop_table("notice_trouble")
    op.drop_table("notice")
