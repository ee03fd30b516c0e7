"""The week: its tables, its pages and its live feed."""

from flask import Flask

# Handlers that are registered after socketio was bound to an application belong to that server only.
from app.stats import events, review_views  # noqa: F401
from app.stats.feed import Feed
from app.stats.views import bp


def init_app(app: Flask) -> None:
    app.register_blueprint(bp, url_prefix="/stats")
    app.extensions["feed"] = Feed(app)
