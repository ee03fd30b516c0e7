"""The application that waits for its database a fifth as long: gunicorn serves `tests.hasty:app`."""

from app import waiting
from wsgi import app

__all__ = ["app"]

limit = waiting.limit
waiting.limit = lambda seconds: limit(seconds / 5)
