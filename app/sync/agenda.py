"""What is to be synced now: which metrics of which accounts are connected, due, and claimed by no other updater."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

import stats_con
from app.extensions import db
from app.records import queries, store
from app.records.models import SyncState
from app.records.moments import LONGEST_LIMIT
from app.sources.errors import GiveUp, Misconfigured, NotGranted, Reconnect, SourceError, WaitUntil
from app.sync.standing import METRICS

REFUSED_REST = timedelta(hours=6)
"""A call that was refused for good is tried again this rarely: somebody may have seen to the reason."""
EARLY = 0.1
"""By which part of the interval a run of the schedule may come before a metric's turn."""
PATIENCE_SECONDS = 120.0
FULL_READING = timedelta(days=7)

STATES = {
    WaitUntil: "waiting",
    Reconnect: "reconnect",
    NotGranted: "ungranted",
    GiveUp: "refused",
    Misconfigured: "misconfigured",
}
"""What the sync remembers of an error; any other is `failed`."""

OWN_ERROR = "The sync met an error of its own; its log in Prefect says which."

Say = Callable[[str], None]
Config = stats_con.Config


@contextmanager
def claimed(config: Config, only_if_due: bool, say: Say) -> Iterator[tuple[list[tuple[str, str]], list[str]]]:
    """(source, metric) pairs that are to be read now, and the sources that should be but cannot.

    No other updater reads these sources while the block lasts. Who asked for a sync waits for another's to end.
    """
    patience = 0.0 if only_if_due else PATIENCE_SECONDS
    with ExitStack() as locks:
        mine: list[tuple[str, str]] = []
        kept: list[str] = []
        for source, metrics in due(config, only_if_due, say).items():
            alone = bool(metrics) and locks.enter_context(store.sole_writer(source, patience))
            mine += [(source, metric) for metric in metrics if alone]
            if metrics and not alone:
                say(f"{source} is being synced by another updater")
            if not alone and not only_if_due:
                kept.append(source)
        yield mine, kept


def due(config: Config, only_if_due: bool, say: Say) -> dict[str, list[str]]:
    """The metrics of each connected source whose turn it is. Where the demo may not be, all its rows leave here."""
    with Session(db.engine) as session, session.begin():
        if config["DEMO"] and config["SIMULATOR_URL"] and store.demo_may_go_on(session):
            return {source: list(metrics) for source, metrics in METRICS.items()}
        left = store.remove_demo(session)
        if left:
            say(f"the demo has left with its {left} rows")
        configured = [source for source in METRICS if stats_con.configured(config, source)]
        connected = [source for source in configured if has_tokens(config, session, source, say)]
        return {source: due_metrics(config, session, source, only_if_due, say) for source in connected}


def has_tokens(config: Config, session: Session, source: str, say: Say) -> bool:
    """Whether there is a token file. A client id without one is remembered too: it keeps the demo away."""
    if stats_con.token_file(config, source).exists():
        return True
    say(f"{source} has a client id but no token file yet; the page /connect/ says what to do")
    for metric in METRICS[source]:
        state = queries.sync_state(session, source, metric)
        if state is None or state.state != "misconfigured":  # which the page told, and only the page can mend
            store.remember(session, source, metric, state="disconnected", message="", last_attempt=datetime.now(UTC))
    return False


def due_metrics(config: Config, session: Session, source: str, only_if_due: bool, say: Say) -> list[str]:
    """The metrics of a source whose turn it is."""
    if rate_limited_until(session, source):
        say(f"{source} still waits for its rate limit to pass")
        return []
    now = datetime.now(UTC)
    states = {metric: queries.sync_state(session, source, metric) for metric in METRICS[source]}
    return [metric for metric, state in states.items() if not (state and only_if_due and must_wait(config, state, now))]


def must_wait(config: Config, state: SyncState, now: datetime) -> bool:
    """Whether a scheduled attempt would come before its time, or cannot succeed until the person has done something."""
    following = next_attempt(config, state)
    return following is None or following > now + EARLY * interval(config)


def next_attempt(config: Config, state: SyncState) -> datetime | None:
    """When a metric is tried again by itself (aware UTC); None where the person has to do something first."""
    if state.state in ("reconnect", "ungranted"):
        written = datetime.fromtimestamp(stats_con.token_file(config, state.source).path.stat().st_mtime, UTC)
        return state.last_attempt if written > state.last_attempt else None
    pause = REFUSED_REST if state.state in ("refused", "misconfigured") else interval(config)
    return max(state.last_attempt + pause, state.resume_at or state.last_attempt)


def interval(config: Config) -> timedelta:
    return timedelta(minutes=config["SYNC_INTERVAL_MINUTES"])


def history_due(session: Session, source: str, metric: str) -> SyncState | None:
    """The state of a metric whose history is to be read now, with the place where that goes on; it is read weekly."""
    state = queries.sync_state(session, source, metric)
    if state is None or state.state != "ok":
        return None
    old = state.full_at is None or state.full_at < datetime.now(UTC) - FULL_READING
    return state if old or state.cursor else None


def rate_limited_until(session: Session, source: str) -> datetime | None:
    """Until when a rate limit forbids any call to the source, None when it does not."""
    now = datetime.now(UTC)
    ends = [end for _, end in limits(session, source) if now < end <= now + LONGEST_LIMIT]
    return max(ends, default=None)


def goes_on_at(session: Session, source: str) -> datetime | None:
    """When what a rate limit has cut short can go on, which may be past by the end of a long run; else None."""
    ends = [end for state, end in limits(session, source) if state == "waiting"]
    return max(ends, default=None)


def limits(session: Session, source: str) -> list[tuple[str, datetime]]:
    """The ends of the limits that the source's metrics have met, each with its metric's state."""
    states = (queries.sync_state(session, source, metric) for metric in METRICS[source])
    return [(state.state, state.resume_at) for state in states if state and state.resume_at]


def failure_state(error: BaseException | None) -> dict[str, Any]:
    """What is to be remembered of an error."""
    return {
        "last_attempt": datetime.now(UTC),  # after any renewal of the tokens in this attempt (must_wait)
        "state": STATES.get(type(error), "failed"),
        "message": str(error) if isinstance(error, SourceError) else OWN_ERROR,
        "resume_at": getattr(error, "until", None),
    }
