"""Imports, syncs, disconnects, taking back, splitting and joining in any order end as a plain model of rows says.

Hypothesis makes up the stories. 40 of them run with every test run, always the same ones; for more, and others:

    WAYS_EXAMPLES=2000 WAYS_SEED=7 .venv/bin/python -m pytest tests/test_ways_property.py
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.extensions import db
from app.records import choices, filing, origins, queries, store
from app.records.filing import Filing, Incoming
from app.records.models import ROW_IDS_BEGIN, Activity, FileImport, Weight
from app.sources import records
from tests.conftest import fresh, make_app

EXAMPLES = int(os.environ.get("WAYS_EXAMPLES") or 40)
SEED = os.environ.get("WAYS_SEED")
STEPS = 16
ME, GOOGLE = "strava:7", "fitbit:9"
MORNING = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
OUTINGS = {"A": MORNING, "B": MORNING + timedelta(hours=5), "C": MORNING + timedelta(minutes=50)}
MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)
SPAN = (date(2026, 11, 20), date(2026, 11, 26))
API = "account"


@dataclass(frozen=True)
class Record:
    """What one way says of one outing, or of one weigh-in, `late` seconds after it began."""

    model: Any
    kind: str
    own: str
    outing: str
    late: int
    heartrate: float | None = None

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.own}"

    @property
    def name(self) -> str:
        return origins.name_of(self.model, self.key)

    @property
    def start(self) -> datetime:
        return (OUTINGS[self.outing] if self.model is Activity else self.minute) + timedelta(seconds=self.late)

    @property
    def minute(self) -> datetime:
        return MIDNIGHT + timedelta(hours=7 if self.outing == "X" else 20)

    def incoming(self) -> Incoming:
        if self.model is Weight:
            at = self.start.time().replace(tzinfo=None)
            values = {
                "weight": 72.0,
                "fat": self.heartrate,
                "record_date": SPAN[0],
                "record_time": at,
                "point": self.own,
            }
            return Incoming(Weight, self.kind, self.own, values | {"record_date": date(2026, 11, 24)})
        strava = int(self.own) if self.kind == "strava" else None
        return Incoming(Activity, self.kind, self.own, self.columns(), strava)

    def columns(self) -> dict[str, Any]:
        clock = {"start_date": self.start, "start_date_local": self.start.replace(tzinfo=None), "utc_offset": 0.0}
        size = {"distance": 5000.0, "moving_time": 1500, "elapsed_time": 1500}
        return clock | size | {"activity_type": "Run", "name": self.key, "average_heartrate": self.heartrate}

    def told(self) -> Any:
        """As the account tells of it."""
        if self.model is Weight:
            at = self.start.time().replace(tzinfo=None)
            return records.Weight(self.own, 72.0, date(2026, 11, 24), at, self.heartrate)
        return records.Activity(id=int(self.own), owner=7, **self.columns())


def several(model: Any, kind: str, *told: tuple[str, str, int, float | None]) -> list[Record]:
    return [Record(model, kind, *one) for one in told]


ACCOUNTS = {
    Activity: several(
        Activity, "api", ("1", "A", 0, None), ("2", "B", 0, 120.0), ("3", "C", 0, None), ("5", "A", 9, None)
    ),
    Weight: several(Weight, "api", ("p1", "X", 1, 18.0), ("p2", "Y", 1, None)),
}
FILES = [
    several(Activity, "strava", ("1", "A", 0, None), ("2", "B", 0, None), ("3", "C", 0, None), ("5", "A", 9, None)),
    several(Activity, "fit", ("a", "A", 40, 148.0), ("b", "B", 31, 150.0)),
    several(Activity, "gpx", ("a", "A", 20, None)),
    several(Activity, "tcx", ("b", "B", 12, 151.0), ("c", "C", 70, 99.0)),
    several(Weight, "takeout", ("t1", "X", 20, None), ("t2", "Y", 20, 17.0)),
    several(Weight, "table", ("l1", "X", 40, 19.0)),
]


@dataclass
class Row:
    """The records that are one, each with the ways that hold it: API, or the number of an import."""

    model: Any
    held: dict[tuple[Record, Any], None] = field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        return {record.name for record, _ in self.held}

    @property
    def said(self) -> list[Record]:
        """The best first."""
        rank = {kind: place for place, kind in enumerate(origins.RANK)}
        return [
            record for record, _ in sorted(self.held, key=lambda one: (rank.get(one[0].kind, len(rank)), one[0].key))
        ]

    @property
    def numbers(self) -> set[int]:
        return {int(name.partition(":")[2]) for name in self.names if name.startswith("strava:")}

    def content(self) -> tuple[Any, ...]:
        best = self.said[0]
        account = {Activity: ME, Weight: GOOGLE}[self.model] if best.kind == "api" else f"file:{best.kind}"
        heartrate = next((record.heartrate for record in self.said if record.heartrate is not None), None)
        return frozenset(self.names), account, best.start.time().replace(tzinfo=None), heartrate


class Model:
    """What the product promises, in a few plain rules."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.word: dict[frozenset[str], bool] = {}  # in the order in which a pair was first spoken of

    def arrive(self, record: Record, way: Any, *, account: bool = False) -> None:
        row = self.find(record.name) or self.alike(record, account) or self.new(record.model)
        row.held[record, way] = None

    def new(self, model: Any) -> Row:
        self.rows.append(Row(model))
        return self.rows[-1]

    def find(self, name: str) -> Row | None:
        return next((row for row in self.rows if name in row.names), None)

    def alike(self, record: Record, account: bool) -> Row | None:
        """The closest row whose best record is of the same outing, unless the person or Strava says otherwise."""
        found = [row for row in self.rows if row.model is record.model and self.may_be(record, row, account)]
        return min(found, key=lambda row: abs(row.said[0].start - record.start), default=None)

    def may_be(self, record: Record, row: Row, account: bool) -> bool:
        mine = Row(record.model, {(record, None): None})
        if self.kept_apart(mine, row) or row.said[0].outing != record.outing:
            return False
        if account and any(way == API for _, way in row.held):
            return False
        by_strava = row.said[0].kind in ("api", "strava")
        return not (mine.numbers and row.numbers and by_strava)

    def kept_apart(self, one: Row, other: Row) -> bool:
        return any(self.word.get(frozenset((a, b))) is False for a in one.names for b in other.names)

    def leave(self, which: Any) -> None:
        """Whatever `which` says of a (record, way) is gone, and with it the rows that nothing holds."""
        for row in self.rows:
            row.held = {one: None for one in row.held if not which(*one)}
        self.rows = [row for row in self.rows if row.held]

    def reunite(self, arrived: set[str]) -> None:
        for pair, one in list(self.word.items()):
            rows = [row for row in (self.find(name) for name in pair) if row is not None]
            if one and pair & arrived and len(rows) == 2 and rows[0] is not rows[1] and not self.kept_apart(*rows):
                self.merge(*rows)

    def merge(self, one: Row, other: Row) -> None:
        one.held |= other.held
        self.rows.remove(other)

    def say(self, ones: set[str], others: set[str], same: bool) -> None:
        for pair in sorted((min(a, b), max(a, b)) for a in ones for b in others if a != b):
            self.word[frozenset(pair)] = same

    def split(self, row: Row, name: str) -> None:
        self.say({name}, row.names - {name}, same=False)
        off = self.new(row.model)
        off.held = {one: None for one in row.held if one[0].name == name}
        row.held = {one: None for one in row.held if one[0].name != name}

    def join(self, one: Row, other: Row) -> None:
        self.say(one.names, other.names, same=True)
        self.merge(one, other)

    def sync(self, model: Any, there: list[Record]) -> None:
        new = [record for record in there if self.find(record.name) is None]
        for record in there:
            if record not in new:
                self.arrive(record, API)
        # What was there is looked through before anything is added.
        found = [(record, self.alike_once(record)) for record in new]
        for record, row in found:
            (row or self.new(model)).held[record, API] = None
        gone = {record for record in ACCOUNTS[model] if record not in there}
        self.leave(lambda record, way: way == API and record in gone)
        self.reunite({record.name for record in there})

    def alike_once(self, record: Record) -> Row | None:
        row = self.alike(record, account=True)
        if row is not None:
            row.held[record, API] = None
        return row


class Story:
    """The product on its tables, and the model beside it."""

    def __init__(self, app: Flask) -> None:
        self.app, self.model = app, Model()
        self.there = {model: list(told) for model, told in ACCOUNTS.items()}
        self.imports: list[int] = []
        self.done: list[str] = []
        with app.app_context(), Session(db.engine) as session, session.begin():
            tables = "strava_activity, fitbit_weight, origin, choice, file_import, sync_state"
            session.execute(text(f"TRUNCATE {tables}"))

    def step(self, what: str, one: int, other: int) -> None:
        self.done.append(f"{what} {one} {other}")
        with self.app.app_context(), Session(db.engine) as session, session.begin():
            store.begin(session, "")
            getattr(self, what)(session, one, other)
        with self.app.app_context(), Session(db.engine) as session:
            assert self.tables(session) == self.wanted(), "; ".join(self.done)

    def wanted(self) -> list[Any]:
        return sorted((row.model.__name__, sorted(row.names), row.content()[1:]) for row in self.model.rows)

    def tables(self, session: Session) -> list[Any]:
        found = []
        for row in session.scalars(select(Activity)):
            ways = choices.ways_of(session, Activity, row)
            numbers = origins.numbers(Activity, ways)
            assert row.id in numbers if numbers else row.id >= ROW_IDS_BEGIN, "; ".join(self.done)
            assert row.start_date is not None
            said = (row.account, row.start_date.astimezone(UTC).time(), row.average_heartrate)
            found.append(("Activity", sorted(choices.names(Activity, ways)), said))
        for weight in session.scalars(select(Weight)):
            names = choices.names(Weight, choices.ways_of(session, Weight, weight))
            found.append(("Weight", sorted(names), (weight.account, weight.record_time, weight.fat)))
        return sorted(found)

    def bring(self, session: Session, one: int, _: int) -> None:
        file = FILES[one % len(FILES)]
        row = FileImport(name="a file", size=1, state="done")
        session.add(row)
        session.flush()
        Filing(session, row.id, [record.incoming() for record in file]).store()
        self.imports.append(row.id)
        for record in file:
            self.model.arrive(record, row.id)
        self.model.reunite({record.name for record in file})

    def take_back(self, session: Session, one: int, _: int) -> None:
        if self.imports:
            number = self.imports.pop(one % len(self.imports))
            filing.take_back(session, number)
            self.model.leave(lambda _, way: way == number)

    def sync(self, session: Session, _: int, __: int) -> None:
        runs, weights = self.there[Activity], self.there[Weight]
        ids = {int(record.own) for record in runs}
        gone = queries.activity_ids(session, ME, MIDNIGHT, MIDNIGHT + timedelta(days=1)) - ids
        store.save_activities(session, ME, [record.told() for record in runs], sorted(gone))
        store.save_weights(session, GOOGLE, [record.told() for record in weights], SPAN)
        for model in (Activity, Weight):
            self.model.sync(model, self.there[model])

    def change(self, _: Session, one: int, other: int) -> None:
        """The account loses a record, or has it again."""
        model = (Activity, Weight)[other % 2]
        record = ACCOUNTS[model][one % len(ACCOUNTS[model])]
        present = set(self.there[model]) ^ {record}
        self.there[model] = [record for record in ACCOUNTS[model] if record in present]

    def disconnect(self, session: Session, one: int, _: int) -> None:
        source, model = (("strava", Activity), ("fitbit", Weight))[one % 2]
        store.forget(session, source, keep_rows=False)
        self.model.leave(lambda record, way: way == API and record.model is model)

    def split(self, session: Session, one: int, other: int) -> None:
        rows = sorted((row for row in self.model.rows if len(row.names) > 1), key=lambda row: sorted(row.names))
        if rows:
            row = rows[one % len(rows)]
            name = sorted(row.names)[other % len(row.names)]
            choices.split(session, row.model, self.id(session, row), name)
            self.model.split(row, name)

    def join(self, session: Session, one: int, other: int) -> None:
        rows = sorted(self.model.rows, key=lambda row: sorted(row.names))
        if not rows:
            return
        first = rows[one % len(rows)]
        others = [row for row in rows if row.model is first.model and row is not first]
        if others:
            second = others[other % len(others)]
            choices.join(session, first.model, self.id(session, first), self.id(session, second))
            self.model.join(first, second)

    def id(self, session: Session, row: Row) -> int:
        found = choices.row_named(session, row.model, min(row.names))
        assert found is not None, "; ".join(self.done)
        return int(found.id)


@pytest.fixture(scope="module")
def one_database(server: str, template: str) -> Iterator[str]:
    yield from fresh(server, template)


STEP = st.tuples(
    st.sampled_from(["bring", "bring", "sync", "take_back", "disconnect", "change", "split", "join"]),
    st.integers(0, 11),
    st.integers(0, 11),
)


@pytest.mark.timeout(120 + 3 * EXAMPLES)
def test_whatever_comes_in_whatever_order_the_rows_are_those_of_the_plain_model(one_database: str) -> None:
    app = make_app(one_database)

    @seed(int(SEED or 0))
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=not SEED,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.lists(STEP, min_size=4, max_size=STEPS))
    def tell(steps: list[tuple[str, int, int]]) -> None:
        story = Story(app)
        for step in steps:
            story.step(*step)

    tell()
    with app.app_context():
        db.engine.dispose()
