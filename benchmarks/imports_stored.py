"""How fast files get into the tables, in how much memory, and what somebody who watches the board notices of it.

    .venv/bin/python -m benchmarks.imports_stored [strava apple upload]

A Strava export of 4,100 activities with their FIT files, a gigabyte of Apple Health, and an upload of two: each beside
how fast the same bytes are only read. `python tasks.py --import` and gunicorn are the real programs, with a viewer on a
WebSocket, and a psql that changes a row twice a second.
"""

import http.client
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import requests

from simulator import strava_export
from simulator.world import World
from tests.conftest import ROOT, embedded, execute, make_app, upgrade
from tests.serving import Board, Viewer, cookies, serving, viewing

ACTIVITIES, EVERY = 4100, 10
GIGABYTE = 10**9
MB = 1e6
RECORD = (
    '<Record type="HKQuantityTypeIdentifier{}" sourceName="Watch" unit="{}" creationDate="{d} 08:01:00 +0100"'
    ' startDate="{d} {t} +0100" endDate="{d} {t} +0100" value="{}"/>\n'
)


def strava(folder: Path) -> Path:
    file = folder / "export.zip"
    newest = World(tz="Europe/Berlin", years=14).activities()[-ACTIVITIES:]
    file.write_bytes(strava_export.archive(newest, every=EVERY))
    return file


def apple(folder: Path, size: int = GIGABYTE) -> Path:
    """A phone's export: each day a weigh-in and thousands of little figures."""
    file, day = folder / "export.xml", date(2016, 1, 1)
    with file.open("w") as stream:
        stream.write('<?xml version="1.0" encoding="UTF-8"?>\n<HealthData locale="en_DE">\n')
        while stream.tell() < size:
            stream.write(health_of(day.isoformat()))
            day += timedelta(days=1)
        stream.write("</HealthData>\n")
    return file


def health_of(day: str) -> str:
    figures = (("StepCount", "count", 41), ("HeartRate", "count/min", 71), ("BasalEnergyBurned", "kcal", 1.25))
    times = [f"{minute // 60:02}:{minute % 60:02}:00" for minute in range(420, 1320)]
    lines = [RECORD.format(kind, unit, value, d=day, t=at) for at in times for kind, unit, value in figures[:2]]
    lines += [RECORD.format(*figures[2], d=day, t=at) for at in times[::10]]
    return "".join(lines) + RECORD.format("BodyMass", "kg", 72.4, d=day, t="07:02:00")


def read_alone(file: Path) -> float:
    began = time.monotonic()
    with file.open("rb") as stream:
        while stream.read(1 << 20):
            pass
    return time.monotonic() - began


class Watch(threading.Thread):
    """Changes a row by psql and waits until the viewer has it; also the most that processes hold, in MB."""

    def __init__(self, viewer: Viewer, process: Callable[[], list[psutil.Process]]) -> None:
        super().__init__(daemon=True)
        self.viewer, self.process, self.over = viewer, process, threading.Event()
        self.seconds: list[float] = []
        self.most = 0.0

    def run(self) -> None:
        weight = 60.0
        while not self.over.wait(0.3):
            self.weigh()
            weight += 0.1
            execute(self.viewer.uri, "UPDATE fitbit_weight SET weight = %s WHERE id = 1", round(weight, 1))
            began = time.monotonic()
            self.seen(round(weight, 1))
            self.seconds.append(time.monotonic() - began)

    def weigh(self) -> None:
        with suppress(psutil.Error):
            self.most = max(self.most, sum(one.memory_info().rss for one in self.process()) / MB)

    def seen(self, weight: float) -> None:
        while True:
            items = self.viewer.until("stats_vals")["data"]["weight"]
            if any(item["weight"] == weight for item in items):
                return

    def told(self) -> str:
        middle, most = statistics.median(self.seconds) * 1000, max(self.seconds) * 1000
        return f"a viewer saw {len(self.seconds)} changes, median {middle:.0f} ms, at most {most:.0f} ms"


@contextmanager
def watching(viewer: Viewer, process: Callable[[], list[psutil.Process]]) -> Iterator[Watch]:
    watch = Watch(viewer, process)
    watch.start()
    try:
        yield watch
    finally:
        watch.over.set()
        watch.join(30)


def imported(viewer: Viewer, file: Path) -> None:
    command = [sys.executable, "tasks.py", "--import", str(file)]
    environment = os.environ | {"SQLALCHEMY_DATABASE_URI": viewer.uri, "DEMO": "0", "TIMEZONE": "Europe/Berlin"}
    began = time.monotonic()
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    program = subprocess.Popen(command, cwd=ROOT, env=environment, **pipes)
    with watching(viewer, lambda: [psutil.Process(program.pid)]) as watch:
        said, _ = program.communicate()
        took = time.monotonic() - began
    print(f"{said.strip()}\n  {file.stat().st_size / MB:,.0f} MB in {took:.1f} s; read alone {read_alone(file):.2f} s")
    print(f"  the importing process held at most {watch.most:.0f} MB; {watch.told()}", flush=True)


def uploaded(board: Board, viewer: Viewer, size: int = 2 * GIGABYTE) -> None:
    web = psutil.Process(board.process.pid)
    before = sum(one.memory_info().rss for one in web.children()) / MB
    began = time.monotonic()
    with watching(viewer, web.children) as watch:
        status = send(board, size)
        took = time.monotonic() - began
    print(f"an upload of {size / MB:,.0f} MB: {status} after {took:.1f} s")
    print(f"  the web process grew from {before:.0f} to at most {watch.most:.0f} MB; {watch.told()}", flush=True)


def send(board: Board, size: int) -> int:
    person = requests.Session()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', person.get(f"{board.url}/files/").text)
    connection = http.client.HTTPConnection(urlsplit(board.url).netloc, timeout=300)
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="big.zip"\r\n\r\n'
    tail, piece = b"\r\n--x--\r\n", b"\0" * (1 << 20)
    connection.putrequest("POST", "/files/")
    connection.putheader("Content-Type", "multipart/form-data; boundary=x")
    connection.putheader("Cookie", cookies(person))
    connection.putheader("X-CSRFToken", token[1] if token else "")
    connection.putheader("Content-Length", str(len(head) + size + len(tail)))
    connection.endheaders(head)
    for left in range(size, 0, -len(piece)):
        connection.send(piece[:left])
    connection.send(tail)
    return connection.getresponse().status


def main() -> None:
    parts = sys.argv[1:] or ["strava", "apple", "upload"]
    with tempfile.TemporaryDirectory() as name, embedded.held(f"{name}/server") as uri:
        folder = Path(name)
        with make_app(uri).app_context():
            upgrade(directory=str(ROOT / "migrations"))
        today = datetime.now(UTC).date()
        execute(uri, "INSERT INTO fitbit_weight (id, weight, record_date) VALUES (1, 60, %s)", today)
        settings = {"TIMEZONE": "UTC", "DEMO": "0", "INBOX_DIR": str(folder / "inbox")}
        with serving(uri, folder / "web.log", **settings) as board, viewing(board) as viewer:
            for part, make in (("strava", strava), ("apple", apple)):
                if part in parts:
                    imported(viewer, make(folder))
            if "upload" in parts:
                uploaded(board, viewer)


if __name__ == "__main__":
    main()
