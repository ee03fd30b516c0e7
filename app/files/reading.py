"""Reads whatever a person brings: finds out what it is, hands it to its reader; no bad file stops the others."""

import errno
import logging
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from app.files import bounds, folders, kinds, plausible
from app.files.archives import unpacked
from app.files.bounds import Refused
from app.files.own import KIND as OWN
from app.files.readers import EXPORTS, FILES
from app.files.records import Activity, How, Item, Member, Note, Record, Refusal, WeighIn
from app.files.sniff import sniff

log = logging.getLogger(__name__)

_ARCHIVES = {"zip", "tar", "folder"}
_MOST = {"fit": 64 << 20, "gpx": 200 << 20, "tcx": 200 << 20, "table": 64 << 20, "json": 64 << 20}  # bytes
_FEW = 5  # so many members with the same to say are named one by one
_DAMAGE = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, struct.error, NotImplementedError)
_NO_DISKS = (None, errno.EINVAL)  # an archive that points beyond its own bounds, and no fault of the machine
_DAMAGED = "It is damaged where it lies in its archive: download that once more."
_OUR_FAULT = "This program failed over it, which its log describes; all other files were read."
_EMPTY = "This archive is empty."


class Reading:
    """The items of a file. `kind` is known by the time the first one comes, of a table or database by the last one."""

    def __init__(self, source: Path | Member, how: How, further: Sequence[Path] = ()) -> None:
        """`further` are the other parts of an archive that was cut into several."""
        self.source, self.how, self.further = source, how, further
        self.kind = ""

    @property
    def words(self) -> str:
        """What it is, as the result of an import calls it."""
        return kinds.KIND.get(self.kind, self.kind)

    def __iter__(self) -> Iterator[Item]:
        items = _read(self.source, self.how, self._named)
        if self.further and isinstance(self.source, Path):
            items = _guarded(self.source.name, _parts([self.source, *self.further], self.how, self._named))
        for item in _together(items):
            if self.kind in kinds.VAGUE and isinstance(item, Record):
                self.kind = item.kind
            yield item

    def _named(self, kind: str) -> None:
        self.kind = kind


def read(source: Path | Member, how: How) -> Iterator[Item]:
    """The items of a file, of an archive's members, or of the files below a folder."""
    return iter(Reading(source, how))


def _read(source: Path | Member, how: How, named: Callable[[str], None]) -> Iterator[Item]:
    if isinstance(source, Member):
        yield from _file(source, how, 1, named)
    elif source.is_dir():
        yield from _guarded(source.name, _archive(Member(source.name, 0, _nothing, source), "folder", how, 1, named))
    elif source.is_file():
        yield from _file(folders.file(source), how, 1, named)
    else:
        yield Refusal(source.name, "There is no such file.")


def _nothing() -> BinaryIO:
    raise Refused(_EMPTY)


def _file(member: Member, how: How, depth: int, named: Callable[[str], None] = lambda _: None) -> Iterator[Item]:
    """Whatever it is, read; whatever is wrong with it, said."""
    yield from _guarded(member.name, _sniffed(member, how, depth, named))


def _sniffed(member: Member, how: How, depth: int, named: Callable[[str], None]) -> Iterator[Item]:
    found = sniff(member)
    named(found.kind)
    if found.why:
        yield Refusal(member.name, found.why, found.silent)
    elif found.kind in _ARCHIVES:
        yield from _archive(member, found.kind, how, depth, named)
    else:
        bounded = bounds.narrowed(member, _MOST[found.kind]) if found.kind in _MOST else member
        yield from _sound(FILES[found.kind](bounded, how, partial(_file, depth=depth + 1)), how)


def _archive(member: Member, form: str, how: How, depth: int, named: Callable[[str], None]) -> Iterator[Item]:
    with unpacked(member, form, how, depth) as contents:
        names = {name for each in contents.members for name in (each.name, each.name.rpartition("/")[2])}
        if office := next((why for name, why in kinds.OFFICE if name in names), ""):
            yield Refusal(member.name, office)
            return
        kind = kinds.of_archive(contents.members)
        named(kind)
        yield from (replace(refusal, member=refusal.member or member.name) for refusal in contents.refusals)
        if not contents.members and not contents.refusals:
            yield Refusal(member.name, _EMPTY)
        single = partial(_file, depth=depth + 1)
        yield from _sound(EXPORTS[kind](contents.members, how, single), how)


def _parts(sources: Sequence[Path], how: How, named: Callable[[str], None]) -> Iterator[Item]:
    """The members of all parts as those of one archive; what is none of them is read by itself."""
    files = [folders.file(source) for source in sources]
    kind_of = {file.name: sniff(file).kind for file in files}
    with ExitStack() as stack:
        members: list[Member] = []
        for file in files:
            if kind_of[file.name] not in _ARCHIVES:
                yield from _file(file, how, 1, named)
                continue
            try:
                contents = stack.enter_context(unpacked(file, kind_of[file.name], how))
            except Refused as refused:
                yield Refusal(file.name, str(refused))
                continue
            members += contents.members
            yield from (replace(refusal, member=refusal.member or file.name) for refusal in contents.refusals)
        kind = kinds.of_archive(members)
        named(kind)
        yield from _sound(EXPORTS[kind](members, how, partial(_file, depth=2)), how)


def _guarded(name: str, items: Iterable[Item]) -> Iterator[Item]:
    """The items up to a failure, which is then said; only a failing disk is more than this file's matter."""
    try:
        yield from items
    except Refused as refused:
        yield Refusal(name, str(refused))
    except _DAMAGE:
        yield Refusal(name, _DAMAGED)
    except OSError as error:
        if error.errno not in _NO_DISKS:
            raise
        yield Refusal(name, _DAMAGED)
    except Exception:
        log.exception("No reader may fail over a file, but one did over %s", name)
        yield Refusal(name, _OUR_FAULT)


def _sound(items: Iterable[Item], how: How) -> Iterator[Item]:
    """Without records of days that cannot be, and without figures that no person has."""
    for item in items:
        if isinstance(item, Record) and item.kind == OWN:
            yield item  # as it was, whatever it was
        elif isinstance(item, Activity) and (why := plausible.strange(item.start.date(), how)):
            yield Refusal(item.member, f"Left out because {why}: {item.start:%Y-%m-%d}. Set the device's clock.")
        elif isinstance(item, Activity):
            yield plausible.activity(item)
        elif isinstance(item, WeighIn) and (why := plausible.strange(item.date, how)):
            yield Refusal(item.member, f"Left out because {why}: {item.date}. Set the scale's clock.")
        elif isinstance(item, WeighIn):
            yield plausible.weigh_in(item) or Refusal(item.member, f"Left out, as nobody weighs {item.weight:g} kg.")
        else:
            yield item


def _together(items: Iterable[Item]) -> Iterator[Item]:
    """Records at once, and at the end what is to be said, once where thousands of members say the same."""
    said: dict[tuple[type, str, bool], list[Refusal | Note]] = {}
    for item in items:
        if isinstance(item, Refusal | Note):
            what = (Refusal, item.why, item.silent) if isinstance(item, Refusal) else (Note, item.text, False)
            said.setdefault(what, []).append(item)
        else:
            yield item
    for same in said.values():
        yield from same if len(same) <= _FEW else [_all(same)]


def _all(same: Sequence[Refusal | Note]) -> Refusal | Note:
    first = replace(same[0], member=f"{same[0].member} and {len(same) - 1:,} more")
    count = sum(item.count for item in same if isinstance(item, Refusal))
    return replace(first, count=count) if isinstance(first, Refusal) else first
