"""How long ten years of history take: from connecting to this week on screen, to everything, and in how much memory.

    .venv/bin/python -m benchmarks.history [--runs served served-at-the-limit once]

4,100 activities, at least 3,650 weigh-ins and 3,650 days of calories at the simulated providers; the real updater with a
Prefect server of its own, a real PostgreSQL, gunicorn, and a viewer on a WebSocket. "Connecting" is the moment at which
the token files are there. `served` is `python tasks.py` with its usual schedule, each run a process that Prefect starts; `once` is `python tasks.py --once` from its start. Google allows 300 calls a minute, which ten years
exceed: `served-at-the-limit` keeps to that (the run ends as "waiting", a later one goes on), the others lift it.
"""

import argparse
import os
import queue
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import psycopg2

from app.stats import week
from simulator.world import World
from tests.conftest import ROOT, embedded, make_app, upgrade
from tests.serving import Viewer, serving, viewing
from tests.updating import Accounts, connected

ACTIVITIES, DAYS = 4100, 3650
RUNS = ("served", "served-at-the-limit", "once")
PATIENCE = 300.0
COUNTS = """SELECT (SELECT count(*) FROM strava_activity), (SELECT count(*) FROM fitbit_weight),
    (SELECT count(calories) FROM fitbit_calories), (SELECT count(burned) FROM fitbit_calories),
    (SELECT count(*) FROM sync_state WHERE full_at IS NOT NULL AND cursor IS NULL),
    (SELECT count(*) FROM sync_state WHERE state = 'waiting')"""


def ten_years(today: date) -> World:
    """The made-up athlete's, and what is missing to the figures above."""
    world = World(years=10, tz="UTC", life=False)
    noon = datetime.combine(today, datetime.min.time()) + timedelta(hours=12)
    days = [noon - timedelta(days=ago) for ago in range(10, DAYS)]
    weighed = {sample.at.date() for sample in world.samples("weight")}
    fed = {meal.at.date() for meal in world.meals()}
    for at in days[: ACTIVITIES - len(world.activities())]:
        world.add_activity(start_date_local=at, distance=5000.0)
    for at in days:
        if at.date() not in weighed:
            world.add_weight(72.5, at)
        if at.date() not in fed:
            world.set_eaten(at.date(), 2100)
    return world


def held(world: World) -> tuple[int, int, int, int]:
    eaten = {meal.at.date() for meal in world.meals()}
    return len(world.activities()), len(world.samples("weight")), len(eaten), len(world.burned())


def longest_week(today: date) -> str:
    """The setting under which most days of this week have passed: on a Sunday, a week that begins on Sunday is one day."""
    return min(("sunday", "monday", "saturday"), key=lambda start: week.days(today, start)[0])


class Memory(threading.Thread):
    """Resident megabytes of the updater's processes twice a second: (seconds since 0, by role)."""

    def __init__(self, updater: psutil.Process) -> None:
        super().__init__(daemon=True)
        self.updater, self.samples, self.over = updater, list[tuple[float, Counter[str]]](), threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.5):
            sizes: Counter[str] = Counter()
            for process in self.family():
                try:
                    sizes[self.role(process)] += process.memory_info().rss // 2**20
                except psutil.Error:
                    continue
            self.samples.append((time.monotonic(), sizes))

    def family(self) -> list[psutil.Process]:
        try:
            return [self.updater, *self.updater.children(recursive=True)]
        except psutil.Error:
            return []

    def role(self, process: psutil.Process) -> str:
        """Who reads the history: with --once the updater itself, else the process that Prefect starts for a run."""
        line = " ".join(process.cmdline())
        if process.pid == self.updater.pid:
            return "updater"
        return "Prefect's server" if "prefect" in line and "server" in line else "flow run"

    def lines(self, first: float, last: float) -> Iterator[str]:
        for role in ("updater", "flow run", "Prefect's server"):
            sizes = [size[role] for moment, size in self.samples if first <= moment <= last and size[role]]
            if sizes:
                middle = statistics.median(sizes)
                yield f"  {role:17} MB {min(sizes):5} min {middle:7.0f} median {max(sizes):5} max  ({len(sizes)} samples)"


class Screen(threading.Thread):
    """A viewer: notes when its page first held this week's activities, weigh-ins and calories."""

    def __init__(self, viewer: Viewer, wanted: dict[str, int]) -> None:
        super().__init__(daemon=True)
        self.viewer, self.wanted, self.complete, self.pushes = viewer, wanted, 0.0, 0

    def run(self) -> None:
        while True:
            try:
                event, payload = self.viewer.heard.get(timeout=PATIENCE)
            except queue.Empty:
                return
            if event == "stats_vals":
                self.pushes += 1
                if not self.complete and {name: len(rows) for name, rows in payload["data"].items()} == self.wanted:
                    self.complete = time.monotonic()


def this_week(world: World, days: list[date]) -> dict[str, int]:
    """How many rows of each kind the page holds once this week is there: one weigh-in a day, every activity."""
    meals, weighed = (
        {meal.at.date() for meal in world.meals()},
        {sample.at.date() for sample in world.samples("weight")},
    )
    calories = meals | world.burned().keys()
    trained = [date.fromisoformat(activity["start_date_local"][:10]) for activity in world.activities()]
    return {
        "weight": len(weighed & {*days}),
        "calories": len(calories & {*days}),
        "activities": sum(day in days for day in trained),
    }


@contextmanager
def updater(accounts: Accounts, how: str, log_file: Path) -> Iterator[psutil.Process]:
    arguments = ["tasks.py", "--once"] if how == "once" else ["tasks.py"]
    environment = {**os.environ, **accounts.settings, "PYTHONUNBUFFERED": "1"}
    with log_file.open("wb") as log:
        process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def measure(how: str, uri: str, folder: Path) -> None:
    today = datetime.now(UTC).date()
    world = ten_years(today)
    if how != "served-at-the-limit":
        world.google_limit = 10**9
    start = longest_week(today)
    web = {"TIMEZONE": "UTC", "WEEK_START": start, "DEMO": "0"}
    with (
        connected(world, uri, "", folder) as accounts,
        serving(uri, folder / "web.log", **web) as board,
        viewing(board) as viewer,
    ):
        hidden = {path: path.read_text() for path in accounts.creds.glob("*.json")}
        if how != "once":
            for path in hidden:
                path.unlink()
        screen = Screen(viewer, this_week(world, week.days(today, start)))
        screen.start()
        began = time.monotonic()
        with updater(accounts, how, folder / "updater.log") as process:
            memory = Memory(process)
            memory.start()
            if how != "once":
                wait_for(lambda: "token file yet" in (folder / "updater.log").read_text(), folder)
                time.sleep(10)  # the schedule is under way by then
                began = time.monotonic()
                for path, text in hidden.items():
                    path.write_text(text)
            done, waits = watch(uri, held(world), folder)
            memory.over.set()
        report(how, accounts, screen, memory, began, done, waits)


def watch(uri: str, wanted: tuple[int, ...], folder: Path) -> tuple[float, bool]:
    """When everything was in the tables and read to its beginning, and whether a limit was waited for."""
    waits = False
    connection = psycopg2.connect(uri.replace("+psycopg2", ""))
    connection.autocommit = True

    def complete() -> bool:
        nonlocal waits
        with connection.cursor() as cursor:
            cursor.execute(COUNTS)
            found: tuple[int, ...] = cursor.fetchone() or (0,) * 6
        waits = waits or found[5] > 0
        return found[4] == 4 and found[:4] == wanted

    wait_for(complete, folder)
    connection.close()
    return time.monotonic(), waits


def wait_for(true: Any, folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > deadline:
            sys.exit(f"not there after {PATIENCE:.0f} s:\n{(folder / 'updater.log').read_text()[-4000:]}")
        time.sleep(0.1)


def report(
    how: str, accounts: Accounts, screen: Screen, memory: Memory, began: float, done: float, waits: bool
) -> None:
    world = accounts.world
    activities, weights, eaten, burned = held(world)
    limit = "no limit of Google's" if world.google_limit > 10_000 else "Google's 300 calls a minute"
    print(f"{how}: {activities} activities, {weights} weigh-ins, {eaten} days eaten, {burned} burned; {limit}")
    print(
        f"  this week on screen after {screen.complete - began:5.1f} s, with {screen.wanted}; {screen.pushes} pushes in all"
    )
    print(f"  everything          after {done - began:5.1f} s{', a limit waited for on the way' if waits else ''}")
    lists = [sent for _, path, sent in world.requests if path.endswith("/athlete/activities")]
    history = [sent for sent in lists if "after" not in sent]
    print(f"  calls: {len(history)} lists of activities for the history, {len(lists) - len(history)} for the last days")
    calls = Counter(path.rpartition("/v4/users/me/")[2] for _, path, _ in world.requests if "/google/v4" in path)
    for route, count in calls.most_common():
        print(f"         {count:4} {route}")
    print(f"  resident while the history was read, {done - screen.complete:.0f} s:")
    print("\n".join(memory.lines(screen.complete, done)), flush=True)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", nargs="+", choices=RUNS, default=RUNS)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    with embedded.held(str(folder)) as server:
        for how in options.runs:
            own = folder / how
            own.mkdir()
            uri = server.replace("/postgres?", f"/{how.replace('-', '_')}?")
            connection = psycopg2.connect(server.replace("+psycopg2", ""))
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {how.replace('-', '_')}")
            connection.close()
            with make_app(uri).app_context():
                upgrade(directory=str(ROOT / "migrations"))
            measure(how, uri, own)
    return 0


if __name__ == "__main__":
    sys.exit(main())
