"""A FIT file of an activity, as a watch would have recorded it: one session, the local clock, and points on the way."""

import struct
from datetime import datetime
from typing import Any

Activity = dict[str, Any]
EPOCH = 631_065_600
SEMICIRCLES = 2**31 / 180
SPORTS = {"Run": (1, 0), "TrailRun": (1, 3), "Ride": (2, 0), "GravelRide": (2, 46), "Walk": (11, 0), "Yoga": (10, 43)}
BASE = {"B": 2, "H": 0x84, "I": 0x86, "i": 0x85}
Field = tuple[int, str, int | None]
"""A field's number, its type as struct calls it, and its value; None is left out."""


def shifted(value: int) -> int:
    for _ in range(8):
        value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value


TABLE = [shifted(number) for number in range(256)]


def checksum(data: bytes) -> int:
    """CRC-16/ARC."""
    value = 0
    for byte in data:
        value = value >> 8 ^ TABLE[(value ^ byte) & 0xFF]
    return value


def defined(number: int, *fields: Field) -> bytes:
    present = [field for field in fields if field[2] is not None]
    described = b"".join(bytes((field, struct.calcsize(letter), BASE[letter])) for field, letter, _ in present)
    return struct.pack("<BBBHB", 0x40, 0, 0, number, len(present)) + described


def data(*fields: Field) -> bytes:
    present = [field for field in fields if field[2] is not None]
    letters = "".join(letter for _, letter, _ in present)
    return struct.pack(f"<B{letters}", 0, *(value for _, _, value in present))


def message(number: int, *fields: Field) -> bytes:
    """A definition and its one message."""
    return defined(number, *fields) + data(*fields)


def recorded(activity: Activity, every: int = 300) -> bytes:
    """What the watch wrote of an activity in the form of Strava's API, with a point each so many seconds."""
    start = int(datetime.fromisoformat(activity["start_date"]).timestamp()) - EPOCH
    end = start + activity["elapsed_time"]
    body = message(0, (0, "B", 4), (1, "H", 1), (2, "H", 4315), (4, "I", start))
    points = [point(activity, start, second) for second in range(0, activity["moving_time"], every)]
    body += defined(20, *points[0]) + b"".join(data(*each) for each in points)
    body += message(18, *session(activity, start, end))
    body += message(34, (253, "I", end), (5, "I", end + int(activity["utc_offset"])))
    head = struct.pack("<BBHI4s", 14, 0x20, 2132, len(body), b".FIT")
    head += struct.pack("<H", checksum(head))
    return head + body + struct.pack("<H", checksum(head + body))


def session(activity: Activity, start: int, end: int) -> list[Field]:
    sport, sub_sport = SPORTS.get(activity["sport_type"], (0, 0))
    return [
        (253, "I", end),
        (2, "I", start),
        *place(activity, 3),
        (5, "B", sport),
        (6, "B", sub_sport),
        (7, "I", activity["elapsed_time"] * 1000),
        (8, "I", activity["moving_time"] * 1000),
        (9, "I", round(activity["distance"] * 100)),
        (16, "B", whole(activity.get("average_heartrate"))),
        (17, "B", whole(activity.get("max_heartrate"))),
        (18, "B", whole(activity.get("average_cadence"))),
        (22, "H", whole(activity.get("total_elevation_gain"))),
    ]


def point(activity: Activity, start: int, second: int) -> list[Field]:
    metres = activity["distance"] * second / activity["moving_time"]
    heart = whole(activity.get("average_heartrate"))
    return [(253, "I", start + second), *place(activity, 0), (3, "B", heart), (5, "I", round(metres * 100))]


def place(activity: Activity, first: int) -> list[Field]:
    return [
        (first + n, "i", round(degrees * SEMICIRCLES)) for n, degrees in enumerate(activity.get("start_latlng") or [])
    ]


def whole(value: float | None) -> int | None:
    return None if value is None else round(value)
