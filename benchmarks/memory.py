"""How much memory each service takes, idle and while it syncs and is watched.

    .venv/bin/python -m benchmarks.memory [--viewers 100] [--seconds 150]

`make run` with an account at the simulated providers that is read every few seconds. The figures are proportional set
sizes: resident memory, of which what processes share is counted once. They are what docker-compose.yml's limits are
held against; the containers run the same programs, PostgreSQL with smaller buffers.
"""

import argparse
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import nullcontext, suppress
from pathlib import Path

import psutil

from benchmarks.viewers import watching
from simulator.world import World
from tests.mirror import fill
from tests.serving import Board, free_port
from tests.test_run import everything_of, start, stop
from tests.updating import connected

SERVICES = {"gunicorn": "api", "server": "prefect", "postgres": "db", "tasks.py": "updater"}


def service_of(process: psutil.Process) -> str | None:
    """By the first of its ancestors, or itself, that says what it is."""
    for one in [process, *process.parents()]:
        words = {word.rpartition("/")[2] for word in one.cmdline()}
        if found := next((service for word, service in SERVICES.items() if word in words), None):
            return found
    return None


def taken(folder: Path) -> dict[str, float]:
    """MB by service."""
    megabytes: dict[str, float] = defaultdict(float)
    family = set(everything_of(folder))
    for process in list(family):
        with suppress(psutil.Error):
            family |= set(process.children())
    for process in family:
        with suppress(psutil.Error):
            if service := service_of(process):
                megabytes[service] += process.memory_full_info().pss / 1e6
    return megabytes


def watched(board: Board, folder: Path, viewers: int, seconds: float) -> list[dict[str, float]]:
    samples = []
    with watching(int(board.url.rpartition(":")[2]), viewers) if viewers else nullcontext():
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            samples.append(taken(folder))
            time.sleep(0.2)
    return samples


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--viewers", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=150)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    with connected(World.empty(tz="UTC"), "", "", folder) as accounts:
        fill(accounts.world)
        board = start(folder, free_port(), **accounts.settings, SYNC_INTERVAL_MINUTES="0.1")
        try:
            time.sleep(30)
            alone = watched(board, folder, 0, 20)
            accounts.world.requests.clear()
            samples = watched(board, folder, options.viewers, options.seconds)
            calls = len(accounts.world.requests)
        finally:
            stop(board)
    print(f"{'MB':8} {'idle':>6} {'syncing, ' + str(options.viewers) + ' viewers':>24}")
    for service in ("api", "updater", "prefect", "db"):
        idle = min(sample[service] for sample in alone)
        busy = max(sample[service] for sample in samples)
        print(f"{service:8} {idle:6.0f} {busy:24.0f}")
    print(f"the syncs asked the providers {calls} times meanwhile")
    return 0


if __name__ == "__main__":
    sys.exit(main())
