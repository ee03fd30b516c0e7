"""Who may come in: with DASHBOARD_PASSWORD set, all but /healthz and the sign-in page needs a signed-in session."""

import hashlib
import hmac
import logging
import math
import time
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from flask import Blueprint, Flask, current_app, flash, g, redirect, render_template, request, session, url_for
from flask_limiter import RateLimitExceeded
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from app.extensions import db, limiter, socketio
from app.web import sign_ins

OPEN_ENDPOINTS = {"access.login", "health.healthz", "static", "bootstrap.static"}
"""Static files are open because nothing of a person is in them, and the sign-in page needs some."""
ATTEMPTS = "5 per minute; 20 per hour"
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")

bp = Blueprint("access", __name__)
log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    limiter.init_app(app)
    app.register_blueprint(bp)
    app.before_request(require_sign_in)


def allowed() -> bool:
    """Whether the current request or socket belongs to somebody who may see the board."""
    password = current_app.config["DASHBOARD_PASSWORD"]
    if not password:
        return called_by_its_name()
    known = hmac.compare_digest(session.get("pass", ""), fingerprint(password))
    return known and sign_ins.lasts(db.session(), session.get("browser", ""))


def called_by_its_name() -> bool:
    """Whether the address in the browser is one of this board's.

    Without a password this is what keeps a foreign page out that has its own name lead to this machine (DNS rebinding).
    """
    name = parts(f"//{request.host}").hostname or ""
    public = urlsplit(current_app.config["PUBLIC_BASE_URL"]).hostname
    return name in (*LOOPBACK_NAMES, public) or name.endswith(".localhost")


def fingerprint(password: str) -> str:
    """What a signed-in session carries: another password signs everybody out."""
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, password.encode(), hashlib.sha256).hexdigest()


def require_sign_in() -> Response | None:
    if request.endpoint in OPEN_ENDPOINTS:
        return None
    if not allowed():
        return turned_away()
    g.signed_in = "browser" in session
    return None


def turned_away() -> Response:
    """To the sign-in page, which leads back; 400 where no password could help."""
    if not current_app.config["DASHBOARD_PASSWORD"]:
        public = current_app.config["PUBLIC_BASE_URL"]
        raise BadRequest(
            f"This board goes by {public}, not by “{request.host[:60]}”. Open {public}; or, on the server, set"
            " PUBLIC_BASE_URL to the address that you use, or DASHBOARD_PASSWORD."
        )
    wanted = request.full_path.rstrip("?")
    if request.method not in ("GET", "HEAD"):
        flash("You were signed out, so nothing was changed. Sign in, and do it once more.")
        wanted = page_before()
    elif "code" in request.args:  # of a provider's answer: no address of ours may repeat it
        wanted = url_for("connect.index")
    return redirect(url_for("access.login", next=wanted))


def visitor() -> str:
    """Whose attempts are counted together: an address, or the network of an IPv6 one, which has plenty of them."""
    address = ip_address(request.remote_addr or "0.0.0.0")
    if isinstance(address, IPv6Address) and not address.ipv4_mapped:
        return str(ip_network(f"{address}/64", strict=False))
    return str(address)


@bp.route("/login", methods=["GET", "POST"])
@limiter.limit(ATTEMPTS, key_func=visitor, methods=["POST"], deduct_when=lambda response: response.status_code == 403)
def login() -> str | Response | tuple[str, int]:
    password = current_app.config["DASHBOARD_PASSWORD"]
    wanted = local_path(request.args.get("next")) or url_for("stats.livefeed")
    if not password or (request.method == "GET" and allowed()):
        return redirect(wanted)
    if request.method != "POST":
        return render_template("login.html")
    if not hmac.compare_digest(request.form.get("password", "").encode(), password.encode()):
        log.warning("A wrong password came from %s", request.remote_addr)
        wrong = "That is not the password. It is the value of DASHBOARD_PASSWORD on the server."
        return render_template("login.html", wrong=wrong), 403
    session.clear()
    session.permanent = True
    session["pass"] = fingerprint(password)
    session["browser"] = sign_ins.begin(db.session())
    db.session.commit()
    return redirect(wanted)


@bp.app_errorhandler(RateLimitExceeded)
def too_many(_error: RateLimitExceeded) -> tuple[str, int, dict[str, str]]:
    reached = limiter.current_limit
    seconds = max(1, math.ceil(reached.reset_at - time.time())) if reached else 60
    wait = f"{seconds} seconds" if seconds < 100 else f"{math.ceil(seconds / 60)} minutes"
    wrong = f"Too many wrong passwords came from your address. Try again in {wait}."
    return render_template("login.html", wrong=wrong), 429, {"Retry-After": str(seconds)}


@bp.post("/logout")
def logout() -> Response:
    """Signs out this browser, or with `everywhere` in the form all of them; their open pages fall silent at once."""
    everywhere = "everywhere" in request.form
    sign_ins.end(db.session(), None if everywhere else session.get("browser", ""))
    db.session.commit()
    session.clear()
    flash("Every browser is signed out." if everywhere else "You are signed out.")
    return redirect(url_for("access.login"))


def show_out(namespace: str, room: str) -> None:
    """Ends the sockets of whoever is not signed in any more, whichever process signed them out."""
    if not current_app.config["DASHBOARD_PASSWORD"]:
        return
    with Session(db.engine) as database:
        known = sign_ins.known(database)
    for viewer, _ in list(socketio.server.manager.get_participants(namespace, room)):
        if known.isdisjoint(socketio.server.rooms(viewer, namespace)):
            socketio.server.disconnect(viewer, namespace)


def page_before() -> str:
    """The page of ours that a form was on, as far as the browser says so; otherwise the board."""
    came = parts(request.referrer or "")
    path = f"{came.path}?{came.query}".rstrip("?")
    return (came.netloc == request.host and local_path(path)) or url_for("stats.livefeed")


def parts(address: str) -> SplitResult:
    """Of an address from outside: what is none has no parts."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def local_path(target: str | None) -> str | None:
    """`target` when it is a path on this host; an address elsewhere is no place to be sent to after signing in."""
    if target and target.isprintable() and target.startswith("/") and not target.startswith(("//", "/\\")):
        return target
    return None
