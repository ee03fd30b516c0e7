"""Who may come in: with DASHBOARD_PASSWORD set, all but /healthz and the sign-in page needs a signed-in session."""

import hashlib
import hmac

from flask import Blueprint, Flask, current_app, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

OPEN_ENDPOINTS = {"access.login", "health.healthz", "static", "bootstrap.static"}

bp = Blueprint("access", __name__)


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    app.before_request(require_sign_in)


def allowed() -> bool:
    """Whether the current request or socket belongs to somebody who may see the board."""
    password = current_app.config["DASHBOARD_PASSWORD"]
    return not password or hmac.compare_digest(session.get("pass", ""), fingerprint(password))


def fingerprint(password: str) -> str:
    """What a signed-in session carries: another password signs everybody out."""
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, password.encode(), hashlib.sha256).hexdigest()


def require_sign_in() -> Response | None:
    if request.endpoint in OPEN_ENDPOINTS or allowed():
        return None
    return redirect(url_for("access.login", next=request.full_path.rstrip("?")))


@bp.route("/login", methods=["GET", "POST"])
def login() -> str | Response | tuple[str, int]:
    if request.method != "POST":
        return render_template("login.html", wrong=False)
    given = request.form.get("password", "")
    if not hmac.compare_digest(given.encode(), (current_app.config["DASHBOARD_PASSWORD"] or "").encode()):
        return render_template("login.html", wrong=True), 403
    session["pass"] = fingerprint(given)
    session.permanent = True
    return redirect(local_path(request.args.get("next")) or url_for("stats.livefeed"))


def local_path(target: str | None) -> str | None:
    """`target` when it is a path on this host; an address elsewhere is no place to be sent to after signing in."""
    if target and target.isprintable() and target.startswith("/") and not target.startswith(("//", "/\\")):
        return target
    return None
