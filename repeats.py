"""What repeats is said once, and then with a count: for loggers (logs.py) and for what other programs print.

Two texts are the same when they differ in nothing but moments, addresses in memory, random ids and fractions; a text
that comes with ever other numbers is cut after MANY. A traceback whose cause asks for nothing but a known step is one
sentence (expected_errors.py). It takes nothing but the standard library.
`python repeats.py` does so with what it is given on standard input.
"""

import os
import re
import select
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import IO, Any

from expected_errors import BOX, Episodes

FIRST_SECONDS, LONGEST_SECONDS = 60.0, 3600.0
"""So long a text is said once only; doubled each time that it goes on, so a storm of a night fits on a screen."""
MANY = 100
MOST_KNOWN = 5000
MOST_LINES = 500
"""In one block."""
IDLE_SECONDS, TORN_SECONDS = 0.2, 2.0
"""After which a traceback is taken to be whole; the second one where its error is still to come."""
GIST = 200

VOLATILE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|0x[0-9a-f]+|\b[0-9a-f]{32,}\b"
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?|\d\d:\d\d:\d\d(?:[.,]\d+)?"
    r"|\[\d+\]|\d+\.\d+|(?<=Flow run )'[a-z]+-[a-z]+'",
    re.IGNORECASE,
)
NUMBER = re.compile(r"\d+")
BEGINS = re.compile(r"\s*(?:[A-Z]+: +|\+ |╭─+ )?(?:Exception Group )?Traceback \(most recent call last\)")
GOES_ON = re.compile(
    r"\s*$|During handling of the above|The above exception was|\[SQL: |\[parameters: |\(Background on this error"
)
"""What may stand after the error that a traceback ends with."""


@dataclass
class Seen:
    """A text, or many that differ in their numbers: what it was about, how often it was kept back, and until when."""

    gist: str
    about: Any
    until: float
    span: float = FIRST_SECONDS
    kept_back: int = 0
    said: int = 1


class Repeats:
    """What was said lately. Whoever asks gets what is to be said now: each with what it is `about`, for a caller who
    has to know, say by which logger."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock, self.lock = clock, Lock()
        self.texts: dict[str, Seen] = {}
        self.crowds: dict[str, Seen] = {}
        self.looked = 0.0

    def take(self, text: str, about: Any = None) -> list[tuple[Any, str]]:
        """`text`, unless it is empty or was said lately, and before it what is over of others."""
        with self.lock:
            told = self._over(self.clock())
            return [*told, (about, text)] if text.strip() and self._new(text, about) else told

    def over(self, all_of_it: bool = False) -> list[tuple[Any, str]]:
        """The counts of what has been kept back long enough."""
        with self.lock:
            return self._over(float("inf") if all_of_it else self.clock())

    def _new(self, text: str, about: Any) -> bool:
        same = VOLATILE.sub("~", text)
        if seen := self.texts.get(same):
            seen.kept_back += 1
            return False
        if len(self.texts) >= MOST_KNOWN:
            return True
        alike, until = NUMBER.sub("#", same), self.clock() + FIRST_SECONDS
        crowd = self.crowds.setdefault(alike, Seen(gist(text), about, until, said=0))
        if crowd.said >= MANY:
            crowd.kept_back += 1
            return False
        crowd.said += 1
        self.texts[same] = Seen(gist(text), about, until)
        return True

    def _over(self, now: float) -> list[tuple[Any, str]]:
        if now < self.looked + 1:
            return []
        self.looked = min(now, self.clock())
        return [*counted(self.texts, now), *counted(self.crowds, now)]


def counted(seen_by_text: dict[str, Seen], now: float) -> list[tuple[Any, str]]:
    """What goes on is kept back for longer; what has come to rest is forgotten."""
    told = []
    for key, seen in [(key, seen) for key, seen in seen_by_text.items() if seen.until <= now]:
        if not seen.kept_back:
            del seen_by_text[key]
            continue
        times = "once more" if seen.kept_back == 1 else f"{seen.kept_back:,} times more"
        told.append((seen.about, f"... said {times}: {seen.gist}"))
        seen.span = min(2 * seen.span, LONGEST_SECONDS)
        seen.until, seen.kept_back = seen.until + seen.span, 0
    return told


def gist(text: str) -> str:
    """The first line; of a bare traceback the last one, which names the error."""
    lines = [line for line in text.split("\n") if line.strip()] or [""]
    line = lines[-1] if lines[0].startswith("Traceback") else lines[0]
    return line if len(line) <= GIST else f"{line[:GIST]}..."


def pass_on(stream: IO[bytes], show: Callable[[str], object]) -> None:
    """Shows what another program prints, line by line, to its end. Of what repeats the count comes."""
    repeats, episodes = Repeats(), Episodes()
    for block in blocks(stream):
        for line in episodes.over():
            show(line)
        instead = episodes.take(block) if block else None
        text = block if instead is None else instead
        for _, said in repeats.take(text) if text is not None else repeats.over():
            for line in said.split("\n"):
                show(line)
    for _, text in repeats.over(all_of_it=True):
        show(text)


class Blocks:
    """Puts lines together: a traceback, with the line before it and the errors that led to it, is one text."""

    def __init__(self) -> None:
        self.held: list[str] = []
        self.inside = self.after = False

    def add(self, line: str) -> str | None:
        """What is whole now that this line has come."""
        frame = self.inside and (line.startswith(BOX) or not line)
        goes_on = BEGINS.match(line) or frame or (self.after and GOES_ON.match(line)) or self.inside
        whole = self.end() if self.held and (not goes_on or len(self.held) >= MOST_LINES) else None
        if BEGINS.match(line):
            self.inside, self.after = True, False
        elif self.inside and not frame:  # the error itself
            self.inside, self.after = False, True
        self.held.append(line)
        return whole

    def end(self) -> str:
        whole, self.held = "\n".join(self.held).rstrip(), []
        self.inside = self.after = False
        return whole


def blocks(stream: IO[bytes]) -> Iterator[str | None]:
    """What another program prints, a line or a traceback at a time; None while nothing comes."""
    made, rest = Blocks(), b""
    while True:
        idle = TORN_SECONDS if made.inside else IDLE_SECONDS if made.held else 1.0
        if not select.select([stream], [], [], idle)[0]:
            yield made.end() if made.held else None
            continue
        data = os.read(stream.fileno(), 65_536)
        *lines, rest = (rest + data).split(b"\n") if data else [*filter(None, [rest]), b""]
        for line in lines:
            if whole := made.add(line.decode(errors="replace")):
                yield whole
        if not data:
            break
    if made.held:
        yield made.end()


if __name__ == "__main__":
    pass_on(sys.stdin.buffer, lambda line: print(line, flush=True))  # noqa: T201
