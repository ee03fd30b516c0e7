"""gunicorn's eventlet and gevent workers, which hold their connections to limits, and end when they hear nobody."""

import errno
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from gunicorn.http.errors import LimitRequestLine

from connections import HEAD_SECONDS, REST_SECONDS, Connection, Door, limits, network, readable

IN_A_ROW = 8
"""So many newcomers are let in before it is the turn of those who are in."""
LONG_BODY = 65_536
"""Bytes. After a longer body the connection ends: what the application did not read of it is not read either."""
DEAF_SECONDS = 4
LONGEST_LINE = 8190
"""Bytes of an address with its method, which is gunicorn's own largest."""
TOO_LONG = b'{"type": "about:blank", "title": "URI Too Long", "status": 414, "detail": "Send a shorter address."}'
"""In the form of the API's errors, as nobody but a program makes such an address."""


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

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        if not isinstance(exc, LimitRequestLine):
            super().handle_error(req, client, addr, exc)  # type: ignore[misc]
            return
        self.log.warning("An address of more than %s bytes was refused", LONGEST_LINE)
        head = "HTTP/1.1 414 URI Too Long\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
        with suppress(OSError):
            client.sendall(f"{head}Content-Length: {len(TOO_LONG)}\r\n\r\n".encode() + TOO_LONG)

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        connection = Connection(client, network(addr[0] if addr else None), self.door)
        try:
            super().handle(listener, connection, addr)  # type: ignore[misc]
        finally:
            self.door.leave(connection)

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
        self.deaf = self.deaf + 1 if nobody_came and any(map(readable, self.sockets)) else 0
        if self.deaf >= DEAF_SECONDS:
            self.log.error("Nobody has been let in for %s seconds: starting anew", DEAF_SECONDS)
            sys.exit(1)


def long(req: Any) -> bool:
    """Whether a request has a body of more than LONG_BODY bytes, or of a length that it does not say."""
    said = dict(req.headers)
    length = said.get("CONTENT-LENGTH", "0")
    return "TRANSFER-ENCODING" in said or not length.isdigit() or int(length) > LONG_BODY


def worker(base: type) -> type:
    """gunicorn's worker for eventlet or gevent, with these limits."""
    return type("Worker", (Worker, base), {})
