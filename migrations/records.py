"""What every table of records is made with. Migrations of the past use it, too: it never changes, a new form is new."""

import sqlalchemy as sa
from alembic import op

# The day column is what the notification carries: the feed asks whether that day is on the board.
TRIGGERS = """
CREATE TRIGGER sevenday_row AFTER INSERT OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION sevenday_notify('{day}');
CREATE TRIGGER sevenday_update AFTER UPDATE ON {table}
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION sevenday_notify('{day}');
CREATE TRIGGER sevenday_truncate AFTER TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION sevenday_notify('{day}');
"""


def create_record_table(name: str, day: str, *columns: sa.schema.SchemaItem) -> None:
    """A table whose rows have an id, know their account, and announce each change by the day in the column `day`."""
    op.create_table(name, row_id(), *columns, *provenance(), sa.PrimaryKeyConstraint("id", name=f"pk_{name}"))
    op.execute(TRIGGERS.format(table=name, day=day))


def row_id() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False, start=10**12), nullable=False)


def provenance() -> list[sa.Column]:
    return [
        sa.Column("account", sa.String(), server_default="", nullable=False),
        sa.Column("last_time", sa.DateTime(timezone=True), server_default=sa.func.now()),
    ]
