"""Starts, finds and stops the embedded PostgreSQL.

While a server or any session of it lives, it holds the lock on `postgres.running`, whatever has become of its parent.
"""

import fcntl
import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil

from app import embedded_programs as programs
from app import embedded_user
from app.embedded_files import is_closed, open_private, socket_folder
from environment import fail

EARLIER_USERS = ".handle_pids.json"
PATIENCE_SECONDS = 10.0
START_SECONDS = 120.0
"""After a power cut it reads its whole log again before it is ready."""
STOP_SECONDS = 30.0
LOG_BYTES = 1_000_000

SETTINGS = {"listen_addresses": "", "port": "5432", "unix_socket_permissions": "0700", "log_checkpoints": "off"}

started: list[int] = []
"""Our own children, so that one which died can be reaped."""


@dataclass(frozen=True)
class Running:
    """What postmaster.pid says of a server."""

    pid: int
    socket_folder: Path
    ready: bool


def address(folder: Path, database: str = "postgres") -> str:
    return f"postgresql+psycopg2://postgres:@/{database}?host={quote(str(folder))}"


def ensure_running(folder: Path) -> str:
    """The address of the server on `folder/postgres`, started and its data made where need be. To be called locked."""
    data = folder / "postgres"
    if not (data / "PG_VERSION").exists() and running(data) is None:
        programs.make(data, programs.newest())
    return address(start(folder, data).socket_folder)


def start(folder: Path, data: Path) -> Running:
    """The server on `data`, in `folder`, once it answers."""
    for child in started:
        with suppress(ChildProcessError):
            os.waitpid(child, os.WNOHANG)
    if running(data) is None:
        forget_dead(data)
        spawn(folder, data)
    deadline = time.monotonic() + START_SECONDS
    while not ((server := running(data)) and server.ready):
        if not works(data):
            reason = programs.last_line(log_of(data).read_text(errors="replace"))
            fail("INSTANCE_DIR", str(folder), f"a folder whose database starts ({reason})")
        if time.monotonic() > deadline:
            fail("INSTANCE_DIR", str(folder), "some more time for its database, which still reads its log; start again")
        time.sleep(0.05)
    return server


def spawn(folder: Path, data: Path) -> None:
    user, binaries = embedded_user.owner(data), programs.of(data)
    if data.stat().st_uid != user:
        fail("INSTANCE_DIR", str(folder), "a folder whose database was made by the user who starts it now")
    sockets = str(socket_folder(data, socket_note(data), user)).replace('"', '""')
    settings = {**SETTINGS, "unix_socket_directories": f'"{sockets}"'}
    words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    (data / EARLIER_USERS).unlink(missing_ok=True)
    mark, log = open_private(lock_of(data)), open_private(log_of(data))
    try:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(log, 0) if os.fstat(log).st_size > LOG_BYTES else os.lseek(log, 0, os.SEEK_END)
        child = subprocess.Popen(
            embedded_user.command(user, binaries / "postgres", "-D", data, *words),
            cwd="/",
            env=programs.environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[mark],
            start_new_session=True,
        )
    finally:
        os.close(mark)
        os.close(log)
    started.append(child.pid)
    child.returncode = 0  # it may outlive us: Python need not warn of that


def running(data: Path) -> Running | None:
    """The server on `data`, unless what postmaster.pid names is by now somebody else's process, or nobody's."""
    try:
        lines = noted(data)
        pid, sockets, ready = int(lines[0]), Path(lines[4]), lines[7:8] == ["ready   "]
        alive = psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except (ValueError, IndexError, psutil.Error):
        return None
    return Running(pid, sockets, ready) if alive and works(data) else None


def works(data: Path) -> bool:
    """Whether a server on `data`, or a session that a dead one left, is still at work."""
    mark = open_private(lock_of(data))
    try:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(mark)
    return any(is_in(process, data) for process in psutil.process_iter(["name"]))


def is_in(process: psutil.Process, data: Path) -> bool:
    """Of a server that an earlier release started, which holds no lock: its working directory is its data."""
    try:
        return process.info["name"] == "postgres" and process.cwd() == str(data)
    except psutil.AccessDenied:  # as root in a container; else it is another user's and so not our server
        return os.geteuid() == 0 and noted(data)[:1] == [str(process.pid)]
    except psutil.Error:
        return False


def noted(data: Path) -> list[str]:
    """The lines of postmaster.pid: first the process, fifth the folder of its socket, eighth its state."""
    with suppress(OSError):
        return os.fsdecode((data / "postmaster.pid").read_bytes()).split("\n")
    return []


def forget_dead(data: Path) -> None:
    """After a power cut postmaster.pid and the lock of the socket name a process that by now is somebody else's or
    nobody's, and PostgreSQL would take the database to be running, or the note is empty."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while works(data):
        if time.monotonic() > deadline:
            fail("INSTANCE_DIR", str(data.parent), "a folder on which no other PostgreSQL is still at work")
        time.sleep(0.1)
    note = data / "postmaster.pid"
    for left in [*data.glob(".s.PGSQL.*.lock"), note]:
        left.unlink(missing_ok=True)


def stop(data: Path) -> None:
    """Ends the server on `data`, where one runs. Its sessions end; what they had not committed never was."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (server := running(data)) is None and works(data) and time.monotonic() < deadline:
        time.sleep(0.02)  # it has only just been started, and will say who it is
    for number in (signal.SIGINT, signal.SIGQUIT):
        if server is None or not works(data):
            break
        with suppress(ProcessLookupError):
            os.kill(server.pid, number)
        deadline = time.monotonic() + STOP_SECONDS
        while works(data) and time.monotonic() < deadline:
            time.sleep(0.02)
    if server and server.socket_folder != data:
        with suppress(OSError):
            server.socket_folder.rmdir()


def lock_of(data: Path) -> Path:
    return data.with_name(f"{data.name}.running")


def socket_note(data: Path) -> Path:
    return data.with_name(f"{data.name}.socket")


def is_private(sockets: Path, data: Path) -> bool:
    with suppress(OSError):
        return is_closed(sockets, embedded_user.owner(data), os.geteuid())
    return False


def log_of(data: Path) -> Path:
    return data.with_name(f"{data.name}.log")
