"""`/settings/`: shows what the person chose, and stores it when all of it makes sense."""

from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.extensions import db
from app.records import preferences, queries
from app.records.rows import ROW_NAMES
from app.settings.forms import SettingsForm, shown
from app.web import tokens

bp = Blueprint("settings", __name__)


@bp.route("/", methods=["GET", "POST"])
def index() -> str | Response | tuple[str, int]:
    form = SettingsForm(preferences.defaults(), data=shown(preferences.stored(), preferences.read()))
    if form.validate_on_submit():
        preferences.save(form.values())
        flash("Saved. Every open board shows it now.")
        return redirect(url_for("settings.index"))
    page = shown_page(form)
    return (page, 422) if form.errors else page


def shown_page(form: SettingsForm, **more: str) -> str:
    return render_template(
        "settings/index.html",
        form=form,
        rows=ROW_NAMES,
        default_timezone=preferences.defaults().timezone,
        demo=queries.demo_is_on(db.session()),
        tokens=tokens.all_of(db.session()),
        zone=ZoneInfo(preferences.read().timezone),
        **more,
    )


@bp.post("/tokens")
def make_token() -> str | tuple[str, int]:
    """The page once more, with the new token, which is in no other answer."""
    name = "".join(filter(str.isprintable, request.form.get("name", ""))).strip()[:60]
    form = SettingsForm(preferences.defaults(), formdata=None, data=shown(preferences.stored(), preferences.read()))
    if not name:
        return shown_page(form, wrong_token="Give the token a name, such as My phone."), 422
    if len(tokens.all_of(db.session())) >= tokens.MOST:
        return shown_page(form, wrong_token=f"There are {tokens.MOST} tokens: revoke one first."), 422
    made = tokens.make(db.session(), name, request.form.get("rights") == "write")
    db.session.commit()
    return shown_page(form, made=made)


@bp.post("/tokens/<int:number>/revoke")
def revoke(number: int) -> Response:
    if number < 2**63:
        tokens.revoke(db.session(), number)
        db.session.commit()
    flash("Revoked: that token opens nothing from now on.")
    return redirect(url_for("settings.index"))
