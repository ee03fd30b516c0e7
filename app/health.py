"""`/healthz`: whether this process can serve and reach its database."""

from flask import Blueprint, Response, jsonify
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.extensions import db
from app.stats.models import SyncState

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> tuple[Response, int]:
    """200, or 503 with a reason: no database, or one without this program's tables."""
    try:
        db.session.execute(select(SyncState.source).limit(1))
    except SQLAlchemyError as error:
        missing = "sync_state" in str(error.__cause__)
        reason = "the database has no tables yet: run `flask db upgrade`" if missing else "the database does not answer"
        return jsonify(status="unavailable", reason=reason), 503
    return jsonify(status="ok"), 200
