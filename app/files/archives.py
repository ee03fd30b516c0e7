"""Archives as lists of members, read one by one, whoever packed them; nothing is written by a name from an archive."""

import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO

from app.files import bounds, folders, tars, zips
from app.files.bounds import GZIP, Refused
from app.files.contents import Contents
from app.files.records import How, Member

DEEPEST = 3
_LARGEST_INNER = 8 << 30
_TOO_DEEP = "Archives lie more than three deep in each other here: unpack it, and bring what is in it."
_DAMAGED = "This archive is damaged: download it, or pack it, once more."


@contextmanager
def unpacked(member: Member, kind: str, how: How, depth: int = 1) -> Iterator[Contents]:
    """The members of a `zip`, `tar` or `folder`, readable until the end of the block.

    `depth` is 1 for what lies in no other archive. Raises Refused.
    """
    if depth > DEEPEST:
        raise Refused(_TOO_DEEP)
    with ExitStack() as stack:
        try:
            contents = _opened(member, kind, how, stack)
        except (zipfile.BadZipFile, struct.error, zlib.error, EOFError, NotImplementedError, UnicodeError):
            raise Refused(_DAMAGED) from None
        yield contents


def _opened(member: Member, kind: str, how: How, stack: ExitStack) -> Contents:
    if kind == "folder" and member.path:
        return folders.members(member.path)
    if kind == "tar":
        spool = _spool(how, stack)
        with member.open() as stream:
            return tars.members(stream, spool)
    return zips.members(_file(member, stack) or _spooled(member, how, stack), stack)


def _file(member: Member, stack: ExitStack) -> IO[bytes] | None:
    """The zip where it lies on the disk, unless it is a member, or packed once more by gzip."""
    file = stack.enter_context(member.path.open("rb")) if member.path else None
    return file if file and file.read(len(GZIP)) != GZIP else None


def _spooled(member: Member, how: How, stack: ExitStack) -> IO[bytes]:
    """A nameless file with the member's bytes, since a zip is read from its end."""
    spool = _spool(how, stack)
    with bounds.narrowed(member, _LARGEST_INNER).open() as stream:
        shutil.copyfileobj(stream, spool, 1 << 20)
    return spool


def _spool(how: How, stack: ExitStack) -> IO[bytes]:
    return stack.enter_context(tempfile.TemporaryFile(dir=how.scratch))
