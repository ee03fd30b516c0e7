"""The updater's flow without Prefect, for faults by the dozen: an account, what goes wrong with it, what must not."""

import itertools
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

import tasks
from app.extensions import db
from app.records import models, queries
from app.sources import fitbit
from app.sources.http import Http
from app.sync import application, history, standing
from simulator.faults import Fault
from simulator.world import World
from tests.conftest import execute, make_app
from tests.mirror import Rows, change, fill, holds, identities, rows
from tests.updating import Accounts, connected

OWN_ERROR = "The sync met an error of its own; its log in Prefect says which."


class Ended:
    """A Prefect state, as far as tasks.py asks it."""

    def __init__(self, run: Callable[[], Any]) -> None:
        try:
            self.value = run()
        except Exception as error:
            self.value = error

    def is_completed(self) -> bool:
        return not isinstance(self.value, Exception)

    def result(self, raise_on_failure: bool = True) -> Any:  # noqa: ARG002
        return self.value


class Step:
    """A task of the flow, tried again as often and on the same errors as Prefect would, but without the pauses."""

    def __init__(self, task: Any) -> None:
        self.task = task

    def with_options(self, name: str) -> "Step":  # noqa: ARG002
        return self

    def __call__(self, *arguments: Any, return_state: bool) -> Ended:  # noqa: ARG002
        ended = Ended(lambda: self.task.fn(*arguments))
        for _ in range(self.task.retries or 0):
            if ended.is_completed() or not self.task.retry_condition_fn(None, None, ended):
                break
            ended = Ended(lambda: self.task.fn(*arguments))
        return ended


@dataclass
class Updater:
    accounts: Accounts
    app: Flask
    said: list[str] = field(default_factory=list)

    @property
    def world(self) -> World:
        return self.accounts.world

    def sync(self, **how: bool) -> None:
        tasks.sync.fn(**how)

    def calls(self, part: str) -> list[str]:
        """The paths asked since the last call of `hours_pass` that contain `part`."""
        return [path for _, path, _ in self.world.requests if part in path]

    def hours_pass(self, hours: float) -> None:
        """As if all that the sync remembers, and the last sign-in, were that much older."""
        age = f"interval '{hours * 3600} seconds'"
        columns = ("last_attempt", "last_success", "resume_at", "full_at")
        execute(
            self.accounts.settings["SQLALCHEMY_DATABASE_URI"],
            f"UPDATE sync_state SET {', '.join(f'{name} = {name} - {age}' for name in columns)}",
        )
        for path in self.accounts.creds.glob("*.json"):
            then = path.stat().st_mtime - hours * 3600
            os.utime(path, (then, then))
        self.world.requests.clear()

    def states(self) -> list[models.SyncState]:
        with self.app.app_context(), Session(db.engine) as session:
            return queries.sync_states(session)

    def line(self, name: str) -> str:
        """The board's line of a source."""
        lines = standing.lines(self.states(), datetime.now(UTC), "UTC")
        return next(line for line in lines if line.startswith(name))

    def messages(self) -> list[str]:
        """What the page /connect/ says below the lines."""
        return [state.message for state in self.states() if state.message]

    def stored(self) -> Rows:
        with self.app.app_context(), Session(db.engine) as session:
            return rows(session)


def in_steps(patch: pytest.MonkeyPatch, **steps: timedelta) -> None:
    """Makes Fitbit's metrics read that much of their history at once."""
    shorter = {name: replace(metric, step=steps[name]) for name, metric in fitbit.METRICS.items()}
    patch.setattr(fitbit, "METRICS", shorter)


@contextmanager
def in_process(world: World, uri: str, folder: Path, patch: pytest.MonkeyPatch, **settings: Any) -> Iterator[Updater]:
    """An updater of this process for a world whose accounts are connected. Nothing has been read yet."""
    with connected(world, uri, "", folder) as accounts:
        given = {name: value for name, value in accounts.settings.items() if name != "SQLALCHEMY_DATABASE_URI"}
        app = make_app(uri, **given | settings)
        updater = Updater(accounts, app)
        for module in (tasks, application):
            patch.setattr(module, "flask_app", lambda: app)
        patch.setattr(tasks, "stage", lambda line, *_, **__: updater.said.append(line))
        patch.setattr(tasks, "create_table_artifact", lambda **_: None)
        for name in ("fetch", "save", "fetch_history"):
            patch.setattr(tasks, name, Step(getattr(tasks, name)))
        # The history ends sooner, to save calls: days without any record are asked for in pieces as well.
        patch.setattr(history, "EMPTY_YEARS", timedelta(days=30))
        in_steps(patch, **dict.fromkeys(fitbit.METRICS, timedelta(days=56)))
        patch.setattr(Http.__init__, "__defaults__", ((5.0, 10.0),))
        yield updater
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def unread(uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Updater]:
    """An empty account, connected, of which nothing has been read."""
    with in_process(World.empty(tz="UTC"), uri, tmp_path, monkeypatch) as updater:
        yield updater


@pytest.fixture
def updater(unread: Updater) -> Updater:
    """A filled account that was synced without a fault three hours ago, history and all, and has changed since."""
    fill(unread.world)
    unread.sync()
    assert unread.stored() == holds(unread.world)
    change(unread.world)
    unread.hours_pass(3)
    return unread


def when(world: World, route: str, nth: int, do: Callable[[], object]) -> None:
    """Does something as the n-th request from now on whose path contains `route` arrives, before it is answered."""
    before, numbers = world.take_fault, itertools.count(1)

    def take_fault(path: str) -> Fault | None:
        if route in path and next(numbers) == nth:
            do()
        return before(path)

    world.take_fault = take_fault


def assert_nothing_lost(before: Rows, updater: Updater) -> None:
    """Whatever was here and is still in the account is here."""
    still = identities(before) & identities(holds(updater.world))
    assert still <= identities(updater.stored()), still - identities(updater.stored())


def assert_mended(updater: Updater) -> None:
    """Once the fault is over, the next clean sync makes the tables what the account is."""
    updater.world._faults.clear()
    updater.hours_pass(25)
    updater.sync()
    assert updater.stored() == holds(updater.world)
    assert [updater.line("Strava"), updater.line("Fitbit")] == ["Strava just now", "Fitbit just now"]
    assert updater.messages() == []


def shown(pattern: str, text: str) -> bool:
    """Whether the text is as the table says it; `hh:mm:ss` and `hh:mm` there stand for any time of day."""
    times = re.escape(pattern).replace("hh:mm:ss", r"\d\d:\d\d:\d\d").replace("hh:mm", r"\d\d:\d\d")
    return re.fullmatch(times, text) is not None


def expire(accounts: Accounts, source: str) -> None:
    """The access token needs to be renewed before the next call."""
    path = accounts.creds / f"{source}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"expires_at": 1}))
