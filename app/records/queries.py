"""Reads: every query is named once here and returns plain rows."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.records import shown
from app.records.models import DEMO, OF_DAYS, RECORDS, ROWS_OF_DAYS, Activity, Origin, SyncState, Weight, figure
from app.records.moments import believed
from app.records.rows import ActivityRow, CaloriesRow, EffortRow, WeekRows, WeightRow
from app.records.shown import ROW_OF_BOARD, activity_row, end, finite, of_other_account
from app.sources.records import bare


def of_another(session: Session, source: str) -> int:
    """How many records there are of others than the connected account."""
    connected = account(session, source)
    if ":" not in connected:
        return 0
    found = (
        select(func.count()).select_from(model).where(of_other_account(model, source, connected)) for model in RECORDS
    )
    return sum(session.scalar(one) or 0 for one in found)


def week(session: Session, first: date, last: date) -> WeekRows:
    """Everything of the days `first` to `last`, both included."""
    return WeekRows(
        weight=weights(session, first, last),
        **{name: of_days(session, name, first, last) for name in ROWS_OF_DAYS},
        activities=activities(session, first, last),
    )


def weights(session: Session, first: date, last: date) -> list[WeightRow]:
    """One a day."""
    return shown.weight_rows(session.execute(shown.weights(first, last)))


def calories(session: Session, first: date, last: date) -> list[CaloriesRow]:
    return of_days(session, "calories", first, last)


def of_days(session: Session, row: str, first: date, last: date) -> list[Any]:
    """Of a row of the board that is made of days' figures its plain rows, one a day."""
    kept = ROWS_OF_DAYS[row]
    return [kept.row(*found) for found in figures(session, kept.columns, first, last)]


def figures(
    session: Session, columns: Sequence[InstrumentedAttribute[float | None]], first: date, last: date
) -> Iterator[tuple[Any, ...]]:
    """Of each day that has a row its date and these columns of one table."""
    return shown.figure_rows(session.execute(shown.figures(columns, first, last)))


def activities(session: Session, first: date, last: date) -> list[ActivityRow]:
    """Every activity, in the order of their starts."""
    return [activity_row(*row) for row in session.execute(shown.started(ROW_OF_BOARD, first, end(last)))]


def efforts(session: Session, first: date, last: date) -> list[EffortRow]:
    """What every activity of the days `first` to `last` adds to its week."""
    columns = (Activity.start_date_local, Activity.moving_time, Activity.distance)
    rows = session.execute(shown.started(columns, first, end(last)))
    return [EffortRow(at, seconds, finite(metres)) for at, seconds, metres in rows]


def first_activity_day(session: Session) -> date | None:
    start = session.scalar(select(func.min(Activity.start_date_local)))
    return start.date() if start else None


LATEST: dict[str, Select[Any]] = {
    "weight": select(Weight).order_by(
        Weight.record_date.desc(), Weight.record_time.desc().nulls_last(), Weight.id.desc()
    ),
    **{name: select(kept.model).order_by(kept.model.record_date.desc()) for name, kept in ROWS_OF_DAYS.items()},
    "activities": select(Activity).order_by(Activity.start_date_local.desc(), Activity.id.desc()),
}
"""The table of each row of the board, the newest record first."""


def latest(session: Session, row: str) -> list[Any]:
    return list(session.scalars(LATEST[row].limit(3)))


def sync_states(session: Session, now: datetime | None = None) -> list[SyncState]:
    """What the sync remembers, a row a metric, as far as it can be `now` (aware)."""
    now = now or datetime.now(UTC)
    return [
        believed(row, now) for row in session.scalars(select(SyncState).order_by(SyncState.source, SyncState.metric))
    ]


def account(session: Session, source: str, sign_in: str | None = None) -> str:
    """The account of `source` as the sync last saw it, under this sign-in where one is given; '' when it never did."""
    accounts = select(SyncState.account).where(SyncState.source == source, SyncState.account != "")
    if sign_in is not None:
        accounts = accounts.where(SyncState.sign_in.in_(("", sign_in)))
    return session.scalar(accounts.limit(1)) or ""


def first_day(session: Session, account: str) -> date | None:
    """The oldest day of which there is a weigh-in or a day's figure of the account."""
    days = [session.scalar(select(func.min(m.record_date)).where(m.account == account)) for m in OF_DAYS]
    return min((day for day in days if day), default=None)


def sync_state(session: Session, source: str, metric: str) -> SyncState | None:
    found = session.get(SyncState, (source, metric))
    return found and believed(found, datetime.now(UTC))


def fitbit_keys(session: Session, metric: str, account: str, first: date, last: date) -> set[str]:
    """The weigh-ins' points, or the days of which there is a figure, of the account in the span.

    ValueError for a metric that has neither.
    """
    if metric == "weight":
        inside = (Weight.account == account, Weight.record_date.between(first, last))
        own = session.scalars(select(Weight.point).where(*inside, Weight.point.is_not(None)))
        others = told(session, Weight, account, "record_date", first.isoformat(), last.isoformat())
        return {bare(point) for point in (*own, *others) if point}
    column, model = figure(metric), figure(metric).class_
    inside = (model.account == account, model.record_date.between(first, last))
    return {day.isoformat() for day in session.scalars(select(model.record_date).where(*inside, column.is_not(None)))}


def activity_ids(session: Session, account: str, after: datetime, before: datetime) -> set[int]:
    """The account's activities that started in the span (aware)."""
    inside = Activity.start_date.between(after, before)
    own = session.scalars(select(Activity.id).where(Activity.account == account, inside))
    span = (after.astimezone(UTC).isoformat(), before.astimezone(UTC).isoformat())
    return {*own, *map(int, told(session, Activity, account, "start_date", *span))}


def told(session: Session, model: Any, account: str, column: str, first: str, last: str) -> set[str]:
    """What the account calls its records of a span, where their rows came by other ways, too."""
    inside = Origin.content[column].as_string().between(first, last)
    keys = select(Origin.key).where(
        Origin.record == model.__tablename__, Origin.way == account, Origin.kind == "api", inside
    )
    return {key.removeprefix("api:") for key in session.scalars(keys)}


def demo_is_on(session: Session) -> bool:
    """Whether what the board shows is the made-up athlete's."""
    return session.scalar(select(SyncState.source).where(SyncState.account == DEMO).limit(1)) is not None


def real_rows_exist(session: Session) -> bool:
    """Whether a row of a real account, or one entered by hand, is in any table."""
    found = (session.scalar(select(model.id).where(model.account != DEMO).limit(1)) for model in RECORDS)
    return any(number is not None for number in found)
