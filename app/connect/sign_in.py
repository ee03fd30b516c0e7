"""Signing in at a provider: the way out to its consent page, and what comes of the answer on the way back."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from flask import current_app, session
from sqlalchemy.orm import Session

import stats_con
from app.extensions import db
from app.records import store
from app.sources.errors import GiveUp, Misconfigured, Reconnect
from app.sources.oauth import authorize_url
from app.sync.standing import METRICS, NAMES

PATIENCE_SECONDS = 10.0
DUE = datetime.fromtimestamp(0, UTC)
STRANGE = (
    "This sign-in was not begun in this browser, or it is used up, so nothing was changed."
    " Press the button again here, in the browser that you want to finish with."
)


def begin(source: str, optional: bool = True) -> str:
    """The provider's address to send the browser to. Raises GiveUp where its tokens could not be saved afterwards."""
    config = stats_con.current(current_app.config)
    stats_con.real_token_file(config, source).check_writable()
    state = secrets.token_urlsafe(24)
    session["consents"] = {**session.get("consents", {}), source: state}
    app, address = stats_con.oauth_app(config, source), stats_con.redirect_uri(config, source)
    return authorize_url(app, address, state, stats_con.scopes(source, optional), verifier(state))


def verifier(state: str) -> str:
    """The PKCE verifier of a sign-in: 43 characters that nobody without our key can tell from its state."""
    key = str(current_app.config["SECRET_KEY"]).encode()
    return base64.urlsafe_b64encode(hmac.digest(key, f"pkce {state}".encode(), hashlib.sha256)).decode().rstrip("=")


def finish(source: str, answer: Mapping[str, str]) -> str:
    """Connects the account with the provider's answer, the query of the redirect; returns what to tell the person.

    Raises SourceError with a sentence where nothing was connected; the tokens from before are then as they were.
    """
    name = NAMES[source]
    states = dict(session.get("consents", {}))
    state = states.pop(source, "")
    if not state or not hmac.compare_digest(state.encode(), answer.get("state", "").encode()):
        raise Reconnect(STRANGE)
    session["consents"] = states  # each state is good once
    if answer.get("error") == "access_denied":
        raise Reconnect(f"You did not allow it at {name}'s consent page, so nothing was changed.")
    if not answer.get("code"):
        raise Reconnect(f"{name} answered {answer.get('error', 'without a code')[:80]!r}, so nothing was changed.")
    config = stats_con.current(current_app.config)
    try:
        token = stats_con.connect(config, source, answer["code"], answer.get("scope", ""), verifier(state))
    except Misconfigured as error:
        restart_sync(source, "misconfigured", str(error))
        raise
    # A run under the tokens from before ends with its next call; what it does until then is its own account's.
    with store.sole_writer(source, PATIENCE_SECONDS):
        restart_sync(source, "running")
    away = stats_con.not_granted(source, token.scopes)
    without = f" Without your permission for {' and '.join(away)}, which stay away." if away else ""
    return f"{name} is connected, and this week is being read.{without}"


def pasted(address: str) -> dict[str, str]:
    """The provider's answer in an address that was copied from a browser. GiveUp where there is none."""
    _, _, query = address.strip().partition("?")
    answer = dict(parse_qsl(query.partition("#")[0]))
    if "state" not in answer:
        raise GiveUp(
            "That is not the address: it has “state=” and “code=” in it. Copy all of it from the browser's address bar."
        )
    return answer


def register(source: str, client_id: str, client_secret: str) -> None:
    """Keeps what was typed, which ends the demo; two empty texts forget it. Raises GiveUp, Retry."""
    file = stats_con.client_file(current_app.config, source)
    if client_id:
        file.store({"client_id": client_id, "client_secret": client_secret})
        restart_sync(source, "disconnected")
    else:
        file.delete()


def restart_sync(source: str, state: str, message: str = "") -> None:
    """Begins anew what the sync remembers of a source, so that all of the account is read; the demo's rows leave."""
    with Session(db.engine) as db_session, db_session.begin():
        store.remove_demo(db_session)
        store.forget(db_session, source, keep_rows=True)
        for metric in METRICS[source]:
            store.remember(db_session, source, metric, state=state, message=message, last_attempt=DUE)
