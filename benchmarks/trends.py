"""What the page of Trends costs the server: a span with 5 and with 500 years of rows, and everything of 20 years.

.venv/bin/python -m benchmarks.trends [--times 20]
"""

import argparse
import sys
import tempfile
from itertools import starmap

import psycopg2
from flask import Flask

from benchmarks.push import EMPTY, YEARS, median
from tests.conftest import ROOT, embedded, make_app, upgrade

ASKED = ((5, "3m"), (500, "3m"), (20, "all"))
"""Years of rows, and the range that is looked at."""
MOST_GROWTH, MOST_ALL = 1.5, 100.0
"""500 years against 5; and milliseconds of the server's own."""


def measure(app: Flask, uri: str, years: int, span: str, times: int) -> tuple[float, float]:
    connection = psycopg2.connect(uri.replace("+psycopg2", ""))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(EMPTY)
        cursor.execute(YEARS.format(days=years * 365))
        cursor.execute("VACUUM ANALYZE")
    connection.close()
    client = app.test_client()
    clock, busy = median(lambda: client.get(f"/stats/trends?range={span}").get_data(), times)
    print(f"| {years} | {span} | {clock:.0f} ms | {busy:.0f} ms |", flush=True)
    return clock, busy


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=20)
    options = parser.parse_args()
    with embedded.held(tempfile.mkdtemp()) as uri:
        app = make_app(uri)
        with app.app_context():
            upgrade(directory=str(ROOT / "migrations"))
        print("| years of rows | range | a page | of it in this process |\n|---|---|---|---|")
        rows = ((app, uri, years, span, options.times) for years, span in ASKED)
        (few, _), (many, _), (_, everything) = starmap(measure, rows)
    held = many <= MOST_GROWTH * few and everything <= MOST_ALL
    print(
        f"\n500 years take {many / few:.2f} times as long as 5 (at most {MOST_GROWTH}), everything of 20 years {everything:.0f} ms"
    )
    print(f"of this process (at most {MOST_ALL:.0f}): {'held' if held else 'MISSED'}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
