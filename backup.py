"""Backups: everything that cannot be read again from nothing - the rows, the settings and the sign-ins - in one file.

`python backup.py save FILE` and `python backup.py restore FILE`, where - stands for standard output or input. A backup
holds tokens, so it is written for its owner only. It is a tar file of CSV tables, which any program can read.
"""

import argparse
import csv
import gzip
import hashlib
import io
import json
import re
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2
from flask import current_app
from flask_migrate import downgrade, upgrade
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from app import create_app
from app.extensions import db
from app.records import store
from app.sync.agenda import METRICS
from config import ROOT
from logs import first_line

FORMAT = 1
MANIFEST = "sevenday.json"
PATIENCE_SECONDS = 60.0
Files = dict[str, bytes]
"""A backup's content by name: `sevenday.json`, `tables/<table>.csv`, `creds/<source>.json`."""


class Unusable(Exception):
    """A file that is no whole backup of Sevenday; nothing has been changed."""


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
        except Unusable as error:
            sys.exit(f"{wanted.file} cannot be restored: {error}. Nothing was changed.")
        except (SQLAlchemyError, psycopg2.Error) as error:  # the latter where COPY was asked for by hand
            sys.exit(f"The database refused: {first_line(error)}. Nothing was changed.")
        except OSError as error:
            sys.exit(f"{error.filename or wanted.file}: {error.strerror}.")


def save(target: str) -> int:
    files = contents()
    packed = pack(files)
    if target == "-":
        sys.stdout.buffer.write(packed)
        return 0
    draft = Path(f"{target}.part")
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_bytes(packed)
    draft.replace(target)
    print(f"Saved to {target}: {counted(files)}.")  # noqa: T201
    return 0


def contents() -> Files:
    """All of it as at one moment."""
    files: Files = {}
    with db.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
        for table in tables(connection):
            files[f"tables/{table}.csv"] = copied_out(connection, table)
    files |= {f"creds/{path.name}": path.read_bytes() for path in sorted(creds().glob("[a-z]*.json"))}
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    about = {"format": FORMAT, "revision": revision, "made": datetime.now(UTC).isoformat(), "sha256": sums}
    return {MANIFEST: json.dumps(about, indent=1).encode(), **files}


def creds() -> Path:
    return Path(current_app.config["CREDS_DIR"])


def tables(connection: Connection) -> list[str]:
    """Every table of ours that is there, each after those that it refers to."""
    found = set(connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")))
    return [table.name for table in db.metadata.sorted_tables if table.name in found]


def copied_out(connection: Connection, table: str) -> bytes:
    out = io.BytesIO()
    with driver(connection).cursor() as cursor:
        cursor.execute("SET LOCAL datestyle = ISO; SET LOCAL timezone = UTC")
        cursor.copy_expert(f'COPY "{table}" TO STDOUT (FORMAT csv, HEADER)', out)
    return out.getvalue()


def driver(connection: Connection) -> Any:
    """psycopg2's connection, for COPY."""
    return connection.connection.driver_connection


def pack(files: Files) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode, member.mtime = len(data), 0o600, int(datetime.now(UTC).timestamp())
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def restore(source: str) -> int:
    """Replaces everything, in one transaction: whatever goes wrong, all is as it was."""
    files = unpack(sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes())
    with ExitStack() as stack:
        for name in METRICS:  # a sync under way ends first, and none begins
            if not stack.enter_context(store.sole_writer(name, PATIENCE_SECONDS)):
                sys.exit(f"{name} is being synced; try again in a minute. Nothing was changed.")
        drafts = [stack.enter_context(drafted(name, data)) for name, data in files.items() if name.startswith("creds/")]
        with db.engine.begin() as connection:
            refill(connection, files)
        for draft, path in drafts:
            if path.exists():
                path.replace(path.with_name(f"{path.name}.before-restore"))
            draft.replace(path)
    print(f"Restored from {source}: {counted(files)}.")  # noqa: T201
    return 0


def unpack(packed: bytes) -> Files:
    """The content of a backup, once every byte of it has been found as it was saved; Unusable otherwise."""
    try:
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(packed))) as archive:
            files = {member.name: read(archive, member) for member in archive}
        about = json.loads(files.pop(MANIFEST))
        sums = about["sha256"]
        whole = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()} == sums
    except KeyError:
        raise Unusable("it is no backup of Sevenday") from None
    except (OSError, EOFError, ValueError, TypeError, tarfile.TarError):
        raise Unusable("it is no backup of Sevenday, or it is damaged") from None
    if not whole:
        raise Unusable("it is damaged")
    if about["format"] != FORMAT or not list((ROOT / "migrations/versions").glob(f"{about['revision']}_*.py")):
        raise Unusable("it was made by a newer Sevenday; upgrade this one first")
    if not all(re.fullmatch(r"tables/\w+\.csv|creds/[a-z]\w*\.json", name) for name in files):
        raise Unusable("it holds what no backup of Sevenday does")
    return {MANIFEST: json.dumps(about).encode(), **files}


def read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = archive.extractfile(member)
    if stream is None:
        raise ValueError
    return stream.read()


def refill(connection: Connection, files: Files) -> None:
    """Empties the database, makes the tables as they were when the backup was, fills them and upgrades them."""
    revision = json.loads(files[MANIFEST])["revision"]
    seize(connection)
    current_app.config["MIGRATE_ON"] = connection
    try:
        downgrade(revision="base")
        upgrade(revision=revision)
        for name, data in files.items():
            if name.startswith("tables/"):
                copy_in(connection, Path(name).stem, data)
        upgrade()
    except SystemExit:  # Flask-Migrate's way of saying that it does not know a revision
        raise Unusable("the database is of a newer Sevenday; upgrade this one first") from None
    finally:
        del current_app.config["MIGRATE_ON"]
    connection.execute(
        text("SELECT pg_notify(:channel, '')"), {"channel": store.CHANGES_CHANNEL}
    )  # the open pages follow


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


def copy_in(connection: Connection, table: str, data: bytes) -> None:
    names = next(csv.reader(io.StringIO(data.decode())))
    columns = ", ".join(f'"{name}"' for name in names)
    with driver(connection).cursor() as cursor:
        cursor.execute(f'DELETE FROM "{table}"')  # a migration may have put a row of its own in
        cursor.copy_expert(f'COPY "{table}" ({columns}) FROM STDIN (FORMAT csv, HEADER)', io.BytesIO(data))
        cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", (table, names[0]))
        if sequence := cursor.fetchone()[0]:  # a row that is added later must not get the id of one that is here
            is_taken = f"HAVING max(id) >= nextval('{sequence}')"
            cursor.execute(f"SELECT setval('{sequence}', max(id)) FROM \"{table}\" {is_taken}")


@contextmanager
def drafted(name: str, data: bytes) -> Iterator[tuple[Path, Path]]:
    """The token file beside its place, whole before anything is changed; gone at the end if not used."""
    creds().mkdir(mode=0o700, parents=True, exist_ok=True)
    path = creds() / Path(name).name
    draft = path.with_name(f".{path.name}.restored")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_bytes(data)
    try:
        yield draft, path
    finally:
        draft.unlink(missing_ok=True)


def counted(files: Files) -> str:
    """`412 rows of strava_activity, ..., the sign-ins of fitbit and strava`."""
    rows = [
        f"{sum(1 for _ in csv.reader(io.StringIO(data.decode()))) - 1} rows of {Path(name).stem}"
        for name, data in files.items()
        if name.startswith("tables/")
    ]
    signed_in = [Path(name).stem for name in files if name.startswith("creds/") and "_client" not in name]
    return ", ".join([*rows, f"the sign-in of {' and '.join(signed_in)}" if signed_in else "no sign-ins"])


if __name__ == "__main__":
    sys.exit(main())
