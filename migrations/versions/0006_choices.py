"""What the person chose of two records: that they are one and the same, or that they are not."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "choice",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("record", sa.String(), nullable=False),
        sa.Column("one", sa.String(), nullable=False),
        sa.Column("other", sa.String(), nullable=False),
        sa.Column("same", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_choice"),
        sa.UniqueConstraint("record", "one", "other", name="uq_choice_record"),
    )


def downgrade() -> None:
    op.drop_table("choice")
