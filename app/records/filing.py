"""Stores what files say: each record is a new row, or one more way by which a row is known (origins.py)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.records import choices, matching, origins, same
from app.records.account import Account
from app.records.models import RECORDS, Activity, FileImport, Origin, Weight

OWN = "own"
"""Our own export, the only kind that says whose account a row is, and the rows of which are never one."""
Came = Literal["new", "changed", "known"]


@dataclass(frozen=True)
class Incoming:
    """One record of a file: the table that it belongs into, and its columns there (SI units).

    `kind` is the file's format and `key` the record's name within that; `strava` is Strava's own id where the file says
    it. `assumed`: the local start is the person's zone's, as the file does not know the clock of the place.
    """

    model: Any
    kind: str
    key: str
    values: dict[str, Any]
    strava: int | None = None
    assumed: bool = False

    @property
    def full_key(self) -> str:
        return f"{self.kind}:{self.key}"


class Filing:
    """One transaction's records of an import: what is there already is read once, and rows are written at its end."""

    def __init__(self, session: Session, by: int | str, incoming: Sequence[Incoming]) -> None:
        self.session, self.way = session, way_of(by)
        self.now = origins.moment(session)
        self.by_model = {model: [one for one in incoming if one.model is model] for model in RECORDS}
        self.rows: dict[int, Any] = {}
        self.ways: dict[int, list[Origin]] = {}
        self.keys: dict[str, int] = {}
        self.ids: list[int] = []
        self.outings: dict[date, dict[int, same.Outing]] = {}
        self.days: dict[int, date] = {}
        self.apart: choices.Apart = {}

    def store(self) -> Counter[tuple[str, Came]]:
        """How many records of each table were new, changed a row or were known."""
        counted: Counter[tuple[str, Came]] = Counter()
        for model, incoming in self.by_model.items():
            if incoming:
                self.read(model, incoming)
                counted.update((model.__tablename__, self.file(model, one)) for one in incoming)
                self.session.flush()
                names = {origins.name_of(model, one.full_key) for one in incoming}
                choices.reunite(self.session, model, names)
        return counted

    def store_each(self) -> list[tuple[Came, Any]]:
        """Of each record how it came, and its row: for few records of one table."""
        found = []
        for model, incoming in self.by_model.items():
            if incoming:
                self.read(model, incoming)
                found += [(self.file(model, one), self.rows[self.keys[one.full_key]]) for one in incoming]
                self.session.flush()
                choices.reunite(self.session, model, {origins.name_of(model, one.full_key) for one in incoming})
        return found

    def read(self, model: Any, incoming: list[Incoming]) -> None:
        """The rows that these records could be, with all their ways."""
        keys = {one.full_key for one in incoming}
        keys |= {key for name in numbered(incoming) for key in origins.keys_of(model, name)}
        told = select(Origin.key, Origin.row_id).where(Origin.record == model.__tablename__, Origin.key.in_(keys))
        self.keys = dict(self.session.execute(told).tuples().all())
        rows = self.candidates(model, incoming)
        missing = set(self.keys.values()) - {row.id for row in rows}
        rows += self.session.scalars(select(model).where(model.id.in_(missing))) if missing else []
        self.rows = {row.id: row for row in rows}
        self.ways = origins.of_rows(self.session, model, list(self.rows))
        self.apart = choices.apart(self.session, model)
        self.ids = origins.next_ids(self.session, model, len(incoming))
        for row in self.rows.values() if model is Activity else ():
            self.place(row)

    def candidates(self, model: Any, incoming: list[Incoming]) -> list[Any]:
        if model is Activity:
            named = {one.strava for one in incoming if one.strava} | uploads(incoming)
            near = matching.activities_of(self.session, {one.values["start_date"].date() for one in incoming})
            has_number = Activity.id.in_(named) | Activity.upload_id.in_(named)
            far = list(self.session.scalars(select(Activity).where(has_number))) if named else []
            return list({row.id: row for row in [*near, *far]}.values())
        if model is Weight:
            return list(matching.weights_of(self.session, {one.values["record_date"] for one in incoming}))
        days = [one.values["record_date"] for one in incoming]
        return list(self.session.scalars(select(model).where(model.record_date.in_(days))))

    def file(self, model: Any, one: Incoming) -> Came:
        row = self.stored_row(model, one) or self.same(model, one)
        if row is None:
            return self.add(model, one)
        ways = self.ways.get(row.id, [])
        if model is Activity and one.strava and self.may_renumber(row, ways, one.strava):
            self.renumber(row, one.strava)
        ways = origins.of_row(model, row, ways)
        self.ways[row.id] = origins.say(self.session, ways, self.origin(model, row.id, one))
        self.keys[one.full_key] = row.id
        written = origins.write(row, origins.folded(model, self.ways[row.id]), self.now)
        if written and model is Activity:
            self.place(row)
        mine = all(way.way == self.way for way in self.ways[row.id]) and len(self.ways[row.id]) == 1
        if mine and self.way.startswith(origins.IMPORT):
            return "new"  # as an earlier, interrupted run of this import found it
        return "changed" if written else "known"

    def stored_row(self, model: Any, one: Incoming) -> Any | None:
        """The row that holds this record already: by its key, or by Strava's id of it."""
        names = [f"strava:{one.strava}"] if model is Activity and one.strava else []
        keys = [one.full_key, *(key for name in names for key in origins.keys_of(model, name))]
        return next((self.rows[self.keys[key]] for key in keys if self.keys.get(key) in self.rows), None)

    def may_renumber(self, row: Any, ways: list[Origin], number: int) -> bool:
        """Whether a row should bear this id: it has none of Strava's, and no other row is there."""
        return row.id != number and number not in self.rows and row.id not in origins.numbers(Activity, ways)

    def same(self, model: Any, one: Incoming) -> Any | None:
        if model is Activity:
            return self.by_number(one) or self.same_activity(one)
        if model is Weight:
            return matching.same_weight(one.values, (row for row in self.rows.values() if not self.is_barred(one, row)))
        account = one.values.get("account", str(Account(one.kind, way="file")))
        found = (row for row in self.rows.values() if row.record_date == one.values["record_date"])
        return next((row for row in found if row.account == account), None)

    def is_barred(self, one: Incoming, row: Any) -> bool:
        """Whether the row is another: the person said so, or our own export has both."""
        ways = self.ways.get(row.id, [])
        if one.kind == OWN and any(way.way == self.way and way.key != one.full_key for way in ways):
            return True
        return choices.is_barred(self.apart, one.model, one.full_key, row, ways)

    def same_activity(self, one: Incoming) -> Activity | None:
        day = one.values["start_date"].date()
        near = (other for n in (-1, 0, 1) for other in self.outings.get(day + timedelta(days=n), {}).values())
        allowed = (other for other in near if not self.is_barred(one, self.rows[other.id]))
        found = same.match(matching.outing_of(one.values, one.strava), allowed)
        return self.rows[found.id] if found else None

    def place(self, row: Activity) -> None:
        """Lets a row be found by its day, in UTC, as it is now."""
        self.displace(row.id)
        outing = matching.outing(row)
        self.days[row.id] = outing.start.date()
        self.outings.setdefault(outing.start.date(), {})[row.id] = outing

    def displace(self, number: int) -> None:
        self.outings.get(self.days.pop(number, date.min), {}).pop(number, None)

    def by_number(self, one: Incoming) -> Any | None:
        """The row with Strava's id, or that of the same upload."""
        if one.strava and one.strava in self.rows:
            return self.rows[one.strava]
        upload = one.values.get("upload_id")
        alike = (row for row in self.rows.values() if upload and upload in (row.upload_id, row.id))
        found = (row for row in alike if not one.strava or row.id == one.strava)
        return next((row for row in found if not self.is_barred(one, row)), None)

    def add(self, model: Any, one: Incoming) -> Came:
        number = one.strava or self.ids.pop()
        new = self.origin(model, number, one)
        self.session.add(new)
        row = model(id=number, last_time=self.now, **origins.folded(model, [new]))
        self.session.add(row)
        self.rows[number], self.ways[number], self.keys[new.key] = row, [new], number
        if model is Activity:
            self.place(row)
        return "new"

    def renumber(self, row: Any, number: int) -> None:
        """Gives a row that a file without Strava's id brought the one that Strava knows it by."""
        old = row.id
        self.displace(old)
        origins.rename(self.session, Activity, row, number)
        self.place(row)
        self.rows[number], self.ways[number] = self.rows.pop(old), self.ways.pop(old, [])
        self.keys = {key: number if row_id == old else row_id for key, row_id in self.keys.items()}

    def origin(self, model: Any, row_id: int, one: Incoming) -> Origin:
        content = one.values | ({origins.ASSUMED: True} if one.assumed else {})
        return origins.origin(model, row_id, self.way, one.kind, one.key, content)


def numbered(incoming: Iterable[Incoming]) -> set[str]:
    """The names of those that bear Strava's id."""
    return {f"strava:{one.strava}" for one in incoming if one.strava}


def uploads(incoming: Iterable[Incoming]) -> set[int]:
    return {one.values["upload_id"] for one in incoming if one.values.get("upload_id")}


def way_of(by: int | str) -> str:
    """An import by its number; a phone and a hand are ways by their own names (account.py)."""
    return by if isinstance(by, str) else f"{origins.IMPORT}{by}"


def take_back(session: Session, number: int) -> int:
    """Removes all that an import brought and no other way holds; returns how many rows are gone."""
    removed = origins.withdraw_all(session, RECORDS, way_of(number))
    found = session.get(FileImport, number)
    if found is not None:
        found.state = "undone"
    return removed
