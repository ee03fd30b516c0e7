"""The board under a path (https://host/sevenday), whether the proxy before it takes the path off or leaves it on."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask


def of(app: Flask) -> str:
    """The path of PUBLIC_BASE_URL, without a slash at its end; '' where it has none.

    X-Forwarded-Prefix is not asked: a stranger can send it through most proxies, and it could say nothing else.
    """
    return urlsplit(app.config["PUBLIC_BASE_URL"]).path.rstrip("/")


class Prefix:
    """WSGI middleware; what stands behind it sees paths of its own only, and writes addresses with the prefix."""

    def __init__(self, app: Flask) -> None:
        self.app, self.prefix = app.wsgi_app, of(app)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["SCRIPT_NAME"] = self.prefix
        path = environ.get("PATH_INFO", "")
        if path == self.prefix or path.startswith(f"{self.prefix}/"):
            environ["PATH_INFO"] = path.removeprefix(self.prefix) or "/"
        return self.app(environ, start_response)


def wrap_wsgi(app: Flask) -> None:
    if of(app):
        app.wsgi_app = Prefix(app)  # type: ignore[method-assign]
