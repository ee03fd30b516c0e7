"""What a card says: how an account stands, what is known of it, and what the person can do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import stats_con
from app.records.models import DEMO, SyncState
from app.records.preferences import Preferences
from app.sources import SOURCES
from app.sources.errors import SourceError
from app.sources.token_file import Token
from app.stats import reasons
from app.sync import agenda, standing

LOOPBACK = ("localhost", "127.0.0.1", "::1")
TITLES = {
    "demo": "The demo's made-up athlete",
    "unset": "Not configured",
    "ready": "Ready to connect",
    "reconnect": "Sign in again",
    "misconfigured": "Client id or secret is wrong",
    "refused": "Refused",
    "failed": "Connected, but the last sync failed",
    "waiting": "Waiting",
    "ungranted": "Connected, with a permission missing",
    "running": "Connected, the first sync is about to begin",
    "ok": "Connected",
}


@dataclass(frozen=True)
class Card:
    """One source on the page. `facts` are what is known of it; `to_do` is the button to the provider's consent page.

    `state` is a key of TITLES. `client_id` is what was typed or set; `by_environment`: the page cannot change it.
    """

    source: str
    name: str
    state: str
    title: str
    facts: tuple[str, ...] = ()
    client_id: str = ""
    by_environment: bool = False
    to_do: str = ""
    connected: bool = False


def card(config: Mapping[str, Any], chosen: Preferences, source: str, states: list[SyncState], now: datetime) -> Card:
    """`states` are those of this source."""
    name = standing.NAMES[source]
    if any(state.account == DEMO for state in states):
        return Card(source, name, "demo", TITLES["demo"])
    try:
        client_id = stats_con.client(config, source).id
        token = stats_con.real_token_file(config, source).read()
    except SourceError as error:  # a damaged file
        why = (str(error),)
        return Card(source, name, "reconnect", TITLES["reconnect"], why, to_do="Sign in again", connected=True)
    registration: dict[str, Any] = {
        "client_id": client_id,
        "by_environment": stats_con.set_by_environment(config, source),
    }
    worst = min(states, key=standing.urgency, default=None)
    told = tuple(dict.fromkeys(state.message for state in states if state.message))
    if token is None:
        wrong = worst is not None and worst.state == "misconfigured"
        state = "misconfigured" if wrong else "ready" if client_id else "unset"
        return Card(
            source,
            name,
            state,
            TITLES[state],
            told if wrong else (),
            **registration,
            to_do=SOURCES[source].CONNECT if client_id else "",
        )
    state = worst.state if worst else "running"
    facts = (*told, *about(source, token, states), *pace(config, chosen, states, now))
    to_do = "Sign in again" if state in ("reconnect", "ungranted", "misconfigured") else "Connect again"
    return Card(source, name, state, titled(state, worst, chosen), facts, **registration, to_do=to_do, connected=True)


def titled(state: str, worst: SyncState | None, chosen: Preferences) -> str:
    if state == "waiting" and worst and worst.resume_at:
        return f"Waiting until {worst.resume_at.astimezone(ZoneInfo(chosen.timezone)):%H:%M}"
    return TITLES.get(state, TITLES["failed"])


def about(source: str, token: Token, states: list[SyncState]) -> list[str]:
    """Who is signed in since when, what may be read, and when the sign-in ends where that is known."""
    account = next((state.account for state in states if ":" in state.account), "").partition(":")[2]
    who = ", ".join(filter(None, [token.who, f"{SOURCES[source].OWNER} {account}" if account else ""]))
    since = f"since {token.connected_at:%-d %B %Y}" if token.connected_at else ""
    lines = [" ".join(["Signed in", *(["as", who] if who else []), since]).strip()]
    away = stats_con.not_granted(source, token.scopes)
    if away:
        lines.append(f"Not allowed: {', '.join(away)}. Sign in again and leave everything ticked to have that, too.")
    elif token.scopes:
        lines.append("Allowed: everything that the board shows of it")
    if token.ends_at:
        lines.append(
            f"Google signs this out on {token.ends_at:%-d %B %Y}, because your app is in Testing."
            " Publish it in the Google Cloud console (Audience, Publish app), then sign in again."
        )
    return lines


def pace(config: Mapping[str, Any], chosen: Preferences, states: list[SyncState], now: datetime) -> list[str]:
    """The last sync and the next, how far the history has come, and what the provider still allows."""
    lines = [standing.progress(state) for state in states]
    last = max((state.last_success for state in states if state.last_success), default=None)
    following = [moment for state in states if (moment := agenda.next_attempt(config, state))]
    if last and following:
        at = reasons.when(max(min(following), now), now, ZoneInfo(chosen.timezone))
        lines.append(f"Last sync {standing.ago(last, now)}, the next {'at' if at[:1].isdigit() else 'on'} about {at}")
    elif last:
        lines.append(f"Last sync {standing.ago(last, now)}")
    return [line for line in lines if line]


def elsewhere(config: Mapping[str, Any], host: str) -> bool:
    """Whether the provider will send the browser to another machine's address than the one it is at now (`host`)."""
    return (urlsplit(str(config["PUBLIC_BASE_URL"])).hostname or "") != host


def refused_by_google(config: Mapping[str, Any]) -> bool:
    """Whether PUBLIC_BASE_URL is an address that cannot be registered at Google (docs/providers.md, Google 2.2)."""
    parts = urlsplit(str(config["PUBLIC_BASE_URL"]))
    return parts.scheme != "https" and parts.hostname not in LOOPBACK
