"""openScale's database: kilograms of one of the people on the scale (docs/formats.md 8.2)."""

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from app.files import plausible, questions
from app.files.records import How, Item, Question, WeighIn
from app.files.text import Faults, clean

KIND = "openscale"
TABLE, USERS = "scaleMeasurements", "scaleUsers"
HEADS = (TABLE,)


def is_one(tables: Mapping[str, set[str]]) -> bool:
    return {"datetime", "weight"} <= tables.get(TABLE, set())


def read(database: sqlite3.Connection, tables: Mapping[str, set[str]], member: str, how: How) -> Iterator[Item]:
    """The weigh-ins of the person; with several on the scale the person is asked."""
    names = [name for name in ("fat", "userid") if name in tables[TABLE]]
    people = _people(database, tables) if "userid" in names else {}
    person = questions.person(HEADS, member, people.keys(), how)
    if isinstance(person, Question):
        yield person
        return
    faults = Faults(member)
    for row in database.execute(f"SELECT datetime, weight, {', '.join(names) or '0'} FROM {TABLE}"):
        cells = dict(zip(("datetime", "weight", *names), row, strict=False))
        if person and cells["userid"] != people[person]:
            continue
        try:
            at = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=float(cells["datetime"]))
            weight, fat = float(cells["weight"]), float(cells.get("fat") or 0)
        except (ValueError, TypeError, OverflowError):
            faults.add("a time or a number cannot be read", list(row))
            continue
        here = at.astimezone(how.zone)
        found = WeighIn(KIND, at.isoformat(), here.date(), round(weight, 3), here.time(), fat or None, None, at, member)
        if why := plausible.strange(here.date(), how):
            faults.add(why, list(row))
        elif whole := plausible.weigh_in(found):
            yield whole
    yield from faults.refusals()


def _people(database: sqlite3.Connection, tables: Mapping[str, set[str]]) -> dict[str, object]:
    """Everyone with a weigh-in, by a name that is theirs alone."""
    ids = [row[0] for row in database.execute(f"SELECT DISTINCT userId FROM {TABLE}").fetchmany(questions.MOST_PEOPLE)]
    named = {"id", "username"} <= tables.get(USERS, set())
    usernames = dict(database.execute(f"SELECT id, username FROM {USERS}").fetchmany(1000)) if named else {}
    names = [clean(usernames.get(one) or f"Person {one}", 60) for one in ids]
    return {name if names.count(name) == 1 else f"{name} ({one})": one for name, one in zip(names, ids, strict=True)}
