"""What a week's page shows of the tables, read in one statement that is built once: one moment, and one round trip."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from itertools import islice
from typing import Any, NamedTuple

from psycopg2.extensions import AsIs
from sqlalchemy import Connection, Date, DateTime, Select, bindparam, func, select
from sqlalchemy.dialects.postgresql import psycopg2
from sqlalchemy.types import TypeEngine

from app.extensions import autocommit
from app.records import reviews, shown
from app.records.models import ROWS_OF_DAYS, Activity, Review, SyncState
from app.records.moments import believed
from app.records.rows import EffortRow, WeekRows


class Span(NamedTuple):
    """From which day on the weigh-ins, the days' figures and the activities are read, and to which."""

    weights: date
    days: date
    activities: date
    last: date


class Snapshot(NamedTuple):
    """`efforts` are of the same activities; `oldest` is the day of the first one of all; `reviewed` is whether
    somebody has opened the review of the week that begins where the days' figures do."""

    rows: WeekRows
    efforts: list[EffortRow]
    oldest: date | None
    states: list[SyncState]
    reviewed: bool


ASKED: dict[str, TypeEngine[Any]] = {
    "weights": Date(), "days": Date(), "activities": DateTime(), "last": Date(), "end": DateTime(),
}  # fmt: skip
WEIGHTS, DAYS, ACTIVITIES, LAST, END = (bindparam(name, type_=kind) for name, kind in ASKED.items())
PARTS: tuple[Select[Any], ...] = (
    shown.weights(WEIGHTS, LAST),
    *(shown.figures(kept.columns, DAYS, LAST) for kept in ROWS_OF_DAYS.values()),
    shown.started(shown.ROW_OF_BOARD, ACTIVITIES, END),
    # Of the day there always is one that is shown, too.
    select(func.min(Activity.start_date_local).label("start")),
    select(SyncState.__table__).order_by(SyncState.source, SyncState.metric),
    select(Review.week).where(reviews.is_same_week(DAYS)).limit(1),
)
NAME = "sevenday_week"


def folded(rows: Select[Any]) -> Any:
    """As one row of arrays, a column each; NULL where there are no rows."""
    inner = rows.subquery()
    return select(*(func.array_agg(column).label(column.key) for column in inner.c)).subquery()


def built() -> tuple[str, dict[str, Any]]:
    """PREPARE with its parameters: to plan the statement takes as long as to answer it."""
    parts = [folded(rows) for rows in PARTS]
    statement = select(*(column for part in parts for column in part.c)).compile(dialect=psycopg2.dialect())
    kinds = ", ".join(kind.compile(statement.dialect) for kind in ASKED.values())
    asked = {name: AsIs(f"${n}") for n, name in enumerate(ASKED, 1)}
    return f"PREPARE {NAME} ({kinds}) AS {statement.string}", dict(statement.construct_params(asked))


PREPARE, PARAMETERS = built()
EXECUTE = f"EXECUTE {NAME} ({', '.join(f'%({name})s' for name in ASKED)})"


def read(span: Span, now: datetime | None = None) -> Snapshot:
    """As far as it can be `now` (aware)."""
    asked = span._asdict() | {"activities": datetime.combine(span.activities, time.min), "end": shown.end(span.last)}
    with autocommit() as connection:
        weights, *figures, activities, oldest, states, reviewed = answers(connection, asked)
    now = now or datetime.now(UTC)
    return Snapshot(
        rows=WeekRows(
            weight=shown.weight_rows(weights),
            **{
                name: [kept.row(*row) for row in shown.figure_rows(answer)]
                for (name, kept), answer in zip(ROWS_OF_DAYS.items(), figures, strict=True)
            },
            activities=[shown.activity_row(*row) for row in activities],
        ),
        efforts=[EffortRow(row[0], row[-1], shown.finite(row[-2])) for row in activities],
        oldest=next((start.date() for (start,) in oldest if start), None),
        reviewed=bool(reviewed),
        states=[believed(SyncState(**dict(zip(STATE, row, strict=True))), now) for row in states],
    )


STATE = tuple(SyncState.__table__.columns.keys())


def answers(connection: Connection, asked: dict[str, Any]) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of each of PARTS."""
    if NAME not in connection.info:
        connection.exec_driver_sql(
            "SET plan_cache_mode = force_generic_plan"
        )  # of what is prepared, which is this alone
        connection.exec_driver_sql(PREPARE, PARAMETERS)
        connection.info[NAME] = True
    arrays = iter(connection.exec_driver_sql(EXECUTE, asked).one())
    return iter(
        [
            list(zip(*(found or () for found in islice(arrays, len(part.selected_columns))), strict=True))
            for part in PARTS
        ]
    )
