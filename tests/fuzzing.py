"""Mutates files by a seed: what comes of it is never an exception, and never takes long."""

import gzip
import io
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from app.files import bounds, reading
from app.files.records import Item, Note, Refusal
from tests.filing import BERLIN
from tests.fit_writer import Fit, seconds
from tests.packing import tarred, zipped
from tests.tracks_writer import gpx, lap, outing, tcx, trk, trkpts

LONGEST = 2.0  # seconds of the processor's time that any file may take
T0 = seconds(datetime(2026, 5, 9, 6, 30, tzinfo=UTC))


def ride() -> bytes:
    made = Fit().add("file_id", type=4, manufacturer=1).add("sport", sport=2, sub_sport=0, name="Ride")
    for second in range(60):
        made.add("record", stamp=T0 + second, lat=50.08, lon=14.43, hr=130, distance=second * 5.0, speed=5.0)
    made.add("record", stamp=(7,), distance=400.0).add("lap", stamp=T0, start=T0, sport=2)
    made.add("session", stamp=T0 + 60, start=T0, sport=2, sub_sport=0, elapsed=60, profile="Ride", speed=[5.0, 6.0])
    return made.add("activity", stamp=T0 + 60, local=T0 + 7260).bytes()


def scale() -> bytes:
    made = Fit(">").add("file_id", type=9).add("user_profile", name="A")
    return (
        made.add("weight_scale", stamp=T0, weight=75.5, user=0)
        .add("weight_scale", stamp=T0, weight=65.5, user=1)
        .bytes()
    )


TRACK = gpx(
    trk(trkpts(30, inside="<extensions><x:hr>130</x:hr></extensions>"), trkpts(9, first=90)), trk(trkpts(9))
).encode()
LAPS = tcx(outing(lap(0, 20, inside="<HeartRateBpm><Value>130</Value></HeartRateBpm>"), lap(20, 9))).encode()
FILES = {"fit": ride(), "scale": scale(), "gpx": TRACK, "tcx": LAPS}
SEEDS = FILES | {
    "zip": zipped({"a.fit": ride(), "b/c.gpx": TRACK, "d.zip": zipped({"e.tcx": LAPS})}),
    "tgz": tarred({"a.fit": ride(), "b.gpx.gz": gzip.compress(TRACK)}),
    "tar": tarred({"a.fit": ride(), "b.tcx": LAPS}, "w"),
    "gz": gzip.compress(ride()),
}
_PIECES = (
    b"\0",
    b"\xff" * 4,
    b"<",
    b"&",
    b"]]>",
    b"<!DOCTYPE x [",
    b"</trk>",
    b"\x80",
    b"1e999",
    b"nan",
    b"PK\5\6",
    b".FIT",
)


def mutated(content: bytes, chance: random.Random) -> bytes:
    """One to eight changes: bytes, pieces put in, cut out, doubled, moved, or an end that is gone."""
    made = bytearray(content)
    for _ in range(chance.randrange(1, 9)):
        at = chance.randrange(len(made) + 1)
        size = chance.choice((1, 2, 4, 16, 256))
        match chance.randrange(6):
            case 0 if made:
                made[at % len(made)] ^= 1 << chance.randrange(8)
            case 1:
                made[at : at + size] = chance.randbytes(min(size, len(made) - at))
            case 2:
                made[at:at] = chance.choice(_PIECES)
            case 3:
                del made[at : at + size]
            case 4:
                made[at:at] = made[at : at + size] * chance.randrange(1, 4)
            case 5 if chance.random() < 0.2:
                del made[at:]
    return bytes(made)


def cases(count: int, seed: int = 1) -> Iterator[tuple[str, bytes]]:
    """So many mutated files, each with the kind that it was."""
    chance = random.Random(seed)
    for _ in range(count):
        kind = chance.choice(list(SEEDS))
        yield kind, mutated(SEEDS[kind], chance)


def read(kind: str, content: bytes) -> tuple[list[Item], float]:
    """The items of a file, and the seconds of the processor's time that it took."""
    began = time.process_time()
    found = bounds.member(f"fuzzed.{kind}", len(content), len(content), lambda: io.BytesIO(content))
    items = list(reading.read(found, BERLIN))
    return items, time.process_time() - began


def sentences(items: list[Item]) -> list[str]:
    return [item.why if isinstance(item, Refusal) else item.text for item in items if isinstance(item, Refusal | Note)]
