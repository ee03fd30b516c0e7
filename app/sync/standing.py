"""Pure: the board's one line for each source, from what the sync remembers."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.records.models import SyncState
from app.records.moments import LONG_AGO, believed
from app.sources import SOURCES

NAMES = {source: declared.NAME for source, declared in SOURCES.items()}
METRICS = {source: tuple(declared.METRICS) for source, declared in SOURCES.items()}
URGENCY = ("reconnect", "misconfigured", "refused", "failed", "waiting", "disconnected", "running", "ok", "ungranted")

SOON = timedelta(days=3)
LATE = timedelta(hours=3)
"""A source is read every few minutes; one that was not for this long is behind."""


class Link(NamedTuple):
    """A source in the chain from the provider to the screen: `state` is ok, late or bad (it asks for a hand)."""

    state: str
    text: str


def links(
    states: list[SyncState], now: datetime, timezone: str, sign_in_ends: Mapping[str, datetime] = {}
) -> list[Link]:
    """`Strava 2 min ago`, `Fitbit: sign in again, last synced 3 days ago`; a source that never ran is left out.

    `sign_in_ends`: when a source's sign-in ends by itself, which is said in its last days.
    """
    found = []
    for source, name in NAMES.items():
        own = [state for state in states if state.source == source]
        if own:
            urgent = min(own, key=urgency)
            said = line(name, urgent, now, ZoneInfo(timezone))
            found.append(
                Link(link_state(urgent, now), said + ending(sign_in_ends.get(source), now, ZoneInfo(timezone)))
            )
    return found


def lines(
    states: list[SyncState], now: datetime, timezone: str, sign_in_ends: Mapping[str, datetime] = {}
) -> list[str]:
    return [link.text for link in links(states, now, timezone, sign_in_ends)]


def link_state(state: SyncState, now: datetime) -> str:
    if state.state in ("ok", "running", "ungranted"):
        late = state.last_success is not None and now - state.last_success > LATE
        return "late" if late else "ok"
    return "late" if state.state in ("waiting", "disconnected") else "bad"


def urgency(state: SyncState) -> tuple[int, datetime]:
    """Where the metrics of a source differ, the one that most needs the person speaks for all, then the oldest."""
    rank = URGENCY.index(state.state) if state.state in URGENCY else 0
    return rank, state.last_success or state.last_attempt


def line(name: str, state: SyncState, now: datetime, zone: ZoneInfo) -> str:
    state = believed(state, now)
    since = f", last synced {ago(state.last_success, now)}" if state.last_success else ""
    match state.state:
        case "ok" if not state.last_success and state.last_attempt == LONG_AGO:
            return f"{name}: about to be synced"
        case "ok":
            return f"{name} {ago(state.last_success or state.last_attempt, now)}{reading(state)}"
        case "running":
            return f"{name} syncing{since}"
        case "waiting" if state.resume_at:
            return f"{name}: limit reached, goes on at {state.resume_at.astimezone(zone):%H:%M}"
        case "reconnect":
            return f"{name}: sign in again{since}"
        case "misconfigured":
            return f"{name}: client id or secret is wrong{since}"
        case "ungranted":
            return f"{name}: permission missing"
        case "disconnected":
            return f"{name}: not connected"
        case _:
            return f"{name}: sync failing{since}"


def ending(end: datetime | None, now: datetime, zone: ZoneInfo) -> str:
    """Nothing until shortly before the end, nor after it, when the line itself asks for a sign-in."""
    if end is None or not now < end < now + SOON:
        return ""
    return f"; sign in again by {end.astimezone(zone):%A %H:%M}"


def reading(state: SyncState) -> str:
    """How far the reading of the history has come while one is under way."""
    if not state.cursor or not state.oldest:
        return ""
    left = f", {state.requests_left} calls left" if state.requests_left is not None else ""
    return f", history back to {state.oldest:%B %Y}{left}"


def progress(state: SyncState) -> str:
    """How far a metric has been read: `Activities: from 2 November 2016 to 22 November 2026, 82 calls left`."""
    if not state.newest and not state.oldest:
        return ""
    oldest = f"from {state.oldest:%-d %B %Y} " if state.oldest else ""
    newest = f"to {state.newest:%-d %B %Y}" if state.newest else "to now"
    going_on = ", going on" if state.cursor else ""
    left = f", {state.requests_left} calls left" if state.requests_left is not None else ""
    return f"{state.metric.capitalize()}: {oldest}{newest}{going_on}{left}"


def ago(moment: datetime, now: datetime) -> str:
    """`just now`, `2 min ago`, `3 h ago`, `5 days ago`."""
    minutes = int((now - moment).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    if minutes < 48 * 60:
        return f"{minutes // 60} h ago"
    return f"{minutes // 1440} days ago"
