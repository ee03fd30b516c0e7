"""The updater: a Prefect flow that makes the tables equal to what the accounts hold.

`python tasks.py` runs it now and then on its schedule; `python tasks.py --once` runs it once and exits 0 when every
connected source succeeded, 1 otherwise.
"""

import sys
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from flask import Flask
from prefect import flow, get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from sqlalchemy.orm import Session

import readings
import stats_con
from app import create_app
from app.extensions import db
from app.sources.errors import GiveUp, Reconnect, Retry, SourceError, WaitUntil
from app.stats import queries, store, week
from app.stats.models import DEMO
from app.stats.store import Tally
from readings import Reading

METRICS = {"strava": ("activities",), "fitbit": ("weight", "eaten", "burned")}
COLUMNS = {"eaten": "calories", "burned": "burned"}
STATES = {WaitUntil: "waiting", Reconnect: "reconnect", GiveUp: "refused"}
"""What the sync remembers of an error; any other is `failed`."""


@flow(name="sync")
def sync(only_if_due: bool = False) -> list[State[Any]]:
    """Reads every connected source and stores what it holds. A source that fails stops no other, but fails the run."""
    states, summary = [], []
    try:
        for source in sources_to_sync(only_if_due):
            for metric in METRICS[source]:
                states.append(sync_metric(source, metric))
                summary.append({"source": source, "metric": metric, "result": outcome(states[-1])})
    except store.DemoOver as error:
        say(str(error))
    create_table_artifact(key="sync-summary", table=summary or [{"result": "nothing is connected or due"}])
    say("; ".join(" ".join(row.values()) for row in summary) or "nothing is connected or due")
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


def worth_retrying(_task: Any, _run: Any, state: State[Any]) -> bool:
    return isinstance(error_of(state), Retry)


@task(retries=3, retry_delay_seconds=[2, 10, 30], retry_condition_fn=worth_retrying, cache_policy=NO_CACHE)
def fetch(source: str, metric: str) -> Reading:
    """Everything that the account holds of the last SYNC_LOOKBACK_DAYS, today among them."""
    with flask_app().app_context():
        config = flask_app().config
        last = week.today(datetime.now(UTC), config["TIMEZONE"])
        first = last - timedelta(days=config["SYNC_LOOKBACK_DAYS"] - 1)
        if source == "strava":
            return readings.activities(config, max(first, retained_from(last)), last)
        return readings.fitbit(config, metric, first, last)


@task(cache_policy=NO_CACHE)
def save(metric: str, reading: Reading) -> Tally:
    """Stores a reading in a transaction of its own."""
    with flask_app().app_context(), Session(db.engine) as session, session.begin():
        store.begin(session, reading.account)
        match metric:
            case "activities":
                store.purge_activities(session, reading.account, retained_from(reading.last))
                return store.save_activities(session, reading.account, reading.records, reading.gone)
            case "weight":
                return store.save_weights(session, reading.account, reading.records, reading.span, reading.unread)
            case _:
                return store.save_calories(session, reading.account, COLUMNS[metric], reading.records, reading.span)


def retained_from(last: date) -> date:
    """The first day of which Strava's data may be kept (STRAVA_RETENTION_DAYS; 0 keeps all)."""
    days = flask_app().config["STRAVA_RETENTION_DAYS"]
    return last - timedelta(days=days - 1) if days else date.min


def sources_to_sync(only_if_due: bool) -> list[str]:
    """The connected sources whose turn it is. Where the demo may not be, its rows leave here, all of them."""
    config = flask_app().config
    with flask_app().app_context(), Session(db.engine) as session, session.begin():
        if config["DEMO"] and store.demo_allowed(session):
            return list(METRICS) if config["SIMULATOR_URL"] else []
        left = store.leave_demo(session)
        if left:
            say(f"the demo has left with its {left} rows")
        configured = [source for source in METRICS if stats_con.configured(config, source)]
        connected = [source for source in configured if has_tokens(session, source)]
        return [source for source in connected if not resting(session, source, only_if_due)]


def has_tokens(session: Session, source: str) -> bool:
    """Whether there is a token file. A client id without one is remembered too: it keeps the demo away."""
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
    early = now - 0.9 * interval()
    return only_if_due and bool(states) and all(state.last_attempt > early for state in states)


def interval() -> timedelta:
    return timedelta(minutes=flask_app().config["SYNC_INTERVAL_MINUTES"])


def remember(source: str, metric: str, **what: Any) -> None:
    """Writes down how the sync of a metric stands, for the board's line of sources."""
    account = {"account": DEMO} if flask_app().config["DEMO"] else {}
    with flask_app().app_context(), Session(db.engine) as session, session.begin():
        store.begin(session, account.get("account", ""))
        store.remember(session, source, metric, **account | what)


def lesson(state: State[Any], reading: Reading | None) -> dict[str, Any]:
    """What is to be remembered of an attempt."""
    error = error_of(state)
    if error is None and reading is not None:
        success = {"state": "ok", "message": "", "last_success": datetime.now(UTC), "resume_at": None}
        return success | {"account": reading.account} | ({"newest": reading.newest} if reading.newest else {})
    known = isinstance(error, SourceError)
    return {
        "state": STATES.get(type(error), "failed"),
        "message": str(error) if known else "The sync met an error of its own; its log in Prefect says which.",
        "resume_at": getattr(error, "until", None),
    }


def error_of(state: State[Any]) -> BaseException | None:
    found = None if state.is_completed() else state.result(raise_on_failure=False)
    return found if isinstance(found, BaseException) else None


def outcome(state: State[Any]) -> str:
    """How many rows changed, or why none did."""
    if not state.is_completed():
        return f"failed: {error_of(state)}"
    counts = {name: count for name, count in asdict(state.result()).items() if count}
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "unchanged"


def say(line: str) -> None:
    """A line for the run's log in Prefect, and for the terminal, where Prefect's own lines would bury it."""
    get_run_logger().info(line)
    print(f"{datetime.now():%H:%M:%S} sync: {line}", flush=True)  # noqa: T201, DTZ005


@cache
def flask_app() -> Flask:
    return create_app("config.UpdaterConfig")


if __name__ == "__main__":
    from updater import main  # which imports this module by its name, as Prefect's processes of single runs do

    sys.exit(main())
