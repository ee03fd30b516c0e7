"""Writes: makes the tables equal to what a source holds, and keeps the demo's rows apart from a person's own."""

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from time import monotonic, sleep
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, false, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from app.extensions import db
from app.records import choices, origins, queries, recognize
from app.records.account import HAND, MEALS, PHONE, Account, of_source
from app.records.models import DEMO, FIGURES, RECORDS, Activity, FileImport, Origin, SyncState, Weight, figure
from app.records.queries import real_rows_exist
from app.records.shown import of_other_account
from app.sources import records

CHANGES_CHANNEL = "sevenday"
"""Its notifications name the day of a changed row; the triggers of the migrations send them."""
SYNC_CHANNEL = "sevenday_sync"
"""Its notifications are the stages of a sync that somebody asked for on the page."""
SYNC_LOCK = 7_000_003
WRITE_LOCK = 7_000_002  # any number that nothing else in this database locks


@dataclass(frozen=True)
class Tally:
    """How many rows a save added, changed and removed."""

    added: int = 0
    changed: int = 0
    removed: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.added + other.added, self.changed + other.changed, self.removed + other.removed)


class DemoOver(Exception):
    """The demo may not write: a real account is configured."""


@contextmanager
def sole_writer(source: str, patience: float = 0.0) -> Iterator[bool]:
    """Whether this process alone syncs `source` while the block lasts; PostgreSQL lets go when the process dies.

    Where another process does, it is waited for up to `patience` seconds.
    """
    key = select(func.hashtext(f"sync {source}"))
    deadline = monotonic() + patience
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        claim = select(func.pg_try_advisory_lock(SYNC_LOCK, key.scalar_subquery()))
        while not (mine := bool(connection.scalar(claim))) and monotonic() < deadline:
            sleep(0.5)
        try:
            yield mine
        finally:
            if mine:
                connection.execute(select(func.pg_advisory_unlock(SYNC_LOCK, key.scalar_subquery())))


def begin(session: Session, account: str) -> None:
    """Every writer begins with this: one at a time until the transaction ends, and the demo only where it may be.

    Raises DemoOver, so that a demo sync under way cannot bring back what leaving the demo has just removed.
    """
    session.execute(select(func.pg_advisory_xact_lock(WRITE_LOCK)))
    if account == DEMO and not demo_may_go_on(session):
        raise DemoOver("The demo has left: a real account is configured.")
    adopt(session, account)


def adopt(session: Session, account: str) -> None:
    """Gives the account its rows from the time when the provider did not say whose they are (`fitbit` alone)."""
    parsed = Account.parse(account)
    if not parsed.owner:
        return
    for model in RECORDS:
        session.execute(update(model).where(model.account == parsed.source).values(account=account))
    stored = aliased(Origin)
    twice = select(stored.id).where(stored.record == Origin.record, stored.way == account, stored.key == Origin.key)
    session.execute(delete(Origin).where(Origin.way == parsed.source, twice.exists()))
    session.execute(update(Origin).where(Origin.way == parsed.source).values(way=account))


def demo_may_start(session: Session) -> bool:
    """Never where a row of a real account, or one entered by hand, is."""
    return demo_may_go_on(session) and not real_rows_exist(session)


def demo_may_go_on(session: Session) -> bool:
    """Until a real client id is known, by whatever process, or a person's file is here."""
    real = select(SyncState.source).where(SyncState.account != DEMO)
    given = select(FileImport.id).where(FileImport.state.in_(("running", "done", "asking")))
    said = select(Origin.id).where(Origin.way.in_((HAND, PHONE, MEALS)))
    return all(session.scalar(one.limit(1)) is None for one in (real, given, said))


def remove_demo(session: Session) -> int:
    """Removes every row of the demo and returns how many records there were."""
    begin(session, "")
    session.execute(delete(SyncState).where(SyncState.account == DEMO))
    left = [session.execute(delete(model).where(model.account == DEMO).returning(model.id)) for model in RECORDS]
    return sum(len(ids.all()) for ids in left)


def forget_sources(session: Session) -> None:
    """Forgets what the sync remembers of real accounts, when none is configured and no row of one is left."""
    begin(session, "")
    if not real_rows_exist(session):
        session.execute(delete(SyncState).where(SyncState.account != DEMO))


def save_activities(
    session: Session, account: str, read: Iterable[records.Activity], deleted: Collection[int]
) -> Tally:
    """Stores what was read by its id and removes the ids of `deleted`, of which the provider itself said so."""
    wanted: dict[Hashable, dict[str, Any]] = {record.id: columns_of(record) for record in read}
    own_deleted = and_(Activity.id.in_(list(deleted)), Activity.account == account)
    rows = session.scalars(select(Activity).where(or_(Activity.id.in_(wanted), own_deleted)))
    stored: dict[Hashable, Any] = {row.id: row for row in rows}
    if account != DEMO:
        stored |= recognize.joined(session, Activity, set(deleted) - stored.keys(), Origin.way == account)
        stored |= recognize.activities(session, {key: wanted[key] for key in wanted.keys() - stored.keys()})
    return make_equal(session, Activity, account, stored, wanted)


def columns_of(record: records.Activity) -> dict[str, Any]:
    """Its columns; a size that the provider does not say this time is not taken away."""
    sizes = ("distance", "moving_time", "elapsed_time")
    return {name: value for name, value in asdict(record).items() if value is not None or name not in sizes}


Span = tuple[date, date] | None
"""First and last day of a reading that was complete, in which what is absent is gone; None removes nothing."""


def forget(session: Session, source: str, keep_rows: bool) -> int:
    """What is left to do when an account is disconnected; returns how many of its records were removed."""
    begin(session, "")
    session.execute(delete(SyncState).where(SyncState.source == source, SyncState.account != DEMO))
    if keep_rows:
        return 0
    return sum(remove_rows(session, model, of_source(model.account, source)) for model in RECORDS)


def forget_others(session: Session, source: str) -> int:
    """Takes the records of those away that were signed in at `source` before its account now; how many are gone."""
    begin(session, "")
    connected = queries.account(session, source)
    if ":" not in connected:
        return 0
    return sum(remove_rows(session, model, of_other_account(model, source, connected)) for model in RECORDS)


def remove_rows(session: Session, model: Any, which: ColumnElement[bool]) -> int:
    """Takes rows of accounts away; returns how many are gone, because they came by no other way."""
    rows = list(session.scalars(select(model).where(which)))
    return sum(
        origins.withdraw(session, model, [row for row in rows if row.account == account], account)
        for account in sorted({row.account for row in rows})
    )


def purge_activities(session: Session, account: str, first: date) -> None:
    """Removes the account's activities of the days before `first`."""
    old = Activity.start_date_local < datetime.combine(first, time.min)
    remove_rows(session, Activity, and_(Activity.account == account, old))


def save_weights(
    session: Session,
    account: str,
    read: Iterable[records.Weight],
    span: Span,
    unread_fields: Collection[str] = (),
    kept: Collection[str] = (),
) -> Tally:
    """Mirrors the weigh-ins of the span but for those of `kept` (records.Weight.key).

    Columns named in `unread_fields` could not be read this time and stay as they are.
    """
    wanted: dict[Hashable, dict[str, Any]] = {
        record.key: {name: value for name, value in asdict(record).items() if name not in unread_fields}
        for record in read
    }
    inside = Weight.record_date.between(*span) if span else false()
    named = origins.bare_point(Weight).in_(wanted)
    rows = list(
        session.scalars(select(Weight).where(Weight.account == account, or_(named, inside)).order_by(Weight.id))
    )
    stored: dict[Hashable, Any] = {records.bare(row.point) if row.point else row.id: row for row in rows}
    duplicates = {row.id for row in rows} - {row.id for row in stored.values()}
    stored |= {row.id: row for row in rows if row.id in duplicates}  # one that is here under both prefixes
    for key in stored.keys() & wanted.keys():
        wanted[key]["point"] = stored[key].point
    stored = {key: row for key, row in stored.items() if key in wanted or key not in kept}
    if account != DEMO:
        stored |= recognize.others_of(session, account, stored, span) if span else {}
        stored |= recognize.weights(session, {key: wanted[key] for key in wanted.keys() - stored.keys()})
    return make_equal(session, Weight, account, stored, wanted)


def save_figures(session: Session, account: str, metric: str, read: Iterable[records.DayFigure], span: Span) -> Tally:
    """Mirrors one figure of each day. Others in the row stay; a day that is left with none goes."""
    column, model = figure(metric).key, figure(metric).class_
    others = [one.key for one in FIGURES.values() if one.class_ is model and one.key != column]
    figures = {record.record_date: record.value for record in read}
    inside = model.record_date.between(*span) if span else false()
    rows = session.scalars(select(model).where(model.account == account, or_(model.record_date.in_(figures), inside)))
    stored = {row.record_date: row for row in rows}
    kept = (day for day, row in stored.items() if any(getattr(row, other) is not None for other in others))
    wanted: dict[Hashable, dict[str, Any]] = {
        day: {"record_date": day, column: figures.get(day)} for day in {*kept, *figures}
    }
    return make_equal(session, model, account, stored, wanted)


def make_equal(
    session: Session,
    model: Any,
    account: str,
    stored: Mapping[Any, Any],
    wanted: Mapping[Hashable, Mapping[str, Any]],
) -> Tally:
    """Adds, changes and removes rows until `stored` is `wanted`; a row whose content is the same is not written.

    What came by other ways, too, stays with what those say.
    """
    now = origins.moment(session)
    ways = origins.of_rows(session, model, [row.id for row in stored.values()])
    changed = 0
    for key in stored.keys() & wanted.keys():
        row, values = stored[key], {**wanted[key], "account": account}
        if row.id in ways or row.account != account:
            ways[row.id] = among_others(session, model, row, ways.get(row.id, []), values, name(key, row))
            values = origins.folded(model, ways[row.id])
        changed += origins.write(row, values, now)
    new = wanted.keys() - stored.keys()
    session.add_all(model(**wanted[key], account=account, last_time=now) for key in new)
    kind = Account.parse(account).way
    ended = {f"{kind}:{name(key, stored[key])}": stored[key] for key in stored.keys() - wanted.keys()}
    removed = origins.withdraw(session, model, ended.values(), account, ended)
    choices.reunite(session, model, {origins.name_of(model, f"{kind}:{key}") for key in wanted})
    return Tally(len(new), changed, removed)


def name(key: Hashable, row: Any) -> str:
    """What the account calls a record that is kept by `key`, as origins.of_row has it."""
    return str(row.id) if isinstance(key, date) else str(key or row.id)


def among_others(
    session: Session, model: Any, row: Any, ways: list[Origin], values: dict[str, Any], key: str
) -> list[Origin]:
    """The ways of a row that came by others, too, now that its account says `values`."""
    account = str(values["account"])
    ways = origins.of_row(model, row, ways)
    own = (way for way in ways if (way.way, way.key) == (account, f"api:{key}"))
    said = next((origins.decoded(model, way.content) for way in own), {})
    content = said | {column: value for column, value in values.items() if column not in origins.OUTSIDE}
    return origins.say(session, ways, origins.origin(model, row.id, account, "api", key, content))


def announce(session: Session, line: str) -> None:
    """Tells every open page a stage of the sync that somebody asked for there."""
    session.execute(select(func.pg_notify(SYNC_CHANNEL, f"{line[:1].upper()}{line[1:500]}")))


def remember(session: Session, source: str, metric: str, **what: Any) -> None:
    """Writes down how an attempt stands: any columns of SyncState; those not named keep their values."""
    row = session.get(SyncState, (source, metric))
    if row is None:
        row = SyncState(source=source, metric=metric, state="running", last_attempt=func.now())
        session.add(row)
    if row.account and ":" in row.account and what.get("account", row.account) != row.account:
        row.cursor = row.oldest = row.newest = row.full_at = None  # which were another account's
    for name, value in what.items():
        setattr(row, name, value)
