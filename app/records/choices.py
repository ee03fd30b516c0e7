"""What the person chose of records that are alike, which every later import and sync keeps to: one, or not one."""

from collections.abc import Collection, Iterable
from itertools import product
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.records import origins
from app.records.account import Account
from app.records.models import DEMO, ROW_IDS_BEGIN, Activity, Choice, Origin
from app.records.origins import next_ids

Apart = dict[str, set[str]]
"""By the name of a record those that it is not one with."""


class Refused(Exception):
    """Why nothing was changed, in a sentence."""


GONE = "That has changed in the meantime; this is how it is now."


def apart(session: Session, model: Any) -> Apart:
    found: Apart = {}
    kept = select(Choice.one, Choice.other).where(Choice.record == model.__tablename__, Choice.same.is_(False))
    for one, other in session.execute(kept):
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return found


def is_barred(choices: Apart, model: Any, key: str, row: Any, ways: list[Origin]) -> bool:
    """Whether the person said that the record of this key is not what the row is."""
    against = choices.get(origins.name_of(model, key), set())
    return bool(against) and not against.isdisjoint(names(model, origins.of_row(model, row, ways)))


def names(model: Any, ways: Iterable[Origin]) -> set[str]:
    return {origins.name_of(model, way.key) for way in ways}


def choose(session: Session, model: Any, ones: Iterable[str], others: Iterable[str], same: bool) -> None:
    """Of each of `ones` and each of `others`; the last word counts."""
    pairs = {(min(pair), max(pair)) for pair in product(ones, others) if pair[0] != pair[1]}
    said = [{"record": model.__tablename__, "one": one, "other": other, "same": same} for one, other in sorted(pairs)]
    if said:
        statement = insert(Choice).values(said)
        key = ["record", "one", "other"]
        session.execute(statement.on_conflict_do_update(index_elements=key, set_={"same": same}))


def join(session: Session, model: Any, one: int, other: int) -> Any:
    """Makes two rows one, from now on; returns it. Raises Refused."""
    rows = [session.get(model, number) for number in (one, other)]
    if one == other or any(row is None or row.account == DEMO for row in rows):
        raise Refused(GONE)
    said = [ways_of(session, model, row) for row in rows]
    choose(session, model, names(model, said[0]), names(model, said[1]), same=True)
    return merge(session, model, rows)


def merge(session: Session, model: Any, rows: list[Any]) -> Any:
    said = {row.id: ways_of(session, model, row) for row in rows}
    kept, removed = sorted(rows, key=lambda row: precedence(model, row, said[row.id]))
    ways = said[kept.id] + said[removed.id]
    for way in ways:
        way.row_id = kept.id
    session.add_all(ways)
    session.delete(removed)
    session.flush()  # before the one that stays takes on what has to be the only one of its name
    origins.write(kept, origins.folded(model, ways), origins.moment(session))
    return kept


def precedence(model: Any, row: Any, ways: list[Origin]) -> tuple[bool, bool, int, int]:
    """Which of two rows is the one that stays, the least: an account's, and one that has Strava's id."""
    foreign = model is Activity and row.id >= ROW_IDS_BEGIN
    return Account.parse(row.account).way != "api", foreign, min(map(origins.rank, ways)), row.id


def split(session: Session, model: Any, number: int, name: str) -> Any:
    """Makes the record of this name a row of its own, from now on; returns the new row. Raises Refused."""
    row = session.get(model, number)
    ways = ways_of(session, model, row) if row is not None else []
    mine = [way for way in ways if origins.name_of(model, way.key) == name]
    rest = [way for way in ways if way not in mine]
    if not mine or not rest:
        raise Refused(GONE)
    choose(session, model, [name], names(model, rest), same=False)
    stays, leaves = (mine, rest) if number in origins.numbers(model, mine) else (rest, mine)
    now = origins.moment(session)
    new = min(origins.numbers(model, leaves), default=0)
    if not new or session.get(model, new) is not None:
        new = next_ids(session, model, 1)[0]
    for way in leaves:
        way.row_id = new
    origins.write(row, origins.folded(model, stays), now)
    session.flush()
    session.add(added := model(id=new, last_time=now, **origins.folded(model, leaves)))
    session.flush()
    return added


def ways_of(session: Session, model: Any, row: Any) -> list[Origin]:
    return origins.of_row(model, row, origins.of_rows(session, model, [row.id])[row.id])


def reunite(session: Session, model: Any, arrived: Collection[str]) -> None:
    """Joins what the person once joined, where a part of it has come anew; `arrived` are the names that have."""
    either = or_(Choice.one.in_(list(arrived)), Choice.other.in_(list(arrived)))
    kept = select(Choice.one, Choice.other).where(Choice.record == model.__tablename__, Choice.same, either)
    pairs = session.execute(kept.order_by(Choice.id)).all() if arrived else []
    for one, other in pairs:
        rows = [row_named(session, model, name) for name in (one, other)]
        if None not in rows and rows[0] is not rows[1] and not kept_apart(session, model, rows):
            merge(session, model, rows)


def kept_apart(session: Session, model: Any, rows: list[Any]) -> bool:
    choices = apart(session, model)
    one, other = (names(model, ways_of(session, model, row)) for row in rows)
    return any(not other.isdisjoint(choices.get(name, ())) for name in one)


def row_named(session: Session, model: Any, name: str) -> Any | None:
    """The row that holds the record of this name."""
    told = select(Origin.row_id).where(
        Origin.record == model.__tablename__, Origin.key.in_(origins.keys_of(model, name))
    )
    number = session.scalars(told.limit(1)).first()
    if number is not None:
        return session.get(model, number)
    kind, _, own = name.partition(":")
    if kind == "api":
        if not hasattr(model, "point"):
            return None
        return session.scalars(select(model).where(origins.bare_point(model) == own)).first()
    row = session.get(model, int(own)) if kind in origins.NUMBERED and own.isdecimal() else None
    return None if row is None or row.account == DEMO or not holds(session, model, row, name) else row


def holds(session: Session, model: Any, row: Any, name: str) -> bool:
    return name in names(model, ways_of(session, model, row))
