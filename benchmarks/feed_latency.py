"""How long from a commit in PostgreSQL until every viewer has the new week, beside a feed written by hand in Node.

    .venv/bin/python -m benchmarks.feed_latency [--viewers 1 100 1000] [--commits 20] [--rounds 3] [--mode eventlet gevent]

A real PostgreSQL, gunicorn as `make run` starts it, and viewers in a process of their own. Each round measures the floor
(floor.py), Node (node/, its packages by npm on the first run) and Sevenday in turn, each alone, by the same commits.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import requests
from psycopg2.extensions import parse_dsn

from benchmarks.viewers import watching
from tests.conftest import ROOT, embedded, make_app, upgrade
from tests.serving import free_port, serving, wait_until

NODE = ROOT / "benchmarks" / "node"
WEEK = """
INSERT INTO fitbit_weight (weight, fat, record_date, record_time) SELECT 72, 18, current_date - n, '07:00' FROM generate_series(0, 6) n;
INSERT INTO fitbit_calories (calories, burned, record_date) SELECT 2100, 2500, current_date - n FROM generate_series(0, 6) n;
INSERT INTO strava_activity (id, activity_type, name, distance, moving_time, average_speed, average_heartrate, start_date_local)
    SELECT n, 'Run', 'Along the canal', 8200, 2530, 3.2, 148, current_date - n % 7 + time '18:00' FROM generate_series(1, 12) n;
"""
CHANGE = "UPDATE fitbit_weight SET weight = %s WHERE record_date = current_date"


@contextmanager
def program(uri: str, *command: str) -> Iterator[tuple[int, int]]:
    """A program that takes PORT and PostgreSQL's own variables: its port and its process id."""
    dsn = parse_dsn(uri.replace("+psycopg2", ""))
    named = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    port = free_port()
    environment = os.environ | {named[key]: value for key, value in dsn.items() if key in named} | {"PORT": str(port)}
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        wait_until(lambda: listens(process.pid, port), seconds=30)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def listens(pid: int, port: int) -> bool:
    found = psutil.Process(pid).net_connections()
    return any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in found)


@contextmanager
def sevenday(uri: str, mode: str, **more: str) -> Iterator[tuple[int, int]]:
    with tempfile.TemporaryDirectory() as folder:
        settings = {"SOCKETIO_ASYNC_MODE": mode, "TIMEZONE": "UTC"} | more
        with serving(uri, Path(folder) / "web.log", **settings) as board:
            requests.get(f"{board.url}/stats/livefeed", timeout=30)
            (worker,) = psutil.Process(board.process.pid).children()
            yield int(board.url.rpartition(":")[2]), worker.pid


def node() -> list[str]:
    """The command, once its packages are there; nothing where there is no Node."""
    if not shutil.which("node") or not shutil.which("npm"):
        return []
    if not (NODE / "node_modules").exists():
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent"], cwd=NODE, check=True)
    return ["node", str(NODE / "server.js")]


def busy(pid: int) -> float:
    """Milliseconds that a process has been at work."""
    times = psutil.Process(pid).cpu_times()
    return (times.user + times.system) * 1000


def measure(name: str, uri: str, side: tuple[int, int], viewers: int, commits: int) -> tuple[list[float], str]:
    """Milliseconds from commit to receipt, one for each viewer and commit; and the server's own figures."""
    port, pid = side
    connection = psycopg2.connect(uri.replace("+psycopg2", ""))
    connection.autocommit = True
    taken = []
    with connection.cursor() as cursor:
        cursor.execute(CHANGE, (72,))  # whoever comes is told this, and none of the figures that are waited for
    with connection.cursor() as cursor, watching(port, viewers) as heard:
        time.sleep(0.5)
        before = busy(pid)
        for n in range(1, commits + 1):
            weight = f"50.{n:02}1"
            cursor.execute(CHANGE, (weight,))
            committed = time.monotonic()
            said = ""
            while said != weight:
                assert heard.poll(30), f"of {name}, not everybody heard of {weight}"
                said, moments = heard.recv()
            taken += [(moment - committed) * 1000 for moment in moments]
            time.sleep(0.1)
        work, resident = (busy(pid) - before) / commits, psutil.Process(pid).memory_info().rss / 1e6
    connection.close()
    return taken, f"{work:.1f} ms | {resident:.0f} MB"


def compared(uri: str, sides: dict[str, Any], viewers: int, commits: int, rounds: int) -> Iterator[str]:
    """Lines of a table, a side each."""
    taken, own = defaultdict(list), {}
    for _ in range(rounds):
        for name, start in sides.items():
            with start() as side:
                more, own[name] = measure(name, uri, side, viewers, commits)
                taken[name] += more
    figures = {name: (statistics.median(one), sorted(one)[int(len(one) * 0.99)]) for name, one in taken.items()}
    for name, (median, p99) in figures.items():
        ratios = "–"
        if "Node" in figures:
            ratios = " / ".join(f"{a / b:.2f}" for a, b in zip((median, p99), figures["Node"], strict=True))
        yield f"| {viewers:,} | {name} | {median:.1f} ms | {p99:.1f} ms | {ratios} | {own[name]} |"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--viewers", type=int, nargs="+", default=[1, 100, 1000])
    parser.add_argument("--commits", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mode", choices=["eventlet", "gevent"], nargs="+", default=["eventlet", "gevent"])
    options = parser.parse_args()
    with embedded.held(tempfile.mkdtemp()) as uri:
        app = make_app(uri)
        with app.app_context():
            upgrade(directory=str(ROOT / "migrations"))
        connection = psycopg2.connect(uri.replace("+psycopg2", ""))
        with connection, connection.cursor() as cursor:
            cursor.execute(WEEK)
        connection.close()
        sides: dict[str, Any] = {"floor": partial(program, uri, sys.executable, "-m", "benchmarks.floor")}
        if command := node():
            sides["Node"] = partial(program, uri, *command)
        sides |= {f"Sevenday, {mode}": partial(sevenday, uri, mode) for mode in options.mode}
        print("| viewers | | median | 99 % | of Node's | work of a push | resident |\n|---|---|---|---|---|---|---|")
        for viewers in options.viewers:
            for line in compared(uri, sides, viewers, options.commits, options.rounds):
                print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
