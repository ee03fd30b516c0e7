"""What a push costs before its first byte leaves, with 5 and with 500 years of rows.

    .venv/bin/python -m benchmarks.push [--years 5 500] [--times 300]

In one process without a server, so that nothing but the work itself is measured; the floor is a round trip to PostgreSQL.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable

import psycopg2

from app.extensions import autocommit
from app.records import preferences
from app.stats import payload
from tests.conftest import ROOT, embedded, make_app, upgrade

EMPTY = "TRUNCATE strava_activity, fitbit_weight, fitbit_calories, sync_state"
YEARS = """
INSERT INTO fitbit_weight (weight, fat, record_date, record_time, account)
    SELECT 72 + sin(n), 18, current_date - n, '07:00', 'fitbit:abc' FROM generate_series(0, {days}) n;
INSERT INTO fitbit_calories (calories, burned, record_date, account)
    SELECT 2100, 2500, current_date - n, 'fitbit:abc' FROM generate_series(0, {days}) n;
INSERT INTO strava_activity (activity_type, name, distance, moving_time, average_speed, average_heartrate, start_date_local, account)
    SELECT 'Run', 'Along the canal', 8200, 2530, 3.2, 148, current_date - n + time '18:00', 'strava:7' FROM generate_series(0, {days}) n;
INSERT INTO sync_state (source, metric, account, state, last_attempt, last_success)
    SELECT source, metric, account, 'ok', now(), now() FROM (VALUES ('strava', 'activities', 'strava:7'),
        ('fitbit', 'weight', 'fitbit:abc'), ('fitbit', 'eaten', 'fitbit:abc'), ('fitbit', 'burned', 'fitbit:abc')) given (source, metric, account);
"""


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
    with embedded.held(tempfile.mkdtemp()) as uri:
        app = make_app(uri)
        with app.app_context():
            upgrade(directory=str(ROOT / "migrations"))
            connection = psycopg2.connect(uri.replace("+psycopg2", ""))
            connection.autocommit = True
            print("| years of rows | a push's own work | of it in this process | a round trip |\n|---|---|---|---|")
            with connection.cursor() as cursor:
                for years in options.years:
                    cursor.execute(EMPTY)
                    cursor.execute(YEARS.format(days=years * 365))
                    cursor.execute("VACUUM ANALYZE")
                    (own, busy), (floor, _) = median(push, options.times), median(trip, options.times)
                    print(f"| {years} | {own:.2f} ms | {busy:.2f} ms | {floor:.2f} ms |", flush=True)
            connection.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
