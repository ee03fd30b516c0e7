"""The updater: a Prefect flow that makes the tables equal to what the accounts hold.

`python tasks.py` runs it now and then on its schedule; `python tasks.py --once` runs it once and exits 0 when every
connected source succeeded, 1 otherwise.
"""

import argparse
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from flask_migrate import upgrade
from prefect import flow, get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.logging.handlers import APILogHandler
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_HOME,
    PREFECT_RUNNER_POLL_FREQUENCY,
    PREFECT_SERVER_ANALYTICS_ENABLED,
    get_current_settings,
    temporary_settings,
)
from sqlalchemy.orm import Session

import companions
import stats_con
from app import create_app
from app.extensions import db
from app.sources.errors import GiveUp, Reconnect, Retry, SourceError, WaitUntil
from app.sources.records import Activity
from app.stats import queries, store, week
from app.stats.models import DEMO
from app.stats.store import Tally
from config import Config

METRICS = {"strava": ("activities",), "fitbit": ("weight", "eaten", "burned")}
COLUMNS = {"eaten": "calories", "burned": "burned"}
DEMO_INTERVAL = timedelta(seconds=30)
QUIET = {PREFECT_SERVER_ANALYTICS_ENABLED: False, PREFECT_RUNNER_POLL_FREQUENCY: 5}
STATES = {WaitUntil: "waiting", Reconnect: "reconnect", GiveUp: "refused"}
"""What the sync remembers of an error; any other is `failed`."""


@dataclass(frozen=True)
class Reading:
    """What one metric of an account held on the days `first` to `last`.

    `complete`: every record could be read, so one that is absent is gone; `gone` are ids of which the provider said so;
    `unread` are columns that could not be read this time.
    """

    account: str
    records: list[Any]
    first: date
    last: date
    complete: bool = True
    gone: tuple[int, ...] = ()
    unread: frozenset[str] = frozenset()

    @property
    def span(self) -> tuple[date, date] | None:
        """The days in which what is absent may be removed."""
        return (self.first, self.last) if self.complete else None


def worth_retrying(_task: Any, _run: Any, state: State[Any]) -> bool:
    return isinstance(error_of(state), Retry)


@flow(name="sync")
def sync(only_if_due: bool = False) -> list[State[Any]]:
    """Reads every connected source and stores what it holds. A source that fails stops no other, but fails the run."""
    states, summary = [], []
    try:
        for source in sources_to_sync(only_if_due):
            for metric in METRICS[source]:
                states.append(sync_metric(source, metric))
                summary.append({"source": source, "metric": metric, **outcome(states[-1])})
    except store.DemoOver as error:
        say(str(error))
    create_table_artifact(
        key="sync-summary", table=summary or [{"source": "none", "result": "nothing connected or due"}]
    )
    return states


def sync_metric(source: str, metric: str) -> State[Any]:
    """Reads one metric and stores it; the state is that of the step that failed, or of the save."""
    remember(source, metric, last_attempt=datetime.now(UTC))
    state: State[Any] = fetch.with_options(name=f"fetch {source} {metric}")(source, metric, return_state=True)
    reading = state.result() if state.is_completed() else None
    if reading is not None:
        state = save.with_options(name=f"save {source} {metric}")(metric, reading, return_state=True)
    remember(source, metric, **lesson(state, reading))
    return state


@task(retries=3, retry_delay_seconds=[2, 10, 30], retry_condition_fn=worth_retrying, cache_policy=NO_CACHE)
def fetch(source: str, metric: str) -> Reading:
    """Everything that the account holds of the last SYNC_LOOKBACK_DAYS."""
    with flask_app().app_context():
        config = flask_app().config
        last = week.today(datetime.now(UTC), config["TIMEZONE"]) + timedelta(days=1)  # the person may be east of here
        first = last - timedelta(days=config["SYNC_LOOKBACK_DAYS"])
        return (
            fetch_activities(config, first, last) if source == "strava" else fetch_fitbit(config, metric, first, last)
        )


def fetch_activities(config: stats_con.Config, first: date, last: date) -> Reading:
    """The activities of the span, and of those known but no longer listed the ones that Strava says are gone.

    The first day is not searched for gone ones: where exactly a span's bound lies is not known (strava.md 3).
    """
    strava = stats_con.strava_con(config)
    after, before = (datetime.combine(day, time(), UTC) for day in (first, last + timedelta(days=1)))
    found = list(strava.activities(after, before))
    with Session(db.engine) as session:
        account = DEMO if config["DEMO"] else f"strava:{owner(session, found)}"
        known = store.activity_ids(session, account, after + timedelta(days=1), before)
    missing = known - {activity.id for activity in found}
    return Reading(account, found, first, last, gone=tuple(number for number in missing if not strava.exists(number)))


def owner(session: Session, found: list[Activity]) -> str:
    """The athlete's id: as the activities say, or where there are none, as they said the last time."""
    said = next((str(activity.owner) for activity in found if activity.owner), None)
    return said or queries.account(session, "strava").removeprefix("strava:")


def fetch_fitbit(config: stats_con.Config, metric: str, first: date, last: date) -> Reading:
    fitbit = stats_con.fitbit_con(config)
    account = DEMO if config["DEMO"] else f"fitbit:{fitbit.identity()}"
    readers: dict[str, Callable[[date, date], list[Any]]] = {
        "weight": fitbit.weights,
        "eaten": fitbit.eaten,
        "burned": fitbit.burned,
    }
    found = readers[metric](first, last)
    return Reading(account, found, first, last, not fitbit.skipped, unread=frozenset(fitbit.missing))


@task(cache_policy=NO_CACHE)
def save(metric: str, reading: Reading) -> Tally:
    """Stores a reading in a transaction of its own."""
    with flask_app().app_context(), Session(db.engine) as session, session.begin():
        store.begin(session, reading.account)
        match metric:
            case "activities":
                tally = store.save_activities(session, reading.account, reading.records, reading.gone)
            case "weight":
                tally = store.save_weights(session, reading.account, reading.records, reading.span, reading.unread)
            case _:
                tally = store.save_calories(session, reading.account, COLUMNS[metric], reading.records, reading.span)
    return tally


def sources_to_sync(only_if_due: bool) -> list[str]:
    """The connected sources whose turn it is. Where the demo may not be, its rows leave here, all of them."""
    config = flask_app().config
    with flask_app().app_context(), Session(db.engine) as session, session.begin():
        if config["DEMO"] and store.demo_allowed(session):
            return list(METRICS) if config["SIMULATOR_URL"] else []
        left = store.leave_demo(session)
        if left:
            say(f"the demo has left with its {left} rows")
        ready = []
        for source in METRICS:
            if (
                stats_con.configured(config, source)
                and connected(session, source)
                and not resting(session, source, only_if_due)
            ):
                ready.append(source)
        return ready


def connected(session: Session, source: str) -> bool:
    """Whether there is a token file. That there is a client id without one is remembered: it keeps the demo away."""
    if stats_con.token_file(flask_app().config, source).exists():
        return True
    say(f"{source} has a client id but no token file yet; the page /connect/ says what to do")
    for metric in METRICS[source]:
        store.remember(session, source, metric, state="disconnected", message="", last_attempt=datetime.now(UTC))
    return False


def resting(session: Session, source: str, only_if_due: bool) -> bool:
    """Whether a call now would be refused (a rate limit), or would come before its time in the schedule."""
    states = [state for state in queries.sync_states(session) if state.source == source]
    now = datetime.now(UTC)
    if any(state.resume_at and state.resume_at > now for state in states):
        say(f"{source} still waits for its rate limit to pass")
        return True
    early = now - 0.9 * interval(flask_app().config)
    return only_if_due and bool(states) and all(state.last_attempt > early for state in states)


def interval(config: stats_con.Config) -> timedelta:
    return timedelta(minutes=config["SYNC_INTERVAL_MINUTES"])


def remember(source: str, metric: str, **what: Any) -> None:
    """Writes down how the sync of a metric stands, for the board's line of sources."""
    config = flask_app().config
    with flask_app().app_context(), Session(db.engine) as session, session.begin():
        store.begin(session, DEMO if config["DEMO"] else "")
        store.remember(session, source, metric, **({"account": DEMO} if config["DEMO"] else {}) | what)


def lesson(state: State[Any], reading: Reading | None) -> dict[str, Any]:
    """What is to be remembered of an attempt."""
    error = error_of(state)
    if error is None and reading is not None:
        days = [
            record.start_date_local.date() if isinstance(record, Activity) else record.record_date
            for record in reading.records
        ]
        found = {"newest": max(days)} if days else {}
        success = {"state": "ok", "message": "", "last_success": datetime.now(UTC), "resume_at": None}
        return success | {"account": reading.account} | found
    known = isinstance(error, SourceError)
    return {
        "state": STATES.get(type(error), "failed"),
        "message": str(error) if known else "The sync met an error of its own; its log in Prefect says which.",
        "resume_at": getattr(error, "until", None),
    }


def error_of(state: State[Any]) -> BaseException | None:
    found = None if state.is_completed() else state.result(raise_on_failure=False)
    return found if isinstance(found, BaseException) else None


def outcome(state: State[Any]) -> dict[str, Any]:
    """What a row of the summary says: how many rows changed, or why none did."""
    if not state.is_completed():
        return {"result": f"failed: {error_of(state)}"}
    counts = {name: count for name, count in asdict(state.result()).items() if count}
    return {"result": ", ".join(f"{count} {name}" for name, count in counts.items()) or "unchanged"}


def say(line: str) -> None:
    """A line for the run's log in Prefect, and for the terminal, where Prefect's own lines would bury it."""
    get_run_logger().info(line)
    print(f"{datetime.now():%H:%M:%S} sync: {line}", flush=True)  # noqa: T201, DTZ005


@cache
def flask_app() -> Flask:
    return create_app("config.UpdaterConfig")


def main() -> int:
    parser = argparse.ArgumentParser(description="Sevenday's updater: syncs now and then on its schedule.")
    parser.add_argument("--once", action="store_true", help="sync once; exit 0 when every connected source succeeded")
    once = parser.parse_args().once
    with ExitStack() as stack:
        prepare(stack)
        state = sync(return_state=True)
        if once:
            return 0 if state.is_completed() else 1
        every = DEMO_INTERVAL if Config.SIMULATOR_URL else interval(flask_app().config)
        sync.serve(
            name="sevenday", interval=every, parameters={"only_if_due": True}, limit=1, print_starting_message=False
        )
    return 0


def prepare(stack: ExitStack) -> None:
    """Brings the tables up to date and starts what the updater needs; all of it ends with `stack`."""
    app = flask_app()
    with app.app_context():
        upgrade()
        with Session(db.engine) as session, session.begin():
            if not any(stats_con.configured(app.config, source) for source in METRICS):
                store.forget_sources(session)
            demo = app.config["DEMO"] and store.demo_allowed(session)
    if demo:
        url = stack.enter_context(companions.simulator(app.config["TIMEZONE"], dict(os.environ)))
        # In the environment for the flow runs, which are processes of their own.
        os.environ["SIMULATOR_URL"] = Config.SIMULATOR_URL = app.config["SIMULATOR_URL"] = url
        stats_con.connect_demo(app.config)
    home = Path(app.config["INSTANCE_DIR"]) / "prefect"
    stack.enter_context(temporary_settings({PREFECT_HOME: home, **QUIET}))
    url = app.config["PREFECT_API_URL"] or stack.enter_context(companions.prefect_server(home, environment()))
    stack.enter_context(temporary_settings({PREFECT_API_URL: url}))
    stack.callback(APILogHandler().flush)  # before the server that takes them in ends


def environment() -> dict[str, str]:
    """The environment of this process with Prefect's settings as they are now."""
    return dict(os.environ) | get_current_settings().to_environment_variables(exclude_unset=True)


if __name__ == "__main__":
    # Under its own name, because Prefect's processes of single runs must be able to import what they run.
    from tasks import main as updater

    sys.exit(updater())
