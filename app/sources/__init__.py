"""The outside world: what the providers hold, as plain records. No Flask and no SQLAlchemy in here."""

from app.sources import fitbit, strava
from app.sources.source import Source

SOURCES: dict[str, Source] = {"strava": strava, "fitbit": fitbit}
"""Each declares itself. They stand in the page's order, by the names that rows, states, routes and files go by."""
