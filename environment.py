"""Typed access to the environment: each value is checked when read, and nonsense ends the program with one line."""

import ipaddress
import os
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NoReturn, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

import tzlocal

SCRYPT = re.compile(r"scrypt:(?P<n>\d{3,7}):(?P<r>\d{1,2}):(?P<p>\d{1,2})\$[^$\s]+\$[0-9a-f]{128}")
MOST_WORK = 1 << 23  # n * r * p; 32 times that of `make password`, a gigabyte
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[\x21-\x7e]+")
T = TypeVar("T")
N = TypeVar("N", int, float)


def fail(name: str, got: str, takes: str) -> NoReturn:
    sys.exit(f"Sevenday cannot start: {name} is {got!r}; it takes {takes}.")


class Environment:
    """Typed access to a mapping of strings. An empty value counts as not set: `NAME=` in a file means the default."""

    def __init__(self, values: Mapping[str, str | None], root: Path) -> None:
        """`root` is where relative paths begin."""
        self.root = root
        self.values = {name: value.strip() for name, value in values.items() if value and value.strip()}

    def text(self, name: str) -> str | None:
        return self.values.get(name)

    def checked(self, name: str, default: T, parse: Callable[[str], T], takes: str, secret: bool = False) -> T:
        """The value through `parse`, which raises ValueError for what it does not take."""
        raw = self.values.get(name)
        if raw is None:
            return default
        try:
            return parse(raw)
        except (ValueError, KeyError):
            fail(name, "(hidden)" if secret else raw, takes)

    def number(self, name: str, default: float, low: float, high: float) -> float:
        return self.between(name, default, low, high, float, f"a number from {low:g} to {high:g}")

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        return self.between(name, default, low, high, int, f"a whole number from {low} to {high}")

    def between(self, name: str, default: N, low: N, high: N, read: Callable[[str], N], takes: str) -> N:
        def parse(raw: str) -> N:
            value = read(raw)
            if not low <= value <= high:
                raise ValueError
            return value

        return self.checked(name, default, parse, takes)

    def choice(self, name: str, *options: str) -> str:
        def parse(raw: str) -> str:
            return options[options.index(raw.lower())]

        return self.checked(name, options[0], parse, " or ".join(options))

    def switch(self, name: str, default: bool) -> bool:
        words = dict.fromkeys(("1", "true", "yes", "on"), True) | dict.fromkeys(("0", "false", "no", "off"), False)
        return self.checked(name, default, lambda raw: words[raw.lower()], "1 or 0")

    def url(self, name: str, default: str) -> str:
        def parse(raw: str) -> str:
            parts = urlsplit(raw)
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.port == 0:
                raise ValueError
            return raw.rstrip("/")

        secret = "@" in self.values.get(name, "")  # user:password@host is no address for this, and not to be repeated
        return self.checked(name, default, parse, "an http:// or https:// address", secret)

    def addresses(self, name: str) -> tuple[str, ...]:
        """Words such as ntfy://host/topic; what each of them means is Apprise's to know."""

        def parse(raw: str) -> tuple[str, ...]:
            words = tuple(raw.split())
            if not all(ADDRESS.fullmatch(word) for word in words):
                raise ValueError
            return words

        takes = "Apprise addresses such as ntfy://host/topic, separated by spaces"
        return self.checked(name, (), parse, takes, secret=True)

    def address(self, name: str, default: str) -> str:
        def parse(raw: str) -> str:
            return raw if raw == "localhost" else str(ipaddress.ip_address(raw))

        return self.checked(name, default, parse, "an IP address of this machine, or localhost")

    def database(self, name: str) -> str | None:
        def parse(raw: str) -> str:
            if raw.startswith(("postgresql://", "postgres://")):
                raw = "postgresql+psycopg2://" + raw.partition("://")[2]
            if not raw.startswith("postgresql+psycopg2://") or urlsplit(raw).port == 0:  # which raises for no number
                raise ValueError
            return raw

        # The address carries a password, so the message must not repeat it.
        return self.checked(name, None, parse, "postgresql+psycopg2://user:pass@host/db", secret=True)

    def user_and_password(self, name: str) -> str | None:
        def parse(raw: str) -> str:
            if not all(raw.partition(":")) or not raw.isprintable():
                raise ValueError
            return raw

        return self.checked(name, None, parse, "user:password", secret=True)

    def password_hash(self, name: str) -> str | None:
        def parse(raw: str) -> str:
            found = SCRYPT.fullmatch(raw)
            n, r, p = (int(number) for number in found.groups()) if found else (0, 0, 0)
            if not 0 < n * r * p <= MOST_WORK or n & (n - 1):
                raise ValueError
            return raw

        return self.checked(name, None, parse, "what `make password` prints, between single quotes", secret=True)

    def timezone(self, name: str) -> str:
        def parse(raw: str) -> str:
            if raw not in available_timezones():
                raise ValueError
            return raw

        return self.checked(name, None, parse, "an IANA name such as Europe/Berlin") or machine_timezone()

    def folder(self, name: str, default: str) -> str:
        path = (self.root / Path(self.values.get(name, default)).expanduser()).resolve()
        if path.exists() and not path.is_dir():
            fail(name, str(path), "the path of a folder")
        close_to_others(path, ours=path == self.root / default)
        return str(path)


def machine_timezone() -> str:
    """The machine's IANA zone; UTC where the machine does not say or says something that is none."""
    try:
        name = tzlocal.get_localzone_name()
        ZoneInfo(name)
    except Exception:  # tzlocal raises whatever the machine's files lead it to, and a zone is no reason to stop
        return "UTC"
    return name


KEPT = re.compile(
    r"secret_key\S*|postgres\S*|prefect\S*|demo|inbox|\.?(strava|fitbit)(_client)?\.json\S*|\.?notify\.json\S*|lost\+found"
)
"""What lies in INSTANCE_DIR and CREDS_DIR. A folder with anything else in it serves somebody for other things, too."""


def close_to_others(folder: Path, ours: bool = False) -> None:
    """Mode 0700 for a folder of the program's own: one that it made, or that holds its files and nothing else."""
    with suppress(OSError):  # it is not there yet, or its disk knows no modes: each file in it is closed besides
        status, names = folder.stat(), os.listdir(folder)
        ours = ours or (bool(names) and all(KEPT.fullmatch(name) for name in names))
        if ours and status.st_uid == os.geteuid() and status.st_mode & 0o077:
            folder.chmod(0o700)
