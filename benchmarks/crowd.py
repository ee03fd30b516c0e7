"""Whether a crowd of open pages all hear of each commit in time, and pages are served meanwhile.

    .venv/bin/python -m benchmarks.crowd [--viewers 10000] [--seconds 300] [--mode eventlet gevent]

A real PostgreSQL and gunicorn, and the viewers in a process of their own (viewers.py) on the same cores. Needs as many open
files as there are viewers (`ulimit -n`).
"""

import argparse
import statistics
import sys
import threading
import time
from itertools import count

import psutil
import psycopg2
import requests

from benchmarks.database import migrated
from benchmarks.feed_latency import CHANGE, WEEK, busy, sevenday
from benchmarks.viewers import watching
from connections import limits, raise_file_limit

SLOWEST_SECONDS, PAGE_SECONDS, MOST_MB = 1.0, 0.2, 1000
PAUSE = 1.0
"""Seconds between two commits."""


class Visitor(threading.Thread):
    """Somebody who opens the board's page once a second."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.address, self.taken, self.over = (
            f"http://127.0.0.1:{port}/stats/livefeed",
            list[float](),
            threading.Event(),
        )

    def run(self) -> None:
        while not self.over.wait(PAUSE):
            began = time.monotonic()
            assert requests.get(self.address, timeout=30).ok
            self.taken.append(time.monotonic() - began)


def measure(uri: str, mode: str, viewers: int, seconds: float) -> bool:
    connection = psycopg2.connect(uri.replace("+psycopg2", ""))
    connection.autocommit = True
    slowest, numbers = [], count(1)
    with sevenday(uri, mode) as (port, pid), connection.cursor() as cursor, watching(port, viewers) as heard:
        visitor, before, began = Visitor(port), busy(pid), time.monotonic()
        visitor.start()
        while time.monotonic() - began < seconds or not visitor.taken:
            n = next(numbers)
            weight = f"5{n % 10}.{n // 10 % 100:02}1"
            cursor.execute(CHANGE, (weight,))
            committed = time.monotonic()
            assert heard.poll(60), f"not everybody heard of {weight}"
            slowest.append(max(heard.recv()[1]) - committed)
            time.sleep(PAUSE)
        visitor.over.set()
        load = (busy(pid) - before) / 10 / (time.monotonic() - began)
        megabytes = psutil.Process(pid).memory_info().rss / 1e6
        visitor.join()
    connection.close()
    page = statistics.quantiles([0, *visitor.taken], n=20)[-1]
    print(
        f"| {mode} | {viewers:,} | {len(slowest)} | {statistics.median(slowest) * 1000:.0f} / {max(slowest) * 1000:.0f} ms"
        f" | {statistics.median(visitor.taken) * 1000:.0f} / {page * 1000:.0f} ms | {megabytes:.0f} MB | {load:.0f} % |",
        flush=True,
    )
    return max(slowest) <= SLOWEST_SECONDS and page <= PAGE_SECONDS and megabytes <= MOST_MB


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--viewers", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--mode", choices=["eventlet", "gevent"], nargs="+", default=["eventlet", "gevent"])
    options = parser.parse_args()
    raise_file_limit()
    viewers = min(options.viewers, limits().feeds)
    with migrated() as (uri, _):
        connection = psycopg2.connect(uri.replace("+psycopg2", ""))
        with connection, connection.cursor() as cursor:
            cursor.execute(WEEK)
        connection.close()
        print(
            "| | viewers | commits | the last viewer has it: median / worst | a page meanwhile: median / 95 % | resident | of a core |"
        )
        print("|---|---|---|---|---|---|---|")
        held = [measure(uri, mode, viewers, options.seconds) for mode in options.mode]
    print(
        f"\nTargets: {SLOWEST_SECONDS:.0f} s, {PAGE_SECONDS * 1000:.0f} ms, {MOST_MB} MB: {'held' if all(held) else 'MISSED'}."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
