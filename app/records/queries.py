"""Reads: every query is named once here and returns plain rows."""

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.records.account import HAND_ACCOUNT, MEALS_ACCOUNT, of_source, preference
from app.records.models import DEMO, OF_DAYS, RECORDS, Activity, Calories, Origin, SyncState, Weight, figure
from app.records.moments import believed
from app.records.rows import ActivityRow, CaloriesRow, EffortRow, WeekRows, WeightRow
from app.sources.records import bare


def counts(session: Session, model: Any) -> ColumnElement[bool]:
    """Whether a row is one of those that are shown: from the first day on of which a connected account has a row, those
    of who was signed in before it are not."""
    moment = Activity.start_date_local if model is Activity else model.record_date
    first = (
        select(func.min(moment)).where(model.account == SyncState.account).scalar_subquery()
    )  # by the index, at once
    connected = select(SyncState.source, SyncState.account, first).where(SyncState.account.contains(":")).distinct()
    covered = [
        and_(another(model, source, account), moment >= datetime.combine(first, time.min))
        for source, account, first in session.execute(connected)
        if first is not None
    ]
    return not_(or_(false(), *covered))


def another(model: Any, source: str, account: str) -> ColumnElement[bool]:
    """Whether a row came by another account at the source."""
    return and_(of_source(model.account, source), model.account != account)


def of_another(session: Session, source: str) -> int:
    """How many records there are of others than the connected account."""
    connected = account(session, source)
    if ":" not in connected:
        return 0
    found = (select(func.count()).select_from(model).where(another(model, source, connected)) for model in RECORDS)
    return sum(session.scalar(one) or 0 for one in found)


def week(session: Session, first: date, last: date) -> WeekRows:
    """Everything of the days `first` to `last`, both included."""
    return WeekRows(
        weight=weights(session, first, last),
        calories=calories(session, first, last),
        activities=activities(session, first, last),
    )


def weights(session: Session, first: date, last: date) -> list[WeightRow]:
    """One a day: the day's last weigh-in, own rows before the demo's."""
    place = func.row_number().over(
        partition_by=Weight.record_date,
        order_by=(Weight.account == DEMO, Weight.record_time.desc().nulls_last(), Weight.id.desc()),
    )
    ranked = (
        select(Weight.record_date, Weight.record_time, Weight.weight, Weight.fat, Weight.bmi, place.label("place"))
        .where(Weight.record_date.between(first, last), Weight.weight != math.nan, counts(session, Weight))
        .subquery()
    )
    columns = [column for column in ranked.c if column.name != "place"]
    rows = session.execute(select(*columns).where(ranked.c.place == 1).order_by(ranked.c.record_date))
    return [WeightRow(day, at, weight, finite(fat), finite(bmi)) for day, at, weight, fat, bmi in rows]


def calories(session: Session, first: date, last: date) -> list[CaloriesRow]:
    return [CaloriesRow(*row) for row in figures(session, (Calories.calories, Calories.burned), first, last)]


def figures(
    session: Session, columns: Sequence[InstrumentedAttribute[float | None]], first: date, last: date
) -> Iterator[tuple[Any, ...]]:
    """Of each day that has a row its date and these columns of one table, each of the best way (account.preference)
    that knows it, and the newest one of that; with the meals that were typed in, unless the whole day's figure was."""
    model = columns[0].class_
    ranked = (model.record_date, preference(model.account), model.last_time.desc().nulls_last(), model.id)
    inside = and_(model.record_date.between(first, last), counts(session, model))
    rows = session.execute(select(model.record_date, model.account, *columns).where(inside).order_by(*ranked))
    for day, ways in groupby(rows, key=lambda row: row.record_date):
        accounts, *known = zip(*((account, *map(finite, said)) for _, account, *said in ways), strict=True)
        yield day, *(summed(accounts, values) for values in known)


def summed(accounts: Sequence[str], values: Sequence[float | None]) -> float | None:
    """A day's figure, of its ways in their order."""
    known = [(account, value) for account, value in zip(accounts, values, strict=True) if value is not None]
    meals = [value for account, value in known if account == MEALS_ACCOUNT]
    account, best = next((one for one in known if one[0] != MEALS_ACCOUNT), ("", None))
    return best if account == HAND_ACCOUNT or not meals else (best or 0) + sum(meals)


def activities(session: Session, first: date, last: date) -> list[ActivityRow]:
    """Every activity, in the order of their starts."""
    return [activity_row(row) for row in session.scalars(started(session, first, last))]


def started(session: Session, first: date, last: date) -> Select[tuple[Activity]]:
    inside = Activity.start_date_local.between(first, datetime.combine(last, time.max))
    return select(Activity).where(inside, counts(session, Activity)).order_by(Activity.start_date_local, Activity.id)


def activity_row(row: Activity) -> ActivityRow:
    return ActivityRow(
        date=row.start_date_local.date(),
        id=row.id,
        name=row.name,
        activity_type=row.activity_type,
        speed=finite(row.average_speed),
        cadence=finite(row.average_cadence),
        heartrate=finite(row.average_heartrate),
        distance=finite(row.distance),
        moving_time=row.moving_time,
    )


def efforts(session: Session, first: date, last: date) -> list[EffortRow]:
    """What every activity of the days `first` to `last` adds to its week."""
    columns = (Activity.start_date_local, Activity.moving_time, Activity.distance)
    inside = Activity.start_date_local.between(first, datetime.combine(last, time.max))
    return [
        EffortRow(at, seconds, finite(metres))
        for at, seconds, metres in session.execute(select(*columns).where(inside, counts(session, Activity)))
    ]


def first_activity_day(session: Session) -> date | None:
    found = session.scalar(select(func.min(Activity.start_date_local)).where(counts(session, Activity)))
    return found.date() if found else None


def finite(value: float | None) -> float | None:
    """None for what PostgreSQL stores but JSON cannot say (NaN, infinity)."""
    return value if value is not None and math.isfinite(value) else None


LATEST: dict[str, Select[Any]] = {
    "weight": select(Weight).order_by(
        Weight.record_date.desc(), Weight.record_time.desc().nulls_last(), Weight.id.desc()
    ),
    "calories": select(Calories).order_by(Calories.record_date.desc()),
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
    known = select(SyncState.account).where(SyncState.source == source, SyncState.account != "")
    if sign_in is not None:
        known = known.where(SyncState.sign_in.in_(("", sign_in)))
    return session.scalar(known.limit(1)) or ""


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
