"""Who may come in: with a password set, all but /healthz and the sign-in page needs a signed-in session."""

import hashlib
import hmac
import logging
import math
import secrets
from urllib.parse import urlsplit

from flask import Blueprint, Flask, current_app, flash, g, redirect, render_template, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from app.extensions import db, limiter, socketio
from app.web import bodies, callers, guesses, passwords, problems, sign_ins, tokens
from logs import EACH

OPEN_ENDPOINTS = {"access.login", "health.healthz", "static", "bootstrap.static"}
"""Static files are open because nothing of a person is in them, and the sign-in page needs some."""
SIGN_IN_BYTES = 16 * 1024
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")

bp = Blueprint("access", __name__)
log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    limiter.init_app(app)
    app.register_blueprint(bp)
    app.before_request(require_sign_in)


def secret() -> str:
    """The password or its hash, whichever is set."""
    return current_app.config["DASHBOARD_PASSWORD"] or current_app.config["DASHBOARD_PASSWORD_HASH"] or ""


def locked() -> bool:
    return bool(secret())


def allowed() -> bool:
    """Whether the current request or socket belongs to somebody who may see the board."""
    if not locked():
        return called_by_its_name()
    same_password = hmac.compare_digest(session.get("pass", ""), fingerprint(secret()))
    return same_password and sign_ins.is_signed_in(db.session(), session.get("browser", ""))


def called_by_its_name() -> bool:
    """Whether the address in the browser is one of this board's.

    Without a password this is what keeps a foreign page out that has its own name lead to this machine (DNS rebinding).
    """
    name = callers.parts(f"//{request.host}").hostname or ""
    public = urlsplit(current_app.config["PUBLIC_BASE_URL"]).hostname
    return name in (*LOOPBACK_NAMES, public) or name.endswith(".localhost")


def fingerprint(password: str) -> str:
    """What a signed-in session carries: another password signs everybody out."""
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, password.encode(), hashlib.sha256).hexdigest()


def require_sign_in() -> Response | None:
    if request.endpoint in OPEN_ENDPOINTS:
        return None
    if problems.is_api_request():  # by a token alone: what a cookie says there is not looked at
        if not locked() and not called_by_its_name():
            return redirect_to_sign_in()
        tokens.require_token()
        return None
    if not allowed():
        return redirect_to_sign_in()
    g.signed_in = "browser" in session
    return None


def redirect_to_sign_in() -> Response:
    """To the sign-in page, which leads back; 400 where no password could help."""
    if not locked():
        public = current_app.config["PUBLIC_BASE_URL"]
        raise BadRequest(
            f"This board goes by {public}, not by “{request.host[:60]}”. Open {public}; or, on the server, set"
            " PUBLIC_BASE_URL to the address that you use, or DASHBOARD_PASSWORD."
        )
    wanted = f"{request.script_root}{request.full_path}".rstrip("?")
    if request.method not in ("GET", "HEAD"):
        flash("You were signed out, so nothing was changed. Sign in, and do it once more.")
        wanted = page_before()
    elif "code" in request.args:  # of a provider's answer: no address of ours may repeat it
        wanted = url_for("connect.index")
    return redirect(url_for("access.login", next=wanted))


def visitor() -> str:
    return callers.visitor(request.remote_addr or "")


@bp.route("/login", methods=["GET", "POST"])
@bodies.takes(SIGN_IN_BYTES)
def login() -> str | Response | tuple[str, int] | tuple[str, int, dict[str, str]]:
    wanted = local_path(request.args.get("next")) or url_for("stats.livefeed")
    if not locked() or (request.method == "GET" and allowed()):
        return redirect(wanted)
    if request.method != "POST":
        return render_template("login.html")
    given = request.form.get("password", "")  # which waits for the last byte, so it comes before the count
    who, returning = guesser()
    seconds, own = guesses.count(who, returning)
    if seconds:
        return too_many(seconds, own)
    if not is_right_password(given):
        address = callers.address(request.remote_addr or "") or "an unknown address"
        log.warning("A wrong password came from %s", address, extra=EACH)
        return render_template("login.html", wrong=f"That is not the password. {where_the_password_is()}"), 403
    guesses.forget(who)
    begin_session()
    return redirect(wanted)


def is_right_password(given: str) -> bool:
    if kept := current_app.config["DASHBOARD_PASSWORD_HASH"]:
        return passwords.matches_in_subprocess(given, kept)
    return hmac.compare_digest(fingerprint(given), fingerprint(secret()))  # of one length, whatever was given


def where_the_password_is() -> str:
    if current_app.config["DASHBOARD_PASSWORD_HASH"]:
        return "DASHBOARD_PASSWORD_HASH on the server is its hash; “make password” there makes one of a new password."
    return "It is the value of DASHBOARD_PASSWORD on the server."


def guesser() -> tuple[str, bool]:
    """Whose attempts this one is counted with, and whether that is a browser that has been signed in."""
    name = session.get("known", "")
    if name and hmac.compare_digest(session.get("knew", ""), fingerprint(secret())):
        return name, True
    return visitor(), False


def begin_session() -> None:
    name = session.get("known") or secrets.token_hex(8)
    session.clear()
    session.permanent = True
    session["pass"] = session["knew"] = fingerprint(secret())
    session["known"] = name
    session["browser"] = sign_ins.begin(db.session())
    db.session.commit()


def end_session() -> None:
    """What is left says that this browser knew the password once, so that its owner's attempts are its own."""
    kept = {name: session[name] for name in ("known", "knew") if name in session}
    session.clear()
    session.update(kept)
    session.permanent = True


def too_many(seconds: int, own: bool) -> tuple[str, int, dict[str, str]]:
    wait = f"{seconds} seconds" if seconds < 100 else f"{math.ceil(seconds / 60)} minutes"
    if own:
        wrong = f"Too many wrong passwords came from your address. Try again in {wait}."
    else:
        wrong = (
            f"Too many wrong passwords came from many addresses. Try again in {wait}, or at once in a browser that has"
            " been signed in here before."
        )
    return render_template("login.html", wrong=wrong), 429, {"Retry-After": str(seconds)}


@bp.post("/logout")
def logout() -> Response:
    """Signs out this browser, or with `everywhere` in the form all of them; their open pages fall silent at once."""
    everywhere = "everywhere" in request.form
    sign_ins.end(db.session(), None if everywhere else session.get("browser", ""))
    db.session.commit()
    end_session()
    flash("Every browser is signed out." if everywhere else "You are signed out.")
    return redirect(url_for("access.login"))


def disconnect_signed_out(namespace: str, room: str) -> None:
    """Ends the sockets of whoever is not signed in any more, whichever process signed them out."""
    if not locked():
        return
    with Session(db.engine) as database:
        signed_in = sign_ins.ids(database)
    for viewer, _ in list(socketio.server.manager.get_participants(namespace, room)):
        if signed_in.isdisjoint(socketio.server.rooms(viewer, namespace)):
            socketio.server.disconnect(viewer, namespace)


def page_before() -> str:
    """The page of ours that a form was on, as far as the browser says so; otherwise the board."""
    came = callers.parts(request.referrer or "")
    path = f"{came.path}?{came.query}".rstrip("?")
    return (came.netloc == request.host and local_path(path)) or url_for("stats.livefeed")


def local_path(target: str | None) -> str | None:
    """`target` when it is a path on this host; an address elsewhere is no place to be sent to after signing in."""
    if target and target.isprintable() and target.startswith("/") and not target.startswith(("//", "/\\")):
        return target
    return None
