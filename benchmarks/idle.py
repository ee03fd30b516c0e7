"""What open pages cost while nothing happens: processor time of the web server and of PostgreSQL together.

.venv/bin/python -m benchmarks.idle [--viewers 100] [--seconds 600] [--mode eventlet gevent]
"""

import argparse
import sys
import time

import psutil

from benchmarks.database import migrated
from benchmarks.feed_latency import busy, sevenday
from benchmarks.viewers import watching

MOST = 1.0
"""Percent of a core."""


def whole(pids: list[int]) -> float:
    """Milliseconds that these and their children have been at work."""
    family = {one for pid in pids for one in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]}
    return sum(busy(one.pid) for one in family)


def postgres(uri: str) -> int:
    """Its first process, by its folder of data."""
    folder = uri.rpartition("host=")[2]
    return next(one.pid for one in psutil.process_iter() if "-D" in one.cmdline() and folder in " ".join(one.cmdline()))


def measure(uri: str, mode: str, viewers: int, seconds: float) -> float:
    with sevenday(uri, mode, FEED_INTERVAL_SECONDS="33") as (port, pid), watching(port, viewers):
        time.sleep(2)
        pids = [pid, postgres(uri)]
        before, began = whole(pids), time.monotonic()
        time.sleep(seconds)
        percent = (whole(pids) - before) / 10 / (time.monotonic() - began)
    print(f"| {mode} | {viewers} | {seconds:.0f} s | {percent:.2f} % |", flush=True)
    return percent


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--viewers", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--mode", choices=["eventlet", "gevent"], nargs="+", default=["eventlet", "gevent"])
    options = parser.parse_args()
    with migrated() as (uri, _):
        print("| | open pages | for | of a core |\n|---|---|---|---|")
        worst = max(measure(uri, mode, options.viewers, options.seconds) for mode in options.mode)
    print(f"\nAt most {MOST:.0f} %: {'held' if worst <= MOST else 'MISSED'}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
