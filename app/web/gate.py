"""Stands before the Socket.IO server: no page of another site gets in, and rubbish costs one line in the log."""

import io
import logging
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

MAX_MESSAGE_BYTES = 16_384
"""The largest message that a viewer may send; the feed's own events are a few dozen bytes."""


class Nowhere(io.TextIOBase):
    """Eventlet writes half a line to `wsgi.errors` for every viewer that has left; this is where it goes."""

    def write(self, text: str) -> int:
        return len(text)


log = logging.getLogger(__name__)


def own_origin(app: Flask) -> Callable[[str | None, dict[str, Any]], bool]:
    """Whether a page of `origin` may use the live feed: one that this host served, or one at PUBLIC_BASE_URL."""
    public = urlsplit(app.config["PUBLIC_BASE_URL"]).netloc

    def own(origin: str | None, environ: dict[str, Any]) -> bool:
        host = (origin or "").partition("://")[2]
        return bool(host) and host in (public, environ.get("HTTP_HOST"))

    return own


class Gate:
    """WSGI middleware for /socket.io: refuses bodies that are too long, and ends connections that speak nonsense."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith("/socket.io"):
            return self.app(environ, start_response)
        if int(environ.get("CONTENT_LENGTH") or 0) > MAX_MESSAGE_BYTES:
            log.warning("The live feed refused a message of %s bytes", environ["CONTENT_LENGTH"])
            start_response("413 Content Too Large", [("Content-Type", "text/plain"), ("Connection", "close")])
            return [f"A message may have {MAX_MESSAGE_BYTES} bytes at the most.\n".encode()]
        environ["wsgi.errors"] = Nowhere()
        try:
            return self.app(environ, start_response)
        except (ValueError, KeyError) as error:
            log.warning("The live feed hung up on a message that it could not read: %s", error)
            if "HTTP_UPGRADE" in environ:
                raise StopIteration from None  # which gunicorn takes as: the connection is over
            start_response("400 Bad Request", [("Content-Type", "text/plain")])
            return [b"That is no message of this feed.\n"]


class OneLine(logging.Filter):
    """What Engine.IO logs with a traceback is always a message that it could not read: our own handlers' errors do not
    get that far (events.failed)."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info:
            record.msg, record.args = (
                "The live feed ignored a message that it could not read: %s",
                (record.exc_info[1],),
            )
            record.exc_info = None
        return True


class NoQuery(logging.Filter):
    """gunicorn logs the address of a request that failed; a query can hold a provider's code."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                word.partition("?")[0] if isinstance(word, str) and word.startswith("/") else word
                for word in record.args
            )
        return True


ONE_LINE = OneLine()
NO_QUERY = NoQuery()


def init_app(app: Flask) -> None:
    """To be called once Socket.IO is bound, because it stands before it."""
    app.wsgi_app = Gate(app.wsgi_app)  # type: ignore[method-assign]
    if proxies := app.config["TRUSTED_PROXIES"]:
        # Not X-Forwarded-Host, which a page of another site could make up: the proxy passes the Host that it was asked.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]
    logging.getLogger("engineio.server").addFilter(ONE_LINE)
    logging.getLogger("gunicorn.error").addFilter(NO_QUERY)
