"""Where the records of a day come from, for its page; and the person's word on which of them are one and the same."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import abort, flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import units
from app.extensions import db
from app.importing.views import bp
from app.records import choices, preferences, provenance, store
from app.records.account import MEALS, MEALS_ACCOUNT, PHONE, Account
from app.records.models import FIGURES, Activity, Calories, FileImport, Origin, Weight
from app.records.provenance import Held
from app.sync.standing import NAMES

MODELS: dict[str, Any] = {model.__tablename__: model for model in (Activity, Weight)}
"""What can be one and the same; a day's figures stay one a way, and the best one counts."""
HANDS = {
    "hand": "Entered by hand",
    "": "Entered by hand",
    MEALS: "Meals, entered by hand",
    PHONE: "A phone or a program",
}


@dataclass(frozen=True)
class Way:
    """`address` is the page of an import, '' where there is none."""

    text: str
    address: str = ""


@dataclass(frozen=True)
class Part:
    """One record of those that a row holds; `name` is what splitting it off asks for, '' where it is the only one."""

    ways: list[Way]
    name: str = ""


@dataclass(frozen=True)
class Shown:
    """A row of the day: `others` are those that it can be joined with, (id, title) each."""

    table: str
    id: int
    title: str
    parts: list[Part]
    others: list[tuple[int, str]]
    note: str = ""


@bp.app_template_global("origins_of_day")
def of_day(day: str) -> list[Shown]:
    """Every row of the day with all its ways."""
    session, system = db.session(), preferences.read().units
    held = provenance.of_day(session, date.fromisoformat(day))
    brought = provenance.imports(session, held)
    return [shown(one, held, brought, system) for one in held]


def shown(one: Held, day: list[Held], brought: dict[str, FileImport], system: str) -> Shown:
    table = one.model.__tablename__
    beside = [other.row for other in day if other.model is one.model and other.row is not one.row]
    beside += [row for row in one.shifted if row not in beside]
    several = len(one.ways) > 1
    return Shown(
        table=table,
        id=one.row.id,
        title=title(one.model, one.row, system),
        parts=[Part([way(w, brought) for w in ways], name if several else "") for name, ways in one.ways.items()],
        others=[(row.id, title(one.model, row, system)) for row in beside] if table in MODELS else [],
        note=clock_note(one, system) or rank_note(one, day),
    )


def title(model: Any, row: Any, system: str) -> str:
    """`Run, 07:30, 8.2 km`; `Weigh-in, 07:02, 72.4 kg`; `Day's figures, 2,240 kcal eaten`."""
    return ", ".join(filter(None, facts(model, row, system)))


def facts(model: Any, row: Any, system: str) -> tuple[str, ...]:
    if model is Activity:
        size = units.distance(row.distance, system) if row.distance else units.duration(row.moving_time)
        return units.sport(row.activity_type), f"{row.start_date_local:%H:%M}", size, units.isolated(row.name or "")
    if model is Weight:
        return "Weigh-in", f"{row.record_time:%H:%M}" if row.record_time else "", units.mass(row.weight, system)
    own = {metric: getattr(row, column.key) for metric, column in FIGURES.items() if column.class_ is model}
    shown = units.kcal if model is Calories else "{:,.0f}".format
    return ("Day’s figures", *(f"{shown(value)} {metric}" for metric, value in own.items() if value is not None))


def way(origin: Origin, brought: dict[str, FileImport]) -> Way:
    """`Strava’s account`; `run.gpx, imported on 24 November 2026`; `Entered by hand`."""
    if origin.way in brought:
        row = brought[origin.way]
        on = f"{row.made_at.day} {row.made_at:%B %Y}"
        return Way(f"{units.isolated(row.name)}, imported on {on}", url_for("files.result", number=row.id))
    if origin.way in HANDS:
        return Way(HANDS[origin.way])
    account = Account.parse(origin.way)
    if account.way == "api":
        return Way(f"{NAMES.get(account.source, account.source)}’s account")
    return Way(f"A file ({account.source})")


def clock_note(one: Held, system: str) -> str:
    if not one.shifted:
        return ""
    other = one.shifted[0]
    when = f"{title(Activity, other, system)} on {other.start_date_local.day} {other.start_date_local:%B}"
    return f"It is the same as {when} but for whole quarter hours: one of the two clocks seems to be wrong."


def rank_note(one: Held, day: list[Held]) -> str:
    if one.row.account == MEALS_ACCOUNT:
        return "Added to what the other figures say, unless the whole day's was entered."
    first = next(other for other in day if other.model is one.model)
    beaten = one.model.__tablename__ not in MODELS and first is not one
    return "Counts only where the figures above say nothing." if beaten else ""


@bp.post("/origins/split")
def split() -> Response:
    """Makes a record a row of its own."""
    model, number = requested_row("row")
    name = request.form.get("name", "")
    return carry_out(lambda session: choices.split(session, model, number, name), "They are two from now on.")


@bp.post("/origins/join")
def join() -> Response:
    """Makes two rows one."""
    model, number = requested_row("row")
    _, other = requested_row("other")
    return carry_out(lambda session: choices.join(session, model, number, other), "They are one from now on.")


def requested_row(field: str) -> tuple[Any, int]:
    """The table and the row that the form names."""
    model, number = MODELS.get(request.form.get("table", "")), request.form.get(field, "")
    if model is None or not (number.isascii() and number.removeprefix("-").isdecimal()) or len(number) > 18:
        abort(400, "The form names no record of a day. Open the day again, and choose there.")
    return model, int(number)


def carry_out(change: Callable[[Session], Any], said: str) -> Response:
    """Carries the person's word out, and shows the day again."""
    try:
        with Session(db.engine) as session, session.begin():
            store.begin(session, "")
            change(session)
    except choices.Refused as error:
        flash(str(error), "warning")
    else:
        flash(f"{said} No import and no sync changes that; you can, here.")
    try:
        return redirect(url_for("stats.day", day=date.fromisoformat(request.form.get("day", "")[:10])))
    except ValueError:
        return redirect(url_for("stats.livefeed"))
