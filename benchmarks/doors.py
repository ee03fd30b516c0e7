"""Whether the board goes on while somebody attacks it: pushes, the sign-in page and memory, under each attack.

    .venv/bin/python -m benchmarks.doors [--mode eventlet gevent] [--files 1024 20000] [--seconds 6] [--only NAME ...]

A real PostgreSQL and gunicorn with a password; on 127.0.0.1 only. An open page must keep getting each commit within 1 s, a
newcomer the sign-in page within 3 s, and the web process must stay under 200 MB. The attackers run on the same processors.
"""

import argparse
import resource
import statistics
import sys
import tempfile
import threading
import time
from contextlib import suppress
from itertools import count
from pathlib import Path
from queue import Empty

import psutil
import psycopg2
import requests

from benchmarks.feed_latency import WEEK
from connections import raise_file_limit
from tests import attacks
from tests.attacks import Target
from tests.conftest import ROOT, embedded, make_app, upgrade
from tests.serving import Board, Viewer, serving
from tests.test_access_served import PASSWORD, sign_in

PUSH_SECONDS, PAGE_SECONDS, MOST_MB = 1.0, 3.0, 200.0
ATTACKS = {
    "nothing": (attacks.idle, 0),
    "idle TCP sockets": (attacks.idle, 2000),
    "anonymous WebSockets": (attacks.websockets, 2000),
    "slow POSTs": (attacks.slow_posts, 2000),
    "endless frames, anonymous": (attacks.frames, 8),
    "endless frames, signed in": (attacks.frames, 8),
    "20 MB bodies": (attacks.bodies, 2),
    "wrong passwords": (attacks.passwords, 50),
    "pipelined requests": (attacks.pipelines, 50),
    "500 get_stats a second, signed in": (attacks.questions, 1),
}
GIVEN_UP = 30.0
WEIGHTS = count(50.0, 0.001)
"""Each once, because what does not change a row is no news."""


class Probe:
    """An open page and newcomers, for a while; the worst second counts."""

    def __init__(self, board: Board, uri: str, cookie: str) -> None:
        self.board, self.pushes, self.pages, self.megabytes = board, [0.0], [0.0], 0.0
        self.viewer = Viewer(board.url, Cookie=cookie)
        self.viewer.uri = uri
        self.viewer.settle()
        self.database = psycopg2.connect(uri.replace("+psycopg2", ""))
        self.database.autocommit = True
        (self.worker,) = psutil.Process(board.process.pid).children()

    def close(self) -> None:
        self.database.close()
        with suppress(Exception):
            self.viewer.close()

    def push(self, weight: float) -> float:
        """Seconds from a commit to its arrival."""
        with self.database.cursor() as cursor:
            cursor.execute("UPDATE fitbit_weight SET weight = %s WHERE record_date = current_date", (weight,))
        committed = time.monotonic()
        try:
            while self.viewer.until("stats_vals", GIVEN_UP)["data"]["weight"][-1]["weight"] != weight:
                pass
        except Empty:
            return GIVEN_UP
        return time.monotonic() - committed

    def page(self) -> float:
        began = time.monotonic()
        try:
            assert requests.get(f"{self.board.url}/login", timeout=GIVEN_UP).ok
        except requests.RequestException:
            return GIVEN_UP
        return time.monotonic() - began

    def watch(self, until: float) -> None:
        while time.monotonic() < until:
            self.pushes.append(self.push(round(next(WEIGHTS), 3)))
            time.sleep(0.1)

    def measure(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        watching = threading.Thread(target=self.watch, args=(until,))
        watching.start()
        while time.monotonic() < until:
            self.pages.append(self.page())
            with suppress(psutil.Error):
                self.megabytes = max(self.megabytes, self.worker.memory_info().rss / 1e6)
            time.sleep(0.1)
        watching.join()


def attacked(board: Board, uri: str, name: str, seconds: float) -> bool:
    attack, crowd = ATTACKS[name]
    cookie = "; ".join(f"{crumb.name}={crumb.value}" for crumb in sign_in(board)[0].cookies)
    target = Target(int(board.url.rpartition(":")[2]), crowd, cookie if "signed in" in name else "")
    probe = Probe(board, uri, cookie)
    try:
        with attacks.under(attack, target):
            probe.measure(seconds)
    finally:
        probe.close()
    push, page = max(probe.pushes), max(probe.pages)
    held = push < PUSH_SECONDS and page < PAGE_SECONDS and probe.megabytes < MOST_MB
    print(
        f"  {crowd:5} {name:34} push {push * 1000:7.0f} ms (median {statistics.median(probe.pushes) * 1000:4.0f}),"
        f" sign-in page {page * 1000:6.0f} ms, memory {probe.megabytes:4.0f} MB{'' if held else '   TOO MUCH'}",
        flush=True,
    )
    return held


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", nargs="+", choices=["eventlet", "gevent"], default=["eventlet", "gevent"])
    parser.add_argument("--files", type=int, nargs="+", default=[1024, 20000])
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--only", nargs="+", choices=list(ATTACKS), default=list(ATTACKS))
    options = parser.parse_args()
    raise_file_limit()
    held = True
    folder = Path(tempfile.mkdtemp())
    with embedded.held(str(folder)) as uri:
        app = make_app(uri)
        with app.app_context():
            upgrade(directory=str(ROOT / "migrations"))
        connection = psycopg2.connect(uri.replace("+psycopg2", ""))
        with connection, connection.cursor() as cursor:
            cursor.execute(WEEK)
        connection.close()
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        for mode in options.mode:
            for files in [min(files, most) for files in options.files]:
                print(f"{mode}, ulimit -n {files}")
                for name in options.only:
                    settings = {"SOCKETIO_ASYNC_MODE": mode, "TIMEZONE": "UTC", "DASHBOARD_PASSWORD": PASSWORD}
                    with serving(uri, folder / "web.log", files=files, **settings) as board:
                        held = attacked(board, uri, name, options.seconds) and held
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
