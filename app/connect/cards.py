"""What a card says: how an account stands, what is known of it, and what the person can do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import stats_con
from app import units
from app.records.models import DEMO, SyncState
from app.records.preferences import Preferences
from app.sources import SOURCES
from app.sources.errors import SourceError
from app.sources.token_file import Token
from app.stats import freshness, reasons
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


NOT_YET = ("demo", "unset", "ready")
"""States in which no own account is connected, and nothing is wrong."""


class Fact(NamedTuple):
    """What is known of an account: its name, the value, and further lines below it."""

    name: str
    value: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Card:
    """One source on the page. `said` asks for a hand or tells why; `facts` are what is known of it; `to_do` is the
    button to the provider's consent page; `link` is its state in the board's chain, in the same words.

    `state` is a key of TITLES. `client_id` is what was typed or set; `by_environment`: the page cannot change it.
    """

    source: str
    name: str
    state: str
    said: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    client_id: str = ""
    by_environment: bool = False
    to_do: str = ""
    connected: bool = False
    link: standing.Link | None = None
    own_title: str = ""

    @property
    def title(self) -> str:
        return self.own_title or TITLES.get(self.state, TITLES["failed"])

    @property
    def look(self) -> str:
        """`ok`, `late` or `bad`: the sign before its title, which is the one of the board's chain."""
        if self.state in NOT_YET:
            return "late"
        return self.link.state if self.link and self.connected and self.state != "reconnect" else "bad"

    @property
    def brings(self) -> str:
        """`Weight, body fat and BMI, calories eaten, calories burned; through Google`."""
        declared = SOURCES[self.source]
        words = ", ".join(metric.words for metric in declared.METRICS.values())
        through = "" if self.name == declared.PROVIDER else f"; through {declared.PROVIDER}"
        return f"{words[:1].upper()}{words[1:]}{through}"


def card(
    config: Mapping[str, Any],
    chosen: Preferences,
    source: str,
    states: list[SyncState],
    now: datetime,
    counts: Mapping[str, int],
) -> Card:
    """`states` are those of this source, `counts` how many records its accounts brought (provenance.of_account)."""
    name = standing.NAMES[source]
    if any(state.account == DEMO for state in states):
        return Card(source, name, "demo")
    try:
        client_id = stats_con.client(config, source).id
        token = stats_con.real_token_file(config, source).read()
    except SourceError as error:  # a damaged file
        return Card(source, name, "reconnect", (str(error),), to_do="Sign in again", connected=True)
    registration: dict[str, Any] = {
        "client_id": client_id,
        "by_environment": stats_con.set_by_environment(config, source),
        "link": next(iter(standing.links(states, now, chosen.timezone, stats_con.sign_in_ends(config))), None),
    }
    told = tuple(dict.fromkeys(state.message for state in states if state.message))
    worst = min(states, key=standing.urgency, default=None)
    if token is None:
        wrong = worst is not None and worst.state == "misconfigured"
        state = "misconfigured" if wrong else "ready" if client_id else "unset"
        to_do = SOURCES[source].CONNECT if client_id else ""
        return Card(source, name, state, told if wrong else (), **registration, to_do=to_do)
    state = worst.state if worst else "running"
    return Card(
        source,
        name,
        state,
        (*told, *asked_for(source, token)),
        tuple(about(config, chosen, source, token, states, now, counts)),
        **registration,
        to_do="Sign in again" if state in ("reconnect", "ungranted", "misconfigured") else "Connect again",
        connected=True,
        own_title=titled(state, worst, chosen),
    )


def titled(state: str, worst: SyncState | None, chosen: Preferences) -> str:
    if state == "waiting" and worst and worst.resume_at:
        return f"Waiting until {worst.resume_at.astimezone(ZoneInfo(chosen.timezone)):%H:%M}"
    return ""


def asked_for(source: str, token: Token) -> Iterator[str]:
    """What was not allowed, and when the sign-in ends by itself."""
    if away := stats_con.not_granted(source, token.scopes):
        yield f"Not allowed: {', '.join(away)}. Sign in again and leave everything ticked to have that, too."
    if token.ends_at:
        yield (
            f"Google signs this out on {token.ends_at:%-d %B %Y}, because your app is in Testing."
            " Publish it in the Google Cloud console (Audience, Publish app), then sign in again."
        )


def about(
    config: Mapping[str, Any],
    chosen: Preferences,
    source: str,
    token: Token,
    states: list[SyncState],
    now: datetime,
    counts: Mapping[str, int],
) -> Iterator[Fact]:
    """Who is signed in since when, what may be read, the last sync and the next, and how far the history has come."""
    account = next((state.account for state in states if ":" in state.account), "").partition(":")[2]
    who = ", ".join(filter(None, [token.who, f"{SOURCES[source].OWNER} {account}" if account else ""]))
    since = f"since {token.connected_at:%-d %B %Y}" if token.connected_at else ""
    yield Fact("Signed in", f"as {who}" if who else since, (since,) if who and since else ())
    if token.scopes and not stats_con.not_granted(source, token.scopes):
        yield Fact("Permissions", "Allowed: everything", ("that the board shows of it",))
    last = max((state.last_success for state in states if state.last_success), default=None)
    if last:
        after = following(config, chosen, states, now)
        yield Fact("Last sync", standing.ago(last, now) + ("," if after else ""), (after,) if after else ())
    newest = max((state.newest for state in states if state.newest), default=None)
    if newest:
        yield Fact("Newest", freshness.newest(newest, now.astimezone(ZoneInfo(chosen.timezone)).date()))
    reached = tuple(filter(None, map(standing.progress, states)))
    if reached:
        yield Fact("History", units.counts(counts), reached)


def following(config: Mapping[str, Any], chosen: Preferences, states: list[SyncState], now: datetime) -> str:
    """`the next at about 18:12`; '' where nothing is read before the person has done something."""
    moments = [moment for state in states if (moment := agenda.next_attempt(config, state))]
    if not moments:
        return ""
    at = reasons.when(max(min(moments), now), now, ZoneInfo(chosen.timezone))
    return f"the next {'at' if at[:1].isdigit() else 'on'} about {at}"


def elsewhere(config: Mapping[str, Any], host: str) -> bool:
    """Whether the provider will send the browser to another machine's address than the one it is at now (`host`)."""
    return (urlsplit(str(config["PUBLIC_BASE_URL"])).hostname or "") != host


def refused_by_google(config: Mapping[str, Any]) -> bool:
    """Whether PUBLIC_BASE_URL is an address that cannot be registered at Google (docs/providers.md, Google 2.2)."""
    parts = urlsplit(str(config["PUBLIC_BASE_URL"]))
    return parts.scheme != "https" and parts.hostname not in LOOPBACK
