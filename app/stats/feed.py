"""The background task: wait for a change or for the beat, query once, send to all."""

import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock
from typing import Any
from zoneinfo import ZoneInfo

import psycopg2
from flask import Flask, current_app
from prometheus_client import Histogram
from sqlalchemy.exc import SQLAlchemyError

from app.extensions import db, socketio
from app.records import preferences
from app.records.preferences import Preferences
from app.records.store import CHANGES_CHANNEL, SYNC_CHANNEL
from app.stats import changes, payload, viewers, week
from app.stats.fanout import tell
from app.stats.viewers import FOLLOWERS, NAMESPACE, ROOM, VIEWERS, rooms
from app.web import access, sign_ins
from logs import first_line

FOLD_SECONDS = 0.05
"""After a push the feed rests this long, so a burst of commits becomes a few pushes and not one each."""
RETRY_SECONDS = 1.0
LOOK_SECONDS = 1.0
"""How often it is looked who does not read."""
MOST_TRIES = 10
"""So often an answer is read anew because of a push meanwhile."""
PUSHES = Histogram(
    "sevenday_push_seconds",
    "Time to read the week and hand it to every open page; its count is the number of pushes.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
DOWN = "The database does not answer. The board shows what it last had and goes on by itself."


class Feed:
    """One for each web process: it feeds the viewers of this process and knows of no other."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.count = 0
        self.down = False
        self.looked = 0.0
        self.last: dict[str, Any] | None = None
        self.told: Preferences | None = None
        """As this feed was last told: nobody else writes it, so what was read earlier never comes after it."""
        self.pushes = 0
        self.told_all = Event()
        self.told_all.set()
        self._started = False
        self._starting = Lock()

    def start(self) -> None:
        """Begins with the first viewer; further calls do nothing."""
        with self._starting:
            if not self._started:
                self._started = True
                socketio.start_background_task(self.run)

    def run(self) -> None:
        """Listens for ever. An exception must not end it: the page would fall silent until the process restarts."""
        with self.app.app_context():
            while True:
                try:
                    with listening() as connection:
                        self.serve(connection)
                except (psycopg2.Error, SQLAlchemyError) as error:
                    self.report_down(error)
                except Exception:
                    self.app.logger.exception("The live feed met an error of its own and goes on")
                socketio.sleep(RETRY_SECONDS)

    def serve(self, connection: Any) -> None:
        """Pushes at once (something may have changed while nobody listened), then on every change and beat."""
        interval = self.app.config["FEED_INTERVAL_SECONDS"]
        access.disconnect_signed_out(NAMESPACE, VIEWERS)
        self.told = preferences.read()  # from here on every change of it is told
        self.push()
        due = time.monotonic() + interval
        while True:
            changed = set()
            for notify in notifications(connection, max(0.0, due - time.monotonic())):
                if notify.channel == SYNC_CHANNEL:
                    tell(VIEWERS, ("sync", {"text": notify.payload}))
                elif notify.channel == sign_ins.CHANNEL:
                    access.disconnect_signed_out(NAMESPACE, VIEWERS)
                else:
                    changed.add(notify.payload)
            beat = time.monotonic() >= due
            pushed = beat or self.shown(changed)
            if pushed:
                self.push(whole=beat)
                due = time.monotonic() + interval
            if tell_followers(changed) | self.push_other_weeks(changed) or pushed:
                socketio.sleep(FOLD_SECONDS)
            self.look()

    def look(self) -> None:
        if time.monotonic() - self.looked > LOOK_SECONDS:
            self.looked = time.monotonic()
            viewers.disconnect_slow_viewers()

    def shown(self, changed: set[str]) -> bool:
        """Whether a day of this week is among the changed ones; '' stands for any day."""
        if "" in changed:
            self.told = preferences.read()
            return True
        chosen = self.chosen
        return bool(changed & {*payload.dates(chosen, payload.today(chosen))["data"]})

    @property
    def chosen(self) -> Preferences:
        return self.told or preferences.read()

    def push(self, whole: bool = True) -> None:
        """`dates`, then `stats_vals`, to everyone; with nobody there, nothing is asked of the database.

        Unless `whole`, of what the page shows only that which is different from the last push.
        """
        if not viewers.count():
            self.last = None
            return
        with PUSHES.time(), self.telling():
            self.send(whole)

    def send(self, whole: bool) -> None:
        chosen = self.chosen
        today = payload.today(chosen)
        stats = payload.stats_vals(chosen, today)
        stats["changes"] = self.changes(stats, chosen)
        told = stats if whole or not self.last else payload.news(stats, self.last)
        self.last = stats
        self.count += 1
        self.down = False
        tell(VIEWERS, ("dates", payload.dates(chosen, today)), ("stats_vals", told | {"count": self.count}))

    def changes(self, stats: dict[str, Any], chosen: Preferences) -> dict[str, Any]:
        """What is different from the last push of the same week."""
        if not self.last or self.last["week"] != stats["week"]:
            return changes.said([], "")
        clock = payload.now().astimezone(ZoneInfo(chosen.timezone))
        return changes.said(changes.between(self.last["data"], stats["data"], chosen.units), f"{clock:%H:%M}")

    @contextmanager
    def telling(self) -> Iterator[None]:
        """From before a week is read until everybody has been told it."""
        self.pushes += 1
        self.told_all.clear()
        try:
            yield
        finally:
            self.told_all.set()

    def between_pushes(self, read: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What is read while no push is under way: sent at once, it comes to nobody before or after the wrong one."""
        for _ in range(MOST_TRIES):
            self.told_all.wait()
            before, stats = self.pushes, read()
            if self.pushes == before:
                break
        return stats

    def seen(self, stats: dict[str, Any]) -> None:
        """What the first viewer after a while was answered: changes are told from there on."""
        self.last = self.last or stats

    def push_other_weeks(self, changed: set[str]) -> bool:
        """`stats_vals` of each other week that a page shows and that has a changed day, to those pages.

        Returns whether there was any.
        """
        names = rooms() if changed else []
        if not names:
            return False
        pushed = False
        chosen = self.chosen
        today = payload.today(chosen)
        for name in names:
            days = week.days(week.asked(name.removeprefix(ROOM), chosen.week_start), chosen.week_start)
            if today not in days and changed & {"", *(day.isoformat() for day in days)}:
                with self.telling():
                    stats = payload.stats_vals(chosen, today, days[0])
                    tell(name, ("stats_vals", stats | {"count": self.count}))
                pushed = True
        return pushed

    def report_down(self, error: Exception) -> None:
        """Tells every page and the log, once each time the database goes away."""
        if not self.down:
            self.app.logger.warning("The live feed lost the database and keeps trying: %s", first_line(error))
            tell(VIEWERS, ("problem", {"error": DOWN}))
        self.down = True


def tell_followers(changed: set[str]) -> bool:
    """`changed` to the pages that follow everything; returns whether there were any to tell."""
    if not changed or not viewers.count(FOLLOWERS):
        return False
    tell(FOLLOWERS, ("changed", {}))
    return True


def feed() -> Feed:
    """The feed of the current application."""
    found: Feed = current_app.extensions["feed"]
    return found


@contextmanager
def listening() -> Iterator[Any]:
    """A psycopg2 connection of its own, outside the pool, that receives this project's notifications."""
    connection = db.engine.raw_connection()
    driver: Any = connection.driver_connection
    connection.detach()
    try:
        driver.autocommit = True
        with driver.cursor() as cursor:
            cursor.execute(f"LISTEN {CHANGES_CHANNEL}; LISTEN {SYNC_CHANNEL}; LISTEN {sign_ins.CHANNEL}")
        yield driver
    finally:
        driver.close()


def notifications(connection: Any, seconds: float) -> list[Any]:
    """Waits up to `seconds` and returns what came, in order."""
    if not connection.notifies:
        select.select([connection], [], [], seconds)
        connection.poll()
    came = list(connection.notifies)
    connection.notifies.clear()
    return came
