"""`/log/`: takes what is typed in, offers to undo it, and takes it back on the day's page."""

import secrets
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from app import units
from app.extensions import db
from app.log import notes, parsing, typed
from app.log.parsing import Form
from app.records import models, preferences, queries
from app.records.account import HAND
from app.sync import entries

KINDS = ("weight", "calories", "activity")
bp = Blueprint("log", __name__)


@bp.app_context_processor
def on_the_day() -> dict[str, Any]:
    """What the partial of the day's page asks for."""
    return {"typed_of": typed.of_day}


def form_of(given: Any) -> tuple[Form, ZoneInfo]:
    chosen = preferences.read()
    zone = ZoneInfo(chosen.timezone)
    return Form(given, chosen.units, datetime.now(UTC).astimezone(zone)), zone


@bp.get("/")
def index() -> str:
    kind = request.args.get("kind", "weight")
    form, _ = form_of(first_shown())
    return page(form, kind if kind in KINDS else "weight")


def first_shown() -> dict[str, str]:
    """The last weight, as it stands in the person's unit; a day that the address names; or an entry to edit."""
    last = notes.last_weigh_in(db.session())
    shown = {"weight": units.weight(last.weight, preferences.read().units)[0]} if last else {}
    named = {name: request.args[name] for name in parsing_fields() if name in request.args}
    return shown | named


def parsing_fields() -> tuple[str, ...]:
    return (
        *("weight", "fat", "calories", "how", "sport", "minutes", "exact", "distance", "name"),
        *("day", "date", "time", "replaces"),
    )


@bp.post("/")
def save() -> str | Response | tuple[str, int]:
    form, zone = form_of(request.form)
    kind = form.text("kind")
    if kind not in KINDS:
        kind = "weight"
    before = typed.fields_of(form.text("replaces"))
    saved = {"weight": save_weight, "calories": save_calories, "activity": save_activity}[kind](form, zone)
    if saved is None:
        return page(form, kind), 422
    text, day, name = saved
    tell(text, name, before | {"replaces": name} if before else {})
    back = form.text("replaces") or form.text("back")
    return redirect(url_for("stats.day", day=day) if back else url_for("log.index", kind=kind))


def tell(text: str, name: str = "", fields: dict[str, str] | None = None) -> None:
    """What the next page says, with an Undo that takes `name` back, or sends the form of what was there before."""
    flash({"text": text, "name": name, "fields": fields or {}}, "log")  # type: ignore[arg-type]


Saved = tuple[str, date, str] | None
"""What is said, the day that it is of, and the name of the entry for Undo; None where a field is wrong."""


def save_weight(form: Form, _zone: ZoneInfo) -> Saved:
    item = parsing.weigh_in(form, secrets.token_hex(8))
    if item is None:
        return None
    replace(form)
    [(_, row)] = entries.store_items([item], HAND)
    return f"Saved {units.mass(item.weight, form.units)}.", item.date, f"weight-{row.id}"


def save_calories(form: Form, _zone: ZoneInfo) -> Saved:
    item = parsing.calories(form)
    if item is None:
        return None
    replace(form)
    if form.text("how") == "total":
        [(_, row)] = entries.store_items([item], HAND)
        return f"Saved {units.kcal(item.eaten or 0)} for the whole day.", item.date, f"calories-{row.id}"
    name = "".join(filter(str.isprintable, form.text("name")))[:60]
    at = form.clock(item.date)
    _, key = entries.add_meal(item, f"{at:%H:%M}" if at else "", name)
    return f"Added {units.kcal(item.eaten or 0)}.", item.date, f"meal-{key.partition(':')[2]}"


def save_activity(form: Form, zone: ZoneInfo) -> Saved:
    item = parsing.activity(form, secrets.token_hex(8), zone)
    if item is None:
        return None
    replace(form)
    [(_, row)] = entries.store_items([item], HAND)
    return f"Saved {units.sport(item.activity_type)}.", row.start_date_local.date(), f"activity-{row.id}"


def replace(form: Form) -> None:
    """An entry that was edited goes, once what it became is known to be right."""
    if form.text("replaces"):
        take_away(form.text("replaces"))


def take_away(name: str) -> bool:
    """Removes the entry of that name; whether it was there."""
    kind, _, key = name.partition("-")
    if kind == "meal":
        return entries.remove_meal(f"meals:{key}")
    model: Any = {"weight": models.Weight, "calories": models.Calories, "activity": models.Activity}.get(kind)
    usable = model and key.isascii() and key.isdecimal() and len(key) < 19
    return bool(usable) and entries.remove(model, int(key))


@bp.post("/delete")
def delete() -> Response:
    """Takes back the entry that the form names, and returns to the day that it was on."""
    name = request.form.get("name", "")
    removed = typed.fields_of(name)
    if not take_away(name):
        raise NotFound("That entry is not there any more.")
    tell("Taken back.", fields=removed)
    day = request.form.get("day", "")
    return redirect(url_for("stats.day", day=day) if day[:4].isdecimal() else url_for("log.index"))


def page(form: Form, kind: str) -> str:
    return render_template(
        "log/index.html",
        kind=kind,
        form=form,
        unit="lb" if form.units == "imperial" else "kg",
        length="mi" if form.units == "imperial" else "km",
        sports=[(sport, units.sport(sport), units.sport_classes(sport)) for sport in parsing.SPORTS],
        note=notes.of(kind, form),
        today=form.now.date().isoformat(),
        demo=queries.demo_is_on(db.session()),
    )
