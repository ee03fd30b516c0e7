"""The application with a calendar that a test can turn: gunicorn serves `tests.travelling:app`."""

import os
from datetime import date
from pathlib import Path

from app.stats import payload
from wsgi import app

__all__ = ["app"]

CALENDAR = Path(os.environ["CALENDAR_FILE"])

payload.today = lambda _chosen: date.fromisoformat(CALENDAR.read_text())
