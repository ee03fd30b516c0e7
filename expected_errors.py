"""Errors that ask nothing of a person but one known step: their tracebacks are a sentence, and another when it is over.

It takes nothing but the standard library.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

TRACEBACK = "Traceback (most recent call last)"
BOX = tuple(" \t│╭╰")
"""How a line within a traceback begins, also in the frame that Prefect's command line draws around one."""
GIST = 160


class ExpectedError(NamedTuple):
    """What errors with one cause have in common, and the sentence in the place of their tracebacks."""

    errors: re.Pattern[str]
    so: str
    then: str
    lasts: bool = True


def expected(errors: str, so: str, then: str, lasts: bool = True) -> ExpectedError:
    return ExpectedError(re.compile(errors, re.IGNORECASE), so, then, lasts)


EXPECTED = (
    expected(
        r"database (?:table )?is locked",
        "Prefect's database is locked",
        "Syncs wait and go on by themselves. If it lasts, end what else has instance/prefect/prefect.db open",
    ),
    expected(
        r"No space left on device|database or disk is full|Disk quota exceeded",
        "The disk is full",
        "Nothing new can be stored until you make room; then all goes on by itself",
    ),
    expected(
        r"attempt to write a readonly database|Read-only file system",
        "The disk or the folder of the data cannot be written to",
        "Make it writable, then start Sevenday again",
    ),
    expected(
        r"disk I/O error|Input/output error|unable to open database file|database disk image is malformed",
        "The disk does not keep what Prefect writes",
        "Look after the disk, then start Sevenday again",
    ),
    expected(
        r"too many clients already|remaining connection slots are reserved|too many connections for ",
        "PostgreSQL lets no more programs in",
        "End some that use it or raise its max_connections; until then it is asked again",
    ),
    expected(r"address already in use", "Another program has taken the port", "Another port is tried", lasts=False),
    expected(r"Too many open files", "No more files can be opened", "Raise the limit (ulimit -n), then start again"),
    expected(
        r"(?:psycopg2\.|sqlalchemy\.exc\.)\S+: .*(?:connection|server|database system|it did not answer)",
        "The database does not answer",
        "It is asked again, and all goes on by itself",
    ),
    expected(
        r"httpx\.\w+|httpcore\.\w+|PrefectHTTPStatusError|Failed to reach API|Service Unavailable",
        "Prefect's server does not answer as it should",
        "It is asked again, and syncs go on by themselves",
    ),
)
OVER_SECONDS = 90.0
"""Without a further error of the kind; Prefect waits a minute for a lock before each."""


@dataclass
class Episode:
    since: str
    last: str
    quiet_at: float
    lasts: bool
    errors: int = 1


class Episodes:
    """Tracebacks of one known cause are two sentences: what is so, since when and what to do, and that it is over."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, tell: Callable[[], str] | None = None) -> None:
        self.clock, self.tell = clock, tell or (lambda: time.strftime("%H:%M"))
        self.running: dict[str, Episode] = {}

    def take(self, text: str) -> str | None:
        """What is to be said in the place of this block; nothing ('') where that was said."""
        lines = text.split("\n")
        if TRACEBACK not in text:
            return None
        errors = [line for line in lines if line and not line.startswith((*BOX, "["))]
        for kind in EXPECTED:
            if error := next((line for line in reversed(errors) if kind.errors.search(line)), None):
                return self._met(kind, error)
        return None

    def _met(self, kind: ExpectedError, error: str) -> str:
        now, quiet_at = self.tell(), self.clock() + OVER_SECONDS
        if episode := self.running.get(kind.so):
            episode.last, episode.quiet_at, episode.errors = now, quiet_at, episode.errors + 1
            return ""
        self.running[kind.so] = Episode(now, now, quiet_at, kind.lasts)
        since = f" since {now}" if kind.lasts else ""
        return f"{kind.so}{since}. {kind.then}. ({error[:GIST]})"

    def over(self) -> list[str]:
        ended = [(so, episode) for so, episode in self.running.items() if episode.quiet_at <= self.clock()]
        for so, _ in ended:
            del self.running[so]
        return [
            f"It is over: “{so}”, from {one.since} to {one.last} (errors: {one.errors})"
            for so, one in ended
            if one.lasts
        ]
