"""What one metric of an account holds, asked of its client: the step of the flow in tasks.py that fetches."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

import stats_con
from app.extensions import db
from app.sources.errors import GiveUp
from app.sources.fitbit import Fitbit
from app.sources.records import Activity
from app.sources.strava import Strava
from app.stats import queries
from app.stats.models import DEMO

SPANS = {"weight": timedelta(days=1820), "eaten": timedelta(days=360), "burned": timedelta(days=364)}
"""A piece of the history: weigh-ins are listed, calories summed up in spans of 90 and 14 days (google_health.md 3)."""
EMPTY_YEARS = timedelta(days=730)
"""A Fitbit account has begun where nothing at all was recorded for this long before its oldest record."""
MAX_MISSING = 20
"""How many activities that a page of the history lacks are asked for one by one; the next full reading asks on."""


@dataclass(frozen=True)
class Reading:
    """What one metric of an account held on the days `first` to `last`.

    `complete`: every record could be read, so one that is absent is gone; `gone` are ids of which the provider said so;
    `unread` are columns that could not be read this time; `requests_left` is what the provider still allows.
    """

    account: str
    records: list[Any]
    first: date
    last: date
    complete: bool = True
    gone: tuple[int, ...] = ()
    unread: frozenset[str] = frozenset()
    requests_left: int | None = None

    @property
    def span(self) -> tuple[date, date] | None:
        """The days in which what is absent may be removed."""
        return (self.first, self.last) if self.complete else None

    @property
    def newest(self) -> date | None:
        days = (r.start_date_local.date() if isinstance(r, Activity) else r.record_date for r in self.records)
        return max(days, default=None)


@dataclass(frozen=True)
class Piece:
    """A part of the history, and the place where the next one begins; None when the account's beginning was reached."""

    reading: Reading | None
    cursor: str | None


def window(config: stats_con.Config, source: str, metric: str, first: date, last: date) -> Reading:
    """Everything that the account holds of the days `first` to `last`."""
    if source == "strava":
        return activities(config, first, last)
    client = stats_con.fitbit_con(config)
    if metric == "weight":
        last += timedelta(days=1)  # the person may be further east than TIMEZONE says
    return fitbit(client, fitbit_account(client, config), metric, first, last)


def history(config: stats_con.Config, source: str, metric: str, cursor: str | None, first: date) -> Iterator[Piece]:
    """The account backwards from `cursor` (or from now on) to its beginning, but not beyond the day `first`."""
    if source == "strava":
        return activity_pages(config, cursor, first)
    return fitbit_spans(config, metric, cursor)


def activities(config: stats_con.Config, first: date, last: date) -> Reading:
    """The activities of the span, and of those known but no longer listed the ones that Strava says are gone.

    A day more is read on either side, because local days reach beyond those of UTC; where exactly a span's bound lies
    is not known (strava.md 3), so the first day that is read is not searched for gone ones.
    """
    client = stats_con.strava_con(config)
    after = datetime.combine(first, time(), UTC) - timedelta(days=1)
    before = datetime.combine(last, time(), UTC) + timedelta(days=2)
    found = list(client.activities(after, before))
    account = strava_account(config, found)
    missing = known_activities(account, after + timedelta(days=1), before) - {activity.id for activity in found}
    gone = tuple(number for number in missing if not client.exists(number))
    asked_for = [activity for activity in found if activity.start_date_local.date() >= first]
    return Reading(account, asked_for, first, last, gone=gone, requests_left=client.requests_left)


def activity_pages(config: stats_con.Config, cursor: str | None, first: date) -> Iterator[Piece]:
    """Page by page, newest first. The place is `page@moment`: pages are those of all that started before the moment."""
    client = stats_con.strava_con(config)
    number, moment = cursor.split("@") if cursor else ("1", str(int(datetime.now(UTC).timestamp())))
    before = datetime.fromtimestamp(int(moment), UTC)
    page = int(number)
    while (found := client.page(page, before)) is not None:
        reading = page_reading(client, config, found, first)
        page += 1
        yield Piece(reading, f"{page}@{moment}" if reading.first > first else None)
        if reading.first <= first:
            return
    yield Piece(None, None)


def page_reading(client: Strava, config: stats_con.Config, found: list[Activity], first: date) -> Reading:
    """A page's activities, and those known between its first and last start that it lacks and Strava says are gone."""
    account = strava_account(config, found)
    starts = sorted(activity.start_date for activity in found) or [datetime.now(UTC)]
    missing = known_activities(account, starts[0], starts[-1]) - {activity.id for activity in found}
    gone = tuple(number for number in sorted(missing)[:MAX_MISSING] if not client.exists(number))
    left = client.requests_left
    asked_for = [activity for activity in found if activity.start_date_local.date() >= first]
    return Reading(account, asked_for, starts[0].date(), starts[-1].date(), gone=gone, requests_left=left)


def known_activities(account: str, after: datetime, before: datetime) -> set[int]:
    with Session(db.engine) as session:
        return queries.activity_ids(session, account, after, before)


def strava_account(config: stats_con.Config, found: list[Activity]) -> str:
    """`strava:<athlete id>`: as the activities say, or where there are none, as they said the last time."""
    if config["DEMO"]:
        return DEMO
    said = next((activity.owner for activity in found if activity.owner), None)
    with Session(db.engine) as session:
        return f"strava:{said}" if said else queries.account(session, "strava") or "strava"


def fitbit(client: Fitbit, account: str, metric: str, first: date, last: date) -> Reading:
    """The weigh-ins, or the kcal eaten or burned, of the days from `first` to `last`.

    An answer that lacks more than a fifth of what is known is not believed before a second one has said the same.
    """
    readers: dict[str, Callable[[date, date], list[Any]]] = {
        "weight": client.weights,
        "eaten": client.eaten,
        "burned": client.burned,
    }
    found = readers[metric](first, last)
    with Session(db.engine) as session:
        known = queries.known_count(session, metric, account, first, last)
    if len(found) < 0.8 * known:
        found = max(found, readers[metric](first, last), key=len)
    return Reading(account, found, first, last, not client.skipped, unread=frozenset(client.missing))


def fitbit_spans(config: stats_con.Config, metric: str, cursor: str | None) -> Iterator[Piece]:
    """Span by span backwards. The place is the last day that is still to be read."""
    client = stats_con.fitbit_con(config)
    account = fitbit_account(client, config)
    last = date.fromisoformat(cursor) if cursor else datetime.now(UTC).date()
    while True:
        reading = fitbit(client, account, metric, last - SPANS[metric] + timedelta(days=1), last)
        last = reading.first - timedelta(days=1)
        with Session(db.engine) as session:
            known = queries.first_day(session, account) or datetime.now(UTC).date()
        ended = last < min([known, *(record.record_date for record in reading.records)]) - EMPTY_YEARS
        yield Piece(reading, None if ended else last.isoformat())
        if ended:
            return


def fitbit_account(client: Fitbit, config: stats_con.Config) -> str:
    """`fitbit:<user id>`; where Google will not say whose data these are, as it was the last time."""
    if config["DEMO"]:
        return DEMO
    try:
        return f"fitbit:{client.identity()}"
    except GiveUp:
        with Session(db.engine) as session:
            return queries.account(session, "fitbit") or "fitbit"
