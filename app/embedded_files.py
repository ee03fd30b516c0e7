"""Files that only we can open, and folders for the embedded database's sockets that only we can enter."""

import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SOCKET = ".s.PGSQL.5432"
LOCK_SECONDS = 1800
"""Longer than it takes to carry a database over to another major."""
LONGEST = 103
"""Bytes in the path of a socket, on the strictest system (macOS); Linux takes 107."""


def open_private(path: Path) -> int:
    """The open file, made where it is missing: ours, and no link to somebody else's. OSError otherwise.

    Who can open a file can also hold its lock, so nobody else may.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with suppress(PermissionError):
        os.fchmod(handle, 0o600)
    return handle


def try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Nobody else starts, stops or upgrades the server in `folder` meanwhile; not to be nested."""
    handle = open_private(folder / "postgres.lock")
    deadline = time.monotonic() + LOCK_SECONDS
    try:
        while not try_lock(handle):
            if time.monotonic() > deadline:
                raise OSError(0, f"held by another Sevenday for {LOCK_SECONDS // 60} minutes", "postgres.lock")
            time.sleep(0.05)
        yield
    finally:
        os.close(handle)


def socket_folder(data: Path, note: Path, user: int) -> Path:
    """Where the server listens: beside its data, or where that path is too long for a socket, in a private folder
    under the temporary one, which is the same one every time as long as it is private. `note` remembers it."""
    if can_hold_socket(data):
        return data
    with suppress(OSError, ValueError):
        noted = Path(os.fsdecode(note.read_bytes()))
        with suppress(FileExistsError):
            noted.mkdir(mode=0o700)
            os.chown(noted, user, -1)
        if is_closed(noted, user) and can_hold_socket(noted):
            return noted
    made = private_folder(user)
    note.unlink(missing_ok=True)
    with open(open_private(note), "wb") as file:
        file.write(os.fsencode(made))
    return made


def private_folder(user: int) -> Path:
    """A new folder of `user`'s alone, with a path that is short enough for a socket. OSError where there is none."""
    for place in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        with suppress(OSError):
            made = Path(tempfile.mkdtemp(prefix="sevenday-sockets-", dir=place))
            if can_hold_socket(made):
                os.chown(made, user, -1)
                return made
            made.rmdir()
    raise OSError(0, "its path is too long, and so is that of every temporary folder", "INSTANCE_DIR")


def can_hold_socket(folder: Path) -> bool:
    """Whether a socket can be there, and libpq takes the path for one and not for a list of hosts."""
    return len(os.fsencode(folder / SOCKET)) <= LONGEST and "," not in str(folder)


def is_closed(folder: Path, *users: int) -> bool:
    """Whether it is a folder, and no link to one, that one of `users` alone can enter."""
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid in users and not found.st_mode & 0o077


def forget(folder: Path) -> None:
    """Removes it with all that is in it, where it is there."""
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)
