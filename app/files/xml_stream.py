"""XML in pieces to a handler, hostile or half broken as people have it; nothing is kept but numbers and names."""

import codecs
import re
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, Protocol, TypeVar
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from app.files.records import Member

DEEPEST = 64
LONGEST_TEXT = 500
MOST = 20_000  # tracks of a file, or laps
LONGEST_TOKEN = 8 << 20  # so many bytes without a tag or a text between are no file that a device wrote
_PIECE = 1 << 16

CUT = "The file is cut off: what came before the end was taken."
MENDED = "The file is not clean XML: it was mended to be read."
BROKEN = "The file is broken in the middle: what came before was taken."

_BARE_AMPERSAND = re.compile(r"&(?!(?:#\d+|#x[0-9a-fA-F]+|amp|lt|gt|quot|apos);)")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_PREFIX = re.compile(r"<(/?)[\w.-]+:(?=\w)")
_PREFIXED_ATTRIBUTE = re.compile(r"\s[\w.-]+:[\w.-]+\s*=\s*(?:\"[^\"<]*\"|'[^'<]*')")
_DECLARED = re.compile(rb"""^<\?xml[^>]*encoding\s*=\s*["']([\w.-]+)["']""")


class Handler(Protocol):
    """What is told of each element: names without their namespace, texts stripped and cut to LONGEST_TEXT."""

    def start(self, name: str, attributes: list[str]) -> None:
        """An element begins; `attribute` finds values in its attributes."""

    def end(self, name: str, text: str) -> None:
        """An element ends; `text` is what stands in it after its last child."""


H = TypeVar("H", bound=Handler)


class Hostile(ValueError):
    """XML that no device writes; the message is a sentence for the person."""


def parse(member: Member, make: Callable[[], H]) -> tuple[H, str]:
    """A handler that was told everything up to the first break, and what was wrong with the file, "" for nothing.

    A file that is no clean XML is read a second time with the commonest faults mended. Raises Hostile.
    """
    try:
        handler, events, fault = _told(_pieces(member), make())
        if fault != BROKEN:
            return handler, fault
        mended, more, again = _told(_mended(member), make())
        return (handler, BROKEN) if more < events else (mended, again or MENDED)
    except DefusedXmlException:
        raise Hostile("It declares a document type or entities, which no device writes: it is not read.") from None


def _told(pieces: Iterable[bytes | str], handler: H) -> tuple[H, int, str]:
    """The handler, how many events it was told, and what is wrong with the file."""
    target = _Target(handler)
    parser = DefusedXMLParser(target=_NoTree(), forbid_dtd=True)
    expat = parser.parser
    expat.StartElementHandler, expat.EndElementHandler = target.start, target.end
    expat.CharacterDataHandler = target.data
    fault = BROKEN
    try:
        _feed(parser, target, pieces)
        fault = CUT
        parser.close()
    except (ParseError, LookupError):  # the second for an encoding that nobody knows
        ended = target.events and not target.depth  # what stands behind the root is no matter
        return handler, target.events, "" if ended else fault
    return handler, target.events, ""


def _feed(parser: DefusedXMLParser, target: "_Target", pieces: Iterable[bytes | str]) -> None:
    events = silent = 0
    for piece in pieces:
        parser.feed(piece)
        silent = silent + len(piece) if target.events == events else 0
        events = target.events
        if silent > LONGEST_TOKEN:
            raise Hostile("It holds a single word of many megabytes, which no device writes: it is not read.")


class _NoTree:
    """For a parser whose events go elsewhere."""

    def close(self) -> None:
        """There is nothing to hand back."""


class _Target:
    """Between expat and a handler: depth, names without namespace, and texts of a bounded length."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.events = 0
        self.depth = 0
        self.text = ""

    def start(self, tag: str, attributes: list[str]) -> None:
        self.events += 1
        self.depth += 1
        if self.depth > DEEPEST:
            raise Hostile("Its elements lie more than 64 deep in each other, which no device writes: it is not read.")
        self.text = ""
        self.handler.start(tag.rpartition("}")[2], attributes)

    def data(self, text: str) -> None:
        self.events += 1
        if len(self.text) < LONGEST_TEXT:
            self.text += text

    def end(self, tag: str) -> None:
        self.events += 1
        self.depth -= 1
        self.handler.end(tag.rpartition("}")[2], self.text.strip()[:LONGEST_TEXT])
        self.text = ""


def counted(number: int) -> None:
    """Told how many of something there are by now. Raises Hostile when no file has so many."""
    if number > MOST:
        raise Hostile(f"It holds over {MOST:,} tracks or laps, as no device writes: it is not read.")


def attribute(attributes: list[str], name: str) -> str:
    """The value of an attribute, "" where there is none; expat gives names and values in turns."""
    return attributes[attributes.index(name) + 1] if name in attributes[::2] else ""


def _pieces(member: Member) -> Iterator[bytes]:
    """The bytes without what may stand before the first tag: a mark of UTF-8, spaces, empty lines."""
    with member.open() as stream:
        yield from _trimmed(stream)


def _trimmed(stream: BinaryIO) -> Iterator[bytes]:
    first = b""
    while not first and (piece := stream.read(_PIECE)):
        first = piece.lstrip().removeprefix(codecs.BOM_UTF8).lstrip()
    yield first
    while piece := stream.read(_PIECE):
        yield piece


def _mended(member: Member) -> Iterator[str]:
    """The text with bare ampersands escaped, control characters and all prefixes dropped, odd bytes taken as cp1252."""
    left = ""
    for text in _decoded(_pieces(member)):
        left += text
        whole, mark, rest = left.rpartition(">")
        if not mark and len(rest) > LONGEST_TOKEN:
            raise Hostile("It holds a single word of many megabytes, which no device writes: it is not read.")
        if mark:
            yield _repaired(whole + mark)
            left = rest
    yield _repaired(left)


def _repaired(text: str) -> str:
    plain = _PREFIXED_ATTRIBUTE.sub("", _PREFIX.sub(r"<\1", _CONTROL.sub("", text)))
    return _BARE_AMPERSAND.sub("&amp;", plain)


def _decoded(pieces: Iterator[bytes]) -> Iterator[str]:
    first = next(pieces, b"")
    decoder = codecs.getincrementaldecoder(_charset(first))(errors="cp1252")
    yield decoder.decode(first)
    for piece in pieces:
        yield decoder.decode(piece)


def _charset(first: bytes) -> str:
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    declared = _DECLARED.match(first)
    try:
        return codecs.lookup(declared[1].decode()).name if declared else "utf-8"
    except LookupError:
        return "utf-8"


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    """What is no UTF-8 was mostly written by an old Windows program."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("cp1252", _as_cp1252)
