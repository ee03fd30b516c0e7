"""What a request may bring along: a body is limited in size and time, and one that nobody reads ends its connection."""

import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import Timer
from time import monotonic
from typing import Any, TypeVar

from flask import Flask, current_app, request
from gunicorn.http.body import ChunkedReader
from gunicorn.http.errors import InvalidChunkSize
from werkzeug.wsgi import ClosingIterator, get_content_length

from app.extensions import socketio

MAX_BYTES = 64 * 1024
"""Of the body of any page's request; `takes` gives a view another limit."""
MAX_PARTS = 200
PATIENCE_SECONDS = 20
BYTES_A_SECOND = 500
"""A body has the patience, and more of it at this pace, so a large one may take long and a slow drip may not."""
MAX_LINE_BYTES = 16 * 1024
LINGER_SECONDS = 2

View = TypeVar("View", bound=Callable[..., Any])


def takes(most: int) -> Callable[[View], View]:
    """Marks a view, below its route, as one that takes bodies of up to `most` bytes."""

    def mark(view: View) -> View:
        view.max_bytes = most  # type: ignore[attr-defined]
        return view

    return mark


def set_limit() -> None:
    """Before the check of forms, which is the first to read."""
    view = current_app.view_functions.get(request.endpoint or "")
    request.max_content_length = getattr(view, "max_bytes", MAX_BYTES)


class Body:
    """Stands for `wsgi.input`. One that ends before its time is an OSError, which Werkzeug answers with 400.

    Of a body without a length nothing is ever read (gate.py): it only ends its connection.
    """

    def __init__(self, environ: dict[str, Any]) -> None:
        self.stream = environ["wsgi.input"]
        self.length = get_content_length(environ)
        self.socket: socket.socket | None = environ.get("gunicorn.socket")
        self.seen, self.began, self.ended = 0, monotonic(), False
        self.timer: Timer | None = None

    def read(self, size: int = -1) -> bytes:
        if self.timer is None:
            self.wait(PATIENCE_SECONDS)
        data: bytes = self.stream.read(size)
        self.seen += len(data)
        self.ended = self.seen == self.length
        if not data and size != 0 and not self.ended:
            raise OSError("the body ended before its time")
        return data

    def wait(self, seconds: float) -> None:
        if self.socket is not None:
            self.timer = Timer(seconds, self.end_if_slow)
            self.timer.daemon = True
            self.timer.start()

    def end_if_slow(self) -> None:
        """Whoever waits for more of a body that is too slow reads its end; the answer still gets out."""
        left = PATIENCE_SECONDS + self.seen / BYTES_A_SECOND - (monotonic() - self.began)
        if left > 0:
            self.wait(left)
        elif self.socket is not None and not self.ended:
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_RD)

    def close(self) -> None:
        """Once the answer is out. A short rest is read over, as gunicorn does; a long one ends the connection."""
        if self.timer is not None:
            self.timer.cancel()
        short = self.length is not None and self.length - self.seen <= MAX_BYTES
        if not self.ended and not short and self.socket is not None:
            linger(self.socket)
            raise StopIteration  # which gunicorn takes as: the connection is over


def linger(connection: socket.socket) -> None:
    """Throws away what still comes, for a moment: a client that is cut off while it sends never sees its answer."""
    until = monotonic() + LINGER_SECONDS
    with suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(LINGER_SECONDS)
        while monotonic() < until and connection.recv(MAX_BYTES):
            socketio.sleep(0.001)  # a recv that finds something lets nobody else run


class Bodies:
    """WSGI middleware that puts Body before every request that has one."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        upgrade = "HTTP_UPGRADE" in environ and environ.get("PATH_INFO", "").startswith("/socket.io")
        if upgrade or not (get_content_length(environ) or "HTTP_TRANSFER_ENCODING" in environ):
            return self.app(environ, start_response)
        body = environ["wsgi.input"] = Body(environ)
        return ClosingIterator(self.app(environ, start_response), body.close)


read_more = ChunkedReader.get_data


def bounded(reader: Any, unreader: Any, buffer: Any) -> None:
    """gunicorn gathers the line before a chunk, and the lines after the last one, without any limit of its own."""
    if buffer.tell() > MAX_LINE_BYTES:
        raise InvalidChunkSize(b"longer than any")
    read_more(reader, unreader, buffer)


def init_app(app: Flask) -> None:
    """To be called before the check of forms is bound."""
    app.config |= {"MAX_CONTENT_LENGTH": MAX_BYTES, "MAX_FORM_MEMORY_SIZE": MAX_BYTES, "MAX_FORM_PARTS": MAX_PARTS}
    app.before_request(set_limit)
    ChunkedReader.get_data = bounded


def wrap_wsgi(app: Flask) -> None:
    app.wsgi_app = Bodies(app.wsgi_app)  # type: ignore[method-assign]
