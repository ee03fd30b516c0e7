"""How the page looks: the rows' order, light or dark, and when a screen on the wall dims."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("preferences", sa.Column("row_order", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("preferences", sa.Column("theme", sa.String()))
    op.add_column("preferences", sa.Column("night_from", sa.Time()))
    op.add_column("preferences", sa.Column("night_until", sa.Time()))
    # An edit by hand is refused at once, instead of being shown as something else.
    op.create_check_constraint("ck_preferences_row_order", "preferences", "json_typeof(row_order) = 'array'")
    op.create_check_constraint("ck_preferences_theme", "preferences", "theme IN ('light', 'dark')")
    op.create_check_constraint(
        "ck_preferences_night", "preferences", "num_nulls(night_from, night_until) <> 1 AND night_from <> night_until"
    )


def downgrade() -> None:
    for name in ("row_order", "theme", "night_from", "night_until"):
        op.drop_column("preferences", name)
