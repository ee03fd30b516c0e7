"""Imports of files, and every way by which a row came."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "file_import",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("path", sa.String()),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String()),
        sa.Column("kind", sa.String(), server_default="", nullable=False),
        sa.Column("state", sa.String(), server_default="waiting", nullable=False),
        sa.Column("stage", sa.String(), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("counts", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("results", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("questions", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("answers", sa.JSON(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_file_import"),
    )
    op.create_table(
        "origin",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("record", sa.String(), nullable=False),
        sa.Column("row_id", sa.BigInteger(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_origin"),
        sa.UniqueConstraint("record", "way", "key", name="uq_origin_record"),
    )
    op.create_index("ix_origin_row", "origin", ["record", "row_id"])
    op.create_index("ix_origin_key", "origin", ["record", "key"])


def downgrade() -> None:
    op.drop_table("origin")
    op.drop_table("file_import")
