"""`/healthz`: whether this process can serve and reach its database."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, jsonify, request
from sqlalchemy.exc import SQLAlchemyError

from app.extensions import db
from app.records import queries
from app.records.models import SyncState
from app.web import access

STANDING = (
    "source",
    "metric",
    "state",
    "message",
    "last_attempt",
    "last_success",
    "newest",
    "oldest",
    "full_at",
    "resume_at",
    "requests_left",
)
"""What is said of a metric: states and words as in SyncState, instants and days in ISO 8601."""

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> tuple[Response, int]:
    """200, or 503 with a reason: no database, or one without this program's tables.

    `?deep=1` says besides how each metric's sync stands, to those who may see the board.
    """
    try:
        states = queries.sync_states(db.session())
    except SQLAlchemyError as error:
        missing = "sync_state" in str(error.__cause__)
        reason = "the database has no tables yet: run `flask db upgrade`" if missing else "the database does not answer"
        return jsonify(status="unavailable", reason=reason), 503
    if request.args.get("deep") and access.allowed():
        return jsonify(status="ok", sync=[standing(state) for state in states]), 200
    return jsonify(status="ok"), 200


def standing(state: SyncState) -> dict[str, Any]:
    values = {name: getattr(state, name) for name in STANDING}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
