"""Streams that end in a sentence where honest files end in bytes: too large, a bomb, or packed again and again."""

import io
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, BinaryIO, Protocol, cast

from app.files.records import Member

_MB = 1 << 20
_GB = 1 << 30
LARGEST = 200 * _MB
LIMITS = {
    **dict.fromkeys((".csv", ".json", ".txt"), 64 * _MB),
    ".xml": 6 * _GB,
    **dict.fromkeys((".db", ".sqlite"), 2 * _GB),
    **dict.fromkeys((".zip", ".tar", ".tgz"), 100 * _GB),
}
"""The most that is inflated of a file, by the end of its name; of others LARGEST."""
RATIO, FREE = 200, 10 * _MB  # real files are packed 1.5 to 24 times; below FREE that is not asked
BOMB = "This grows to over 200 times its size when it is unpacked, as only a bomb does: it is not read."
TWICE = "This is packed with gzip several times over: unpack it, and bring what is in it."
GZIP = b"\x1f\x8b"
_PIECE = 1 << 16
_MOST_JOINED = 10_000  # gzip files in one, which is legal


class Refused(ValueError):
    """What cannot or must not be read; the message is the sentence for the person."""


class Source(Protocol):
    """As much of a stream as is asked for here."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes, none at the end."""

    def close(self) -> None:
        """Let go."""


def member(name: str, size: int, packed: int, opened: Callable[[], Source], path: Path | None = None) -> Member:
    """A member whose streams are inflated and bounded; `packed` is its size where it lies."""
    return Member(name, size, lambda: _stream(opened(), name, packed), path)


def limit(name: str) -> int:
    """How many bytes of a file of this name are read at most."""
    bare = name.lower().removesuffix(".gz")
    return next((most for end, most in LIMITS.items() if bare.endswith(end)), LARGEST)


def narrowed(whole: Member, most: int) -> Member:
    """The same file with a lower limit than its name's, for what its content turned out to be."""

    def opened() -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(_Bounded(whole.open(), most, None), _PIECE))

    return Member(whole.name, whole.size, opened, whole.path)


def _stream(source: Source, name: str, packed: int) -> BinaryIO:
    """From the source's bytes, or from what they are packed of by gzip, at most twice."""
    start = source.read(2)
    for _ in range(2):
        if start != GZIP:
            break
        source = _Inflated(source, start)
        start = source.read(2)
    if start == GZIP:
        source.close()
        raise Refused(TWICE)
    return cast(BinaryIO, io.BufferedReader(_Bounded(source, limit(name), packed, start), _PIECE))


class _Bounded(io.RawIOBase):
    """Counts what is read and refuses to go beyond the limit, or beyond what so few packed bytes can honestly be."""

    def __init__(self, source: Source | IO[bytes], most: int, packed: int | None, start: bytes = b"") -> None:
        self._source, self._most, self._packed, self._start = source, most, packed, start
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        data = self._start or self._source.read(len(buffer))
        data, self._start = data[: len(buffer)], data[len(buffer) :] if self._start else b""
        self._count += len(data)
        if self._count > self._most:
            raise Refused(f"This is over {self._most // _MB:,} MB, as no file of its kind is: it is not read.")
        if self._packed is not None and self._count > max(FREE, RATIO * self._packed):
            raise Refused(BOMB)
        buffer[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        """In pieces larger than the base class's."""
        pieces = iter(lambda: io.RawIOBase.read(self, _MB) or b"", b"")
        return b"".join(pieces)

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()


class _Inflated:
    """The content of a gzip, or of several in a row. One that is cut off or damaged ends early, after what came."""

    def __init__(self, source: Source, start: bytes) -> None:
        self._source, self._packed = source, start
        self._inflate = zlib.decompressobj(31)
        self._joined = 0
        self._done = False

    def read(self, size: int, /) -> bytes:
        while not self._done:
            self._packed = self._packed or self._source.read(_PIECE)
            try:
                data = self._inflate.decompress(self._packed, size) if self._packed else b""
            except zlib.error:
                data = self._packed = b""
            self._done = not self._packed
            self._packed = self._inflate.unconsumed_tail
            if self._inflate.eof:
                self._next()
            if data:
                return data
        return b""

    def _next(self) -> None:
        """Go on with a gzip that follows; what else follows is padding."""
        rest = self._inflate.unused_data or self._source.read(_PIECE)
        self._joined += 1
        self._done = not rest.startswith(GZIP) or self._joined > _MOST_JOINED
        self._packed, self._inflate = rest, zlib.decompressobj(31)

    def close(self) -> None:
        self._source.close()
