"""Whatever happens to the accounts, the network and the updater, the next clean sync makes the tables the accounts.

Hypothesis makes up the stories. 10 of them run with every test run, always the same ones; for more, and others:

    MIRROR_EXAMPLES=500 MIRROR_SEED=7 .venv/bin/python -m pytest tests/test_mirror_property.py
"""

import itertools
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import psycopg2
import pytest
import requests
from flask import Flask
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event

import tasks
from app.extensions import db
from app.sources import http, strava
from app.sources.errors import Retry, SourceError
from app.sync import application, history, readings
from simulator.server import serve
from simulator.world import World
from tests.conftest import execute, fresh, make_app
from tests.faults import in_steps
from tests.updating import PROVIDERS

EXAMPLES = int(os.environ.get("MIRROR_EXAMPLES") or 10)
SEED = os.environ.get("MIRROR_SEED")
STEPS = 20
WINDOW = 14
STRAVA, FITBIT = "strava:134815", "fitbit:111122223333444455"
TABLES = ("strava_activity", "fitbit_weight", "fitbit_calories", "sync_state")
BEFORE = "0007"
"""With this end the accounts of those who were signed in before."""
SMALL_SPANS = {"weight": timedelta(days=45), "eaten": timedelta(days=30), "burned": timedelta(days=14)}
"""In the stories a piece of the history is one call, so that a short history has many pieces to be killed between."""


class Killed(BaseException):
    """The process is dead: nothing that it wanted to do afterwards is done."""


class Step:
    """In a Prefect task's place: the same function and as many tries, without a server and without the pauses."""

    def __init__(self, task: Any) -> None:
        self.run, self.tries = task.fn, 1 + task.retries

    def with_options(self, **_: Any) -> "Step":
        return self

    def __call__(self, *arguments: Any, return_state: bool) -> "Ended":  # noqa: ARG002
        """An error that is not one of the sources' is a defect of the product and ends the test."""
        error: SourceError | None = None
        for _ in range(self.tries):
            try:
                return Ended(self.run(*arguments))
            except SourceError as met:
                error = met
                if not isinstance(met, Retry):
                    break
        return Ended(error)


class Ended:
    """In the place of Prefect's state: what a step gave, or the error that it failed with."""

    def __init__(self, outcome: Any) -> None:
        self.outcome = outcome

    def is_completed(self) -> bool:
        return not isinstance(self.outcome, SourceError)

    def result(self, raise_on_failure: bool = True) -> Any:  # noqa: ARG002
        return self.outcome


def nothing(_url: str, _what: dict[str, Any]) -> None:
    """What usually happens before a request."""


class Updater:
    """The product's own flow, run in this process so that it can be killed between any two of its statements.

    `world` is what the accounts hold and `creds` where their tokens are; `before` hears of every request to come.
    """

    def __init__(self, uri: str, folder: Path, world: World | None = None) -> None:
        self.uri, self.world, self.creds = uri, world or World.empty(tz="UTC"), folder / "creds"
        self.creds.mkdir(parents=True, exist_ok=True)
        # Limits are met as faults; a story makes in seconds the calls of a month.
        self.world.google_limit, self.world.strava_limits = 10**9, ((10**9, 10**9), (10**9, 10**9))
        self.fuse: int | None = None
        self.burnt_to = 0
        self.lost = ""
        self.before: Callable[[str, dict[str, Any]], None] = nothing
        self.said: list[str] = []
        wire = requests.Session()  # one for all: nothing of the machine's own (proxies, .netrc) is looked up each time
        wire.trust_env = False
        self.really = wire.request
        self.stack = ExitStack()
        self.served = self.stack.enter_context(serve(self.world))
        self.observer = psycopg2.connect(uri.replace("+psycopg2", ""))
        self.observer.autocommit = True
        steps = {name: Step(getattr(tasks, name)) for name in ("fetch", "save", "fetch_history")}
        prefect = {"flask_app": lambda: self.app, "say": self.hear, "stage": self.hear}
        prefect["create_table_artifact"] = lambda **_: None
        for name, stand_in in (prefect | steps).items():
            self.stack.enter_context(mock.patch.object(tasks, name, stand_in))
        self.stack.enter_context(mock.patch.object(application, "flask_app", side_effect=lambda: self.app))
        self.stack.enter_context(mock.patch.object(http.requests, "request", self.request))
        for source in PROVIDERS:
            self.connect(source)
        self.start()

    def start(self) -> None:
        accounts = {"STRAVA_CLIENT_ID": "42", "STRAVA_CLIENT_SECRET": "s", "SYNC_LOOKBACK_DAYS": WINDOW}
        accounts |= {"FITBIT_CLIENT_ID": "fitbit", "FITBIT_CLIENT_SECRET": "s", "CREDS_DIR": str(self.creds)}
        self.app: Flask = make_app(self.uri, TIMEZONE=self.world.tz, **accounts, **self.served.env())
        self.fuse = None
        with self.app.app_context():
            event.listen(db.engine, "before_cursor_execute", lambda *_: self.burn())
            event.listen(db.engine, "commit", lambda *_: self.burn())

    def die(self) -> None:
        """All connections close, as PostgreSQL sees it when a process is gone."""
        with self.app.app_context():
            db.engine.dispose()

    def end(self) -> None:
        self.die()
        self.observer.close()
        self.stack.close()

    def hear(self, line: str, **_: Any) -> None:
        self.said.append(line)

    def burn(self) -> None:
        if self.fuse is not None:
            if self.fuse == 0:
                raise Killed
            self.fuse -= 1

    def request(self, method: str, url: str, **what: Any) -> requests.Response:
        self.burn()
        self.before(url, what)
        answer = self.really(method, url, **what)
        if self.lost and self.lost in url:
            self.lost = ""
            raise requests.ReadTimeout  # the provider did what it was asked for, but its answer never came
        return answer

    def sync(self) -> None:
        """One run of the flow; killed on the way, the next one is a new process."""
        self.said.clear()
        try:
            tasks.sync.fn()
        except Killed:
            self.die()
            self.start()
        self.burnt_to, self.fuse = self.fuse or 0, None

    def sync_to_the_end(self, runs: int = 10, at_least: int = 1) -> None:
        """As often as it takes until every metric has its history."""
        for run in range(runs + 1):
            if run >= at_least and not self.rows(
                "SELECT 1 FROM sync_state WHERE full_at IS NULL OR cursor IS NOT NULL"
            ):
                return
            self.sync()
        raise AssertionError(f"the history did not come to its end: {self.said}")

    def a_week_passes(self) -> None:
        """For the history, which is read anew every seven days."""
        execute(self.uri, "UPDATE sync_state SET full_at = full_at - interval '8 days'")

    def connect(self, source: str) -> None:
        token = self.world.issue(PROVIDERS[source], expires_in=90 * 86400)
        self.write(source, token)

    def write(self, source: str, token: dict[str, Any]) -> None:
        path = self.creds / f"{source}.json"
        path.write_text(json.dumps(token))
        path.chmod(0o600)

    def expire(self, source: str) -> None:
        self.write(source, json.loads((self.creds / f"{source}.json").read_text()) | {"expires_at": 1})

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.observer.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def states(self) -> dict[str, str]:
        return {str(metric): str(state) for metric, state in self.rows("SELECT metric, state FROM sync_state")}


Row = tuple[Any, ...]


def in_the_tables(updater: Updater) -> dict[str, list[Row]]:
    """All but what belongs to those who were signed in before."""
    found = {
        "activities": updater.rows(
            "SELECT id, start_date_local, name, distance, activity_type, account FROM strava_activity"
        ),
        "weights": updater.rows("SELECT point, record_date + record_time, weight, fat, account FROM fitbit_weight"),
        "calories": updater.rows("SELECT record_date, record_date, calories, burned, account FROM fitbit_calories"),
    }
    return {name: [row for row in rows if not row[-1].endswith(BEFORE)] for name, rows in found.items()}


def in_the_accounts(world: World) -> dict[str, list[Row]]:
    """What the tables should hold, taken from the simulated accounts without any code of the product."""
    fats = {sample.number: sample.value for sample in world.samples("body-fat")}
    eaten: Counter[date] = Counter()
    for meal in world.meals():
        eaten[meal.at.date()] += meal.kcal  # type: ignore[assignment]  # kcal are floats, which a Counter adds as well
    burned = world.burned()
    return {
        "activities": [
            (a["id"], local(a["start_date_local"]), a["name"], a["distance"], a["sport_type"], STRAVA)
            for a in world.activities()
        ],
        "weights": [
            (
                f"users/{FITBIT.partition(':')[2]}/dataTypes/weight/dataPoints/{sample.number}",
                sample.at.replace(tzinfo=None),
                sample.value / 1000,
                fats.get(sample.number),
                FITBIT,
            )
            for sample in world.samples("weight")
        ],
        "calories": [(day, day, eaten.get(day), burned.get(day), FITBIT) for day in {*eaten, *burned}],
    }


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)


def keys(found: dict[str, list[Row]]) -> set[tuple[str, Any]]:
    """The name of every record and every single figure."""
    activities = {("activity", row[0]) for row in found["activities"]}
    weights = {("weigh-in", row[0]) for row in found["weights"]}
    eaten = {("eaten", row[0]) for row in found["calories"] if row[2] is not None}
    return activities | weights | eaten | {("burned", row[0]) for row in found["calories"] if row[3] is not None}


def figures(found: dict[str, list[Row]]) -> set[Row]:
    """Every record by its name and moment, every figure of a day with its value."""
    calories = [
        (day, kind, value) for day, _, *both, _ in found["calories"] for kind, value in enumerate(both) if value
    ]
    return {*((row[0], row[1]) for row in [*found["activities"], *found["weights"]]), *calories}


def since(first: date, found: dict[str, list[Row]]) -> dict[str, set[Row]]:
    """The rows of the days from `first` on, none of which may be there twice."""
    for rows in found.values():
        assert len({row[0] for row in rows}) == len(rows), "something is there twice"
    day = {
        name: [(row, row[1].date() if isinstance(row[1], datetime) else row[1]) for row in found[name]]
        for name in found
    }
    return {name: {row for row, when in rows if when >= first} for name, rows in day.items()}


DAYS = st.integers(0, 40)
FAR = DAYS | st.sampled_from((60, 70, 400, 1500))
ALL_KINDS = ("activity", "burned", "eaten", "weigh-in")
KINDS = st.sets(st.sampled_from(ALL_KINDS), min_size=1)
FIGURE = st.integers(500, 9000)
ROUTES = {
    "list of activities": "/athlete/activities",
    "one activity": "/api/v3/activities/",
    "Strava's tokens": "/strava/oauth/token",
    "identity": "/users/me/identity",
    "weights": "/dataTypes/weight/",
    "body fat": "/dataTypes/body-fat/",
    "height": "/dataTypes/height/",
    "eaten": "/dataTypes/nutrition-log/",
    "burned": "/dataTypes/total-calories/",
    "Google's tokens": "/google/token",
}
ROUTE = st.sampled_from(sorted(ROUTES))
NTH = st.sampled_from(
    (1, 1, 1, 2, 3, 4)
)  # request of a run: the first is one for the last days, later ones for history
HTML = "<!DOCTYPE html><title>Sign in to the hotel's network</title>"
FAULTS: dict[str, dict[str, Any]] = {
    "500": {"status": 500, "body": {"message": "error"}},
    "502": {"status": 502, "body": "<html>Bad Gateway</html>"},
    "503 without a body": {"status": 503},
    "HTML in place of JSON": {"status": 200, "body": HTML},
    "403 by the network": {"status": 403, "body": HTML},
    "cut off": {"truncate": True},
    "429": {"status": 429, "body": {"message": "Rate Limit Exceeded"}},
    "401": {"status": 401, "body": {"message": "Authorization Error"}},
}
EMPTY: dict[str, Any] = {"list of activities": [], "weights": {}, "eaten": {}, "burned": {}}


class Story(RuleBasedStateMachine):
    """A person, two providers, a bad network and an updater that dies."""

    uri: str
    folders: Iterator[Path]

    @initialize(count=st.integers(0, 8))
    def an_evening(self, count: int) -> None:
        execute(self.uri, f"TRUNCATE {', '.join(TABLES)}")
        self.updater = Updater(self.uri, next(self.folders))
        self.world = self.updater.world
        self.today = datetime.now(UTC).date()
        self.minutes = 0
        self.held: set[tuple[str, Any]] = set()  # what was in the tables after the last step
        self.deleted_long_ago: set[Any] = set()
        self.sign_in_at_risk = False
        self.strangers, self.of_others = 0, [(0,), (0,), (0,)]
        if count:
            self.a_busy_month(count)
            self.updater.sync()

    # What the person does

    @rule(days=DAYS, kinds=KINDS, figure=FIGURE)
    def a_day_is_recorded(self, days: int, kinds: set[str], figure: int) -> None:
        """Perhaps weeks late."""
        if "activity" in kinds:
            self.world.add_activity(distance=float(figure), start_date_local=self.moment(days))
        if "weigh-in" in kinds:
            self.world.add_weight(60 + figure / 1000, self.moment(days), fat=figure / 100 if figure % 2 else None)
        if "eaten" in kinds:
            self.world.set_eaten(self.day(days), figure)
        if "burned" in kinds:
            self.world.set_burned(self.day(days), figure)

    @rule(data=st.data(), kinds=KINDS, figure=FIGURE, name=st.sampled_from(("Canal", "Ünïcödé 🚴", "<b>Hill</b>")))
    def something_is_corrected(self, data: st.DataObject, kinds: set[str], figure: int, name: str) -> None:
        for kind, number in self.some(data, kinds):
            match kind:
                case "activity":
                    self.world.edit_activity(number, distance=float(figure), name=name)
                case "weigh-in":
                    self.world.edit_weight(f"/{number}", 60 + figure / 1000)
                case "eaten":
                    self.world.set_eaten(number, figure)
                case _:
                    self.world.set_burned(number, figure)

    @rule(data=st.data(), kinds=KINDS)
    def something_is_deleted(self, data: st.DataObject, kinds: set[str]) -> None:
        for kind, number in self.some(data, kinds):
            match kind:
                case "activity":
                    self.delete_activity(number)
                case "weigh-in":
                    self.world.delete_weight(f"/{number}")
                case "eaten":
                    self.world.set_eaten(number, None)
                case _:
                    self.world.set_burned(number, None)

    @rule(data=st.data(), kinds=KINDS, days=FAR)
    def something_is_re_dated(self, data: st.DataObject, kinds: set[str], days: int) -> None:
        for kind, number in self.some(data, kinds & {"activity", "weigh-in"}):
            if kind == "activity":
                self.world.edit_activity(number, start_date_local=self.moment(days))
            else:
                self.world.move_weight(f"/{number}", self.moment(days))

    @rule(years=st.integers(2, 5), kinds=KINDS)
    def a_day_before_a_pause_of_years_comes_to_light(self, years: int, kinds: set[str]) -> None:
        self.a_day_is_recorded(365 * years, kinds, 4000)

    @rule(kept=st.integers(0, 2))
    def almost_everything_is_deleted(self, kept: int) -> None:
        """More of a page than is asked for one by one at a time, unless there was little."""
        for activity in list(self.world.activities())[kept:]:
            self.delete_activity(activity["id"])
        for sample in list(self.world.samples("weight"))[kept:]:
            self.world.delete_weight(f"/{sample.number}")

    @rule()
    def somebody_else_signs_in(self) -> None:
        """What is here was another's all along, who has had other ids."""
        self.strangers += 1
        place, shift = f"{self.strangers}{BEFORE}", self.strangers * 10**11
        own = f"WHERE account = '{STRAVA}'"
        execute(self.uri, f"UPDATE strava_activity SET account = 'strava:{place}', id = id + {shift} {own}")
        for table in ("fitbit_weight", "fitbit_calories"):
            execute(self.uri, f"UPDATE {table} SET account = 'fitbit:{place}' WHERE account = '{FITBIT}'")
        execute(self.uri, f"UPDATE sync_state SET account = source || ':{place}' WHERE account <> ''")
        self.held = set()
        for source in PROVIDERS:
            self.updater.connect(source)
        self.sign_in_at_risk = False
        self.of_others = self.count_of_others()

    @rule(route=ROUTE, nth=NTH, days=DAYS, kinds=KINDS, figure=FIGURE)
    def somebody_else_signs_in_during_a_sync(
        self, route: str, nth: int, days: int, kinds: set[str], figure: int
    ) -> None:
        """Who has nothing but what is recorded now. Of what was read before, nothing becomes theirs."""

        def change() -> None:
            for overlay in (self.world._activities, *self.world._samples.values()):
                overlay.clear()
            self.world._eaten.clear()
            self.world._burned.clear()
            self.deleted_long_ago.clear()
            self.somebody_else_signs_in()
            self.a_day_is_recorded(days, kinds, figure)

        before = self.strangers
        self.sync_with(route, nth, change)
        if self.strangers > before:
            here, there = figures(in_the_tables(self.updater)), figures(in_the_accounts(self.world))
            assert here <= there, f"another account's: {here - there}"

    def count_of_others(self) -> list[Row]:
        count = f"SELECT count(*) FROM {{}} WHERE account LIKE '%{BEFORE}'"
        return [self.updater.rows(count.format(table))[0] for table in TABLES[:3]]

    @invariant()
    def nothing_of_those_before_is_touched(self) -> None:
        if hasattr(self, "updater"):
            assert self.count_of_others() == self.of_others

    def delete_activity(self, number: int) -> None:
        gone = next(activity for activity in self.world.activities() if activity["id"] == number)
        self.world.delete_activity(number)
        if local(gone["start_date_local"]).date() < self.first_day:
            self.deleted_long_ago.add(number)

    def a_busy_month(self, days: int) -> None:
        for nth in range(days):
            self.a_day_is_recorded(3 * nth, set(ALL_KINDS), 2001 + nth)

    def some(self, data: st.DataObject, kinds: set[str]) -> Iterator[tuple[str, Any]]:
        """One of each kind, where the account has any."""
        there = {
            "activity": [activity["id"] for activity in self.world.activities()],
            "weigh-in": [sample.number for sample in self.world.samples("weight")],
            "eaten": [meal.at.date() for meal in self.world.meals()],
            "burned": sorted(self.world.burned()),
        }
        for kind in sorted(kinds):
            if there[kind]:
                yield kind, there[kind][data.draw(st.integers(0, len(there[kind]) - 1))]

    # What goes wrong

    @rule(route=ROUTE, nth=NTH, fault=st.sampled_from(sorted(FAULTS)), times=st.integers(1, 5))
    def a_fault(self, route: str, nth: int, fault: str, times: int) -> None:
        self.sign_in_at_risk |= route == "Strava's tokens"
        self.sync_with(route, nth, lambda: self.world.fail(ROUTES[route], times=times, **FAULTS[fault]))

    @rule(route=st.sampled_from(sorted(EMPTY)), nth=NTH)
    def an_empty_answer(self, route: str, nth: int) -> None:
        """Once at a time: an account that says twice that it is empty is empty."""
        self.world._faults = [fault for fault in self.world._faults if fault.body != EMPTY[route]]
        self.sync_with(route, nth, lambda: self.world.fail(ROUTES[route], body=EMPTY[route]))

    @rule(route=ROUTE, nth=NTH)
    def an_answer_is_lost(self, route: str, nth: int) -> None:
        self.sign_in_at_risk |= route == "Strava's tokens"
        self.sync_with(route, nth, lambda: setattr(self.updater, "lost", ROUTES[route]))

    @rule(source=st.sampled_from(sorted(PROVIDERS)), rotate=st.booleans())
    def a_token_expires(self, source: str, rotate: bool) -> None:
        self.world.rotate_refresh_tokens = rotate
        self.updater.expire(source)

    @rule()
    def the_updater_is_started_anew(self) -> None:
        self.updater.die()
        self.updater.start()

    # What the updater does

    @rule()
    def sync(self) -> None:
        self.updater.sync()

    @rule(after=st.integers(0, 150))
    def a_sync_is_killed(self, after: int) -> None:
        """Before a statement, a commit or a request; 150 of these are about a whole run with its history."""
        self.updater.fuse = after
        self.updater.sync()

    @rule(route=ROUTE, nth=NTH, days=DAYS, upload=st.booleans())
    def the_account_changes_during_a_sync(self, route: str, nth: int, days: int, upload: bool) -> None:
        """Pages shift between two of them."""

        def change() -> None:
            known = self.world.activities()
            if upload or not known:
                self.a_day_is_recorded(days, {"activity"}, 5000)
            else:
                self.delete_activity(known[days % len(known)]["id"])

        self.sync_with(route, nth, change)

    def sync_with(self, route: str, nth: int, what: Callable[[], None]) -> None:
        """A sync in which `what` happens just before the nth request to a route."""
        left = iter(range(nth, 0, -1))

        def before(url: str, _sent: dict[str, Any]) -> None:
            if ROUTES[route] in url and next(left, 0) == 1:
                what()

        self.updater.before = before
        self.updater.sync()
        self.updater.before = nothing

    @rule()
    def a_clean_sync(self) -> None:
        self.trouble_ends()
        self.updater.sync()
        if self.sign_in_at_risk and "reconnect" in self.updater.states().values():
            # A rotated refresh token whose answer was lost is spent, and nobody can help that: the person signs in.
            self.updater.connect("strava")
            self.updater.sync()
        self.sign_in_at_risk = False
        assert set(self.updater.states().values()) == {"ok"}, self.updater.said
        self.compare(self.first_day)

    @rule()
    def a_week_passes(self) -> None:
        self.updater.a_week_passes()

    def a_clean_week_later(self) -> None:
        """The whole history, read anew: also what was deleted when its day had left the window is gone."""
        self.a_clean_sync()
        self.updater.sync_to_the_end(at_least=0)
        self.updater.a_week_passes()
        self.updater.sync_to_the_end()
        self.deleted_long_ago.clear()
        self.compare(date.min)

    @invariant()
    def nothing_that_the_account_still_has_ever_vanished(self) -> None:
        if not hasattr(self, "updater"):
            return
        now = keys(in_the_tables(self.updater))
        vanished = (self.held - now) & keys(in_the_accounts(self.world))
        assert not vanished, f"deleted here, but still there: {vanished}"
        self.held = now

    def teardown(self) -> None:
        if not hasattr(self, "updater"):
            return
        try:
            self.a_clean_week_later()
            self.nothing_that_the_account_still_has_ever_vanished()
        finally:
            self.updater.end()

    # Means

    @property
    def first_day(self) -> date:
        return self.today - timedelta(days=WINDOW - 1)

    def day(self, ago: int) -> date:
        return self.today - timedelta(days=ago)

    def moment(self, ago: int) -> datetime:
        """Never the same twice, and never so near another one that a body fat belongs to both."""
        self.minutes += 1
        return datetime.combine(self.day(ago), time()) + timedelta(minutes=self.minutes * 11 % 1430)

    def trouble_ends(self) -> None:
        """The network is well and every limit has passed."""
        with self.world.lock:
            self.world._faults.clear()
        self.updater.lost = ""
        execute(self.uri, "UPDATE sync_state SET resume_at = now() - interval '1 minute' WHERE resume_at IS NOT NULL")

    def compare(self, first: date) -> None:
        here, there = since(first, in_the_tables(self.updater)), since(first, in_the_accounts(self.world))
        here["activities"] = {row for row in here["activities"] if row[0] not in self.deleted_long_ago}
        assert here == there


@pytest.fixture(scope="module")
def one_database(server: str, template: str) -> Iterator[str]:
    yield from fresh(server, template)


@pytest.fixture
def updater(uri: str, tmp_path: Path) -> Iterator[Updater]:
    updater = Updater(uri, tmp_path)
    yield updater
    updater.end()


@pytest.mark.timeout(300 + 24 * EXAMPLES)
def test_whatever_happens_the_next_clean_sync_makes_the_tables_the_accounts_and_no_fault_deletes_anything(
    one_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_steps(monkeypatch, **SMALL_SPANS)
    monkeypatch.setattr(history, "EMPTY_YEARS", timedelta(days=60))
    monkeypatch.setattr(strava, "PER_PAGE", 3)
    monkeypatch.setattr(readings, "MAX_MISSING", 3)
    profile = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        derandomize=SEED is None,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    print(f"{EXAMPLES} stories of up to {STEPS} steps, {f'seed {SEED}' if SEED else 'the same ones every time'}")
    folders = (tmp_path / str(number) for number in itertools.count())
    story: Any = type("Story", (Story,), {"uri": one_database, "folders": folders})
    run_state_machine_as_test(seed(int(SEED))(story) if SEED else story, settings=profile)


def settle_in(world: World) -> None:
    """Five weeks of an account."""
    today = datetime.now(UTC).date()
    for ago in range(0, 35, 5):
        world.add_activity(start_date_local=datetime.combine(today - timedelta(days=ago), time(0, 1)), distance=5000.0)
        world.set_burned(today - timedelta(days=ago), 2500)


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_an_empty_list_and_a_fault_where_it_is_checked_delete_nothing(updater: Updater, fault: str) -> None:
    settle_in(updater.world)
    updater.sync_to_the_end()
    updater.world.fail(ROUTES["list of activities"], body=[])
    updater.world.fail(ROUTES["one activity"], times=5, **FAULTS[fault])
    updater.sync()
    assert since(date.min, in_the_tables(updater)) == since(date.min, in_the_accounts(updater.world))


@pytest.mark.parametrize("newest", [2, 40], ids=["in the last days", "in the history"])
def test_a_workout_that_is_listed_but_cannot_be_read_any_more_stays(updater: Updater, newest: int) -> None:
    days = (datetime.now(UTC).replace(tzinfo=None) - timedelta(days=newest + nth) for nth in range(3))
    numbers = [updater.world.add_activity(start_date_local=day) for day in days]
    updater.sync_to_the_end()
    updater.world.edit_activity(numbers[1], sport_type="", type="")
    updater.a_week_passes()
    updater.sync_to_the_end()
    assert {number for (number,) in updater.rows("SELECT id FROM strava_activity")} == {*numbers}


def test_a_kill_at_any_statement_or_request_of_the_first_runs_costs_nothing(updater: Updater) -> None:
    settle_in(updater.world)
    for after in range(0, 200, 7):
        updater.fuse = after
        updater.sync()
    updater.sync_to_the_end()
    assert since(date.min, in_the_tables(updater)) == since(date.min, in_the_accounts(updater.world))


def test_a_history_that_no_single_run_lives_to_finish_is_finished_by_many(updater: Updater) -> None:
    settle_in(updater.world)
    updater.fuse = forever = 10**9
    updater.sync()
    whole = forever - updater.burnt_to
    updater.fuse = forever
    updater.sync()
    last_days = forever - updater.burnt_to
    assert whole > last_days + 150
    execute(updater.uri, f"TRUNCATE {', '.join(TABLES)}")
    for _ in range(6):
        updater.fuse = last_days + 70  # of which the dearest piece, a year of calories burned, takes about 40
        updater.sync()
    assert not updater.rows("SELECT metric FROM sync_state WHERE full_at IS NULL OR cursor IS NOT NULL")
    assert since(date.min, in_the_tables(updater)) == since(date.min, in_the_accounts(updater.world))


def test_one_empty_answer_among_the_many_of_the_history_deletes_no_day(updater: Updater) -> None:
    today = datetime.now(UTC).date()
    for ago in range(100):
        updater.world.set_burned(today - timedelta(days=ago), 2500)
    updater.sync_to_the_end()
    updater.a_week_passes()
    armed = iter([True])

    def empty_one(url: str, what: dict[str, Any]) -> None:
        if "total-calories" in url:
            start = date(**what["json"]["range"]["start"]["date"])
            if today - timedelta(days=80) < start < today - timedelta(days=40) and next(armed, False):
                updater.world.fail("/dataTypes/total-calories/", body={})

    updater.before = empty_one
    updater.sync()
    assert len(updater.rows("SELECT 1 FROM fitbit_calories")) == 100


def test_one_empty_list_does_not_end_the_reading_of_the_history(updater: Updater) -> None:
    long_ago = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=100)
    updater.world.add_activity(start_date_local=long_ago)
    calls = itertools.count()

    def empty_the_history(url: str, what: dict[str, Any]) -> None:
        if "/athlete/activities" in url and "after" not in what["params"] and next(calls) == 0:
            updater.world.fail("/athlete/activities", body=[])

    updater.before = empty_the_history
    updater.sync_to_the_end()
    assert len(updater.rows("SELECT 1 FROM strava_activity")) == 1


@pytest.mark.parametrize("gone", [0, 1, 2], ids=["the newest", "one between two pages", "the oldest"])
def test_a_workout_of_long_ago_that_was_deleted_goes_with_the_weekly_reading(
    updater: Updater, monkeypatch: pytest.MonkeyPatch, gone: int
) -> None:
    monkeypatch.setattr(strava, "PER_PAGE", 1)
    long_ago = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=40)
    numbers = [updater.world.add_activity(start_date_local=long_ago - timedelta(days=nth)) for nth in range(3)]
    updater.sync_to_the_end()
    updater.world.delete_activity(numbers[gone])
    updater.a_week_passes()
    updater.sync_to_the_end()
    assert {number for (number,) in updater.rows("SELECT id FROM strava_activity")} == {*numbers} - {numbers[gone]}


def test_an_identity_that_is_refused_at_first_stores_nothing_twice(updater: Updater) -> None:
    updater.world.add_weight(72.4, datetime.now(UTC).replace(tzinfo=None) - timedelta(days=1))
    updater.world.fail("/users/me/identity", status=404, body={"error": {"code": 404, "status": "NOT_FOUND"}}, times=4)
    updater.sync_to_the_end()
    updater.sync()
    assert updater.rows("SELECT account FROM fitbit_weight") == [(FITBIT,)]


def test_a_body_fat_that_could_not_be_read_stays_although_weigh_ins_were_deleted(updater: Updater) -> None:
    noon = datetime.combine(datetime.now(UTC).date(), time(12))
    points = [updater.world.add_weight(72.0, noon - timedelta(days=nth), fat=18.0) for nth in range(1, 5)]
    updater.sync_to_the_end()
    updater.world.delete_weight(points[0])
    updater.world.delete_weight(points[1])
    updater.world.fail("/dataTypes/body-fat/", status=500)
    updater.sync()
    assert updater.rows("SELECT fat FROM fitbit_weight") == [(18.0,), (18.0,)]


def test_the_account_of_somebody_who_has_rested_for_weeks_is_known_by_its_history(updater: Updater) -> None:
    updater.world.add_activity(start_date_local=datetime.now(UTC).replace(tzinfo=None) - timedelta(days=40))
    updater.sync_to_the_end()
    assert updater.rows("SELECT account FROM sync_state WHERE source = 'strava'") == [(STRAVA,)]
