"""Reads every way by which the records of one day came, and how much each way has brought in all."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.records import matching, origins, same
from app.records.account import DEMO, of_source, preference
from app.records.models import FIGURES, RECORDS, Activity, FileImport, Origin, Weight


@dataclass(frozen=True)
class Held:
    """A row, and by the name of each record that it holds the ways that brought it; `shifted` are rows that are it but
    for a wrong clock, as it seems."""

    model: Any
    row: Any
    ways: dict[str, list[Origin]]
    shifted: tuple[Any, ...] = ()


def of_day(session: Session, day: date) -> list[Held]:
    """Activities, weigh-ins and figures of the day, in this order; none of the demo's."""
    began = Activity.start_date_local.between(day, datetime.combine(day, time.max))
    weighed = (Weight.record_date == day, Weight.weight != float("nan"))
    tables = dict.fromkeys(column.class_ for column in FIGURES.values())
    wanted: tuple[tuple[Any, Any], ...] = (
        (Activity, select(Activity).where(began).order_by(Activity.start_date_local, Activity.id)),
        (Weight, select(Weight).where(*weighed).order_by(Weight.record_time.nulls_first(), Weight.id)),
        *(
            (model, select(model).where(model.record_date == day).order_by(preference(model.account)))
            for model in tables
        ),
    )
    return [held for model, rows in wanted for held in each(session, model, list(session.scalars(rows)))]


def each(session: Session, model: Any, rows: list[Any]) -> Iterator[Held]:
    rows = [row for row in rows if row.account != DEMO]
    ways_by_row = origins.of_rows(session, model, [row.id for row in rows])
    near = near_in_time(session, rows) if model is Activity and rows else []
    for row in rows:
        ways: dict[str, list[Origin]] = {}
        for way in sorted(origins.of_row(model, row, ways_by_row.get(row.id, [])), key=origins.order):
            ways.setdefault(origins.name_of(model, way.key), []).append(way)
        mine = matching.outing(row) if near else None
        wrong = (other for other in near if mine and same.shifted(mine, matching.outing(other)))
        yield Held(model, row, ways, tuple(wrong))


def near_in_time(session: Session, rows: list[Activity]) -> list[Activity]:
    """Activities of the days beside, too, as a wrong clock moves one there."""
    days = {matching.outing(row).start.date() + timedelta(days=n) for row in rows for n in (-1, 0, 1)}
    return matching.activities_of(session, days)


def imports(session: Session, held: list[Held]) -> dict[str, FileImport]:
    """The imports among the ways of these rows, by the way."""
    ways = {way.way for one in held for said in one.ways.values() for way in said}
    ids = [int(number) for way in ways if (number := way.removeprefix(origins.IMPORT)).isdecimal()]
    found = session.scalars(select(FileImport).where(FileImport.id.in_(ids))) if ids else ()
    return {f"{origins.IMPORT}{row.id}": row for row in found}


def of_account(session: Session, source: str) -> dict[str, int]:
    """How many records accounts at a source brought, by what one of them is called: `{"activity": 1132}`."""
    found = {
        model.CALLED: session.scalar(select(func.count()).select_from(model).where(of_source(model.account, source)))
        for model in RECORDS
    }
    return {called: count for called, count in found.items() if count}


def by_ways(session: Session, ways: Iterable[str]) -> tuple[dict[str, int], date | None]:
    """How many records came by these ways, by what one of them is called, and the latest day that they are of."""
    content = Origin.content
    day = func.coalesce(content["record_date"].as_string(), func.substr(content["start_date_local"].as_string(), 1, 10))
    wanted = select(Origin.record, func.count(), func.max(day)).where(Origin.way.in_(list(ways)))
    found = {table: (count, last) for table, count, last in session.execute(wanted.group_by(Origin.record))}
    counts = {model.CALLED: found[model.__tablename__][0] for model in RECORDS if model.__tablename__ in found}
    days = [date.fromisoformat(last) for _, last in found.values() if last]
    return counts, max(days, default=None)
