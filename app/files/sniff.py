"""What a file is, by its first bytes; what is none of ours is named in a sentence that says what to do."""

import re
from typing import NamedTuple

from app.files.contents import is_litter
from app.files.records import Member

HEAD = 4096


class Sniffed(NamedTuple):
    """A kind of content, or why there is none that is read here. `silent` ones are a system's litter."""

    kind: str = ""
    why: str = ""
    silent: bool = False


_LITTER = Sniffed(silent=True, why="What a system put there.")
_SIGNS: tuple[tuple[bytes, Sniffed], ...] = (
    (b"PK\x03\x04", Sniffed("zip")),
    (b"PK\x05\x06", Sniffed("zip")),
    (
        b"PK\x07\x08",
        Sniffed(why="One part of a zip that was split: put the parts together, or zip the files again as one."),
    ),
    (b"SQLite format 3\0", Sniffed("sqlite")),
    (b"\x00\x05\x16\x07", _LITTER),
    (b"\xd0\xcf\x11\xe0", Sniffed(why="An Excel file of the old kind: open it and save it as CSV.")),
    (b"%PDF", Sniffed(why="A PDF, which is for printing: export the data as CSV instead.")),
    (b"\xff\xd8\xff", Sniffed(why="A picture: there is nothing to read in it.")),
    (b"\x89PNG", Sniffed(why="A picture: there is nothing to read in it.")),
    (b"GIF8", Sniffed(why="A picture: there is nothing to read in it.")),
    (b"RIFF", Sniffed(why="A picture or a film: there is nothing to read in it.")),
    (b"Rar!", Sniffed(why="A RAR archive: unpack it, and bring what is in it or a zip of that.")),
    (b"7z\xbc\xaf\x27\x1c", Sniffed(why="A 7-Zip archive: unpack it, and bring what is in it or a zip of that.")),
    (b"\xfd7zXZ", Sniffed(why="An XZ archive: unpack it, and bring what is in it or a zip of that.")),
    (b"BZh", Sniffed(why="A bzip2 archive: unpack it, and bring what is in it or a zip of that.")),
    (b"\x28\xb5\x2f\xfd", Sniffed(why="A Zstandard archive: unpack it, and bring what is in it or a zip of that.")),
    (b"MZ", Sniffed(why="A program: it is not read.")),
    (b"\x7fELF", Sniffed(why="A program: it is not read.")),
    (b"{\\rtf", Sniffed(why="A text document: save what is in it as CSV.")),
)
_FILM = re.compile(rb"^.{4}ftyp", re.DOTALL)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)[\s>/]")
_ROOTS = {
    "gpx": Sniffed("gpx"),
    "TrainingCenterDatabase": Sniffed("tcx"),
    "HealthData": Sniffed("apple"),
    "ClinicalDocument": _LITTER._replace(why="Apple's clinical document, which repeats the export."),
    "kml": Sniffed(why="A KML file, which is a map: export the activity as GPX, TCX or FIT instead."),
    "html": Sniffed(why="A web page and not the file: sign in there and download it once more."),
    "svg": Sniffed(why="A picture: there is nothing to read in it."),
    "pwx": Sniffed(why="A TrainingPeaks PWX file: export the activity as FIT, TCX or GPX instead."),
    "Workbook": Sniffed(why="An Excel file: save it as CSV."),
    "ncx": Sniffed(why="A book: there is nothing to read in it."),
}
_EMPTY = Sniffed(why="This file is empty: download it, or export it, once more.")
_UNKNOWN = Sniffed(why="This kind of file is not read here: bring FIT, GPX, TCX, CSV, or the zip of an export.")
_XML = Sniffed(why="This is XML, but neither GPX, TCX nor Apple's export: export it as one of these.")
_NOT_FIT = Sniffed(why="Not a FIT file, although its name says so: copy it from the watch, or download it, once more.")
_ZEROS = Sniffed(why="This file holds nothing but zeros: copy it from the device once more.")
_PLAIN = Sniffed(why="This is text without columns: bring a table (CSV) whose first line names its columns.")
_WORDS = (
    ("no data", Sniffed(why="This file says only that there is no data.")),
    ("#error#", Sniffed(why="Strava failed to write this file (#error#): nothing is in it.")),
    ("[params]", Sniffed(why="A Polar HRM file: export the activity as FIT, TCX or GPX instead.")),
    ("$gp", Sniffed(why="What a GPS receiver says (NMEA): export the activity as GPX instead.")),
    ("begin:v", Sniffed(why="A calendar or an address book: there is nothing to read in it.")),
)
_COLUMNS = re.compile(r"[,;\t|]")
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def sniff(member: Member) -> Sniffed:
    """By the content; the name only tells litter, and a broken file from a strange one. Raises Refused."""
    if is_litter(member.name):
        return _LITTER
    with member.open() as stream:
        return of_bytes(stream.read(HEAD), member.name)


def of_bytes(head: bytes, name: str) -> Sniffed:
    """The same for a file's first HEAD bytes."""
    if not head.strip():
        return _EMPTY
    if head[8:12] == b".FIT":
        return Sniffed("fit")
    if head[257:262] == b"ustar":
        return Sniffed("tar")
    if _FILM.match(head):
        return Sniffed(why="A picture or a film: there is nothing to read in it.")
    sign = next((found for start, found in _SIGNS if head.startswith(start)), None)
    return sign or _text(head, name)


def _text(head: bytes, name: str) -> Sniffed:
    if not head.strip(b"\0"):
        return _ZEROS
    text = _decoded(head)
    bare = text.lstrip("\ufeff \t\r\n\x0b\x0c") if text else ""
    if bare.startswith("<"):
        return _markup(bare)
    if _named(name, ".fit"):
        return _NOT_FIT
    if not bare:
        return _UNKNOWN
    words = next((found for start, found in _WORDS if bare.casefold().startswith(start)), None)
    if words or bare.startswith(("{", "[")):
        return words or Sniffed("json")
    return Sniffed("table") if _COLUMNS.search(bare) or _named(name, ".csv") else _PLAIN


def _named(name: str, end: str) -> bool:
    return name.lower().removesuffix(".gz").endswith(end)


def _decoded(head: bytes) -> str | None:
    """None for what is no text: that holds bytes which no text has."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[: len(head) // 2 * 2].decode("utf-16", "replace")
    return None if len(_NO_TEXT.findall(head)) > len(head) / 100 else head.decode("utf-8", "replace")


def _markup(text: str) -> Sniffed:
    if "<HealthData" in text or "<!DOCTYPE HealthData" in text:
        return Sniffed("apple")
    bare = re.sub(r"<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^>[]*", "", text, flags=re.DOTALL)
    root = _ROOT.search(bare)
    if "<!doctype html" in text[:200].lower() or (root and root[1].lower() in ("html", "head", "body")):
        return _ROOTS["html"]
    return _ROOTS.get(root[1], _XML) if root else _XML
