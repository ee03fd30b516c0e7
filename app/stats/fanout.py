"""Says the same to everybody in a room of the live feed: made once, and written at once to whoever has nothing waiting.

python-socketio puts an event into a queue for each viewer, where a green thread of his own takes it out, frames it and
sends it. Where nothing is in that queue, that way is gone without: the ready frames go to the viewer's connection.
Everybody else (who polls, changes to a WebSocket, or reads more slowly than is said) gets them by the queue, in order.

What is private of the libraries stands in `ready` alone; where it is not there, all goes by the queue.
"""

import struct
import zlib
from functools import cached_property
from typing import Any

from engineio import packet as engine
from prometheus_client import Counter
from socketio import packet

from app.extensions import socketio
from app.stats.viewers import NAMESPACE, inside, viewers

IN_A_ROW = 100
"""So many are told before it is the turn of pages and of who else waits."""
FINAL_TEXT, DEFLATED = 0x81, 0x40
"""The first byte of a frame of text (RFC 6455, 5.2), and its bit for one that is compressed (RFC 7692, 6)."""
SHORTEST = 128
"""Bytes: what is shorter would hardly become less."""
TOLD = Counter(
    "sevenday_told",
    "How often something was said to an open page, at once or by the queue of who had something waiting.",
    ["way"],
)

Event = tuple[str, Any]


class Said:
    """Events in each form that a viewer may take them in."""

    def __init__(self, events: tuple[Event, ...]) -> None:
        packets = (socketio.server.packet_class(packet.EVENT, data=[*event], namespace=NAMESPACE) for event in events)
        self.messages = [engine.Packet(engine.MESSAGE, one.encode()) for one in packets]

    @cached_property
    def texts(self) -> list[bytes]:
        return [message.encode().encode() for message in self.messages]

    @cached_property
    def plain(self) -> bytes:
        return b"".join(framed(FINAL_TEXT, text) for text in self.texts)

    @cached_property
    def deflated(self) -> bytes:
        return b"".join(
            framed(FINAL_TEXT | DEFLATED, deflate(text)) if len(text) >= SHORTEST else framed(FINAL_TEXT, text)
            for text in self.texts
        )


def framed(kind: int, data: bytes) -> bytes:
    size = len(data)
    if size < 126:
        return struct.pack("!BB", kind, size) + data
    return (struct.pack("!BBH", kind, 126, size) if size < 65_536 else struct.pack("!BBQ", kind, 127, size)) + data


def deflate(data: bytes) -> bytes:
    """Begins with an empty window, so that it is the same for all."""
    made = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return (made.compress(data) + made.flush(zlib.Z_SYNC_FLUSH))[:-4]


def tell(room: str, *events: Event) -> None:
    """To each viewer of this process who is in the room from before until it is his turn, in this order."""
    said, at_once = Said(events), 0
    for n, (viewer, session) in enumerate(found := list(viewers(room)), 1):
        if not inside(viewer, room):
            continue
        if written(session, said):
            at_once += 1
        elif session in socketio.server.eio.sockets:
            for message in said.messages:
                socketio.server.eio.send_packet(session, message)
        else:  # Flask-SocketIO's test client, which hears what goes through Socket.IO alone
            for event in events:
                socketio.emit(*event, to=viewer, namespace=NAMESPACE)
        if n % IN_A_ROW == 0:
            socketio.sleep(0)
    TOLD.labels("at once").inc(at_once)
    TOLD.labels("queue").inc(len(found) - at_once)


def written(session: str, said: Said) -> bool:
    connection = ready(session)
    if connection is None:
        return False
    frames = said.deflated if connection.deflates else said.plain
    rest = connection.offer(frames)
    if rest and len(rest) < len(frames):
        socketio.start_background_task(connection.finish, rest)
        return True
    return rest is None


def ready(session: str) -> Any:
    """The connection (connections.Connection) of a session whose WebSocket is open and for which nothing waits.

    Engine.IO's queue is empty, and nobody has taken anything out of it that is still to be sent: eventlet's says how
    many wait for something to come into it; with gevent's, who has something is at the connection already.
    """
    socket = socketio.server.eio.sockets.get(session)
    try:
        if not socket.upgraded or socket.upgrading or socket.closing or socket.closed or socket.queue.qsize():
            return None
        if not getattr(socket.queue, "getting", lambda: 1)():
            return None
        return socketio.server.environ[session].get("sevenday.websocket")
    except (AttributeError, KeyError):
        return None
