"""Pure: why a cell has no value, or how old the value is, from what the sync remembers of its source."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.records.models import SyncState
from app.records.moments import believed
from app.stats.rows import ROWS
from app.sync.standing import LATE


class Reason(NamedTuple):
    """A cell without a value: its `state`, the `word` in it, and the sentence behind that word, '' where none is known.

    `state` is future, none (nothing recorded), waiting (not known yet), down, or signin (the person must do something).
    """

    state: str
    word: str
    why: str


@dataclass(frozen=True)
class SourceStatus:
    """How the source of one row stands at the instant `now`, told by the person's clock (`zone`).

    `device` is the newest day that the device itself has told of, where something shows it; of days before `kept_from`
    the rows are not kept.
    """

    name: str
    state: SyncState
    now: datetime
    zone: ZoneInfo
    device: date | None = None
    kept_from: date | None = None

    @property
    def read(self) -> str:
        """When the source was last read: `14:10`, `Tue 14:10`, `3 Nov 14:10`; '' when it never was."""
        return when(self.state.last_success, self.now, self.zone) if self.state.last_success else ""

    @property
    def healthy(self) -> bool:
        """Whether the last attempts succeeded and not too long ago."""
        fresh = self.state.last_success is not None and self.now - self.state.last_success <= LATE
        return fresh and self.state.state in ("ok", "running")

    def history_reached(self) -> date | None:
        """The oldest day that a reading of the history under way has reached; None when none is under way."""
        return self.state.oldest if self.state.cursor else None

    def covers(self, day: date) -> bool:
        """Whether the day was over when the source was last read, so that what is not here was not recorded."""
        success = self.state.last_success
        return success is not None and day < success.astimezone(self.zone).date()


def statuses(
    states: list[SyncState], now: datetime, timezone: str, names: Mapping[str, str], kept_days: Mapping[str, int] = {}
) -> dict[str, SourceStatus]:
    """What is known of each row's source, by row; a row whose source was never tried is left out.

    By source, `names` are for people, and `kept_days` how many days its rows are kept where that is not for ever.
    """
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).date()
    kept_from = {source: today - timedelta(days=days - 1) for source, days in kept_days.items() if days}
    by_metric = {(state.source, state.metric): believed(state, now) for state in states}
    device = {metric: state.newest for metric, state in by_metric.items() if state.state == "ok"}
    return {
        row.NAME: SourceStatus(
            names[row.METRIC[0]],
            by_metric[row.METRIC],
            now,
            zone,
            device=device.get(row.DEVICE) if row.DEVICE else None,
            kept_from=kept_from.get(row.METRIC[0]),
        )
        for row in ROWS
        if row.METRIC in by_metric
    }


def explain(day: date, today: date, word: str, status: SourceStatus | None) -> Reason:
    """Why there is nothing on `day`; `word` says so of a day that is over."""
    if day > today:
        return Reason("future", "To come", "")
    word = f"{word} yet" if day == today else word
    if status is None:
        return Reason("none", word, "")
    if status.kept_from and day < status.kept_from:
        return Reason("none", "Not kept", f"{status.name}'s data are kept for a few days only (STRAVA_RETENTION_DAYS).")
    reached = status.history_reached()
    if reached and day < reached:
        return Reason("waiting", "Not read yet", f"The history is being read; it has come back to {reached:%B %Y}.")
    if status.covers(day):
        return recorded_nothing(day, word, status)
    if status.healthy and day == today:
        return Reason("none", word, f"{status.name} was last read {at(status.read)} and had none of today.")
    return not_read_since(status)


def recorded_nothing(day: date, word: str, status: SourceStatus) -> Reason:
    if status.device and status.device < day:
        told = f"its newest day is {status.device:%A} {status.device.day}"
        why = f"{status.name} was last read {at(status.read)}, but {told}: the device has not synced since."
        return Reason("waiting", "Waiting for the device", why)
    return Reason("none", word, f"{status.name} was last read {at(status.read)}, when this day was over, and had none.")


def not_read_since(status: SourceStatus) -> Reason:
    """The source has not been read since; the state of its sync says why."""
    name, state, message = status.name, status.state, status.state.message
    since = f" It was last read {at(status.read)}." if status.read else ""
    if state.state == "reconnect":
        return Reason("signin", "Sign in again", (message or f"{name} no longer accepts this sign-in.") + since)
    if state.state == "ungranted":
        return Reason("signin", "Permission missing", message or f"{name} was connected without this permission.")
    if state.state == "disconnected":
        return Reason("signin", "Not connected", f"{name} is not connected; connect it under Sources.{since}")
    if state.state == "waiting" and state.resume_at:
        goes_on = when(state.resume_at, status.now, status.zone)
        return Reason("waiting", f"Waiting for {name}", f"{name}'s limit is reached; it goes on {at(goes_on)}.{since}")
    if state.state in ("ok", "running"):
        first = f"{name} is being read for the first time."
        return Reason("waiting", f"Waiting for {name}", f"What came later is not known yet.{since}" if since else first)
    word = f"{name} down since {status.read}" if status.read else f"{name} down"
    return Reason("down", word, (message or f"{name} could not be read.") + since)


def age(day: date, today: date, status: SourceStatus | None, partial: bool = False) -> str:
    """`as of 14:10` where a value may be out of date: a day's figure so far, and what a late source told last."""
    if status is None or not status.read or status.covers(day):
        return ""
    return f"as of {status.read}" if partial or (day <= today and not status.healthy) else ""


def at(moment: str) -> str:
    """`at 14:10`, `on Tue 14:10`."""
    return f"at {moment}" if moment[:1].isdigit() and " " not in moment else f"on {moment}"


def when(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """An instant by the person's clock, with the day where it is not today: `14:10`, `Tue 14:10`, `3 Nov 14:10`."""
    local, here = moment.astimezone(zone), now.astimezone(zone)
    if local.date() == here.date():
        return f"{local:%H:%M}"
    near = abs(local.date() - here.date()) < timedelta(days=7)
    return f"{local:%a %H:%M}" if near else f"{local.day} {local:%b %H:%M}"
