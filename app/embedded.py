"""A PostgreSQL of our own under `instance/`, for a machine that has none: one dialect, and no server to set up.

Every process that uses it holds a shared lock on `postgres.users`, which the kernel frees however the process ends;
who leaves and finds nobody else there stops the server.
"""

import atexit
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import psutil

from app import embedded_server, embedded_upgrade
from app.embedded_files import locked, open_private
from app.embedded_programs import is_behind
from environment import fail

WATCH_SECONDS = 2.0


def uri(instance: str) -> str:
    """The address of the embedded server, which is started where it is not running. It stops with its last user.

    Its data live in `instance/postgres`; it listens on a socket only. Any number of processes may call this.
    """
    use = _attach(instance)
    atexit.register(use.leave)
    return use.address


@contextmanager
def held(instance: str) -> Iterator[str]:
    """The address of the embedded server, which is stopped at the end unless somebody else uses it."""
    use = _attach(instance)
    try:
        yield use.address
    finally:
        use.leave()


@contextmanager
def kept(instance: str) -> Iterator[str]:
    """As `held`; should the server die meanwhile, it is started again within seconds, at the same address."""
    over = Event()
    with held(instance) as address:
        watch = Thread(target=_start_when_gone, args=(_folder(instance), over), daemon=True)
        watch.start()
        try:
            yield address
        finally:
            over.set()
            watch.join()


@dataclass(frozen=True)
class Use:
    """One user of the server; `lock` is its share of `postgres.users`."""

    folder: Path
    address: str
    lock: int
    pid: int

    def leave(self) -> None:
        if self.pid != os.getpid():  # a fork of the user's process is not the user
            return
        with locked(self.folder):
            if _alone(self.lock) and not _used_by_earlier_release(self.folder):
                embedded_server.stop(self.folder / "postgres")
            os.close(self.lock)


def _attach(instance: str) -> Use:
    folder = _folder(instance)
    _forget_other_servers()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(folder):
            lock = open_private(folder / "postgres.users")
            _end_outdated(folder, lock)
            fcntl.flock(lock, fcntl.LOCK_SH)
            embedded_upgrade.bring_up_to_date(folder)
            try:
                return Use(folder, embedded_server.ensure_running(folder), lock, os.getpid())
            except KeyboardInterrupt:
                if _alone(lock):
                    embedded_server.stop(folder / "postgres")
                raise
    except OSError as error:
        fail("INSTANCE_DIR", str(folder), f"a folder to keep a database in ({error.filename}: {error.strerror})")


def _forget_other_servers() -> None:
    """What libpq is told of some other PostgreSQL (PGSERVICE, PGOPTIONS, PGDATESTYLE, ...) is not meant for this one.

    But a password does no harm, and the updater may need it.
    """
    for name in [name for name in os.environ if name.startswith("PG") and not name.startswith(("PGSERVER_", "PGPASS"))]:
        del os.environ[name]


def _folder(instance: str) -> Path:
    if "\n" in instance or "\r" in instance:  # PostgreSQL writes its paths down as lines of a file
        fail("INSTANCE_DIR", instance, "a path without line breaks")
    return Path(instance).resolve()


def _start_when_gone(folder: Path, over: Event) -> None:
    while not over.wait(WATCH_SECONDS):
        with suppress(Exception, SystemExit), locked(folder):  # where it does not start now, it may the next time
            embedded_server.ensure_running(folder)


def _alone(lock: int) -> bool:
    """Whether nobody else uses the server. The lock is then ours alone, and nobody begins while `locked` is ours."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _end_outdated(folder: Path, lock: int) -> None:
    """A server that was left behind may listen where everybody reaches it, or be of an older major; where nobody uses
    it any more, it is stopped, to be started as it should be."""
    data = folder / "postgres"
    running = embedded_server.running(data)
    if running is None or (embedded_server.is_private(running.socket_folder, data) and not is_behind(data)):
        return
    if _alone(lock) and not _used_by_earlier_release(folder):
        embedded_server.stop(data)


def _used_by_earlier_release(folder: Path) -> bool:
    """Those wrote down their processes instead, in a file that is gone once this release has started the server."""
    try:
        pids = json.loads((folder / "postgres" / embedded_server.EARLIER_USERS).read_bytes())
        return any(pid != os.getpid() and psutil.pid_exists(pid) for pid in pids)
    except (OSError, ValueError, TypeError, OverflowError):
        return False
