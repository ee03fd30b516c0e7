"""What a push costs before its first byte leaves, with 5 and with 500 years of rows.

    .venv/bin/python -m benchmarks.push [--years 5 500] [--times 300]

In one process without a server, so that nothing but the work itself is measured; the floor is a round trip to PostgreSQL.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable

from app.extensions import autocommit
from app.records import preferences
from app.stats import payload
from benchmarks.database import fill, migrated


def median(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Milliseconds by the clock, and of them those that this process was busy."""
    for _ in range(20):
        work()
    taken = []
    for _ in range(times):
        began = time.perf_counter(), time.process_time()
        work()
        taken.append((time.perf_counter() - began[0], time.process_time() - began[1]))
    clock, busy = (1000 * statistics.median(one) for one in zip(*taken, strict=True))
    return clock, busy


def push() -> None:
    chosen = preferences.remembered()
    payload.stats_vals(chosen, payload.today(chosen))


def trip() -> None:
    with autocommit() as connection:
        connection.exec_driver_sql("SELECT 1").one()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--years", type=int, nargs="+", default=[5, 500])
    parser.add_argument("--times", type=int, default=300)
    options = parser.parse_args()
    with migrated() as (uri, app), app.app_context():
        print("| years of rows | a push's own work | of it in this process | a round trip |\n|---|---|---|---|")
        for years in options.years:
            fill(uri, years)
            (own, busy), (floor, _) = median(push, options.times), median(trip, options.times)
            print(f"| {years} | {own:.2f} ms | {busy:.2f} ms | {floor:.2f} ms |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
