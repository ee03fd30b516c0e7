"""Finds the rows that an account's records are already, whichever way brought them."""

from collections.abc import Collection, Hashable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.records import choices, matching, origins
from app.records.models import Activity, Origin, Weight

Found = dict[Hashable, Any]
"""Rows by what the account calls its records."""


def activities(session: Session, new: Mapping[Hashable, Mapping[str, Any]]) -> Found:
    """Of activities that have no row with their id: those that the person joined, and those that files brought.

    The latter take on the account's id.
    """
    found = joined(session, Activity, new)
    new = {number: record for number, record in new.items() if number not in found}
    days = {record["start_date"].date() for record in new.values()}
    rows = {row.id: row for row in matching.activities_of(session, days, matching.by_file(Activity))} if days else {}
    for number, record in new.items() if rows else ():
        allowed = not_barred(session, Activity, f"api:{number}", rows)
        if row := matching.same_activity(record, record["id"], allowed):
            del rows[row.id]
            origins.rename(session, Activity, row, record["id"])
            found[number] = row
    return found


def weights(session: Session, new: Mapping[Hashable, Mapping[str, Any]]) -> Found:
    """The same of weigh-ins, by their names at the account."""
    found = joined(session, Weight, new)
    new = {point: record for point, record in new.items() if point not in found}
    days = {record["record_date"] for record in new.values()}
    rows = {row.id: row for row in matching.weights_of(session, days, matching.by_file(Weight))} if days else {}
    for point, record in new.items() if rows else ():
        allowed = not_barred(session, Weight, f"api:{point}", rows)
        if row := matching.same_weight(record, allowed.values()):
            del rows[row.id]
            found[point] = row
    return found


def not_barred(session: Session, model: Any, key: str, rows: Mapping[int, Any]) -> dict[int, Any]:
    """The rows of which the person did not say that the record of this key is another."""
    apart = choices.apart(session, model)
    if origins.name_of(model, key) not in apart:
        return dict(rows)
    ways = origins.of_rows(session, model, list(rows))
    return {
        number: row
        for number, row in rows.items()
        if not choices.is_barred(apart, model, key, row, ways.get(number, []))
    }


def joined(session: Session, model: Any, ids: Collection[Hashable], *which: ColumnElement[bool]) -> Found:
    """The rows that hold these records of an account among others, by whichever way."""
    by_key = {key: number for number in ids for key in origins.keys_of(model, origins.name_of(model, f"api:{number}"))}
    told = select(Origin.key, Origin.row_id).where(
        Origin.record == model.__tablename__, Origin.key.in_(list(by_key)), *which
    )
    held = dict(session.execute(told).tuples().all()) if by_key else {}
    rows = {row.id: row for row in session.scalars(select(model).where(model.id.in_(set(held.values()))))}
    return {by_key[key]: rows[number] for key, number in held.items() if number in rows}


def others_of(session: Session, account: str, stored: Mapping[Hashable, Weight], span: tuple[date, date]) -> Found:
    """Further weigh-ins of the account, of the span, that the person joined to those that are `stored`."""
    ways = origins.of_rows(session, Weight, [row.id for row in stored.values()])
    rows = {row.id: row for row in stored.values()}
    first, last = (day.isoformat() for day in span)
    return {
        way.key.removeprefix("api:"): rows[number]
        for number, said in ways.items()
        for way in said
        if way.way == account and first <= way.content.get("record_date", "") <= last
    }
