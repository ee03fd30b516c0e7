"""Keeps one account's tokens in one file, so that no crash, full disk or second process can lose the sign-in."""

import json
import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from app.sources.errors import GiveUp, Reconnect, Retry
from app.sources.values import need, number

LOCK_SECONDS = 90.0
# A token answer is 1 to 3 kB; the rehearsal writes more, so that the real thing fits as well.
REHEARSAL = b" " * 16384


@dataclass(frozen=True)
class Token:
    """``expires_at`` is epoch seconds; ``scope`` is as granted; ``extra`` is whatever else the file held."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: int
    scope: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(re.split(r"[\s,]+", self.scope)) - {""}

    @classmethod
    def from_json(cls, data: object) -> "Token":
        """ValueError, which names the field and never its value, if one of the three needed keys is unusable."""
        rest = dict(data) if isinstance(data, dict) else {}
        access = _secret("access_token", rest.pop("access_token", None))
        refresh = _secret("refresh_token", rest.pop("refresh_token", None))
        expires = rest.pop("expires_at", None)
        moment = need("expires_at", number(expires))
        scope = rest.pop("scope", "")
        return cls(access, refresh, int(moment), scope if isinstance(scope, str) else "", rest)

    def to_json(self) -> dict[str, Any]:
        scope = {"scope": self.scope} if self.scope else {}
        known = {"access_token": self.access_token, "refresh_token": self.refresh_token, "expires_at": self.expires_at}
        return {**self.extra, **known, **scope}


def _secret(name: str, value: object) -> str:
    # Anything but visible ASCII breaks the request header, with an error text that quotes it.
    if isinstance(value, str) and re.fullmatch(r"[\x21-\x7e]+", value):
        return value
    raise ValueError(f"no usable {name}")


class TokenFile:
    """``path`` holds the tokens (contract: Token files), ``path``.lock keeps other processes out."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._draft = self.path.with_name(f".{self.path.name}.tmp")
        self._mine = threading.local()

    def exists(self) -> bool:
        return self.path.exists()

    def read(self) -> Token | None:
        """The tokens, None without a file; Reconnect, and the file is left as it is, if it cannot be understood."""
        try:
            return Token.from_json(json.loads(self.path.read_bytes()))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Reconnect(
                f"{self.path} cannot be read ({error.strerror}); make it readable, or connect again."
            ) from None
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
            raise Reconnect(f"{self.path} is damaged (it is not JSON); delete it and connect again.") from None
        except ValueError as error:
            raise Reconnect(f"{self.path} is damaged ({error}); delete it and connect again.") from None

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
            # A new one every time: filelock refuses one that was made before a fork.
            return FileLock(f"{self.path}.lock").acquire(timeout=LOCK_SECONDS)
        except Timeout:
            raise Retry(f"Another process is still busy with {self.path}; the next try may succeed.") from None
        except OSError as error:
            raise self._unwritable(error) from None

    def save(self, token: Token) -> None:
        """All or nothing, mode 0600, on the disk when it returns; GiveUp when that fails, and the old file stays."""
        with self.locked():
            try:
                self._write_draft(json.dumps(token.to_json(), indent=2).encode() + b"\n")
                os.replace(self._draft, self.path)
            except OSError as error:
                self._drop_draft()
                raise self._unwritable(error) from None
            # The file is in place by now, and some network disks cannot sync a folder.
            with suppress(OSError):
                self._sync_folder()

    def check_writable(self) -> None:
        """GiveUp if ``save`` would fail. To be asked before a refresh token is spent, for it may be good only once."""
        with self.locked():
            try:
                self._write_draft(REHEARSAL)
            except OSError as error:
                raise self._unwritable(error) from None
            finally:
                self._drop_draft()

    def delete(self) -> None:
        """Forgets the tokens; fine if there are none. GiveUp if the file cannot be removed."""
        with self.locked():
            self._drop_draft()
            try:
                self.path.unlink(missing_ok=True)
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
