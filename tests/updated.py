"""The application after an update of its files: gunicorn serves `tests.updated:app`."""

from app.web import assets
from wsgi import app

__all__ = ["app"]

before = assets.version
assets.version = lambda: f"updated{before()}"
