"""How many connections the web server holds and how long it waits for each: gunicorn's workers with limits.

gunicorn.conf.py imports it before anything is patched, so it takes nothing but the standard library.
"""

import errno
import resource
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from ipaddress import IPv6Address, ip_address, ip_network
from select import POLLIN, poll  # the real one, which asks no hub: it is called with no time to wait
from typing import Any, NamedTuple

HEAD_SECONDS = 20
"""How long a new connection may take to send its first request's head."""
REST_SECONDS = 65
"""How long a connection may rest between two requests; longer than the 60 seconds after which nginx ends it itself."""
SLOWEST = 500
"""Bytes a second: who sends a body, or takes an answer, more slowly is given up. On top of HEAD_SECONDS."""
SILENT_SECONDS = 60
"""A WebSocket's client answers a ping every 25 seconds; Engine.IO itself gives it up after 45."""
LINGER_SECONDS, LINGER_BYTES = 2, 2**25
LONG_BODY = 65_536
"""Bytes. After a longer body the connection ends: what the application did not read of it is not read either."""
DEAF_SECONDS = 4
IN_A_ROW = 8
"""So many newcomers are let in before it is the turn of those who are in."""
MOST_FILES = 65_536


class Limits(NamedTuple):
    """How many connections there may be at once."""

    feeds: int
    """Sessions of the live feed: with a password, of those who are signed in only."""
    feeds_each: int
    """... of one visitor."""
    others: int
    """Everything else, of whoever: when it is reached, who has waited longest makes room."""
    all: int
    """With room for those that have just come and those that are about to go."""


def raise_file_limit() -> None:
    """As far as this process may: every connection is an open file, and accept() fails without one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):  # macOS allows less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def limits() -> Limits:
    """By the files that this process may open. A file that is sent is a second one, and the database needs some."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = MOST_FILES if files == resource.RLIM_INFINITY else files
    feeds, others = min(2000, files * 2 // 5), min(200, files // 5)
    return Limits(feeds, feeds // 2, others, feeds + others + min(200, files // 10))


def network(address: str | None) -> str:
    """Whose connections are counted together: an address, or the /64 of an IPv6 one; what is none is one visitor."""
    try:
        known = ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(known, IPv6Address):
        return str(known.ipv4_mapped or ip_network((known, 64), strict=False))
    return str(known)


class Connection:
    """A client's socket for gunicorn and the WebSocket libraries, which knows how long it has waited for the client."""

    def __init__(self, sock: Any, visitor: str) -> None:
        self.sock, self.visitor = sock, visitor
        self.ended = False
        self.frames: Any = None
        """Of a WebSocket: `take(data)` says whether the client may go on."""
        self.begin(HEAD_SECONDS)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sock, name)

    def begin(self, seconds: float) -> None:
        """A new head, body or rest begins, for which the client has `seconds`."""
        self.began = self.heard = time.monotonic()
        self.seconds, self.waited, self.moved = seconds, 0.0, 0
        self.since: float | None = None

    def wait(self, call: Callable[..., Any], *how: Any) -> Any:
        self.since = time.monotonic()
        try:
            return call(*how)
        finally:
            self.waited += time.monotonic() - (self.since or 0)
            self.since = None

    def recv(self, *how: Any) -> bytes:
        data: bytes = b"" if self.ended else self.wait(self.sock.recv, *how)
        time.sleep(0)  # lets the others go on: who sends without end would be the only one to be heard
        self.heard, self.moved = time.monotonic(), self.moved + len(data)
        return data if self.frames is None or self.frames.take(data) else b""

    def sendall(self, data: bytes, *how: Any) -> None:
        self.wait(self.sock.sendall, data, *how)
        self.moved += len(data)

    def send(self, data: bytes, *how: Any) -> int:
        sent: int = self.wait(self.sock.send, data, *how)
        self.moved += sent
        return sent

    def sendfile(self, *how: Any, **more: Any) -> int:
        sent: int = self.wait(lambda: self.sock.sendfile(*how, **more))
        self.moved += sent
        return sent

    def overdue(self) -> bool:
        now = time.monotonic()
        if self.frames is not None:
            return now - self.heard > SILENT_SECONDS
        return self.since is not None and self.waited + now - self.since > self.seconds + self.moved / SLOWEST

    def end(self) -> None:
        """Whoever waits for this client is told that it has gone."""
        self.ended = True
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)

    def linger(self) -> None:
        """The answer is on its way; what still comes is thrown away for a moment, else it would be cut off."""
        until = time.monotonic() + LINGER_SECONDS
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)
            self.sock.settimeout(LINGER_SECONDS)
            while time.monotonic() < until and self.moved < LINGER_BYTES and self.recv(65_536):
                pass
        self.end()


class Door:
    """All connections of a worker. When there are too many, the visitor who has most loses the longest waiting one."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.open: set[Connection] = set()
        self.came = 0

    def admit(self, connection: Connection) -> bool:
        self.came += 1
        if len(self.open) >= self.most and self.others() >= self.most and not self.make_room():
            return False
        self.open.add(connection)
        return True

    def others(self) -> int:
        return sum(1 for one in self.open if one.frames is None and not one.ended)

    def make_room(self) -> bool:
        waiting = [one for one in self.open if one.frames is None and not one.ended and one.since is not None]
        if waiting:
            ((visitor, _),) = Counter(one.visitor for one in waiting).most_common(1)
            min((one for one in waiting if one.visitor == visitor), key=lambda one: one.began).end()
        return bool(waiting)

    def sweep(self) -> None:
        for one in [one for one in self.open if not one.ended and one.overdue()]:
            one.end()


class Listener:
    """A listening socket for eventlet's acceptor, which would go on while somebody comes, and end at any error.

    The gevent worker takes its newcomers by another way, which sees to both.
    """

    def __init__(self, sock: Any) -> None:
        self.sock, self.came = sock, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sock, name)

    def accept(self) -> Any:
        self.came += 1
        if self.came % IN_A_ROW:
            try:
                return self.sock.accept()
            except BlockingIOError:
                raise
            except OSError:  # no file is free, for one
                time.sleep(0.05)
        raise BlockingIOError(errno.EWOULDBLOCK, "it is the others' turn")


class Worker:
    """What gunicorn's eventlet and gevent workers have in common, and here learn besides."""

    sockets: Sequence[Any]
    log: Any
    alive: bool

    def __init__(self, *how: Any, **more: Any) -> None:
        super().__init__(*how, **more)
        self.door = Door(limits().others)
        self.came = self.deaf = 0

    def run(self) -> None:
        self.sockets = [Listener(sock) for sock in self.sockets]
        super().run()  # type: ignore[misc]

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        connection = Connection(client, network(addr[0] if addr else None))
        if not self.door.admit(connection):
            client.close()
            return
        try:
            super().handle(listener, connection, addr)  # type: ignore[misc]
        finally:
            self.door.open.discard(connection)

    def handle_request(self, listener_name: Any, req: Any, sock: Connection, addr: Any) -> None:
        sock.begin(HEAD_SECONDS)
        try:
            super().handle_request(listener_name, req, sock, addr)  # type: ignore[misc]
        finally:
            if long(req):
                sock.linger()
        sock.begin(REST_SECONDS)

    def notify(self) -> None:
        """Once a second."""
        super().notify()  # type: ignore[misc]
        self.door.sweep()
        if self.alive:
            self.end_if_deaf()

    def end_if_deaf(self) -> None:
        """Whatever has ended the acceptor: the master then starts another worker."""
        nobody_came, self.came = self.came == self.door.came, self.door.came
        self.deaf = self.deaf + 1 if nobody_came and any(map(knocked, self.sockets)) else 0
        if self.deaf >= DEAF_SECONDS:
            self.log.error("Nobody has been let in for %s seconds: starting anew", DEAF_SECONDS)
            sys.exit(1)


def knocked(listener: Any) -> bool:
    """Whether somebody is waiting to be accepted."""
    waiting = poll()
    waiting.register(listener.fileno(), POLLIN)
    return bool(waiting.poll(0))


def long(req: Any) -> bool:
    """Whether a request has a body of more than LONG_BODY bytes, or of a length that it does not say."""
    said = dict(req.headers)
    length = said.get("CONTENT-LENGTH", "0")
    return "TRANSFER-ENCODING" in said or not length.isdigit() or int(length) > LONG_BODY


def worker(base: type) -> type:
    """gunicorn's worker for eventlet or gevent, with these limits."""
    return type("Worker", (Worker, base), {})
