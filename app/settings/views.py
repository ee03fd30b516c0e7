"""`/settings/`: shows what the person chose, and stores it when all of it makes sense."""

from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.extensions import db
from app.records import preferences, queries
from app.records.rows import ROW_NAMES
from app.settings import hints
from app.settings.forms import SettingsForm, shown
from app.settings.order import moved
from app.web import tokens

bp = Blueprint("settings", __name__)


@bp.route("/", methods=["GET", "POST"])
def index() -> str | Response | tuple[str, int]:
    kept = preferences.stored()
    form = SettingsForm(preferences.defaults(), data=shown(kept, preferences.read()))
    move = request.form.get("move", "")
    rows = moved(request.form.getlist("order") or kept.row_order, move)
    if form.validate_on_submit():
        preferences.save(form.values() | {"row_order": [] if rows == [*ROW_NAMES] else rows})
        preferences.read()  # so that pages that ask for what is known have it
        flash("Saved. Every open board shows it now.")
        return redirect(url_for("settings.index", _anchor="rows" if move else None))
    page = shown_page(form, rows)
    return (page, 422) if form.errors else page


def shown_page(form: SettingsForm, rows: list[str], **more: str) -> str:
    """`rows` are all the board's rows in their order."""
    chosen, session = preferences.read(), db.session()
    return render_template(
        "settings/index.html",
        form=form,
        rows=rows,
        names=ROW_NAMES,
        default_timezone=preferences.defaults().timezone,
        demo=queries.demo_is_on(session),
        tokens=tokens.all_of(session),
        zone=ZoneInfo(chosen.timezone),
        example=hints.example(chosen),
        beside={"calorie_goal": hints.burned(session, chosen), "goal_weight": hints.distance(session, chosen)},
        **more,
    )


def kept_page(**more: str) -> str:
    """With what is kept in the form, for what another form of the page has to say."""
    kept = preferences.stored()
    form = SettingsForm(preferences.defaults(), formdata=None, data=shown(kept, preferences.read()))
    return shown_page(form, preferences.ordered(kept.row_order), **more)


@bp.post("/tokens")
def make_token() -> str | tuple[str, int]:
    """The page once more, with the new token, which is in no other answer."""
    name = "".join(filter(str.isprintable, request.form.get("name", ""))).strip()[:60]
    if not name:
        return kept_page(wrong_token="Give the token a name, such as My phone."), 422
    if len(tokens.all_of(db.session())) >= tokens.MOST:
        return kept_page(wrong_token=f"There are {tokens.MOST} tokens: revoke one first."), 422
    made = tokens.make(db.session(), name, request.form.get("rights") == "write")
    db.session.commit()
    return kept_page(made=made)


@bp.post("/tokens/<int:number>/revoke")
def revoke(number: int) -> Response:
    if number < 2**63:
        tokens.revoke(db.session(), number)
        db.session.commit()
    flash("Revoked: that token opens nothing from now on.")
    return redirect(url_for("settings.index"))
