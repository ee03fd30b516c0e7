"""Writes FIT files for the tests: messages with their definitions, a header before them and the checksum behind."""

import struct
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from typing import Any

EPOCH = 631_065_600
MESSAGES = {"file_id": 0, "user_profile": 3, "sport": 12, "session": 18, "lap": 19, "record": 20, "event": 21}
MESSAGES |= {"weight_scale": 30, "activity": 34, "timestamp_correlation": 162}
LETTERS = {"B": 2, "b": 1, "H": 0x84, "h": 0x83, "I": 0x86, "i": 0x85, "f": 0x88, "d": 0x89, "Q": 0x8F}

# number, struct's letter and scale of a field, by message
FIELDS: dict[str, dict[str, tuple[int, str, float]]] = {
    "file_id": {"type": (0, "B", 1), "manufacturer": (1, "H", 1), "product": (2, "H", 1)},
    "user_profile": {"name": (0, "s", 1)},
    "sport": {"sport": (0, "B", 1), "sub_sport": (1, "B", 1), "name": (3, "s", 1)},
    "session": {"start": (2, "I", 1), "lat": (3, "i", 2**31 / 180), "lon": (4, "i", 2**31 / 180), "sport": (5, "B", 1)}
    | {"sub_sport": (6, "B", 1), "elapsed": (7, "I", 1000), "timer": (8, "I", 1000), "distance": (9, "I", 100)}
    | {"speed": (14, "H", 1000), "max_speed": (15, "H", 1000), "hr": (16, "B", 1), "max_hr": (17, "B", 1)}
    | {"cadence": (18, "B", 1), "ascent": (22, "H", 1), "moving": (59, "I", 1000), "fraction": (92, "B", 128)}
    | {"profile": (110, "s", 1), "fine_speed": (124, "I", 1000), "fine_max_speed": (125, "I", 1000)},
    "lap": {"start": (2, "I", 1), "sport": (25, "B", 1)},
    "record": {"lat": (0, "i", 2**31 / 180), "lon": (1, "i", 2**31 / 180), "hr": (3, "B", 1), "cadence": (4, "B", 1)}
    | {"distance": (5, "I", 100), "speed": (6, "H", 1000), "fine_speed": (73, "I", 1000)},
    "event": {"event": (0, "B", 1), "event_type": (1, "B", 1)},
    "weight_scale": {"weight": (0, "H", 100), "fat": (1, "H", 100), "user": (12, "H", 1), "bmi": (13, "H", 10)},
    "activity": {"timer": (0, "I", 1000), "local": (5, "I", 1)},
    "timestamp_correlation": {"local": (3, "I", 1)},
}


def seconds(instant: datetime) -> int:
    """An aware instant as FIT counts it."""
    return int(instant.timestamp()) - EPOCH


def crc(data: bytes) -> int:
    """CRC-16/ARC, bit by bit as in the books."""
    for_bit = lambda value, _: value >> 1 ^ (0xA001 if value & 1 else 0)  # noqa: E731
    return reduce(lambda value, byte: reduce(for_bit, range(8), value ^ byte), data, 0)


@dataclass
class Fit:
    """A FIT file in the making; `add` returns it, so that messages are written one after the other."""

    order: str = "<"
    header: int = 14
    body: bytearray = field(default_factory=bytearray)

    def add(self, message: str, *, slot: int = 0, stamp: Any = None, developer: bytes = b"", **values: Any) -> "Fit":
        """A definition and its message. `stamp` is its time, a tuple (offset,) a compressed one; lists are arrays."""
        self.define(message, slot, developer=len(developer), stamp=isinstance(stamp, int), **values)
        return self.put(message, slot=slot, stamp=stamp, developer=developer, **values)

    def define(self, message: str | int, slot: int, *, developer: int = 0, stamp: bool = True, **values: Any) -> "Fit":
        fields = b"".join(bytes(self._field(message, name, value)) for name, value in values.items())
        fields += bytes((253, 4, 0x86)) if stamp else b""
        head = bytes((0x40 | slot | (0x20 if developer else 0), 0, self.order == ">"))
        number = struct.pack(self.order + "H", MESSAGES.get(message, message))  # type: ignore[arg-type]
        self.body += head + number + bytes((len(fields) // 3,)) + fields
        self.body += bytes((1, 7, developer, 0)) if developer else b""
        return self

    def put(self, message: str, *, slot: int = 0, stamp: Any = None, developer: bytes = b"", **values: Any) -> "Fit":
        head = 0x80 | slot << 5 | stamp[0] if isinstance(stamp, tuple) else slot
        data = b"".join(self._value(message, name, value) for name, value in values.items())
        data += struct.pack(self.order + "I", stamp) if isinstance(stamp, int) else b""
        self.body += bytes((head,)) + data + developer
        return self

    def _field(self, message: str | int, name: str, value: Any) -> tuple[int, int, int]:
        number, letter, _ = FIELDS[str(message)][name]
        return number, len(self._value(message, name, value)), 7 if letter == "s" else LETTERS[letter]

    def _value(self, message: str | int, name: str, value: Any) -> bytes:
        _, letter, scale = FIELDS[str(message)][name]
        if letter == "s":
            return str(value).encode() + b"\0"
        values = value if isinstance(value, list) else [value]
        return b"".join(struct.pack(self.order + letter, round(each * scale)) for each in values)

    def bytes(self, size: int | None = None) -> bytes:
        """The whole file; `size` is what its header says of the data's length, by default the truth."""
        head = struct.pack("<BBHI4s", self.header, 0x20, 2132, len(self.body) if size is None else size, b".FIT")
        head += struct.pack("<H", crc(head)) if self.header == 14 else b""
        return head + self.body + struct.pack("<H", crc(head + self.body))
