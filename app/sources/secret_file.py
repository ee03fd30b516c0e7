"""Keeps secrets of one account in one file, so that no crash, full disk or second process can lose or show them."""

import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from app.sources.errors import GiveUp, Reconnect, Retry

LOCK_SECONDS = 90.0
# A token answer is 1 to 3 kB; the rehearsal writes more, so that the real thing fits as well.
REHEARSAL = b" " * 16384


class SecretFile:
    """``path`` holds a JSON object, readable by its owner alone; ``path``.lock keeps other processes out."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._draft = self.path.with_name(f".{self.path.name}.tmp")
        self._mine = threading.local()

    def exists(self) -> bool:
        return self.path.exists()

    def load(self) -> Any:
        """What the file says, None without a file; Reconnect, and the file is left as it is, if that is no JSON."""
        try:
            return json.loads(self.path.read_bytes()) or {}
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Reconnect(
                f"{self.path} cannot be read ({error.strerror}); make it readable, or connect again."
            ) from None
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
            raise Reconnect(f"{self.path} is damaged (it is not JSON); delete it and connect again.") from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps every other process and thread from changing the file; may be nested.

        Raises Retry when another process keeps it for 90 s, GiveUp when no lock file can be made.
        """
        if getattr(self._mine, "held", False):
            yield
            return
        with self._guard():
            self._mine.held = True
            try:
                yield
            finally:
                self._mine.held = False

    def _guard(self) -> Any:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = self.path.with_name(f"{self.path.name}.lock")
            with suppress(FileNotFoundError):  # who can open a lock can hold it, and earlier releases left it open
                lock.chmod(0o600)
            # A new one every time: filelock refuses one that was made before a fork.
            return FileLock(lock, mode=0o600).acquire(timeout=LOCK_SECONDS)
        except Timeout:
            raise Retry(f"Another process is still busy with {self.path}; the next try may succeed.") from None
        except OSError as error:
            raise self._unwritable(error) from None

    def store(self, content: Mapping[str, Any]) -> None:
        """All or nothing, mode 0600, on the disk when it returns; GiveUp when that fails, and the old file stays."""
        with self.locked():
            try:
                self._write_draft(json.dumps(content, indent=2).encode() + b"\n")
                os.replace(self._draft, self.path)
            except OSError as error:
                self._drop_draft()
                raise self._unwritable(error) from None
            # The file is in place by now, and some network disks cannot sync a folder.
            with suppress(OSError):
                self._sync_folder()

    def check_writable(self) -> None:
        """GiveUp if ``store`` would fail. To be asked before a refresh token is spent, for it may be good only once."""
        with self.locked():
            try:
                self._write_draft(REHEARSAL)
            except OSError as error:
                raise self._unwritable(error) from None
            finally:
                self._drop_draft()

    def delete(self) -> None:
        """Forgets everything, also what a restore put aside; GiveUp if a file cannot be removed."""
        with self.locked():
            self._drop_draft()
            try:
                self.path.unlink(missing_ok=True)
                self.path.with_name(f"{self.path.name}.before-restore").unlink(missing_ok=True)
            except OSError as error:
                raise self._unwritable(error) from None

    def _write_draft(self, content: bytes) -> None:
        # Only the holder of the lock writes, so a fixed name will do, and what a crash left is overwritten. It is
        # removed first because only a new file is sure to have this mode from the start.
        self._draft.unlink(missing_ok=True)
        handle = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def _drop_draft(self) -> None:
        with suppress(OSError):
            self._draft.unlink(missing_ok=True)

    def _sync_folder(self) -> None:
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _unwritable(self, error: OSError) -> GiveUp:
        return GiveUp(f"{self.path} cannot be written ({error.strerror}); free some space or make its folder writable.")
