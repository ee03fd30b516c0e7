"""`/connect/`: a card for each source with its state, the next step, and the way out."""

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

import stats_con
from app.extensions import db
from app.stats import preferences, queries, sources, store
from app.stats.models import DEMO, SyncState

bp = Blueprint("connect", __name__)


@dataclass(frozen=True)
class Card:
    """One source on the page. `facts` are what is known of it, or what the person does next."""

    source: str
    name: str
    state: str
    facts: tuple[str, ...]
    connected: bool = False


@bp.get("/")
def index() -> str:
    states = queries.sync_states(db.session())
    cards = [
        card(source, name, [state for state in states if state.source == source])
        for source, name in sources.NAMES.items()
    ]
    return render_template("connect/index.html", cards=cards, demo=queries.demo_is_on(db.session()))


@bp.post("/<any(strava, fitbit):source>/disconnect")
def disconnect(source: str) -> Response:
    """Ends the sign-in and removes the tokens, whatever the provider answers; the rows stay or go as is asked for."""
    flash(left(source, sources.NAMES[source], keep_rows=request.form.get("rows") != "remove"))
    return redirect(url_for("connect.index"))


def left(source: str, name: str, keep_rows: bool) -> str:
    """Leaves the account and says in words what was done."""
    with store.sole_writer(source) as mine:
        if not mine:
            return f"A sync of {name} is under way. Try again when it is over."
        revoked = stats_con.disconnect(current_app.config, source)
        with Session(db.engine) as session, session.begin():
            removed = store.forget(session, source, keep_rows)
    rows = "its rows were kept" if keep_rows else f"{removed} rows removed"
    told = "" if revoked else f" {name} did not confirm it: remove Sevenday in your account there, too."
    return f"{name} is disconnected; {rows}.{told}"


def card(source: str, name: str, states: list[SyncState]) -> Card:
    if any(state.account == DEMO for state in states):
        return Card(source, name, "The demo's made-up athlete", setup_steps(source))
    # What the updater remembers counts too: it reads the settings afresh in every run, and this process once.
    if not states and not stats_con.configured(current_app.config, source):
        return Card(source, name, "Not configured", setup_steps(source))
    if not stats_con.token_file(current_app.config, source).exists():
        return Card(source, name, "Ready to connect", setup_steps(source)[1:])
    now = datetime.now(UTC)
    lines = sources.lines(states, now, preferences.read().timezone)
    messages = [state.message for state in states] + [sources.progress(state) for state in states]
    told = tuple(dict.fromkeys(filter(None, messages)))
    return Card(source, name, lines[0] if lines else f"{name}: the first sync is about to begin", told, connected=True)


def setup_steps(source: str) -> tuple[str, ...]:
    variable = source.upper()
    return (
        f"Put {variable}_CLIENT_ID and {variable}_CLIENT_SECRET of your own API app into the file .env.",
        f"Put a token file at creds/{source}.json with access_token, refresh_token and expires_at (epoch seconds).",
    )
