"""How fast files are read: FIT against fitdecode, GPX and TCX against the bare parser, an archive against its raw bytes.

    .venv/bin/python -m benchmarks.imports [FILE.fit ...]

Without files a ride of an hour is made, as a bike computer writes one, and imports_stored.py follows. Times are the processor's, the best of several.
"""

import gzip
import io
import sys
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import fitdecode
from defusedxml.ElementTree import iterparse

from app.files import bounds, fit, gpx, reading, tcx
from app.files.records import How, Member
from benchmarks import imports_stored
from tests import tracks_writer
from tests.fit_writer import Fit, seconds

HOW = How(ZoneInfo("Europe/Berlin"), date(2026, 11, 24))
START = seconds(datetime(2026, 5, 9, 6, 30, tzinfo=UTC))
MB = 1e6


def member(name: str, content: bytes) -> Member:
    """Bytes as a file that lies nowhere."""
    return bounds.member(name, len(content), len(content), lambda: io.BytesIO(content))


def best(work: Callable[[], object], least: float = 1.0) -> float:
    """Seconds of the processor's time that the quickest of several runs took."""
    runs: list[float] = []
    while sum(runs) < least or len(runs) < 3:
        began = time.process_time()
        work()
        runs.append(time.process_time() - began)
    return min(runs)


def ride(start: int = START, length: int = 3600) -> bytes:
    """An activity with a record each second and a lap each kilometre, all in the session that a summary needs."""
    made = Fit().add("file_id", type=4, manufacturer=1, product=2713)
    point = {"lat": 50.08, "lon": 14.43, "hr": 130, "cadence": 85, "distance": 0.0, "fine_speed": 8.1, "speed": 8.1}
    made.define("record", 1, stamp=True, **point)
    for second in range(length):
        made.put("record", slot=1, stamp=start + second, **point | {"distance": second * 8.1})
        if second % 123 == 0:
            made.add("lap", slot=2, stamp=start + second, start=start + second, sport=2)
    figures = {"elapsed": length, "timer": length, "distance": length * 8.1, "fine_speed": 8.1, "fine_max_speed": 14.2}
    figures |= {"hr": 130, "max_hr": 171, "cadence": 85, "ascent": 210, "lat": 50.08, "lon": 14.43}
    made.add("session", slot=3, stamp=start + length, start=start, sport=2, sub_sport=0, **figures)
    return made.add("activity", slot=4, stamp=start + length, local=start + length + 7200).bytes()


def by_fitdecode(content: bytes) -> int:
    """How many messages fitdecode unpacks."""
    with fitdecode.FitReader(content) as frames:
        return sum(isinstance(frame, fitdecode.FitDataMessage) for frame in frames)


def fit_against_fitdecode(files: dict[str, bytes]) -> None:
    """MB/s of both, and how many times ours is the quicker."""
    print("FIT: MB/s of ours, of fitdecode, and the ratio")
    for name, content in files.items():
        ours = best(lambda content=content: list(fit.read(member("ride.fit", content), HOW)))
        theirs = best(lambda content=content: by_fitdecode(content), 0.5)
        size = len(content) / MB
        print(f"  {name:32} {len(content):9,} bytes  {size / ours:7.1f}  {size / theirs:6.2f}  {theirs / ours:6.0f} x")


def tracks_against_the_parser() -> None:
    """MB/s of GPX and TCX, beside the bare parser's that only walks over the elements."""
    print("GPX and TCX: MB/s of ours, and of the bare parser")
    track = tracks_writer.gpx(tracks_writer.trk(tracks_writer.trkpts(20_000))).encode()
    laps = tracks_writer.tcx(tracks_writer.outing(tracks_writer.lap(0, 20_000))).encode()
    for name, read, content in (("gpx", gpx.read, track), ("tcx", tcx.read, laps)):
        ours = best(lambda content=content, read=read: list(read(member("x", content), HOW)))
        bare = best(lambda content=content: sum(1 for _ in iterparse(io.BytesIO(content), forbid_dtd=True)))
        print(f"  {name:32} {len(content):9,} bytes  {len(content) / MB / ours:7.1f}  {len(content) / MB / bare:6.1f}")


def archive_of_rides(count: int, length: int = 900) -> bytes:
    """A zip of so many packed rides, as Strava's export holds them."""
    made = io.BytesIO()
    content = ride(length=length)
    packed = gzip.compress(content)
    with zipfile.ZipFile(made, "w") as archive:
        for number in range(count):
            archive.writestr(f"activities/{12_000_000_000 + number}.fit.gz", packed)
    return made.getvalue()


def archive_against_its_bytes(count: int = 500) -> None:
    """Files a second of an archive's, and what inflating alone of the same would give."""
    content = archive_of_rides(count)

    def inflate() -> None:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                gzip.decompress(archive.read(name))

    ours = best(lambda: sum(1 for _ in reading.read(member("x.zip", content), HOW)))
    print(f"Archive of {count} FIT files: {count / ours:,.0f} files/s; inflated alone {count / best(inflate):,.0f}/s")


def main() -> None:
    files = {path: Path(path).read_bytes() for path in sys.argv[1:]} or {"an hour's ride": ride()}
    fit_against_fitdecode(files)
    tracks_against_the_parser()
    archive_against_its_bytes()
    if not sys.argv[1:]:
        imports_stored.main()


if __name__ == "__main__":
    main()
