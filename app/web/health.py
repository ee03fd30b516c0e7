"""`/healthz`: whether this process can serve and reach its database."""

import time
from datetime import date
from threading import Lock
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from sqlalchemy.exc import SQLAlchemyError

from app import waiting
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
PATIENCE_SECONDS = 3
"""Whoever asks gives up after 4 (docker-compose.yml)."""

bp = Blueprint("health", __name__)


class Pulse:
    """Asks the database once a second at the most, however many ask for it."""

    def __init__(self) -> None:
        self.asking = Lock()
        self.asked: float | None = None
        self.failure: str | None = None

    def check(self) -> str | None:
        """What is wrong, or None."""
        with self.asking:
            if self.asked is None or time.monotonic() - self.asked > 1:
                self.failure = database_failure()
                self.asked = time.monotonic()
            return self.failure


@bp.get("/healthz")
def healthz() -> tuple[Response, int]:
    """200, or 503 with a reason: no database, or one without this program's tables.

    `?deep=1` says besides how each metric's sync stands, to those who may see the board.
    """
    with waiting.within(PATIENCE_SECONDS):
        return answer()


def answer() -> tuple[Response, int]:
    pulse: Pulse = current_app.extensions.setdefault("pulse", Pulse())
    if reason := pulse.check():
        return jsonify(status="unavailable", reason=reason), 503
    if request.args.get("deep") and access.allowed():
        return jsonify(status="ok", sync=[standing(state) for state in queries.sync_states(db.session())]), 200
    return jsonify(status="ok"), 200


def database_failure() -> str | None:
    try:
        queries.sync_states(db.session())
    except SQLAlchemyError as error:
        missing = "sync_state" in str(error.__cause__)
        return "the database has no tables yet: run `flask db upgrade`" if missing else "the database does not answer"
    return None


def standing(state: SyncState) -> dict[str, Any]:
    values = {name: getattr(state, name) for name in STANDING}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
