"""Tars, as Google's .tgz are: read once from front to end, and what is worth it kept in one nameless file."""

import os
import re
import tarfile
from collections.abc import Iterator
from functools import partial
from typing import IO, BinaryIO

from app.files import bounds
from app.files.bounds import Refused, Source
from app.files.contents import MOST, TOO_MANY, Contents, is_litter, tidy
from app.files.records import Member, Refusal

_LONGEST_HEAD = 1 << 20  # of names and remarks that stand before a member, which tarfile takes into memory
_NOT_KEPT = re.compile(
    r"\.(jpe?g|png|gif|heic|webp|mp4|mov|avi|mp3|pdf|html?)$|(^|/)(heart_rate|steps|distance|altitude|sleep)-[\d-]+\.json$"
    r"|UserActivityProbabilit|UserSensorCompress",
    re.IGNORECASE,
)
_USELESS = "This is a picture, a film, a page or what a sensor wrote each second: nothing of it is needed."
_CUT = "This archive is cut off or damaged: what lies before the break was read. Download it once more for the rest."
_BROKEN = "This archive is damaged at its very beginning: download it, or pack it, once more."


class _Careful(tarfile.TarInfo):
    """Refuses heads that would fill the memory."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Careful":
        read = super().frombuf(buf, encoding, errors)
        if read.type in (b"L", b"K", b"x", b"X", b"g") and read.size > _LONGEST_HEAD:
            raise tarfile.HeaderError("a head of megabytes")
        return read


class _Slice:
    """A part of a file, wherever others read in it."""

    def __init__(self, file: IO[bytes], start: int, size: int) -> None:
        self._file, self._at, self._end = file, start, start + size

    def read(self, size: int, /) -> bytes:
        data = os.pread(self._file.fileno(), min(size, self._end - self._at), self._at)
        self._at += len(data)
        return data

    def close(self) -> None:
        """The file is for others, too."""


def members(stream: BinaryIO, spool: IO[bytes]) -> Contents:
    """The regular files of a tar, not its links, devices and folders; readable as long as the spool is open."""
    found = Contents()
    try:
        with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Careful) as archive:
            for entry in _entries(archive):
                name = tidy(entry.name)
                if entry.isreg() and not is_litter(name):
                    found.members.append(_kept(archive, entry, name, spool))
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        if isinstance(error, Refused):
            raise
        if not found.members:
            raise Refused(_BROKEN) from None
        found.refusals.append(Refusal("", _CUT))
    spool.flush()
    return found


def _entries(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    count = 0
    while entry := archive.next():
        archive.members = []  # type: ignore[attr-defined]  # tarfile would remember them all
        count += 1
        if count > MOST:
            raise Refused(TOO_MANY)
        yield entry


def _kept(archive: tarfile.TarFile, entry: tarfile.TarInfo, name: str, spool: IO[bytes]) -> Member:
    if _NOT_KEPT.search(name):
        return bounds.member(name, entry.size, entry.size, _useless)
    start, most = spool.tell(), bounds.limit(name)
    with archive.extractfile(entry) as stream:  # type: ignore[union-attr]
        while spool.tell() - start <= most and (piece := stream.read(1 << 20)):
            spool.write(piece)
    size = spool.tell() - start
    return bounds.member(name, size, size, partial(_Slice, spool, start, size))


def _useless() -> Source:
    raise Refused(_USELESS)
