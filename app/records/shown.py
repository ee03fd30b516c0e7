"""Which rows of the tables are shown: the statements for them, and the plain rows that their answers become."""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, and_, cast, exists, literal_column, not_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.records.account import HAND_ACCOUNT, MEALS_ACCOUNT, of_source, preference
from app.records.models import DEMO, Activity, SyncState, Weight
from app.records.rows import ActivityRow, WeightRow

ROW_OF_BOARD = (
    Activity.start_date_local,
    Activity.id,
    Activity.name,
    Activity.activity_type,
    Activity.average_speed,
    Activity.average_cadence,
    Activity.average_heartrate,
    Activity.distance,
    Activity.moving_time,
)
"""In the order of ActivityRow."""


def is_shown(model: Any) -> ColumnElement[bool]:
    """Whether a row is one of those that are shown: from the first day on of which a connected account has a row, those
    of who was signed in before it are not."""
    connected = (
        select(SyncState.source, SyncState.account, cast(first_moment(model), Date).label("first"))
        .where(SyncState.account.contains(":"))
        .distinct()
        .cte(f"connected_{model.__tablename__}")
        .prefix_with("MATERIALIZED")  # once, and not for each row
    )
    covered = and_(of_other_account(model, connected.c.source, connected.c.account), moment(model) >= connected.c.first)
    return not_(exists().where(covered))


def first_moment(model: Any) -> Any:
    """Of the rows of a sync's account; NULL without any. In this order only the index of the accounts has them, as by
    that of the days a whole table would be read for an account that has none."""
    rows = aliased(model)
    ordered = select(rows.account, moment(rows).label("at")).where(rows.account >= SyncState.account)
    first = ordered.order_by(rows.account, moment(rows)).limit(literal_column("1")).correlate(SyncState).subquery()
    return select(first.c.at).where(first.c.account == SyncState.account).scalar_subquery()


def moment(model: Any) -> Any:
    """A row's day, or an activity's local start."""
    return model.start_date_local if hasattr(model, "start_date_local") else model.record_date


def of_other_account(model: Any, source: Any, account: Any) -> ColumnElement[bool]:
    """Whether a row came by another account at the source."""
    return and_(of_source(model.account, source), model.account != account)


def weights(first: Any, last: Any) -> Select[Any]:
    """One a day: the day's last weigh-in, own rows before the demo's."""
    rank = (Weight.account == DEMO, Weight.record_time.desc().nulls_last(), Weight.id.desc())
    return (
        select(Weight.record_date, Weight.record_time, Weight.weight, Weight.fat, Weight.bmi)
        .distinct(Weight.record_date)
        .where(Weight.record_date.between(first, last), Weight.weight != math.nan, is_shown(Weight))
        .order_by(Weight.record_date, *rank)
    )


def weight_rows(answer: Iterable[Any]) -> list[WeightRow]:
    return [WeightRow(day, at, weight, finite(fat), finite(bmi)) for day, at, weight, fat, bmi in answer]


def figures(columns: Sequence[InstrumentedAttribute[float | None]], first: Any, last: Any) -> Select[Any]:
    """Of each day every way's figures, with its account; the best way (account.preference) and the newest row first."""
    model = columns[0].class_
    ranked = (model.record_date, preference(model.account), model.last_time.desc().nulls_last(), model.id)
    inside = and_(model.record_date.between(first, last), is_shown(model))
    return select(model.record_date, model.account, *columns).where(inside).order_by(*ranked)


def figure_rows(answer: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """Of each day that has a row its date and its figures, each of the best way that knows it; with the meals that were
    typed in, unless the whole day's figure was."""
    for day, ways in groupby(answer, key=lambda row: row[0]):
        best, *others = ways
        if not others:  # nothing to choose from
            yield day, *map(finite, best[2:])
            continue
        accounts, *figures = zip(*((account, *map(finite, said)) for _, account, *said in (best, *others)), strict=True)
        yield day, *(summed(accounts, values) for values in figures)


def summed(accounts: Sequence[str], values: Sequence[float | None]) -> float | None:
    """A day's figure, of its ways in their order."""
    present = [(account, value) for account, value in zip(accounts, values, strict=True) if value is not None]
    meals = [value for account, value in present if account == MEALS_ACCOUNT]
    account, best = next((one for one in present if one[0] != MEALS_ACCOUNT), ("", None))
    return best if account == HAND_ACCOUNT or not meals else (best or 0) + sum(meals)


def started(columns: Sequence[Any], first: Any, end: Any) -> Select[Any]:
    """Every activity that began from `first` to the moment `end`, in the order of their starts."""
    inside = Activity.start_date_local.between(first, end)
    return select(*columns).where(inside, is_shown(Activity)).order_by(Activity.start_date_local, Activity.id)


def end(day: date) -> datetime:
    """Of the day, by its own clock."""
    return datetime.combine(day, time.max)


def activity_row(
    start: datetime,
    number: int,
    name: str | None,
    sport: str | None,
    speed: float | None,
    cadence: float | None,
    heartrate: float | None,
    distance: float | None,
    moving_time: int | None,
) -> ActivityRow:
    """Of ROW_OF_BOARD."""
    return ActivityRow(
        date=start.date(),
        id=number,
        name=name,
        activity_type=sport,
        speed=finite(speed),
        cadence=finite(cadence),
        heartrate=finite(heartrate),
        distance=finite(distance),
        moving_time=moving_time,
    )


def finite(value: float | None) -> float | None:
    """None for what PostgreSQL stores but JSON cannot say (NaN, infinity)."""
    return value if value is not None and math.isfinite(value) else None
