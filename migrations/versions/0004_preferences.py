"""Preferences: the one row of what the person chose in the page, announced like any other change."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

# Without the name of a day column the function announces '', which stands for any day.
TRIGGERS = """
CREATE TRIGGER sevenday_row AFTER INSERT OR DELETE ON preferences
    FOR EACH ROW EXECUTE FUNCTION sevenday_notify();
CREATE TRIGGER sevenday_update AFTER UPDATE ON preferences
    FOR EACH ROW WHEN (to_jsonb(OLD) IS DISTINCT FROM to_jsonb(NEW)) EXECUTE FUNCTION sevenday_notify();
CREATE TRIGGER sevenday_truncate AFTER TRUNCATE ON preferences
    FOR EACH STATEMENT EXECUTE FUNCTION sevenday_notify();
"""


def upgrade() -> None:
    op.create_table(
        "preferences",
        sa.Column("id", sa.SmallInteger(), server_default="1", autoincrement=False, nullable=False),
        sa.Column("units", sa.String()),
        sa.Column("timezone", sa.String()),
        sa.Column("week_start", sa.String()),
        sa.Column("calorie_goal", sa.Integer()),
        sa.Column("goal_weight", sa.Float()),
        sa.Column("hidden_rows", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("row_names", sa.JSON(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_preferences"),
        # An edit by hand is refused at once, instead of being shown as something else.
        sa.CheckConstraint("id = 1", name="ck_preferences_one_row"),
        sa.CheckConstraint("units IN ('metric', 'imperial')", name="ck_preferences_units"),
        sa.CheckConstraint("week_start IN ('sunday', 'monday', 'saturday')", name="ck_preferences_week_start"),
        sa.CheckConstraint("calorie_goal > 0", name="ck_preferences_calorie_goal"),
        sa.CheckConstraint("goal_weight BETWEEN 1 AND 1000", name="ck_preferences_goal_weight"),
        sa.CheckConstraint("json_typeof(hidden_rows) = 'array'", name="ck_preferences_hidden_rows"),
        sa.CheckConstraint("json_typeof(row_names) = 'object'", name="ck_preferences_row_names"),
    )
    op.execute("INSERT INTO preferences DEFAULT VALUES")
    op.execute(TRIGGERS)


def downgrade() -> None:
    op.drop_table("preferences")
