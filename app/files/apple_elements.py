"""Takes the elements that matter out of Apple's `export.xml` of any size, however ill its DTD is (docs/formats.md 7.5).

Of a gigabyte a hundredth matters. So the bytes are searched for those elements, and only these go to the XML parser, in
small batches without any DOCTYPE: the invalid DTD is never read, no entity can be declared, memory stays flat, and
one broken element costs no other.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from app.files.text import DAMAGE

BLOCK = 1 << 20
LONGEST = 8 << 20
"""Bytes of the longest element: a workout with the events of a day has some hundred kB."""
BATCH = 1 << 18
MOST_BROKEN = 100_000
"""After so many broken elements this is no export, and is not read on."""
TYPES = b"BodyMass|BodyFatPercentage|BodyMassIndex|DietaryEnergyConsumed|ActiveEnergyBurned|BasalEnergyBurned"
_TYPE = rb"""type\s*=\s*["'](?:HKQuantityTypeIdentifier)?(?:%s)["']""" % TYPES
_WANTED = re.compile(rb"\s" + _TYPE)
# Nearly all records name their type first, and nearly all are passed over by these few letters of theirs.
_START = re.compile(
    rb"<(?:(?P<record>Record)(?=\s+(?:%s|(?!type)))|(?P<other>Workout|ActivitySummary|ExportDate|Correlation)(?=[\s/>])"
    rb"|(?P<comment>!--))" % _TYPE
)
# A tag's quoted values hold no `<`, so that a missing quote spoils one tag and no more.
_TAG = re.compile(rb"""<\w+(?:[^"'<>]++|"[^"<]*+"|'[^'<]*+')*+>""")
_LOOSE = re.compile(rb"""<\w+[^<]*?["']\s*/?>""")
"""Where a tag with an odd quote ends all the same."""
_CONTROL = bytes(set(range(32)) - {9, 10, 13})
_ANY_TAG = re.compile(rb"""<([A-Za-z][\w:.-]*)(\s[^<]*?["']\s*/?)>""")
_ATTRIBUTE = re.compile(rb"""(?<![\w:.-])([A-Za-z][\w:.-]*+)\s*+=\s*+("[^"<]*"|'[^'<]*')""")
_BARE = re.compile(rb"&(?!(?:#\d+|#x[0-9a-fA-F]+|amp|lt|gt|quot|apos);)")


class Elements:
    """The wanted direct children of HealthData; after reading, what was `broken` and whether the file was `whole`."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.broken = 0
        self.whole = False

    def __iter__(self) -> Iterator[Element]:
        batch: list[bytes] = []
        size = 0
        for found in self._found():
            batch.append(found)
            size += len(found)
            if size > BATCH:
                yield from self._parsed(batch)
                batch, size = [], 0
        yield from self._parsed(batch)

    def _found(self) -> Iterator[bytes]:
        buffer = b""
        while self.broken < MOST_BROKEN and (block := self._block()):
            buffer += block
            wanted, at = self._step(buffer, 0)
            while wanted is not None and self.broken < MOST_BROKEN:
                if wanted:
                    yield wanted
                wanted, at = self._step(buffer, at)
            self.broken += len(buffer) - at > LONGEST
            buffer = buffer[at:] if len(buffer) - at <= LONGEST else b""
        self.whole = buffer.rstrip().endswith(b"</HealthData>")

    def _block(self) -> bytes:
        """b"" at the end, also where the archive around it is damaged: what came before is kept."""
        try:
            return self.stream.read(BLOCK)
        except DAMAGE:
            return b""

    def _step(self, buffer: bytes, at: int) -> tuple[bytes | None, int]:
        """The next element from `at` (b"" for one to pass over) and where it ends.

        None, and where to go on from, when more bytes are needed.
        """
        start = _START.search(buffer, at)
        if start is None:
            return None, max(at, buffer.rfind(b"<"))
        begin, name = start.start(), start["record"] or start["other"]
        if name is None:
            return self._behind(buffer, b"-->", begin, passed=True)
        tag = _TAG.match(buffer, begin) or _LOOSE.match(buffer, begin)
        if tag is None:
            whole = buffer.find(b"<", begin + 1) >= 0
            self.broken += whole
            return (b"", begin + 1) if whole else (None, begin)
        passed = name == b"Correlation" or (name == b"Record" and not _WANTED.search(tag[0]))
        if tag[0].endswith(b"/>"):
            return b"" if passed else tag[0], tag.end()
        return self._behind(buffer, b"</%s>" % name, begin, passed)

    def _behind(self, buffer: bytes, close: bytes, begin: int, passed: bool) -> tuple[bytes | None, int]:
        inner = buffer.find(close, begin + 4)
        if inner < 0:
            return None, begin
        end = inner + len(close)
        return b"" if passed else buffer[begin:end], end

    def _parsed(self, batch: list[bytes]) -> Iterator[Element]:
        try:
            yield from _tree(b"".join(batch))
        except (ParseError, DefusedXmlException):
            for one in batch:
                yield from self._mended(one)

    def _mended(self, one: bytes) -> Iterator[Element]:
        for text in (one, _mend(one)):
            try:
                yield from _tree(text)
                return
            except (ParseError, DefusedXmlException):
                continue
        self.broken += 1


def _tree(elements: bytes) -> Element:
    found: Element = fromstring(b"<all>%s</all>" % elements.translate(None, _CONTROL), forbid_dtd=True)
    return found


def _mend(one: bytes) -> bytes:
    """Quotes in a value, an attribute twice (the second start is the end), bare `&`, bytes that are no UTF-8."""
    text = one.decode("utf-8", "replace").encode()
    return _BARE.sub(b"&amp;", _ANY_TAG.sub(_rebuilt, text))


def _rebuilt(found: re.Match[bytes]) -> bytes:
    attributes: dict[bytes, bytes] = {}
    for name, value in _ATTRIBUTE.findall(found[2]):
        free = name if name not in attributes else b"endDate" if name == b"startDate" else b""
        if free:
            attributes.setdefault(free, value)
    close = b"/>" if found[2].endswith(b"/") else b">"
    return b"<%s %s%s" % (found[1], b" ".join(b"%s=%s" % pair for pair in attributes.items()), close)
