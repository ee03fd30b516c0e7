"""Pure: how fresh each row's figures are, as the small table behind the board's chain says it."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.records.models import SyncState
from app.stats.reasons import when


class Fresh(NamedTuple):
    """A row's name with its source, its newest day, when it was read last and is read next, all as texts."""

    what: str
    newest: str
    read: str
    next: str


def table(
    metrics: Mapping[str, tuple[str, str]],
    names: Mapping[str, str],
    states: list[SyncState],
    now: datetime,
    timezone: str,
    minutes: int,
) -> list[Fresh]:
    """A line for each row (its name: source and metric) that a source was read for; it is read every `minutes`."""
    by_metric = {(state.source, state.metric): state for state in states}
    zone = ZoneInfo(timezone)
    return [
        line(f"{name}, from {names[metric[0]]}", by_metric[metric], now, zone, minutes)
        for name, metric in metrics.items()
        if metric in by_metric
    ]


def line(what: str, state: SyncState, now: datetime, zone: ZoneInfo, minutes: int) -> Fresh:
    read = when(state.last_success, now, zone) if state.last_success else "never"
    due = state.resume_at or state.last_attempt + timedelta(minutes=minutes)
    goes_on = state.state in ("ok", "running", "failed", "waiting")
    after = (when(due, now, zone) if due > now else "soon") if goes_on else "–"
    return Fresh(what, newest(state.newest, now.astimezone(zone).date()), read, after)


def newest(day: date | None, today: date) -> str:
    if day is None:
        return "–"
    return "today" if day == today else f"{day:%a} {day.day} {day:%b}"
