"""Bytes of a member as text, rows or JSON, within bounds that hostile files cannot pass (docs/formats.md 8.1, 10)."""

import csv
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

from app.files.records import Member, Refusal

LINE = 1 << 20
"""The longest line and the longest cell that is read, in characters."""
JSON_BYTES = 16 << 20
"""Real JSON files hold a month each, at most some MB; as objects they are 20 to 40 times that in memory."""
HEAD = 1 << 16
DELIMITERS = "\t;,|"
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]+")
csv.field_size_limit(LINE)


DAMAGE = (OSError, EOFError, zlib.error, zipfile.BadZipFile, ValueError)
"""What reading a member may raise where the archive around it is damaged, or too large to be honest."""


BAD = (KeyError, TypeError, ValueError, AttributeError, OverflowError)
"""What making a record of strange JSON may raise."""


class Unreadable(ValueError):
    """A file that cannot be read on; the message is the sentence for the person."""


def base(name: str) -> str:
    """The last part of a member's name, in small letters."""
    return name.rsplit("/", 1)[-1].lower()


def clean(text: object, most: int = 500) -> str:
    """One line of text that any database and page can take, at most `most` characters."""
    return _CONTROL.sub(" ", str(text))[:most].strip() if text is not None else ""


def head(member: Member, size: int = HEAD) -> bytes:
    """The first bytes; none where even these are damaged, which whoever reads on will say."""
    try:
        with member.open() as stream:
            return stream.read(size)
    except DAMAGE:
        return b""


def encoding(begin: bytes) -> str:
    """By the BOM, else UTF-8 where it fits and cp1252 where it does not."""
    if begin.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        begin.decode("utf-8")
    except UnicodeDecodeError as error:
        # The last character may be cut in two.
        cut = len(begin) >= HEAD and error.start > len(begin) - 4
        return "utf-8-sig" if cut else "cp1252"
    return "utf-8-sig"


def lines(member: Member, charset: str = "") -> Iterator[str]:
    """The lines with their ends. Raises Unreadable at a line of over LINE characters."""
    charset = charset or encoding(head(member))
    with member.open() as stream, io.TextIOWrapper(stream, charset, "replace", newline="") as text:
        while line := _line(text):
            if len(line) >= LINE:
                raise Unreadable("A line of over a million characters: this is no table that a program wrote.")
            yield line


def _line(text: io.TextIOWrapper) -> str:
    try:
        return text.readline(LINE)
    except DAMAGE as error:
        raise Unreadable(sentence(error)) from error


def sentence(error: Exception) -> str:
    """What limits and archives say of themselves; damage has no words of its own."""
    said = str(error) if isinstance(error, ValueError) else ""
    return said if said.endswith((".", "!")) else "The file is damaged here; bring it anew."


def delimiter(sample: Iterable[str]) -> str:
    """By the first line that holds any; a tab goes before a semicolon, and that before a comma."""
    for line in sample:
        bare = re.sub(r'"[^"]*"', "", line)
        counts = {mark: bare.count(mark) for mark in DELIMITERS}
        if any(counts.values()):
            return max(counts, key=lambda mark: counts[mark])
    return ","


def rows(member: Member, mark: str = "", charset: str = "") -> Iterator[list[str]]:
    """The cells of every line that is not empty. Raises Unreadable where the quoting or a line's length is broken."""
    text = lines(member, charset)
    first = list(islice(text, 20))
    if first and (said := re.match(r"sep=(.)\s*$", first[0], re.IGNORECASE)):
        mark, first = mark or said[1], first[1:]
    reader = csv.reader(chain(first, text), delimiter=mark or delimiter(first))
    try:
        yield from (row for row in reader if any(row))
    except csv.Error as error:
        raise Unreadable(f"The quoting is broken near line {reader.line_num}; save the table again as CSV.") from error


def from_json(member: Member) -> Any:
    """What a JSON member holds; NaN and infinity become None. Raises Unreadable."""
    try:
        with member.open() as stream:
            data = stream.read(JSON_BYTES + 1)
    except DAMAGE as error:
        raise Unreadable(sentence(error)) from error
    if data.strip().lower() in (b"", b"no data"):
        return []
    if len(data) > JSON_BYTES:
        raise Unreadable(f"A JSON file of over {JSON_BYTES >> 20} MB: none of the files that hold a week is so large.")
    try:
        return json.loads(data, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise Unreadable("This is not whole JSON; bring the file anew.") from error


class Faults:
    """Rows of one member that became no record, by reason, so that a result names each reason once."""

    def __init__(self, member: str) -> None:
        self.member = member
        self.found: dict[str, tuple[int, str]] = {}
        self.end = ""
        """Why the member could not be read (on), as a sentence."""

    def add(self, why: str, example: object = "") -> None:
        """`why` follows `because`; `example` is the row."""
        count, first = self.found.get(why, (0, "")) if why in self.found else (0, _shown(example))
        self.found[why] = (count + 1, first)

    def refusals(self) -> Iterator[Refusal]:
        for why, (count, first) in self.found.items():
            rows = "1 row was" if count == 1 else f"{count:,} rows were"
            shown = f": {first}" if first else ""
            yield Refusal(self.member, f"{rows} left out because {why}{shown}", count=count)
        if self.end:
            yield Refusal(self.member, self.end)


def _shown(example: object) -> str:
    cells = list(example.values()) if isinstance(example, dict) else example
    return clean(", ".join(str(cell)[:80] for cell in cells[:8]) if isinstance(cells, list) else str(cells)[:200], 80)


def entries(member: Member, faults: Faults) -> Iterator[dict[str, Any]]:
    """The objects of a JSON list; what else is there goes to the faults."""
    try:
        found = from_json(member)
    except Unreadable as error:
        faults.end = str(error)
        return
    if not isinstance(found, list):
        faults.end = "This JSON file holds no list, as it does in an export; bring the file as it was."
        return
    for entry in found:
        if isinstance(entry, dict):
            yield entry
        else:
            faults.add("the entry is no object", entry)
