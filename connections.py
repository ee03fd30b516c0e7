"""How many connections the web server holds, how long it waits for each, and who has to go when there are too many.

gunicorn.conf.py imports it before anything is patched, so it takes nothing but the standard library.
"""

import errno
import os
import resource
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from ipaddress import IPv6Address, ip_address, ip_network
from itertools import islice
from os import write  # the real one: eventlet's would wait until something fits in
from pathlib import Path
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
UNREAD_BYTES = 65_536
"""So much the system keeps for a WebSocket's client that does not read; Linux takes it twice."""
LINGER_SECONDS, LINGER_BYTES = 2, 2**25
MOST_ASKED = 20
"""When room is made, so many are looked at, as a newcomer waits for it."""
MOST_FILES = 65_536
MOST_FEEDS, LEAST_FEEDS = 10_000, 100
SPARE_FILES = 2000
OWN_BYTES, FEED_BYTES = 128 * 2**20, 72 * 2**10
"""What the process takes without anybody, and what it takes at most for each live page: 59 KB under
eventlet, 72 under gevent (benchmarks/crowd.py)."""
CONTAINER_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


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
    """By the files that this process may open, and by memory. A file that is sent is a second one, and the database
    needs some."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = MOST_FILES if files == resource.RLIM_INFINITY else files
    others, passing = min(200, files // 5), min(200, files // 10)
    feeds = min(
        MOST_FEEDS, max(files * 2 // 5, files - SPARE_FILES), max(LEAST_FEEDS, (memory() - OWN_BYTES) // FEED_BYTES)
    )
    return Limits(feeds, feeds // 2, others, feeds + others + passing)


def memory() -> int:
    """Bytes that this process may take: its container's limit, or half of what the machine has."""
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2]
    for path in CONTAINER_LIMITS:
        with suppress(OSError, ValueError):  # not in a container, or "max"
            found.append(int(Path(path).read_text()))
    return min(found)


def network(address: str | None) -> str:
    """Whose connections are counted together: an address, or the /64 of an IPv6 one; what is none is one visitor."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((parsed, 64), strict=False))
    return str(parsed)


class Connection:
    """A client's socket for gunicorn and the WebSocket libraries, which knows how long it has waited for the client."""

    def __init__(self, sock: Any, visitor: str, door: "Door") -> None:
        self.sock, self.visitor, self.door = sock, visitor, door
        self.ended = False
        self.frames: Any = None
        """Of a WebSocket: `take(data)` says whether the client may go on."""
        self.deflates = False
        """Whether a WebSocket's client takes compressed frames of which each begins anew."""
        self.sending = 0
        """How many have frames for a WebSocket in hand; the lock keeps each whole."""
        self.turn = threading.Lock()
        door.admit()
        self.begin(HEAD_SECONDS)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sock, name)

    def begin(self, seconds: float) -> None:
        """A new head, body or rest begins, for which the client has `seconds`."""
        self.heard = time.monotonic()
        self.seconds, self.waited, self.moved = seconds, 0.0, 0
        self.since: float | None = None
        self.door.place(self)

    def follow(self, frames: Any) -> None:
        """It is a WebSocket now, or with None no longer one."""
        self.frames = frames
        if frames is not None:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNREAD_BYTES)
        self.door.place(self)

    def wait(self, call: Callable[..., Any], *how: Any) -> Any:
        self.since = time.monotonic()
        try:
            return call(*how)
        except OSError:
            if self.ended:  # gevent says that the file was closed, of which gunicorn would log a traceback
                raise ConnectionResetError(errno.ECONNRESET, "given up") from None
            raise
        finally:
            self.waited += time.monotonic() - (self.since or 0)
            self.since = None

    def recv(self, *how: Any) -> bytes:
        data: bytes = b"" if self.ended else self.wait(self.sock.recv, *how)
        time.sleep(0)  # lets the others go on: who sends without end would be the only one to be heard
        self.heard, self.moved = time.monotonic(), self.moved + len(data)
        return data if self.frames is None or self.frames.take(data) else b""

    def sendall(self, data: bytes, *how: Any) -> None:
        self.sending += 1
        try:
            with self.turn:
                self.wait(self.sock.sendall, data, *how)
        finally:
            self.sending -= 1
        self.moved += len(data)

    def offer(self, data: bytes) -> memoryview | None:
        """Writes what the system takes of whole frames without waiting: the rest of them, or None if that is all.

        What is left is for `finish`, before which nobody else's frame is let in between.
        """
        rest = memoryview(data)
        if not self.sending and not self.ended:
            with suppress(OSError):  # nothing fits in, or the client has gone
                rest = rest[write(self.sock.fileno(), data) :]
        if rest and len(rest) < len(data):
            self.sending += 1
            self.turn.acquire()  # nobody has it, so this takes no time
        return rest or None

    def finish(self, rest: memoryview) -> None:
        try:
            self.sock.sendall(rest)
        except OSError:
            self.end()  # a part of a frame is no beginning of anything else
        finally:
            self.sending -= 1
            self.turn.release()

    def send(self, data: bytes, *how: Any) -> int:
        if self.frames is not None:  # simple-websocket does not look how much of a frame was sent
            self.sendall(data, *how)
            return len(data)
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
        self.door.place(self)
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
        self.crowds: dict[str, dict[Connection, None]] = {}
        """By visitor, who has waited longest first."""
        self.rest: set[Connection] = set()
        """The WebSockets, and those that are about to go."""
        self.came = 0

    def admit(self) -> None:
        self.came += 1
        if self.others() >= self.most:
            self.make_room(MOST_ASKED)

    def place(self, connection: Connection) -> None:
        self.leave(connection)
        if connection.frames is None and not connection.ended:
            self.crowds.setdefault(connection.visitor, {})[connection] = None
        else:
            self.rest.add(connection)

    def leave(self, connection: Connection) -> None:
        self.rest.discard(connection)
        crowd = self.crowds.get(connection.visitor, {})
        crowd.pop(connection, None)
        if not crowd:
            self.crowds.pop(connection.visitor, None)

    def others(self) -> int:
        return sum(map(len, self.crowds.values()))

    def make_room(self, asked: int) -> bool:
        """Ends one that has said nothing; who has, only waits for a turn, which soon comes."""
        crowd = max(self.crowds.values(), key=len)
        for one in [*islice(crowd, asked)]:
            if one.since is not None and not readable(one):
                one.end()
                return True
        return False

    def sweep(self) -> None:
        """Ends what takes too long, and what came while everybody had something to say."""
        for one in [one for crowd in [*self.crowds.values(), self.rest] for one in crowd]:
            if not one.ended and one.overdue():
                one.end()
        for _ in range(self.others() - self.most):
            if not self.make_room(self.others()):
                break


def readable(sock: Any) -> bool:
    """Whether something has come already; of a listening socket, somebody."""
    waiting = poll()
    waiting.register(sock.fileno(), POLLIN)
    return bool(waiting.poll(0))
