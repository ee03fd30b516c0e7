"""Where an app's own form of post is taken as it is: Health Auto Export's, which docs/phone.md tells how to set up."""

from datetime import UTC, datetime

from flask import Blueprint, Response, jsonify

from app.api import auto_export, writes
from app.api.reads import Refused
from app.records.account import PHONE
from app.sync import entries
from app.web import bodies

MOST_BYTES = 16 * 1024 * 1024
MOST_RECORDS = 5000
NO_EXPORT = (
    'This is no export of the app: its JSON begins with {"data": {"metrics": [...]}}. Choose JSON as its format.'
)
bp = Blueprint("pushed", __name__)


@bp.post("/health-auto-export")
@bodies.takes(MOST_BYTES)
def health_auto_export() -> tuple[Response, int]:
    """Weigh-ins, days and workouts of the body, each once however often it is sent; the rest of it is left alone."""
    try:
        found = auto_export.read(writes.body(), datetime.now(UTC))
    except ValueError:
        raise Refused({"data": [NO_EXPORT]}) from None
    if len(found.records) > MOST_RECORDS:
        raise Refused(
            {"data": [f"Send at most {MOST_RECORDS:,} records at once: shorten the period, or switch on its batches."]}
        )
    counts = writes.count_rows(entries.store_items(found.records, PHONE))
    return jsonify(refused=found.refused, **counts), 201 if counts["new"] else 200
