"""What every answer tells the browser: run nothing but our own files, show us in no frame, keep no copy."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, request

PUBLIC_FILES = ("static", "bootstrap.static")
A_YEAR = 365 * 24 * 3600


def init_app(app: Flask) -> None:
    app.after_request(keep_no_copy)


def wrap_wsgi(app: Flask) -> None:
    """Outermost, so that what Flask never sees (the socket, a refusal on the way) carries them, too."""
    app.wsgi_app = Headers(app)  # type: ignore[method-assign]


class Headers:
    """WSGI middleware that adds each header that an answer has not."""

    def __init__(self, app: Flask) -> None:
        self.app, self.headers = app.wsgi_app, sorted(every(app).items())

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            has = {name.lower() for name, _ in headers}
            added = [header for header in self.headers if header[0].lower() not in has]
            return start_response(status, [*headers, *added], exc_info)

        return self.app(environ, start)


def every(app: Flask) -> dict[str, str]:
    # `no-referrer` would fail the check of forms under https, which wants to see where they come from.
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy(app).items()),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "browsing-topics=(), camera=(), geolocation=(), microphone=()",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
    if app.config["PUBLIC_BASE_URL"].startswith("https://"):  # browsers heed it there only
        headers["Strict-Transport-Security"] = f"max-age={A_YEAR}"
    return headers


def policy(app: Flask) -> dict[str, str]:
    """The Content-Security-Policy, by directive."""
    # The form that connects an account is answered with a way to the provider, which leads back to us; Chromium holds
    # `form-action` against every step of it.
    ways = {origin(app.config[name]) for name in ("PUBLIC_BASE_URL", "STRAVA_OAUTH_BASE", "GOOGLE_AUTH_URL")}
    return {
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",  # Bootstrap's style sheet draws its arrows and ticks with data: images
        "connect-src": "'self'",
        "form-action": " ".join(["'self'", *sorted(ways)]),
        "object-src": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }


def origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def keep_no_copy(response: Response) -> Response:
    if request.endpoint not in PUBLIC_FILES:
        response.cache_control.no_store = True
    return response
