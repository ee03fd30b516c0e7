"""The application that the updater and its runs work in, and what they write down in it."""

from functools import cache
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

import stats_con
from app import create_app, waiting
from app.extensions import db
from app.records import store
from app.records.account import DEMO

DATABASE_SECONDS = 120
"""For the answer to one query: a small machine may write for long, and another updater have to be waited for."""


@cache
def flask_app() -> Flask:
    app = create_app("config.UpdaterConfig")
    waiting.limit(DATABASE_SECONDS)
    app.config.update(stats_con.current(app.config))  # once: a run is the demo's, or a person's, from start to end
    return app


def remember(source: str, metric: str, **what: Any) -> None:
    """Writes down how the sync of a metric stands, for the board's line of sources."""
    account = {"account": DEMO} if flask_app().config["DEMO"] else {}
    with flask_app().app_context(), Session(db.engine) as session, session.begin():
        store.begin(session, account.get("account", ""))
        store.remember(session, source, metric, **account | what)
