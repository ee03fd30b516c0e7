"""Finds the rows that are one and the same with a record that comes by another way: the tables' side of same.py."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from app.records import same
from app.records.account import DEMO, Account
from app.records.models import ROW_IDS_BEGIN, Activity, Origin, Weight

Values = Mapping[str, Any]


def activities_of(session: Session, days: Collection[date], *which: ColumnElement[bool]) -> list[Activity]:
    """Rows, none of the demo's, that began on these days (UTC) or the ones beside them."""
    near = {day + timedelta(days=n) for day in days for n in (-1, 0, 1)}
    began = func.date(func.timezone("UTC", Activity.start_date)).in_(near)
    return list(session.scalars(select(Activity).where(began, Activity.account != DEMO, *which).order_by(Activity.id)))


def weights_of(session: Session, days: Collection[date], *which: ColumnElement[bool]) -> list[Weight]:
    near = Weight.record_date.in_(list(days))
    return list(session.scalars(select(Weight).where(near, Weight.account != DEMO, *which).order_by(Weight.id)))


def by_file(model: Any) -> ColumnElement[bool]:
    """Rows that files brought and no account; one that was entered by hand, too, is among them."""
    own = (Origin.record == model.__tablename__, Origin.row_id == model.id, Origin.way.startswith("import:"))
    told = and_(model.account == "", select(Origin.id).where(*own).exists())
    return or_(model.account.startswith("file:", autoescape=True), told)


def outing(row: Activity) -> same.Outing:
    """A row; it bears Strava's own id where Strava's account or its export brought it."""
    source = Account.parse(row.account).source
    return same.Outing(
        id=row.id,
        activity_type=row.activity_type or "",
        start=row.start_date or row.start_date_local.replace(tzinfo=UTC),
        moving=row.moving_time,
        elapsed=row.elapsed_time,
        distance=row.distance,
        strava=row.id if source == "strava" and row.id < ROW_IDS_BEGIN else None,
    )


def outing_of(values: Values, strava: int | None) -> same.Outing:
    """A record that has no row yet, by the columns that one would have."""
    return same.Outing(
        id=0,
        activity_type=values.get("activity_type") or "",
        start=values["start_date"],
        moving=values.get("moving_time"),
        elapsed=values.get("elapsed_time"),
        distance=values.get("distance"),
        strava=strava,
    )


def weigh_in(row: Weight) -> same.WeighIn:
    return same.WeighIn(row.id, row.record_date, row.record_time, row.weight)


def same_weight(values: Values, rows: Iterable[Weight]) -> Weight | None:
    """The row that is the same weigh-in, the closest in time where several are."""
    mine = same.WeighIn(0, values["record_date"], values.get("record_time"), values["weight"])
    found = [row for row in rows if same.same_weigh_in(mine, weigh_in(row))]
    return min(found, key=lambda row: (*same.apart(mine, weigh_in(row)), row.id), default=None)


def same_activity(values: Values, strava: int | None, rows: Mapping[int, Activity]) -> Activity | None:
    found = same.match(outing_of(values, strava), [outing(row) for row in rows.values()])
    return rows[found.id] if found else None
