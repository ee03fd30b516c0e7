"""What every answer tells the browser: run nothing but our own files, show us in no frame, keep no copy."""

from urllib.parse import urlsplit

from flask import Flask, Response, request
from flask_talisman import DENY, Talisman

PUBLIC_FILES = ("static", "bootstrap.static")


def init_app(app: Flask) -> None:
    Talisman(
        app,
        force_https=False,  # most people open http://localhost
        content_security_policy=policy(app),
        frame_options=DENY,
        # `no-referrer` would fail the check of forms under https, which wants to see where they come from.
        referrer_policy="same-origin",
        permissions_policy=dict.fromkeys(("browsing-topics", "camera", "geolocation", "microphone"), "()"),
        strict_transport_security=app.config["PUBLIC_BASE_URL"].startswith("https://"),
        strict_transport_security_include_subdomains=False,
        session_cookie_secure=app.config["SESSION_COOKIE_SECURE"],
    )
    app.after_request(keep_no_copy)


def policy(app: Flask) -> dict[str, str | list[str]]:
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
        "form-action": ["'self'", *sorted(ways)],
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
