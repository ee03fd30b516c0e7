"""Backups: everything that cannot be read again from nothing - the rows, the settings and the sign-ins - in one file.

`python backup.py save FILE` and `python backup.py restore FILE`, where - stands for standard output or input. A backup
holds tokens, so it is written for its owner only. It is a tar file of CSV tables, which any program can read.
"""

import interrupts  # before what takes long to load

# isort: split
import argparse
import csv
import io
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2
from flask import current_app
from flask_migrate import downgrade, upgrade
from psycopg2 import sql
from sqlalchemy import Connection, func, inspect, select, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

import stats_con
from app import create_app
from app.backup_file import MOST_BYTES, Files, Unusable, pack, unpack
from app.extensions import db
from app.notify import addresses
from app.records import store
from app.sync.agenda import METRICS
from app.web import sign_ins, tokens
from config import ROOT, sync_folder, written
from logs import first_line

PATIENCE_SECONDS = 60.0
REFUSALS = (Unusable, OSError, SQLAlchemyError, psycopg2.Error)  # the last where COPY was asked for by hand
NOT_KEPT = {sign_ins.SignIn.__tablename__, tokens.ApiToken.__tablename__}
"""Who is signed in to the board: somebody who was signed out, or a token that was revoked since, must not be in
again after a restore."""
Rows = dict[str, int]
"""How many there are, by table."""


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="backup.py", description="Saves Sevenday's data to one file, or brings it back."
    )
    parser.add_argument("action", choices=["save", "restore"])
    parser.add_argument("file", help="- for standard output or input")
    wanted = parser.parse_args()
    with create_app("config.UpdaterConfig").app_context():
        try:
            return save(wanted.file) if wanted.action == "save" else restore(wanted.file)
        except REFUSALS as error:
            sys.exit(refusal(wanted.action, wanted.file, error))


def refusal(action: str, file: str, error: Exception) -> str:
    if isinstance(error, Unusable):
        return f"{file} cannot be {action}d: {error}. Nothing was changed."
    if isinstance(error, OSError):
        return f"{error.filename or file}: {error.strerror}."
    return f"The database refused: {printable(first_line(error))}. Nothing was changed."


def printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)


def save(target: str) -> int:
    files, rows, revision = contents()
    packed = pack(files, {"revision": revision, "made": datetime.now(UTC).isoformat()})
    if target == "-":
        sys.stdout.buffer.write(packed)
        return 0
    draft = Path(f"{target}.part")
    draft.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(draft, packed)
    draft.replace(target)
    sync_folder(draft.parent)
    print(f"Saved to {target}: {counted(rows, files)}.")  # noqa: T201
    return 0


def write_private(path: Path, data: bytes) -> None:
    """A new file for its owner only, on the disk, in the place of whatever is there."""
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        written(file, data)


def contents() -> tuple[Files, Rows, str | None]:
    """All of it as at one moment, and the revision of the tables."""
    files, rows = {}, {}
    with db.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
        for table in tables(connection):
            files[f"tables/{table}.csv"], rows[table] = copied_out(connection, table)
    files |= {f"creds/{path.name}": path.read_bytes() for path in sign_in_files() if path.exists()}
    return files, rows, revision


def sign_in_files() -> list[Path]:
    """Where the tokens and the client of each account live, and where to tell."""
    config, places = current_app.config, (stats_con.real_token_file, stats_con.client_file)
    found = [place(config, source).path for place in places for source in stats_con.SOURCES]
    return sorted([*found, addresses.kept(config).path])


def tables(connection: Connection) -> list[str]:
    """Every table of a backup that is there, each after those that it refers to."""
    found = set(connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")))
    return [table.name for table in db.metadata.sorted_tables if table.name in found - NOT_KEPT]


def copied_out(connection: Connection, table: str) -> tuple[bytes, int]:
    out = io.BytesIO()
    with driver(connection).cursor() as cursor:
        cursor.execute("SET LOCAL datestyle = ISO; SET LOCAL timezone = UTC")
        cursor.copy_expert(sql.SQL("COPY {} TO STDOUT (FORMAT csv, HEADER)").format(sql.Identifier(table)), out)
        return out.getvalue(), cursor.rowcount


def driver(connection: Connection) -> Any:
    """psycopg2's connection, for COPY."""
    return connection.connection.driver_connection


def restore(source: str) -> int:
    """Replaces everything, in one transaction: whatever goes wrong, all is as it was."""
    revision, files = unpack(content_of(source), revisions())
    kept = {path: files[name] for path in sign_in_files() if (name := f"creds/{path.name}") in files}
    with ExitStack() as stack:
        for name in METRICS:  # a sync under way ends first, and none begins
            if not stack.enter_context(store.sole_writer(name, PATIENCE_SECONDS)):
                sys.exit(f"{name} is being synced; try again in a minute. Nothing was changed.")
        drafts = {path: stack.enter_context(drafted(path, data)) for path, data in kept.items()}
        with db.engine.begin() as connection:
            rows = refill(connection, revision, files)
        replace_sign_ins(drafts)
    print(f"Restored from {source}: {counted(rows, files)}.")  # noqa: T201
    return 0


def content_of(source: str) -> bytes:
    with open(sys.stdin.fileno() if source == "-" else source, "rb", closefd=source != "-") as file:
        packed = file.read(MOST_BYTES + 1)
    if len(packed) > MOST_BYTES:
        raise Unusable("it is larger than any backup of Sevenday")
    return packed


def revisions() -> set[str]:
    """Those of the tables that this release knows."""
    return {path.name.partition("_")[0] for path in (ROOT / "migrations/versions").glob("*.py")}


def replace_sign_ins(drafts: dict[Path, Path]) -> None:
    """Those of the backup take their places; what was there is put aside, also where the backup has none.

    It is not removed: a refresh token may be the only one, and a restore may have been a mistake.
    """
    for path in sign_in_files():
        if path.exists():
            path.replace(path.with_name(f"{path.name}.before-restore"))
        if path in drafts:
            drafts[path].replace(path)
    if drafts:
        sync_folder(next(iter(drafts)).parent)


def refill(connection: Connection, revision: str, files: Files) -> Rows:
    """Empties the database, makes the tables as they were when the backup was, fills them and upgrades them."""
    seize(connection)
    current_app.config["MIGRATE_ON"] = connection
    try:
        downgrade(revision="base")
        upgrade(revision=revision)
        rows = fill(connection, files)
        upgrade()
    except SystemExit:  # Flask-Migrate's way of saying that it does not know a revision
        raise Unusable("the database is of a newer Sevenday; upgrade this one first") from None
    finally:
        del current_app.config["MIGRATE_ON"]
    for channel in (store.CHANGES_CHANNEL, sign_ins.CHANNEL):  # the open pages follow, or end
        connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": channel})
    return rows


def fill(connection: Connection, files: Files) -> Rows:
    """Fills the tables that the migrations have just made from the backup's files of the same names."""
    found = {Path(name).stem for name in files if name.startswith("tables/")} - NOT_KEPT
    names = tables(connection)
    if found != set(names):
        raise Unusable("its tables are not those of a backup of Sevenday")
    return {name: copy_in(connection, name, files[f"tables/{name}.csv"]) for name in names}


def seize(connection: Connection) -> None:
    """Takes every table at once or none: a page that reads one after the other must not lock us out half way."""
    connection.execute(select(func.pg_advisory_xact_lock(store.WRITE_LOCK)))
    names = ", ".join(f'"{name}"' for name in tables(connection))
    deadline = time.monotonic() + PATIENCE_SECONDS
    while names:
        try:
            with connection.begin_nested():
                connection.execute(text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE NOWAIT"))
            return
        except OperationalError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.02)


def copy_in(connection: Connection, table: str, data: bytes) -> int:
    """How many rows were filled in. The columns are the table's own: a name out of a file never becomes SQL."""
    table_columns, names = {column["name"] for column in inspect(connection).get_columns(table)}, header(data)
    if not names or not table_columns.issuperset(names) or len(set(names)) < len(names):
        raise Unusable(f"the columns of {table} are not those of a backup of Sevenday")
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in names)
    copy = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, HEADER)").format(sql.Identifier(table), columns)
    with driver(connection).cursor() as cursor:
        cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))  # a migration may have put a row in
        cursor.copy_expert(copy, io.BytesIO(data))
        rows = int(cursor.rowcount)
        if "id" in table_columns:  # a row that is added later must not get the id of one that is here
            sequence = sql.SQL("pg_get_serial_sequence({}, 'id')").format(sql.Literal(table))
            last = sql.SQL("SELECT setval({0}, max(id)) FROM {1} HAVING max(id) >= nextval({0})")
            cursor.execute(last.format(sequence, sql.Identifier(table)))
    return rows


def header(data: bytes) -> list[str]:
    try:
        return next(csv.reader([data.partition(b"\n")[0].decode()]), [])
    except (UnicodeDecodeError, csv.Error):
        raise Unusable("it is damaged") from None


@contextmanager
def drafted(path: Path, data: bytes) -> Iterator[Path]:
    """The content of a token file beside its place, whole before anything is changed; gone at the end if not used."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.restored")
    write_private(draft, data)
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def counted(rows: Rows, files: Files) -> str:
    """`412 rows of strava_activity, ..., the sign-ins of fitbit and strava`."""
    signed_in = [source for source in sorted(stats_con.SOURCES) if f"creds/{source}.json" in files]
    said = [f"{number} rows of {table}" for table, number in rows.items()]
    return ", ".join([*said, f"the sign-in of {' and '.join(signed_in)}" if signed_in else "no sign-ins"])


if __name__ == "__main__":
    sys.exit(interrupts.heeded(main))
