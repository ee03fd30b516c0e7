"""What Prometheus reads on METRICS_PORT: this process's viewers and pushes, and how every metric's sync stands."""

from collections.abc import Iterable, Iterator
from typing import Any

from flask import Flask
from prometheus_client import REGISTRY, make_wsgi_app
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.extensions import db
from app.records import queries
from app.records.models import SyncState

OF = ("source", "metric")


class Syncs(Collector):
    """From the table, not from counters: each sync is a process of its own, and every replica gives the same answer."""

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        try:
            with Session(db.engine) as session:
                states = queries.sync_states(session)
        except SQLAlchemyError:
            yield GaugeMetricFamily("sevenday_database_up", "Whether the database answers.", 0)
            return
        yield GaugeMetricFamily("sevenday_database_up", "Whether the database answers.", 1)
        yield from standing(states)


def standing(states: list[SyncState]) -> list[Metric]:
    """How the last attempt at each metric went, and when (epoch seconds)."""
    state = GaugeMetricFamily(
        "sevenday_sync_state", "1 for how the last sync went: ok, failed, ...", labels=(*OF, "state")
    )
    tried = GaugeMetricFamily("sevenday_sync_last_attempt_timestamp_seconds", "When it was last tried.", labels=OF)
    succeeded = GaugeMetricFamily("sevenday_sync_last_success_timestamp_seconds", "When it last succeeded.", labels=OF)
    left = GaugeMetricFamily("sevenday_sync_requests_left", "Calls that the provider still allows.", labels=OF)
    for row in states:
        names = (row.source, row.metric)
        state.add_metric((*names, row.state), 1)
        tried.add_metric(names, row.last_attempt.timestamp())
        if row.last_success:
            succeeded.add_metric(names, row.last_success.timestamp())
        if row.requests_left is not None:
            left.add_metric(names, row.requests_left)
    return [state, tried, succeeded, left]


class OwnPort:
    """WSGI middleware: what comes in by METRICS_PORT gets the metrics and nothing else, the board's port never does."""

    def __init__(self, app: Flask) -> None:
        self.app, self.board = app, app.wsgi_app
        self.port = str(app.config["METRICS_PORT"])
        self.metrics = make_wsgi_app(REGISTRY)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("SERVER_PORT") != self.port:
            return self.board(environ, start_response)
        with self.app.app_context():
            return self.metrics(environ, start_response)


REGISTRY.register(Syncs())


def init_app(app: Flask) -> None:
    """To be called last, because it stands before everything else."""
    if app.config["METRICS_PORT"]:
        app.wsgi_app = OwnPort(app)  # type: ignore[method-assign]
