"""The application with every logger at DEBUG: gunicorn serves `tests.chatty:app`."""

import logging

logging.basicConfig(level=logging.DEBUG)

from wsgi import app  # noqa: E402

__all__ = ["app"]
