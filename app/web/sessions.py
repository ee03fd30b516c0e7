"""The cookie that a browser is known by: with a name of its own, and without a date, which a clock could get wrong."""

import hashlib
import hmac
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from itsdangerous import URLSafeSerializer
from werkzeug.http import dump_cookie
from werkzeug.wrappers import Response

from app.web import prefix, problems


class Undated(URLSafeSerializer):
    """A signature of any age, or of the future, is as good as one of today: what ends a session is its row."""

    def loads(self, s: str | bytes, salt: str | bytes | None = None, **_age: Any) -> Any:
        return super().loads(s, salt)


class Sessions(SecureCookieSessionInterface):
    def get_signing_serializer(self, app: Flask) -> Any:
        how = {"key_derivation": self.key_derivation, "digest_method": hashlib.sha256}
        return Undated(str(app.secret_key), salt=self.salt, serializer=self.serializer, signer_kwargs=how)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """As Flask does, but with a length of time (Max-Age) and not a date after which the browser forgets it."""
        if problems.is_api_request():  # where cookies are neither taken nor given
            return
        name, secure = self.get_cookie_name(app), self.get_cookie_secure(app)
        how: Any = {
            "httponly": True,
            "path": prefix.of(app) or "/",
            "secure": secure,
            "samesite": self.get_cookie_samesite(app),
        }
        if session.accessed:
            response.vary.add("Cookie")
        if not session and session.modified:
            response.delete_cookie(name, **how)
        elif session and self.should_set_cookie(app, session):
            age = app.permanent_session_lifetime if session.permanent else None
            value = self.get_signing_serializer(app).dumps(dict(session))
            response.headers.add("Set-Cookie", dump_cookie(name, value, max_age=age, sync_expires=False, **how))


def cookie_name(key: str, secure: bool, path: str = "") -> str:
    """Cookies know no ports: the key in the name keeps two boards on one host apart, and joins those that share it."""
    own = hmac.new(key.encode(), b"the cookie's name", hashlib.sha256).hexdigest()[:8]
    kind = "__Secure-" if path else "__Host-"  # which browsers take for the path / only
    return f"{kind}sevenday-{own}" if secure else f"sevenday-{own}"


def init_app(app: Flask) -> None:
    secure = bool(app.config["SESSION_COOKIE_SECURE"])
    app.config["SESSION_COOKIE_NAME"] = cookie_name(str(app.config["SECRET_KEY"]), secure, prefix.of(app))
    app.session_interface = Sessions()
