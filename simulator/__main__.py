"""`python -m simulator`: the demo's two providers, which end together with the program that started them."""

import argparse
import os
import signal
import sys
import threading

from simulator.server import serve
from simulator.world import World

WATCHED_FOR_DAYS = ((2000, 200_000), (1000, 100_000))  # a demo that polls often must not run into Strava's daily limit


def _wait_for_the_end() -> None:
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    threading.Thread(target=_drain_stdin, args=(done,), daemon=True).start()
    done.wait()


def _drain_stdin(done: threading.Event) -> None:
    """By file descriptor: a buffered reader that is still waiting when Python ends would abort it with a message."""
    try:
        while os.read(0, 4096):
            pass
    except OSError:
        pass  # no standard input at all is an end as well
    done.set()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--timezone", default="UTC", help="of the made-up athlete, such as Europe/Berlin")
    parser.add_argument("--seed", default="sevenday", help="another seed is another athlete")
    parser.add_argument("--years", type=int, default=2, help="of history")
    options = parser.parse_args()
    world = World(options.seed, options.timezone, years=options.years)
    world.strava_limits = WATCHED_FOR_DAYS
    with serve(world, options.port) as running:
        sys.stdout.write(f"Simulator on {running.url}\n")
        sys.stdout.flush()
        _wait_for_the_end()


if __name__ == "__main__":
    main()
