"""What the page of Trends costs the server: a span with 5 and with 500 years of rows, and everything of 20 years.

.venv/bin/python -m benchmarks.trends [--times 20]
"""

import argparse
import sys
from itertools import starmap

from flask import Flask

from benchmarks.database import fill, migrated
from benchmarks.push import median

ASKED = ((5, "3m"), (500, "3m"), (20, "all"))
"""Years of rows, and the range that is looked at."""
MOST_GROWTH, MOST_ALL = 1.5, 100.0
"""500 years against 5; and milliseconds of the server's own."""


def measure(app: Flask, uri: str, years: int, span: str, times: int) -> tuple[float, float]:
    fill(uri, years)
    client = app.test_client()
    clock, busy = median(lambda: client.get(f"/stats/trends?range={span}").get_data(), times)
    print(f"| {years} | {span} | {clock:.0f} ms | {busy:.0f} ms |", flush=True)
    return clock, busy


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=20)
    options = parser.parse_args()
    with migrated() as (uri, app):
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
