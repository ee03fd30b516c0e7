"""Carries the embedded database over to the next PostgreSQL major, by reading all of the old one into a new one.

The old data are only read, and stay in their place until the new ones are whole. Each step has a name beside
`postgres`, so that after a kill the next start goes on or begins again:

    postgres.next       being filled; thrown away by who finds it
    postgres.whole      filled, stopped and on the disk; takes the place of `postgres`, which becomes
    postgres.before     the old data, removed when the new ones have started
"""

import shutil
import sys
import tempfile
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import IO

import logs
from app import embedded_programs as programs
from app import embedded_server as server
from app.embedded_files import forget
from config import Config, sync_folder

OWN_ROLE = b"CREATE ROLE postgres;\n"
"""The one line of a dump that new data have done already."""


def bring_up_to_date(folder: Path) -> None:
    """Leaves data of the newest major in `folder/postgres`, or those that were there and one line that says why."""
    data = folder / "postgres"
    if server.running(data):
        return
    finish(folder)
    if not programs.is_behind(data):
        return
    major, newest = programs.major_of(data), programs.newest()
    say(f"The database is of PostgreSQL {major}; carrying it over to {newest} ...")
    try:
        carry_over(folder, newest)
    except (OSError, SystemExit) as error:
        say(f"It stays with PostgreSQL {major} for now, and nothing is lost: {error}")
    else:
        finish(folder)
        say(f"The database is of PostgreSQL {newest} now.")


def finish(folder: Path) -> None:
    """Does what is left of an upgrade that has its new data."""
    data, whole, before = (folder / name for name in ("postgres", "postgres.whole", "postgres.before"))
    if whole.exists():
        if data.exists():
            forget(before)
            data.rename(before)
        whole.rename(data)
        sync_folder(folder)
    if before.exists():
        server.start(folder, data)
        forget(before)


def carry_over(folder: Path, newest: int) -> None:
    """Makes `postgres.whole` of `postgres`. OSError or SystemExit where that cannot be; no server runs afterwards."""
    data, fresh = folder / "postgres", folder / "postgres.next"
    server.stop(fresh)
    forget(fresh)
    try:
        programs.make(fresh, newest)
        copy(server.start(folder, data), server.start(folder, fresh), programs.folders()[newest])
    finally:
        server.stop(fresh)
        server.stop(data)
        for left in (server.lock_of(fresh), server.socket_note(fresh), server.log_of(fresh)):
            left.unlink(missing_ok=True)
    fresh.rename(folder / "postgres.whole")
    sync_folder(folder)


def copy(old: server.Running, new: server.Running, binaries: Path) -> None:
    """Every role and database of one server into the other, which has its own only. OSError unless all of it came."""
    where = ["-U", "postgres", "-h"]
    dump: list[str | Path] = [binaries / "pg_dumpall", *where, old.socket_folder]
    options = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", "postgres"]
    load: list[str | Path] = [binaries / "psql", *where, new.socket_folder, *options]
    with tempfile.TemporaryFile() as said:
        env = programs.environment()
        with (
            Popen(dump, env=env, stdout=PIPE, stderr=said) as source,
            Popen(load, env=env, stdin=PIPE, stdout=DEVNULL, stderr=said) as sink,
        ):
            pass_on(source.stdout, sink.stdin)
        if source.returncode or sink.returncode:
            said.seek(0)
            raise OSError(programs.last_line(said.read().decode(errors="replace")))


def pass_on(dump: IO[bytes] | None, load: IO[bytes] | None) -> None:
    assert dump is not None
    assert load is not None
    try:
        for line in dump:
            if line == OWN_ROLE:
                break
            load.write(line)
        shutil.copyfileobj(dump, load)
        load.close()
    except BrokenPipeError:  # who reads has ended, and says why
        dump.close()


def say(text: str) -> None:
    print(logs.line(Config.LOG_FORMAT, "database", text), file=sys.stderr, flush=True)  # noqa: T201
