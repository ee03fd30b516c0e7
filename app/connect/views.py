"""`/connect/`: a card for each source with its state and the next step."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flask import Blueprint, current_app, render_template

from app.extensions import db
from app.stats import queries, sources
from app.stats.models import DEMO, SyncState

bp = Blueprint("connect", __name__)


@dataclass(frozen=True)
class Card:
    """One source on the page. `steps` is what the person does next, empty when nothing is to be done."""

    name: str
    state: str
    steps: tuple[str, ...]


@bp.get("/")
def index() -> str:
    states = queries.sync_states(db.session())
    cards = [
        card(source, name, [state for state in states if state.source == source])
        for source, name in sources.NAMES.items()
    ]
    return render_template("connect/index.html", cards=cards, demo=queries.demo_is_on(db.session()))


def card(source: str, name: str, states: list[SyncState]) -> Card:
    if any(state.account == DEMO for state in states):
        return Card(name, "The demo's made-up athlete", setup_steps(source))
    if not current_app.config[f"{source.upper()}_CLIENT_ID"]:
        return Card(name, "Not configured", setup_steps(source))
    if not (Path(current_app.config["CREDS_DIR"]) / f"{source}.json").exists():
        return Card(name, "Ready to connect", setup_steps(source)[1:])
    now = datetime.now(UTC)
    lines = sources.lines(states, now, current_app.config["TIMEZONE"])
    messages = [state.message for state in states] + [sources.progress(state) for state in states]
    told = tuple(dict.fromkeys(filter(None, messages)))
    return Card(name, lines[0] if lines else f"{name}: the first sync is about to begin", told)


def setup_steps(source: str) -> tuple[str, ...]:
    variable = source.upper()
    return (
        f"Put {variable}_CLIENT_ID and {variable}_CLIENT_SECRET of your own API app into the file .env.",
        f"Put a token file at creds/{source}.json with access_token, refresh_token and expires_at (epoch seconds).",
    )
