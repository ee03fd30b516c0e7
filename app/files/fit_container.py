"""FIT's container, walked by sizes: only what is asked for is unpacked, so that over 100 MB/s are read."""

import struct
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

# Global numbers of messages.
FILE_ID, USER_PROFILE, SPORT, SESSION, LAP, RECORD = 0, 3, 12, 18, 19, 20
WEIGHT_SCALE, ACTIVITY, CORRELATION = 30, 34, 162
TIMESTAMP = 253
EPOCH = 631_065_600  # 1989-12-31, what FIT counts seconds from
SEMICIRCLE = 180 / 2**31  # degrees
MOST_MESSAGES, MOST_KEPT, MOST_PARTS = 5_000_000, 20_000, 1_000  # no honest file comes near
_TEXTS = {(USER_PROFILE, 0), (SPORT, 3), (SESSION, 110)}  # all else that is wanted are numbers, whatever a file says
_BYTES = [bytes([byte]) for byte in range(256)]
_TIME, _NOTHING = frozenset({TIMESTAMP}), frozenset[int]()

# By the low five bits of a base type: struct's letter, bytes, the value that means "none".
_TYPES: dict[int, tuple[str, int, int | None]] = {
    **{0: ("B", 1, 0xFF), 1: ("b", 1, 0x7F), 2: ("B", 1, 0xFF), 3: ("h", 2, 0x7FFF), 4: ("H", 2, 0xFFFF)},
    **{5: ("i", 4, 0x7FFFFFFF), 6: ("I", 4, 0xFFFFFFFF), 7: ("s", 1, None), 8: ("f", 4, None), 9: ("d", 8, None)},
    **{10: ("B", 1, 0), 11: ("H", 2, 0), 12: ("I", 4, 0), 13: ("B", 1, 0xFF)},
    **{14: ("q", 8, 0x7FFFFFFFFFFFFFFF), 15: ("Q", 8, 0xFFFFFFFFFFFFFFFF), 16: ("Q", 8, 0)},
}
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))

Fields = dict[int, Any]  # numbers as they are stored, without scale; texts
Wanted = Mapping[int, frozenset[int]]  # the fields to unpack, by the messages' global numbers


class _Layout(NamedTuple):
    """How a local type's messages are laid out. A pick is a field's number, its first value's index, count, none."""

    message: int
    size: int
    numbers: frozenset[int]
    values: struct.Struct
    picks: tuple[tuple[int, int, int, int | None], ...]


@dataclass
class Part:
    """One of the FIT files that lie end to end in a file: its wanted messages, by global number, in their order."""

    messages: dict[int, list[Fields]] = field(default_factory=dict)
    defined: dict[int, set[int]] = field(default_factory=dict)
    cut: bool = False
    checksum: bool = True

    def all(self, message: int) -> list[Fields]:
        """The messages of one global number."""
        return self.messages.get(message, [])


def is_date(time: float) -> bool:
    """Whether a time is one: smaller ones are seconds since power-on."""
    return 0x1000_0000 <= time < 0xFFFF_FFFF


def is_fit(head: bytes) -> bool:
    """By the signature alone: other sizes of the header than 12 and 14 occur."""
    return head[8:12] == b".FIT"


def parts(data: bytes, wanted: Wanted, pointless: Collection[int] = ()) -> Iterator[Part]:
    """Each FIT file within `data`, up to its first impossible byte; what follows the last one is ignored.

    Of a file type (file_id.type) that is `pointless` nothing is read but that type.
    """
    position = kept = 0
    for _ in range(MOST_PARTS):
        if not is_fit(data[position : position + 12]) or data[position] < 12:
            break
        start, end, after = _bounds(data, position)
        part = Part(cut=end == after)
        for message, fields in _walk(data, start, end, wanted, part):
            part.messages.setdefault(message, []).append(fields)
            kept += 1
            if kept > MOST_KEPT or (message == FILE_ID and fields.get(0) in pointless):
                break
        part.checksum = part.cut or checksum_holds(data[position:after])
        yield part
        position = after


def stream(data: bytes, wanted: Wanted) -> Iterator[tuple[int, Fields]]:
    """The wanted messages of all parts one after the other, without keeping them: records may be millions."""
    position = 0
    while is_fit(data[position : position + 12]) and data[position] >= 12:
        start, end, position = _bounds(data, position)
        yield from _walk(data, start, end, wanted, Part())


def _bounds(data: bytes, position: int) -> tuple[int, int, int]:
    """Where a part's messages begin and end, and where its checksum does.

    A crash leaves a size of 0, or too great a one: then the rest of the data is the part's, without a checksum.
    """
    start = position + data[position]
    (size,) = struct.unpack_from("<I", data, position + 4)
    after = start + size + 2
    crashed = size == 0 and len(data) > after and not is_fit(data[after : after + 12])
    return (start, len(data), len(data)) if crashed or after > len(data) else (start, after - 2, after)


def _walk(data: bytes, position: int, end: int, wanted: Wanted, part: Part) -> Iterator[tuple[int, Fields]]:
    """The wanted messages; `part` learns which fields there are, and whether the end came early."""
    skips = [0] * 256  # how many bytes to pass by for a header byte; 0 where something is to be done
    layouts: dict[int, _Layout] = {}
    clock = last = 0
    for _ in range(MOST_MESSAGES):
        if position >= end:
            break
        header = data[position]
        if skip := skips[header]:
            position += skip
            if header == last:  # one of many of its type: pass by as many as follow
                heads = data[position : min(end, position + skip * 64) : skip]
                position += skip * (len(heads) - len(heads.lstrip(_BYTES[header])))
            last = header
            continue
        local = header >> 5 & 3 if header & 0x80 else header & 15
        if header & 0xC0 == 0x40:
            found = _definition(data, position, end, wanted)
            if found is None:
                break
            layouts[local], position = found
            part.defined.setdefault(layouts[local].message, set()).update(layouts[local].numbers)
            _skip(skips, local, layouts[local], wanted)
            continue
        layout = layouts.get(local)
        if layout is None or position + 1 + layout.size > end:
            break
        fields = _unpack(data, position + 1, layout)
        if header & 0x80 and clock:
            fields[TIMESTAMP] = _clock(clock, header & 31)
        clock = fields.get(TIMESTAMP, clock)
        if layout.message in wanted:
            yield layout.message, fields
        position += 1 + layout.size
    part.cut = part.cut or position != end


def _definition(data: bytes, position: int, end: int, wanted: Wanted) -> tuple[_Layout, int] | None:
    """The definition at `position` and where it ends; None when it does not fit in."""
    if position + 6 > end:
        return None
    after = position + 6 + 3 * data[position + 5]
    if data[position] & 0x20 and after < end:
        after += 1 + 3 * data[after]
    elif data[position] & 0x20:
        return None
    if after > end:
        return None
    message = int.from_bytes(data[position + 3 : position + 5], "big" if data[position + 2] == 1 else "little")
    return _layout(data[position + 2 : after], wanted.get(message, _TIME if RECORD in wanted else _NOTHING)), after


@lru_cache(maxsize=2000)
def _layout(definition: bytes, needed: frozenset[int]) -> _Layout:
    """A definition without its first two bytes. A device writes the same ones in each of its files: remember them."""
    big, count = definition[0] == 1, definition[3]
    message = int.from_bytes(definition[1:3], "big" if big else "little")
    numbers, sizes, kinds = (definition[4 + i : 4 + 3 * count : 3] for i in range(3))
    form, index, picks = ">" if big else "<", 0, []
    for number, size, kind in zip(numbers, sizes, kinds, strict=True):
        letter, each, none = _TYPES.get(kind & 31, ("x", 1, None))
        values = 1 if letter == "s" else size // each
        useless = letter == "x" or size == 0 or size % each or (letter == "s") != ((message, number) in _TEXTS)
        if number not in needed or useless:
            letter, each, values = "x", 1, 0
        else:
            picks.append((number, index, index + values, none))
        form, index = form + f"{size // each}{letter}", index + values
    developer = sum(definition[6 + 3 * count :: 3])
    return _Layout(message, sum(sizes) + developer, frozenset(numbers), struct.Struct(form), tuple(picks))


def _skip(skips: list[int], local: int, layout: _Layout, wanted: Wanted) -> None:
    """Have messages of this type passed by, unless they are wanted or may tell the time of those that are."""
    skip = 0 if layout.message in wanted or RECORD in wanted else 1 + layout.size
    skips[local] = skip
    if local < 4:
        skips[0x80 + 32 * local : 0xA0 + 32 * local] = [skip] * 32


def _unpack(data: bytes, position: int, layout: _Layout) -> Fields:
    """The fields that hold something; of an array its first valid element."""
    values = layout.values.unpack_from(data, position)
    fields: Fields = {}
    for number, first, after, none in layout.picks:
        value = values[first]
        if value.__class__ is bytes:
            fields[number] = value.partition(b"\0")[0].decode("utf-8", "replace").strip()
        elif value != none and value - value == 0:  # neither infinite nor not a number
            fields[number] = value
        elif after > first + 1 and (
            others := [each for each in values[first:after] if each != none and each - each == 0]
        ):
            fields[number] = others[0]
    return fields


def _clock(clock: int, low: int) -> int:
    """A compressed timestamp: the last one with other low five bits, and 32 s on when these went back."""
    return (clock & ~31) + low + (32 if low < clock & 31 else 0)


def checksum_holds(part: bytes) -> bool:
    """Whether the CRC-16/ARC behind a part is right, at the speed of long numbers instead of byte by byte.

    With its CRC behind it a message is divisible by x^16+x^15+x^2+1 = (x+1)(x^15+x+1): its bits are even in number, and
    folding it by x^(15m) = x^m + 1, which holds modulo (x^15+x+1)^m for any power of two, leaves nothing.
    """
    rest = int.from_bytes(part.translate(_MIRRORED), "big")
    if rest.bit_count() % 2:
        return False
    fold = 1 << (rest.bit_length() // 15).bit_length()
    while fold:
        while high := rest >> 15 * fold:
            rest ^= (high << 15 * fold) ^ (high << fold) ^ high
        fold >>= 1
    return rest == 0
