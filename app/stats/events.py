"""The Socket.IO handlers of `/livefeed`."""

from collections.abc import Callable
from functools import wraps
from threading import BoundedSemaphore
from typing import Any

from flask import current_app, request, session
from flask_socketio import ConnectionRefusedError, disconnect, emit, join_room, leave_room, rooms
from sqlalchemy.exc import SQLAlchemyError

from app.extensions import socketio
from app.records import preferences
from app.stats import payload, viewers, week
from app.stats.feed import DOWN, feed
from app.stats.viewers import FOLLOWERS, NAMESPACE, ROOM, VIEWERS, room
from app.sync import sync_now
from app.web import access
from app.web.allowance import Allowance

KNOWN = "get_week, get_stats, joined and sync_now"
EXAMPLE = '{"week": "2026-11-25"}'
EVENTS = (10, 30)
"""How many events a connection may send: each second in the long run, and at once."""
TOO_MUCH = f"That is too much at once: of one page, {EVENTS[0]} events a second are answered."
BEYOND = (10, 100)
"""How many more are only left unanswered; after those the connection ends."""
ANSWERS = BoundedSemaphore(4)
"""How many weeks are read at a time for who asks: the others wait, and leave database connections to the pushes."""


class EventAllowance:
    """With one connection, whatever it does with its namespaces."""

    def __init__(self) -> None:
        self.events, self.beyond, self.told = Allowance(*EVENTS), Allowance(*BEYOND), Allowance(0.1, 1)


def limited(handler: Callable[..., None]) -> Callable[..., None]:
    """An event that is one too many costs nothing but a problem, now and then; who goes on is hung up on."""

    @wraps(handler)
    def heard(*message: Any) -> None:
        allowance = own_allowance()
        if allowance.events.take():
            handler(*message)
        elif not allowance.beyond.take():
            disconnect()
        elif allowance.told.take():
            problem(TOO_MUCH)

    return heard


def own_allowance() -> EventAllowance:
    found: EventAllowance = request.environ.setdefault("sevenday.allowance", EventAllowance())
    return found


@socketio.on("connect", namespace=NAMESPACE)
def connect(_auth: Any = None) -> None:
    if not own_allowance().events.take():
        raise ConnectionRefusedError(TOO_MUCH)
    if not access.allowed():
        raise ConnectionRefusedError("Sign in first.")
    sid: str = request.sid  # type: ignore[attr-defined]
    if viewers.is_behind(socketio.server.manager.eio_sid_from_sid(sid, NAMESPACE)):
        raise ConnectionRefusedError("Read first what you have been sent.")
    if "browser" in session:
        join_room(session["browser"])  # by which a sign-out finds this socket
    emit("my_response", {"data": "Connected", "count": 0})
    join_room(VIEWERS)
    feed().start()


@socketio.on("get_week", namespace=NAMESPACE)
@limited
def get_week(*message: Any) -> None:
    if understood("get_week", message):
        chosen = preferences.remembered()  # asks nothing, so that it is answered before what was asked after it
        emit("dates", payload.dates(chosen, payload.today(chosen)))


@socketio.on("get_stats", namespace=NAMESPACE)
@limited
def get_stats(*message: Any) -> None:
    """Of the current week, or with `{"week": "YYYY-MM-DD"}` of that day's, whose changes then follow by themselves."""
    if not understood("get_stats", message):
        return
    chosen = preferences.read()
    asked = message[0].get("week") if message and message[0] else None
    try:
        day = None if asked is None else week.asked(str(asked), chosen.week_start)
    except ValueError:
        problem(f"get_stats takes a week such as {EXAMPLE}, not {shortened(asked)}.")
        return
    with ANSWERS:
        stats = feed().between_pushes(lambda: payload.stats_vals(chosen, payload.today(chosen), day))
    if day is None:
        feed().seen(stats)
    else:
        look_at(room(stats["week"]))
    emit("stats_vals", stats | {"count": feed().count})


def look_at(week_room: str) -> None:
    """A page shows one week at a time."""
    for other in rooms():
        if other.startswith(ROOM):
            leave_room(other)
    join_room(week_room)


@socketio.on("joined", namespace=NAMESPACE)
@limited
def joined(*message: Any) -> None:
    """With `{"page": "trends"}`, `changed` follows whenever anything does."""
    if understood("joined", message) and message and (message[0] or {}).get("page") == "trends":
        join_room(FOLLOWERS)


@socketio.on("sync_now", namespace=NAMESPACE)
@limited
def begin_sync(*message: Any) -> None:
    if understood("sync_now", message):
        emit("sync", {"text": sync_now.start()})


@socketio.on("*", namespace=NAMESPACE)
@limited
def unknown(event: str, *_message: Any) -> None:
    problem(f"There is no event {shortened(event)}; this feed takes {KNOWN}.")


@socketio.on_error(NAMESPACE)
def failed(error: Exception) -> None:
    """Whatever a handler raises reaches the client as one sentence; the connection and the process live on.

    A connection that has not been let in yet ends with it: without an error here it would count as let in.
    """
    if isinstance(error, ConnectionRefusedError):
        raise error
    text = DOWN
    if not isinstance(error, SQLAlchemyError):
        current_app.logger.error("A live feed event failed", exc_info=error)
        text = "That did not work here; the server's log says why."
    if VIEWERS not in rooms():
        raise ConnectionRefusedError(text)
    emit("problem", {"error": text})


def understood(event: str, message: tuple[Any, ...]) -> bool:
    """Every event takes an object or nothing; anything else is answered with a problem."""
    if not message or (len(message) == 1 and (message[0] is None or isinstance(message[0], dict))):
        return True
    problem(f"{event} takes an object such as {{}}, not {shortened(message[0] if len(message) == 1 else message)}.")
    return False


def problem(text: str) -> None:
    current_app.logger.warning("Bad input on the live feed: %s", text)
    emit("problem", {"error": text})


def shortened(value: Any) -> str:
    """Foreign input as one short line."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
