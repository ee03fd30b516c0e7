"""Zips of any maker: their list of files is looked at before it is read, as a hostile one fills the memory."""

import struct
import zipfile
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from functools import partial
from typing import IO

from app.files import bounds
from app.files.bounds import BOMB, FREE, RATIO, Refused
from app.files.contents import MOST, PART_OF_A_ZIP, TOO_MANY, Contents, is_litter, tidy
from app.files.records import Refusal

_LARGEST_LIST = 64 << 20
_END, _END64, _LOCATOR, _ENTRY = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"PK\x01\x02"
_LOCKED, _UTF8 = 0x1, 0x800
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_SPLIT = (0, 0xFFFF)  # the numbers of the first and last part of a zip in one piece

_INCOMPLETE = "This zip is incomplete: its end, where its list of files stands, is missing. Download it once more."
_OVERLAP = "The files in this zip lie over each other, as only a bomb's do: it is not read."
_PROTECTED = "Protected by a password: unpack it with the password, and bring what is in it."
_METHOD = "Packed in a way that is not read here (not by deflate): zip it again."


def members(source: IO[bytes], stack: ExitStack) -> Contents:
    """The members of a zip, readable until the stack unwinds. Raises Refused, and what zipfile does."""
    size = _check(source)
    archive = stack.enter_context(zipfile.ZipFile(source))
    entries = [entry for entry in archive.infolist() if not entry.is_dir() and not is_litter(tidy(entry.filename))]
    if sum(entry.compress_size for entry in entries) > size:
        raise Refused(_OVERLAP)
    small = [entry for entry in entries if entry.file_size <= FREE]  # the others are watched one by one
    if sum(entry.file_size for entry in small) > (1 << 30) + RATIO * sum(entry.compress_size for entry in small):
        raise Refused(BOMB)
    locked = [entry for entry in entries if entry.flag_bits & _LOCKED]
    strange = [entry for entry in entries if not entry.flag_bits & _LOCKED and entry.compress_type not in _METHODS]
    left_out = {id(entry) for entry in (*locked, *strange)}
    found = Contents(refusals=_refusals(locked, _PROTECTED) + _refusals(strange, _METHOD))
    for entry in entries:
        if id(entry) not in left_out:
            opened = partial(archive.open, entry)
            found.members.append(bounds.member(_name(entry), entry.file_size, entry.compress_size, opened))
    return found


def _refusals(entries: Sequence[zipfile.ZipInfo], why: str) -> list[Refusal]:
    """One for all of them, named by the first."""
    if not entries:
        return []
    more = f" and {len(entries) - 1:,} more" if len(entries) > 1 else ""
    return [Refusal(_name(entries[0]) + more, why, count=len(entries))]


def _name(entry: zipfile.ZipInfo) -> str:
    """The name as it was meant: many programs write UTF-8 and do not say so."""
    name = entry.filename
    if not entry.flag_bits & _UTF8 and not name.isascii():
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return tidy(name)


def _check(source: IO[bytes]) -> int:
    """The zip's size in bytes, when its list of files is all there and not too long. Raises Refused."""
    size = source.seek(0, 2)
    back = min(size, 22 + 0xFFFF + 20)
    source.seek(size - back)
    tail = source.read(back)
    end = tail.rfind(_END)
    if end < 0 or end + 22 > len(tail):
        raise Refused(_INCOMPLETE)
    part, first, _, _, length = struct.unpack_from("<HHHHI", tail, end + 4)
    at = size - back + end
    if end >= 20 and tail[end - 20 : end].startswith(_LOCATOR):
        at, length, parts = _zip64(source, *struct.unpack_from("<QI", tail, end - 12))
        part = first = 0 if parts <= 1 else 1
    if part not in _SPLIT or first not in _SPLIT:
        raise Refused(PART_OF_A_ZIP)
    if length > at:
        raise Refused(_INCOMPLETE)
    if length > _LARGEST_LIST:
        raise Refused(TOO_MANY)
    source.seek(at - length)
    if source.read(length).count(_ENTRY) > MOST:
        raise Refused(TOO_MANY)
    return size


def _zip64(source: IO[bytes], at: int, parts: int) -> tuple[int, int, int]:
    """Where the list of files ends, its length, and in how many parts the zip lies."""
    source.seek(at)
    head = source.read(56)
    if not head.startswith(_END64) or len(head) < 56:
        raise Refused(_INCOMPLETE)
    return at, struct.unpack_from("<Q", head, 40)[0], parts
