"""Stands before Flask and Engine.IO: who may speak to the live feed, how much, and whose turn a page is."""

import io
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask
from socketio.packet import Packet as AnyPacket
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wsgi import get_content_length

from app import quiet
from app.extensions import socketio
from app.web import access, problems
from app.web.allowance import Allowance
from app.web.frames import Frames
from connections import limits, network

MAX_MESSAGE_BYTES = 16_384
"""The largest message that a viewer may send; the feed's own events are a few dozen bytes."""
MOST_ATTACHMENTS = 1
"""Of a binary message, each as long as a message: the feed takes none, but says so of one."""
SAID_BYTES = (4096, 65_536)
"""What a viewer may send: bytes a second in the long run, and at once."""
EACH_ANEW = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
"""As if a browser had asked for it: no message is compressed by what came before it, so that a push is compressed once
for all who take it so (app/stats/fanout.py), and no window is kept in memory for each."""
PAGES_AT_ONCE = 8
"""The others wait their turn, so that a push waits for so many at the most, and not for all that somebody asks for.

Uploads, which may take hours, have as many turns of their own.
"""
TURN_SECONDS = 30
SHORT_BODY = 65_536
"""A body up to this length is here before it is its request's turn."""

Refusal = tuple[str, str]
"""A status line and a sentence."""
NOT_JSONP = ("400 Bad Request", "This feed is not to be had as a script.")
ONE_WAITS = ("400 Bad Request", "This session is being listened to already.")
NO_LENGTH = ("411 Length Required", "Say with Content-Length how many bytes are coming.")
CUT_OFF = ("400 Bad Request", "The request ended before its end.")
SIGN_IN = ("401 Unauthorized", "Sign in first.")
TOO_LONG = ("413 Content Too Large", f"A message may have {MAX_MESSAGE_BYTES} bytes at the most.")
TOO_MUCH = ("429 Too Many Requests", "That was too much at once.")
FULL = ("503 Service Unavailable", "There are too many live pages already. Close some.")
DOWN = ("503 Service Unavailable", "The database does not answer.")
BUSY = (
    "503 Service Unavailable",
    "Too many pages are being made, or the database does not answer. Reload in a moment.",
)


log = logging.getLogger(__name__)


def own_origin(app: Flask) -> Callable[[str | None, dict[str, Any]], bool]:
    """Whether a page of `origin` may use the live feed: one that this host served, or one at PUBLIC_BASE_URL."""
    public = urlsplit(app.config["PUBLIC_BASE_URL"]).netloc

    def is_own(origin: str | None, environ: dict[str, Any]) -> bool:
        host = (origin or "").partition("://")[2]
        return bool(host) and host in (public, environ.get("HTTP_HOST"))

    return is_own


class Packet(AnyPacket):
    """A Socket.IO message whose attachments are counted, as each may be as long as a message and all are kept."""

    uses_binary_events = False  # of ours: a push would else be searched for bytes from end to end

    def decode(self, encoded_packet: Any) -> Any:
        attachments = super().decode(encoded_packet)
        if attachments and attachments > MOST_ATTACHMENTS:
            raise ValueError("too many attachments")
        return attachments


class Busy(Exception):
    """Nobody has made room within TURN_SECONDS."""


class Gate:
    """WSGI middleware: gives pages their turn, and lets nobody speak to Engine.IO who may not see the board."""

    def __init__(self, app: Flask) -> None:
        self.flask, self.app = app, app.wsgi_app
        self.limits = limits()
        self.pages, self.uploads = BoundedSemaphore(PAGES_AT_ONCE), BoundedSemaphore(PAGES_AT_ONCE)
        self.websockets: Counter[str] = Counter()
        self.waiting: set[tuple[str, bool]] = set()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if "HTTP_TRANSFER_ENCODING" in environ:  # no browser sends one, and gunicorn sets its parts no limit
            return answer(start_response, NO_LENGTH, environ)
        if not environ.get("PATH_INFO", "").startswith("/socket.io"):
            return self.page(environ, start_response)
        if refused := self.refusal(environ):
            return answer(start_response, refused)
        with self.counted(environ):
            return self.feed(environ, start_response)

    def page(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not take_body(environ):
            return answer(start_response, CUT_OFF, environ)
        if environ.get("PATH_INFO") == "/healthz":  # which is to answer, however long the others wait
            return self.app(environ, start_response)
        try:
            with self.turn(self.uploads if said_length(environ) > SHORT_BODY else self.pages):
                return self.app(environ, start_response)
        except Busy:
            return answer(start_response, BUSY, environ)

    @contextmanager
    def turn(self, turns: BoundedSemaphore) -> Iterator[None]:
        time.sleep(0)  # else who has had one would be the first to have the next
        if not turns.acquire(timeout=TURN_SECONDS):
            raise Busy
        try:
            time.sleep(0)  # lets the others go on: not every page waits for something by itself
            yield
        finally:
            turns.release()

    def feed(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["wsgi.errors"] = quiet.Nowhere()
        try:
            return self.app(environ, start_response)
        except (ValueError, KeyError) as error:
            log.warning("The live feed hung up on a message that it could not read: %s", error)
            if "HTTP_UPGRADE" in environ:
                raise StopIteration from None  # which gunicorn takes as: the connection is over
            return answer(start_response, ("400 Bad Request", "That is no message of this feed."))

    def refusal(self, environ: dict[str, Any]) -> Refusal | None:
        """None for who may go on to Engine.IO, which itself refuses a session that there is not."""
        query = parse_qs(environ.get("QUERY_STRING", ""))
        if "j" in query:
            return NOT_JSONP
        if "sid" not in query:
            return self.newcomer_refusal(environ)
        session = environ["sevenday.sid"] = query["sid"][0]
        opening = socketio.server.environ.get(session)
        if opening is None:
            return None
        said = environ["sevenday.said"] = opening["sevenday.said"]
        length = said_length(environ)
        if length > MAX_MESSAGE_BYTES:
            log.warning("The live feed refused a message of %s bytes", length)
            return TOO_LONG
        if environ["REQUEST_METHOD"] == "GET" and (session, is_websocket(environ)) in self.waiting:
            return ONE_WAITS
        return None if said.take(length + 64) else TOO_MUCH

    def newcomer_refusal(self, environ: dict[str, Any]) -> Refusal | None:
        """Who asks for a new session says by the cookie who it is."""
        try:
            with self.turn(self.pages), self.flask.request_context(dict(environ)):
                if not access.allowed():
                    return SIGN_IN
        except (SQLAlchemyError, Busy):
            return DOWN
        feeds = self.feeds()
        if feeds.total() >= self.limits.feeds or feeds[visitor(environ)] >= self.limits.feeds_each:
            return FULL
        environ["sevenday.said"] = Allowance(*SAID_BYTES)
        return None

    def feeds(self) -> Counter[str]:
        """How many sessions each visitor has: WebSockets, and those that poll."""
        environs = list(socketio.server.environ.values())  # for each newcomer, so the cheaper question is the first
        polling = (one for one in environs if "sevenday.websocket" not in one and not is_websocket(one))
        return self.websockets + Counter(visitor(environ) for environ in polling)

    @contextmanager
    def counted(self, environ: dict[str, Any]) -> Iterator[None]:
        """While a WebSocket is open, or a poll waits: of each, a session has one."""
        listens = environ.get("sevenday.sid", ""), is_websocket(environ)
        if environ["REQUEST_METHOD"] != "GET":
            yield
            return
        self.waiting.add(listens)
        try:
            with self.following(environ) if listens[1] else nullcontext():
                yield
        finally:
            self.waiting.discard(listens)

    @contextmanager
    def following(self, environ: dict[str, Any]) -> Iterator[None]:
        who, connection = visitor(environ), environ.get("gunicorn.socket")
        self.websockets[who] += 1
        deflates = choose_compression(environ)
        if connection and "sevenday.said" in environ:
            connection.follow(Frames(MAX_MESSAGE_BYTES, environ["sevenday.said"]))
            connection.deflates = deflates
            opening = socketio.server.environ.get(environ.get("sevenday.sid"), environ)
            opening["sevenday.websocket"] = connection
        try:
            yield
        finally:
            self.websockets[who] -= 1
            if connection:
                connection.follow(None)


def choose_compression(environ: dict[str, Any]) -> bool:
    """Whether a WebSocket will be compressed: not under gevent, whose library inflates without a limit, nor by a window
    of the client's choice."""
    offered = environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", "").lower()
    taken = "permessage-deflate" in offered and "server_max_window_bits" not in offered
    if not taken or socketio.async_mode == "gevent":
        return False
    environ["HTTP_SEC_WEBSOCKET_EXTENSIONS"] = EACH_ANEW
    return True


def answer(start_response: Any, refused: Refusal, environ: dict[str, Any] | None = None) -> list[bytes]:
    """A sentence; to a program (`environ` tells) in the form of its other errors."""
    text, kind = f"{refused[1]}\n".encode(), "text/plain"
    if environ and problems.is_api_path(environ.get("PATH_INFO", "")):
        said = problems.problem(int(refused[0][:3]), refused[1])
        text, kind = said.get_data(), said.mimetype or kind
    start_response(refused[0], [("Content-Type", kind), ("Content-Length", str(len(text)))])
    return [text]


def take_body(environ: dict[str, Any]) -> bool:
    """Waits for the body unless it is long, which is for the application to refuse; False if it breaks off."""
    length = said_length(environ)
    if not 0 < length <= SHORT_BODY:
        return True
    try:
        body = environ["wsgi.input"].read(length)
    except OSError:  # nothing at all has come, or the connection is gone
        return False
    environ["wsgi.input"] = io.BytesIO(body)
    return len(body) == length


def said_length(environ: dict[str, Any]) -> int:
    """Of a body; 0 where a stranger's header says no number."""
    return get_content_length(environ) or 0


def is_websocket(environ: dict[str, Any]) -> bool:
    """As Engine.IO sees it."""
    words = [word.strip() for word in environ.get("HTTP_CONNECTION", "").lower().split(",")]
    return "upgrade" in words and environ.get("HTTP_UPGRADE", "").lower() == "websocket"


def visitor(environ: dict[str, Any]) -> str:
    return network(environ.get("REMOTE_ADDR"))


def init_app(app: Flask) -> None:
    """To be called once Socket.IO is bound, because it stands before it."""
    app.wsgi_app = Gate(app)  # type: ignore[method-assign]
    if proxies := app.config["TRUSTED_PROXIES"]:
        # Not X-Forwarded-Host, which a page of another site could make up: the proxy passes the Host that it was asked.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]
    logging.getLogger("engineio.server").addFilter(quiet.ONE_LINE)
    logging.getLogger("gunicorn.error").addFilter(quiet.NO_QUERY)
