"""Reads the databases that apps on phones write: Health Connect's export and openScale's (docs/formats.md 8.2)."""

import shutil
import sqlite3
import tempfile
import time as clock
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import IO

from app.files import health_connect, openscale
from app.files.records import How, Item, Member, Refusal
from app.files.text import DAMAGE, Unreadable, sentence

SECONDS = 120.0
"""The longest that a database is asked; an honest one of 1 GB takes some seconds."""
CELL = 1 << 20
OTHER = "A database of an app that is not known; export your data from the app as CSV, and bring that."


def read(member: Member, how: How) -> Iterator[Item]:
    """The records of the app's tables; whatever else lies in the database is not looked at."""
    try:
        with _opened(member, how) as database:
            tables = _tables(database)
            if health_connect.is_one(tables):
                yield from health_connect.read(database, tables, member.name, how)
            elif openscale.is_one(tables):
                yield from openscale.read(database, tables, member.name, how)
            else:
                yield Refusal(member.name, OTHER)
    except (sqlite3.Error, UnicodeDecodeError):  # the latter over a message of SQLite's about a torn schema
        yield Refusal(member.name, "This database is damaged; export it anew.")
    except Unreadable as error:
        yield Refusal(member.name, str(error))


@contextmanager
def _opened(member: Member, how: How) -> Iterator[sqlite3.Connection]:
    """A copy on disk, open for reading alone; nothing in a stranger's schema is run."""
    with tempfile.NamedTemporaryFile(dir=how.scratch, suffix=".db") as copy:
        _copied(member, copy)
        with closing(sqlite3.connect(f"file:{copy.name}?mode=ro&immutable=1", uri=True)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, CELL)
            database.text_factory = lambda text: text.decode("utf-8", "replace")
            until = clock.monotonic() + SECONDS
            database.set_progress_handler(lambda: clock.monotonic() > until, 100_000)
            yield database


def _copied(member: Member, copy: IO[bytes]) -> None:
    try:
        with member.open() as stream:
            shutil.copyfileobj(stream, copy, 1 << 20)
    except DAMAGE as error:
        raise Unreadable(sentence(error)) from error
    copy.flush()


def _tables(database: sqlite3.Connection) -> dict[str, set[str]]:
    """The columns of every plain table: views and virtual tables are a stranger's programs."""
    found = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchmany(2000)
    plain = [name for name, sql in found if str(sql).upper().startswith("CREATE TABLE")]
    columns = "SELECT name FROM pragma_table_info(?) WHERE name IS NOT NULL"
    return {name: {row[0].lower() for row in database.execute(columns, (name,))} for name in plain}
