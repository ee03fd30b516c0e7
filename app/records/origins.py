"""Every way by which a row came: what it said, which way knows better, and what is left when one is taken away.

A row that came by one account alone, or was entered into the table, has no origins: its columns are all there is. As
soon as a file says the same thing, each way's words are kept beside the row, and the row is made of them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from app.records.account import DEMO, Account
from app.records.models import FIGURES, ROW_IDS_BEGIN, Activity, Origin
from app.sources.records import bare

RANK = ("hand", "api", "own", "strava", "fit", "tcx", "gpx")
"""Which way knows better, the best first; lists and health archives come after these (docs/formats.md 1)."""
OUTSIDE = {"id", "account", "last_time"}
NAMES = ("account", "point")
"""What tells whose row it is and what its source calls it: of one way, never mixed."""
ASSUMED = "assumed"
"""Said of an activity whose local clock is only the person's zone's: any way that knows better moves the day."""

NUMBERED = ("api", "strava", "own", "hand")
"""The kinds whose key of an activity is Strava's id, where it is not one of our own row ids."""
IMPORT = "import:"
"""What the ways of files begin with."""

Content = dict[str, Any]


def rank(origin: Origin) -> int:
    return RANK.index(origin.kind) if origin.kind in RANK else len(RANK)


def order(origin: Origin) -> tuple[int, str, int]:
    """The best way first; of the same record in two files the one that was imported last."""
    number = origin.way.removeprefix(IMPORT)
    key, _, figure = origin.key.rpartition(" ")
    return rank(origin), key if figure in FIGURES else origin.key, -int(number) if number.isdecimal() else 0


def name_of(model: Any, key: str) -> str:
    """What a record is called whichever way it comes: an activity of Strava's by its id there, all else by its key."""
    kind, _, own = key.partition(":")
    if model is Activity and kind in NUMBERED and own.isdecimal() and int(own) < ROW_IDS_BEGIN:
        return f"strava:{int(own)}"
    return key


def keys_of(model: Any, name: str) -> list[str]:
    """The keys that a record of this name may have."""
    kind, _, own = name.partition(":")
    return [f"{one}:{own}" for one in NUMBERED] if model is Activity and kind == "strava" else [name]


def numbers(model: Any, ways: Iterable[Origin]) -> set[int]:
    """Strava's ids of an activity, of which the person may have joined several."""
    names = (name_of(model, way.key).partition(":") for way in ways) if model is Activity else ()
    return {int(own) for kind, _, own in names if kind == "strava" and own.isdecimal()}


def columns(model: Any) -> list[str]:
    """The columns of a table of records that a way can say something of."""
    return [column.name for column in model.__table__.columns if column.name not in OUTSIDE]


def encoded(values: Content) -> Content:
    return {
        name: in_utc(value).isoformat() if isinstance(value, date | time) else value for name, value in values.items()
    }


def in_utc(value: date | time) -> date | time:
    """An instant in one form, whatever zone the database's session is in; days and clocks as they are."""
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo else value


def decoded(model: Any, content: Content) -> Content:
    types = {column.name: column.type.python_type for column in model.__table__.columns}
    parsed = {datetime: datetime.fromisoformat, date: date.fromisoformat, time: time.fromisoformat}
    return {
        name: parsed[types[name]](value) if isinstance(value, str) and types.get(name) in parsed else value
        for name, value in content.items()
    }


def of_rows(session: Session, model: Any, ids: Collection[int]) -> dict[int, list[Origin]]:
    """The origins of those rows that have any."""
    found: dict[int, list[Origin]] = defaultdict(list)
    if ids:
        own = (Origin.record == model.__tablename__, Origin.row_id.in_(list(ids)))
        for origin in session.scalars(select(Origin).where(*own).order_by(Origin.id)):
            found[origin.row_id].append(origin)
    return found


def folded(model: Any, ways: Iterable[Origin]) -> Content:
    """A row's columns and account: of each the best way's that knows it, so that none erases what another measured."""
    ordered = sorted(ways, key=order)
    said = [decoded(model, origin.content) for origin in ordered]
    values = {name: next((one[name] for one in said if one.get(name) is not None), None) for name in columns(model)}
    if said[0].get(ASSUMED):
        values |= local_clock(values["start_date"], said)
    named = next((way for way in ordered if way.kind == "api"), ordered[0])  # by which the account is mirrored
    own = named.kind == "api" or named.way in ("", DEMO)
    account = named.way if own else str(Account(named.kind, way="file"))
    return values | {"account": account} | {k: v for k, v in decoded(model, named.content).items() if k in NAMES}


def local_clock(start: Any, said: list[Content]) -> Content:
    """The local start by the best way that knows the clock of the place; nothing where none does."""
    with_offset = next((one for one in said if not one.get(ASSUMED) and one.get("utc_offset") is not None), None)
    if with_offset is None:
        return {}
    offset = with_offset["utc_offset"]
    return {"start_date_local": start.replace(tzinfo=None) + timedelta(seconds=offset), "utc_offset": offset}


def of_row(model: Any, row: Any, ways: list[Origin]) -> list[Origin]:
    """All ways of a row: where none were written down, the one that its columns are of."""
    if ways:
        return ways
    account = Account.parse(row.account)
    content = {name: getattr(row, name) for name in columns(model)}
    kind = account.way if account.way != "file" else account.source
    key = bare(getattr(row, "point", None) or str(row.id))
    return [origin(model, row.id, row.account, kind, key, content)]


def bare_point(model: Any) -> Any:
    """The column `point` without its beginning, as records.bare has it."""
    return func.regexp_replace(model.point, "^users/[^/]*/", "")


def origin(model: Any, row_id: int, way: str, kind: str, key: str, content: Content) -> Origin:
    return Origin(
        record=model.__tablename__, row_id=row_id, way=way, kind=kind, key=f"{kind}:{key}", content=encoded(content)
    )


def say(session: Session, ways: list[Origin], new: Origin) -> list[Origin]:
    """The ways with `new` among them, in place of what the same way said of it before."""
    for old in ways:
        if (old.way, old.key) == (new.way, new.key):
            if old.content != new.content:
                old.content = new.content
            return ways
    session.add_all(way for way in [*ways, new] if way.id is None)
    return [*ways, new]


def without(session: Session, ways: list[Origin], way: str, keys: Collection[str] | None = None) -> list[Origin]:
    """The ways that are left when `way` is taken away, or only what it says by these keys."""
    left = [old for old in ways if old.way != way or (keys is not None and old.key not in keys)]
    for old in ways:
        if old not in left and old.id is not None:
            session.delete(old)
    return left


def write(row: Any, values: Content, now: datetime) -> bool:
    """Makes a row say `values`; a row whose content is the same is not written. Whether it was."""
    if all(getattr(row, name) == value for name, value in values.items()):
        return False
    for name, value in (values | {"last_time": now}).items():
        setattr(row, name, value)
    return True


def moment(session: Session) -> datetime:
    """What `last_time` is in this transaction."""
    return session.scalars(select(func.now())).one()


def withdraw(session: Session, model: Any, rows: Iterable[Any], way: str, keys: Collection[str] | None = None) -> int:
    """Takes `way`, or only what it says by `keys`, from rows; returns how many are gone, as no other way holds them."""
    rows = list({row.id: row for row in rows}.values())
    ways_by_row = of_rows(session, model, [row.id for row in rows])
    now = moment(session)
    removed = 0
    for row in rows:
        left = without(session, of_row(model, row, ways_by_row[row.id]), way, keys)
        if left:
            renumber(session, model, row, left)
            write(row, folded(model, left), now)
        else:
            session.delete(row)
            removed += 1
    session.flush()
    return removed


def renumber(session: Session, model: Any, row: Any, ways: Iterable[Origin]) -> None:
    """An activity whose row bears a Strava id that it has lost takes on another that it has there, or one of ours."""
    theirs = numbers(model, ways)
    if model is not Activity or row.id in theirs or (row.id >= ROW_IDS_BEGIN and not theirs):
        return
    new = min(theirs, default=0)
    free = new and session.get(Activity, new) is None
    rename(session, Activity, row, new if free else next_ids(session, Activity, 1)[0])


def withdraw_all(session: Session, models: Iterable[Any], way: str) -> int:
    """As `withdraw`, of every row of these tables that the way holds."""
    removed = 0
    for model in models:
        held = select(Origin.row_id).where(Origin.record == model.__tablename__, Origin.way == way)
        removed += withdraw(session, model, session.scalars(select(model).where(model.id.in_(held))), way)
        session.execute(delete(Origin).where(Origin.record == model.__tablename__, Origin.way == way))
    return removed


def rename(session: Session, model: Any, row: Any, number: int) -> None:
    """Gives a row another id, that of the provider, which it keeps."""
    for way in of_rows(session, model, [row.id])[row.id]:
        way.row_id = number
    row.id = number


def next_ids(session: Session, model: Any, count: int) -> list[int]:
    """As many new ids for rows of the table, the lowest last."""
    drawn = text(f"SELECT nextval(pg_get_serial_sequence('{model.__tablename__}', 'id')) FROM generate_series(1, :n)")
    return sorted(session.scalars(drawn, {"n": count}), reverse=True)
