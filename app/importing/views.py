"""`/files/`: takes files, shows what came of them, takes an import back, and hands everything out as tables."""

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError, validate_csrf
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Redirect
from wtforms.validators import ValidationError

from app.extensions import csrf, db
from app.files import export
from app.importing import results, upload
from app.records import preferences, queries, tables
from app.records.models import FileImport
from app.sync import imports
from app.units import isolated

LATEST, FEW = 20, 5
"""Imports on the page of files, and on that of sources."""
TABLES = [name.removesuffix(".csv") for name in export.COLUMNS]
bp = Blueprint("files", __name__)


@bp.get("/")
def index() -> str:
    newest = select(FileImport).order_by(FileImport.id.desc()).limit(LATEST)
    return render_template(
        "importing/index.html",
        imports=[shown(row) for row in db.session.scalars(newest)],
        most=current_app.config["MAX_UPLOAD_MB"],
        tables=TABLES,
        demo=queries.demo_is_on(db.session()),
    )


@bp.app_template_global("latest_imports")
def latest_imports() -> list[results.Import]:
    """For the page of sources."""
    newest = select(FileImport).order_by(FileImport.id.desc()).limit(FEW)
    return [shown(row) for row in db.session.scalars(newest)]


def shown(row: FileImport) -> results.Import:
    return results.shown(row, preferences.read().timezone, datetime.now(UTC))


@bp.post("/")
@csrf.exempt  # the token is looked at here: asking for the form's fields would read all of the body into memory
def take() -> Redirect | tuple[Response, int]:
    """Keeps the files for the updater; the page's script is answered in JSON, a form with the page."""
    folder = Path(current_app.config["INBOX_DIR"]) / imports.UPLOADS
    if request.mimetype != upload.FORM:  # which holds no file, so what it holds may be read
        check_token(request.form.get("csrf_token"))
    with upload.received(folder) as (files, fields):
        check_token(request.headers.get("X-CSRFToken") or fields.get("csrf_token"))
        numbers = [keep(file, folder) for file in files]
    if request.accept_mimetypes.best == "application/json":
        return jsonify(imports=numbers), 201
    if not numbers:
        flash("No file was chosen.")
    return redirect(url_for("files.index") if len(numbers) != 1 else url_for("files.result", number=numbers[0]))


def check_token(token: str | None) -> None:
    try:
        if current_app.config["WTF_CSRF_ENABLED"]:
            validate_csrf(token)
    except ValidationError as error:
        raise CSRFError(str(error.args[0])) from None


def keep(file: upload.Uploaded, folder: Path) -> int:
    """Only what has arrived whole gets a name that is looked for, and a row that the updater finds."""
    target = folder / file.path.name.strip(".").removesuffix(".part")
    os.rename(file.path, target)
    with Session(db.engine) as session, session.begin():
        row = FileImport(name=file.name, path=str(target), size=file.size)
        session.add(row)
        session.flush()
        return row.id


@bp.get("/progress")
def progress() -> Response:
    """The imports that are under way, or that the page names: `[{"id": 3, "state": "running", "said": ...}]`."""
    named = [int(number) for number in request.args.getlist("id") if number.isdecimal() and len(number) < 19]
    wanted = FileImport.state.in_(results.UNDER_WAY) | FileImport.id.in_(named)
    rows = [shown(row) for row in db.session.scalars(select(FileImport).where(wanted).order_by(FileImport.id.desc()))]
    return jsonify([{"id": row.id, "name": row.name, "state": row.state, "said": row.said} for row in rows])


@bp.get("/<int:number>")
def result(number: int) -> str:
    one = shown(found(number))
    return render_template("importing/result.html", one=one, demo=queries.demo_is_on(db.session()))


def found(number: int) -> FileImport:
    row = db.session.get(FileImport, number) if number < 2**63 else None
    if row is None:
        raise NotFound("There is no such import; it may be of another installation.")
    return row


@bp.post("/<int:number>/undo")
def undo(number: int) -> Redirect:
    row = found(number)
    try:
        removed = imports.take_back(row.id)
    except imports.Busy:
        flash("An import is under way. Try again when it is over; nothing was changed.", "warning")
    else:
        name = isolated(row.name)
        flash(f"{name} is taken back: {removed:,} records are gone. What came another way, too, has stayed.")
    return redirect(url_for("files.result", number=number))


@bp.post("/<int:number>/answer")
def answer(number: int) -> Redirect:
    """Keeps the person's answers and lets the import go on."""
    row = found(number)
    keys = {question["key"]: {option[0] for option in question["options"]} for question in row.questions}
    given = {key: value for key, value in request.form.items() if key in keys and value in keys[key]}
    if row.state == "asking" and keys.keys() <= row.answers.keys() | given.keys():
        row.answers = {**row.answers, **given}
        row.state, row.attempts = "waiting", 0
        db.session.commit()
    else:
        flash("Choose one answer to each question.", "warning")
    return redirect(url_for("files.result", number=number))


@bp.get("/export.zip")
def export_zip() -> Response:
    chosen, now = preferences.read(), datetime.now(UTC)
    pieces = export.archive(tables.READERS, now, "Sevenday", chosen.timezone)
    return download(pieces, f"sevenday-{now:%Y-%m-%d}.zip", "application/zip")


@bp.get(f"/<any({', '.join(TABLES)}):name>.csv")
def export_table(name: str) -> Response:
    return download(export.table(f"{name}.csv", tables.READERS[f"{name}.csv"]()), f"{name}.csv", "text/csv")


@bp.get("/weight-for-garmin.csv")
def export_body() -> Response:
    return download(export.fitbit_body(tables.weights()), "weight-for-garmin.csv", "text/csv")


def download(pieces: Iterable[bytes], name: str, kind: str) -> Response:
    """Sent piece by piece, each read from the database when the one before has gone."""
    headers: dict[str, Any] = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(in_context(pieces), mimetype=kind, headers=headers)


def in_context(pieces: Iterable[bytes]) -> Iterator[bytes]:
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def sent() -> Iterator[bytes]:
        with app.app_context():
            yield from pieces

    return sent()
