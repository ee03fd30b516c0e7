"""Who looks at the board: the rooms of the live feed, and who has to go because he does not read what he is sent."""

from collections.abc import Iterator

from prometheus_client import Gauge

from app.extensions import socketio

NAMESPACE = "/livefeed"
VIEWERS = "viewers"
"""The room of those who were let in: until then a socket belongs to the namespace already, and must hear nothing."""
FOLLOWERS = "followers"
"""The room of the pages that show more than weeks: they hear of every change, and read themselves anew."""
ROOM = "week "
WATCHING = Gauge("sevenday_viewers", "Open pages that this process feeds.")
MOST_UNREAD = 200
"""So many messages wait for a viewer; a push is two. All share their bytes, so what waits costs next to nothing."""


def viewers(room: str = VIEWERS) -> Iterator[tuple[str, str]]:
    """Those of this process, each with its Engine.IO session."""
    found: Iterator[tuple[str, str]] = socketio.server.manager.get_participants(NAMESPACE, room)
    return found


def count(room: str = VIEWERS) -> int:
    return sum(1 for _ in viewers(room))


WATCHING.set_function(count)


def inside(viewer: str, room: str) -> bool:
    return viewer in (socketio.server.manager.rooms.get(NAMESPACE, {}).get(room) or ())


def room(first_day: str) -> str:
    """The pages that show the week that begins on this day (ISO 8601) because its address says so."""
    return f"{ROOM}{first_day}"


def rooms() -> list[str]:
    """The weeks that somebody looks at."""
    rooms_by_name = socketio.server.manager.rooms.get(NAMESPACE, {})
    return [name for name in list(rooms_by_name) if name and name.startswith(ROOM)]


def is_behind(session: str | None) -> bool:
    """Whether more waits for an Engine.IO session than anybody who reads has waiting."""
    socket = socketio.server.eio.sockets.get(session)
    return socket is not None and socket.queue.qsize() > MOST_UNREAD


def disconnect_slow_viewers() -> None:
    """Who only was slow comes back by itself, and is told the whole week."""
    for viewer, session in list(viewers()):
        if is_behind(session):
            connection = socketio.server.environ.get(session, {}).get("sevenday.websocket")
            socketio.server.disconnect(viewer, NAMESPACE)
            if connection:
                connection.end()
