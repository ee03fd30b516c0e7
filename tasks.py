"""The updater: a Prefect flow that makes the tables equal to what the accounts hold.

`python tasks.py` runs it now and then on its schedule, and imports files as they come; `python tasks.py --once` runs it
once and exits 0 when every connected source succeeded, 1 otherwise; `--import PATH...` imports files at once.
"""

import interrupts  # before what takes long to load

# isort: split
import sys
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

from prefect import flow, get_run_logger, runtime, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Failed
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

import logs
import stats_con
from app.extensions import db
from app.notify import check
from app.records import preferences, store
from app.records.store import Tally
from app.sources import SOURCES
from app.sources.errors import NotGranted, Retry, SignedInAnew, WaitUntil
from app.sources.records import Activity, Weight
from app.stats import week
from app.sync import agenda, history, imports, orphans, sync_now, updater, window
from app.sync.application import flask_app, remember
from app.sync.history import Piece
from app.sync.readings import Reading

NOTHING_DUE = "nothing is connected or due; the page /connect/ connects an account"


@flow(name="sync")
def sync(only_if_due: bool = False, by_hand: bool = False) -> list[State[Any]]:
    """Reads every connected source and stores what it holds. A source that fails stops no other, but fails the run.

    The last days of every source come first; then its history, where that is not all here yet or a week has passed.
    `by_hand`: somebody on the page is waiting for it, and is told each stage.
    """
    if runtime.deployment.id:  # a process of the updater's, and nothing that anybody would find once that is gone
        orphans.end_with_parent()
        logs.say_repeats_once()
    states: list[State[Any]] = []
    summary: list[dict[str, str]] = []
    try:
        with flask_app().app_context(), agenda.claimed(flask_app().config, only_if_due, say) as (due, kept):
            states += [Failed(message=f"{source} could not be read now") for source in kept]
            for read in (sync_window, sync_history):
                for source, metric in due:
                    if state := read(source, metric):
                        states.append(state)
                        label = metric if read is sync_window else f"{metric} history"
                        summary.append({"source": source, "metric": label, "result": outcome(state)})
    except store.DemoOver as error:
        say(str(error))
    go_on_later()
    create_table_artifact(key="sync-summary", table=summary or [{"result": "nothing is connected or due"}])
    line = "; ".join(" ".join(row.values()) for row in summary) or NOTHING_DUE
    say(line) if by_hand or worth_a_line(states) else stage(line)
    return states


def worth_a_line(states: list[State[Any]]) -> bool:
    """Whether the terminal hears of it too: of all that somebody asked for, of what a schedule changed or met, and of
    the demo's, which changes something every half minute, only what went wrong."""
    if not runtime.deployment.id or not all(state.is_completed() for state in states):
        return True
    config = flask_app().config
    demo = config["SIMULATOR_URL"] and not any(stats_con.configured(config, source) for source in SOURCES)
    return not demo and any(count for state in states for count in asdict(state.result()).values())


def sync_window(source: str, metric: str) -> State[Any] | None:
    """Reads the last days of one metric and stores them; the state is that of the step that failed, or of the save."""
    with Session(db.engine) as session:
        if agenda.rate_limited_until(session, source):
            return None
    stage(f"reading {source} {metric}")
    remember(source, metric, last_attempt=datetime.now(UTC))
    state: State[Any] = fetch.with_options(name=f"fetch {source} {metric}")(source, metric, return_state=True)
    reading = state.result() if state.is_completed() else None
    if reading is not None:
        state = save.with_options(name=f"save {source} {metric}")(source, metric, reading, return_state=True)
    if isinstance(error := error_of(state), SignedInAnew):
        say(str(error))  # and the run that the sign-in asked for reads it
        return None
    remember(source, metric, **attempt_state(state, reading))
    if isinstance(error, NotGranted):
        say(str(error))  # what was granted is read all the same, so this fails nothing
        return None
    return state


def sync_history(source: str, metric: str) -> State[Any] | None:
    """Goes on reading the history of a metric whose last days could be read."""
    with Session(db.engine) as session:
        if agenda.rate_limited_until(session, source) or not agenda.history_due(session, source, metric):
            return None
    stage(f"reading the history of {source} {metric}")
    state: State[Any] = fetch_history.with_options(name=f"history of {source} {metric}")(
        source, metric, return_state=True
    )
    if isinstance(error := error_of(state), SignedInAnew):
        say(str(error))
        return None
    if error is not None:
        remember(source, metric, **attempt_state(state, None))
    return state


@flow(name="import")
def import_files() -> list[dict[str, Any]]:
    """Reads every file that waits to be imported, one after the other. The updater runs it as soon as there is one."""
    orphans.end_with_parent()
    logs.say_repeats_once()
    with flask_app().app_context():
        done = imports.import_all(lambda line: get_run_logger().info(line))
    summary = [{"file": row.name, "kind": row.kind, "state": row.state, **row.counts} for row in done]
    create_table_artifact(key="import-summary", table=summary or [{"state": "nothing waited"}])
    return summary


def notify() -> None:
    """Tells what needs the person's hand. Whatever goes wrong in it is no matter of any sync."""
    try:
        with flask_app().app_context():
            check.send_due(flask_app().config)
    except SQLAlchemyError:
        return  # the database may be away for a while
    except Exception as error:  # of whatever kind, as it must end nothing; its text might say too much
        line = f"what there is to tell could not be told ({type(error).__name__})"
        print(logs.line(flask_app().config["LOG_FORMAT"], "notify", line), flush=True)  # noqa: T201


def go_on_later() -> None:
    """Plans the run that goes on where a limit was reached: nobody sleeps, and no schedule is waited for."""
    with flask_app().app_context(), Session(db.engine) as session:
        for end in sorted({end for source in SOURCES if (end := agenda.goes_on_at(session, source))}):
            sync_now.start_at(end)  # each, as one that is past may have been planned already


def worth_retrying(_task: Any, _run: Any, state: State[Any]) -> bool:
    return isinstance(error_of(state), Retry)


@task(retries=3, retry_delay_seconds=[2, 10, 30], retry_condition_fn=worth_retrying, cache_policy=NO_CACHE)
def fetch(source: str, metric: str) -> Reading:
    """Everything that the account holds of the last SYNC_LOOKBACK_DAYS, today among them."""
    with flask_app().app_context():
        config = flask_app().config
        last = today()
        first = max(last - timedelta(days=config["SYNC_LOOKBACK_DAYS"] - 1), retained_from(source))
        return window.read(config, source, metric, first, last)


@task(cache_policy=NO_CACHE)
def save(source: str, metric: str, reading: Reading) -> Tally:
    """Stores a reading in a transaction of its own."""
    with flask_app().app_context(), Session(db.engine) as session, session.begin():
        return store_reading(session, source, metric, reading)


@task(retries=3, retry_delay_seconds=[2, 10, 30], retry_condition_fn=worth_retrying, cache_policy=NO_CACHE)
def fetch_history(source: str, metric: str) -> Tally:
    """The account backwards in pieces; each is stored together with the place where the next one begins."""
    total = Tally()
    with flask_app().app_context():
        config = flask_app().config
        with Session(db.engine) as session:
            state = agenda.history_due(session, source, metric)
        try:
            place = state.cursor if state else None
            for piece in history.read(config, source, metric, place, retained_from(source), today()):
                if state and ":" in state.account and piece.reading.account != state.account:
                    raise SignedInAnew("Another account is signed in than the one whose history was begun.")
                with Session(db.engine) as session, session.begin():
                    total += store_piece(session, source, metric, piece)
                first_time = state is not None and state.full_at is None
                stage(f"{source} {metric} read back to {piece.reading.first}", aloud=first_time)
        except WaitUntil as limit:  # no failure: the last days are here, and a later run goes on
            stage(str(limit))
            remember(source, metric, **agenda.failure_state(limit))
    return total


def store_piece(session: Session, source: str, metric: str, piece: Piece) -> Tally:
    """In one transaction, so that a kill between two pieces neither loses nor repeats one."""
    reading = piece.reading
    tally = store_reading(session, source, metric, reading)
    ended = {"full_at": datetime.now(UTC)} if piece.cursor is None else {}
    learnt = {"account": reading.account, "oldest": reading.first, "requests_left": reading.requests_left}
    store.remember(session, source, metric, cursor=piece.cursor, **learnt, **ended)
    return tally


def store_reading(session: Session, source: str, metric: str, reading: Reading) -> Tally:
    store.begin(session, reading.account)
    if reading.sign_in != stats_con.sign_in(flask_app().config, source):
        raise SignedInAnew(f"Somebody has signed in to {SOURCES[source].NAME} meanwhile, so it is read anew.")
    declared = SOURCES[source].METRICS[metric]
    if declared.record is Activity:
        first = retained_from(source)
        store.purge_activities(session, reading.account, first)
        old = {activity.id for activity in reading.records if activity.start_date_local.date() < first}
        kept = [activity for activity in reading.records if activity.id not in old]
        return store.save_activities(session, reading.account, kept, old.union(reading.deleted))
    if declared.record is Weight:
        return store.save_weights(
            session, reading.account, reading.records, reading.span, reading.unread_fields, reading.kept
        )
    span = reading.span
    if span and reading.last >= today():
        span = (reading.first, date.max)  # what was planned for the days to come is nothing that was eaten
    return store.save_figures(session, reading.account, metric, reading.records, span)


def today() -> date:
    """The person's day, by which everything that is read and kept is counted."""
    with flask_app().app_context():
        return week.today(datetime.now(UTC), preferences.read().timezone)


def retained_from(source: str) -> date:
    """The first day of which the source's data may be kept."""
    days = stats_con.kept_days(flask_app().config)[source]
    return today() - timedelta(days=days - 1) if days else date.min


def attempt_state(state: State[Any], reading: Reading | None) -> dict[str, Any]:
    """What is to be remembered of an attempt."""
    error = error_of(state)
    if error is None and reading is not None:
        learnt: dict[str, Any] = {"account": reading.account, "sign_in": reading.sign_in}
        learnt |= {"newest": reading.newest, "requests_left": reading.requests_left}
        success = {"state": "ok", "message": "", "last_success": datetime.now(UTC), "resume_at": None}
        return success | {name: value for name, value in learnt.items() if value is not None}
    return agenda.failure_state(error)


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
    stage(line)
    print(logs.line(flask_app().config["LOG_FORMAT"], "sync", line), flush=True)  # noqa: T201


def stage(line: str, aloud: bool = False) -> None:
    """A line for the run's log in Prefect; `aloud`, or in a run that somebody asked for, for the open pages too."""
    get_run_logger().info(line)
    if aloud or runtime.flow_run.parameters.get("by_hand"):
        with flask_app().app_context(), Session(db.engine) as session, session.begin():
            store.announce(session, line)


if __name__ == "__main__":
    import tasks  # by its name, as Prefect's processes of single runs know it

    sys.exit(interrupts.heeded(lambda: updater.main(tasks.sync, tasks.import_files, tasks.notify)))
