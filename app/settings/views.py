"""`/settings/`: shows what the person chose, and stores it when all of it makes sense."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from app.extensions import db
from app.records import preferences, queries
from app.records.rows import ROW_NAMES
from app.settings.forms import SettingsForm, shown

bp = Blueprint("settings", __name__)


@bp.route("/", methods=["GET", "POST"])
def index() -> str | Response | tuple[str, int]:
    form = SettingsForm(preferences.defaults(), data=shown(preferences.stored(), preferences.read()))
    if form.validate_on_submit():
        preferences.save(form.values())
        flash("Saved. Every open board shows it now.")
        return redirect(url_for("settings.index"))
    page = render_template(
        "settings/index.html",
        form=form,
        rows=ROW_NAMES,
        default_timezone=preferences.defaults().timezone,
        demo=queries.demo_is_on(db.session()),
    )
    return (page, 422) if form.errors else page
