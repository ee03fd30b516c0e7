"""What our reader of FIT unpacks is what fitdecode unpacks, and the checksum by long numbers that by bits."""

import random
import struct
from datetime import UTC, datetime

import fitdecode
import pytest

from app.files import fit_container as container
from tests.fit_writer import EPOCH, Fit, crc, seconds

T0 = seconds(datetime(2026, 5, 9, 6, 30, tzinfo=UTC))
NAMES = {
    container.SESSION: {"total_timer_time": (8, 1000), "total_elapsed_time": (7, 1000), "total_distance": (9, 100)}
    | {"avg_heart_rate": (16, 1), "max_heart_rate": (17, 1), "total_ascent": (22, 1), "avg_cadence": (18, 1)},
    container.RECORD: {"heart_rate": (3, 1), "distance": (5, 100), "speed": (6, 1000), "cadence": (4, 1)},
}
WANTED = {number: frozenset({253, *(field for field, _ in names.values())}) for number, names in NAMES.items()}


def made(seed: int) -> bytes:
    """A ride of chance: byte order, header, layouts that change on the way, and developer fields."""
    chance = random.Random(seed)
    file = Fit(chance.choice("<>"), chance.choice((12, 14))).add("file_id", type=4, manufacturer=1, product=7)
    for second in range(chance.randrange(5, 200)):
        values = {"hr": chance.randrange(40, 256), "distance": second * 3.17, "speed": chance.random() * 20}
        values |= {
            "cadence": chance.randrange(0, 120),
            "lat": chance.uniform(-90, 90),
            "lon": chance.uniform(-180, 180),
        }
        kept = {name: value for name, value in values.items() if chance.random() < 0.8}
        file.add("record", slot=chance.randrange(16), stamp=T0 + second, **kept)
    figures = {"elapsed": chance.random() * 1e4, "timer": chance.random() * 1e4, "distance": chance.random() * 1e5}
    file.add(
        "session", stamp=T0 + 999, start=T0, sport=2, hr=chance.randrange(256), max_hr=chance.randrange(256), **figures
    )
    return file.bytes()


def by_fitdecode(data: bytes) -> list[tuple]:
    seen = []
    with fitdecode.FitReader(data) as reader:
        for frame in reader:
            if isinstance(frame, fitdecode.FitDataMessage) and frame.mesg_type and frame.mesg_type.mesg_num in NAMES:
                stamp = frame.get_value("timestamp").timestamp() - EPOCH
                names = NAMES[frame.mesg_type.mesg_num]
                figures = {name: frame.get_value(name, fallback=None) for name in names}
                seen.append((frame.mesg_type.mesg_num, stamp, {k: v for k, v in figures.items() if v is not None}))
    return seen


def by_us(data: bytes) -> list[tuple]:
    return [
        (
            message,
            fields[container.TIMESTAMP],
            {name: fields[key] / scale for name, (key, scale) in NAMES[message].items() if key in fields},
        )
        for message, fields in container.stream(data, WANTED)
    ]


@pytest.mark.parametrize("seed", range(12))
def test_fitdecode_reads_the_same_figures(seed):
    data = made(seed)
    ours, theirs = by_us(data), by_fitdecode(data)
    assert [item[:2] for item in ours] == [item[:2] for item in theirs]
    for (_, _, figures), (_, _, others) in zip(ours, theirs, strict=True):
        assert figures == pytest.approx(others)


@pytest.mark.parametrize("size", [0, 1, 2, 15, 100, 4099])
def test_the_checksum_holds_only_for_bytes_as_they_were_written(size):
    data = random.Random(size).randbytes(size)
    whole = data + struct.pack("<H", crc(data))
    assert container.checksum_holds(whole)
    for position, bits in ((0, 1), (size // 2, 6), (size, 0x80), (size + 1, 3)):
        changed = bytearray(whole)
        changed[position] ^= bits
        assert not container.checksum_holds(bytes(changed))
