"""The application with a calendar that a test can turn: gunicorn serves `tests.travelling:app`."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from app.stats import payload
from wsgi import app

__all__ = ["app"]

CALENDAR = Path(os.environ["CALENDAR_FILE"])

NOON = timedelta(hours=12)


def now() -> datetime:
    """What the file says in UTC; noon of a day that it names alone."""
    text = CALENDAR.read_text()
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return moment if "T" in text else moment + NOON


payload.now = now
payload.today = lambda _chosen: date.fromisoformat(CALENDAR.read_text()[:10])
