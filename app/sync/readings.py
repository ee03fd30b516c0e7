"""What one metric of an account holds, asked of its client: the step of the flow in tasks.py that fetches."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

import stats_con
from app.extensions import db
from app.records import queries
from app.records.models import DEMO
from app.sources import SOURCES
from app.sources.errors import GiveUp
from app.sources.fitbit import Fitbit
from app.sources.records import Activity, DayFigure, Weight
from app.sources.source import Metric
from app.sources.strava import PER_PAGE, Strava

EMPTY_YEARS = timedelta(days=730)
"""A Fitbit account has begun where nothing at all was recorded for this long before its oldest record."""
MANY_DAYS = 2
MAX_MISSING = 20
"""How many records that a reading lacks are asked for one by one; the next full reading asks on."""


@dataclass(frozen=True)
class Reading:
    """What one metric of an account held on the days `first` to `last`.

    `complete`: every record could be read, so one that is absent is gone; `deleted` are ids that the provider says are;
    `unread_fields` are columns that could not be read this time; `requests_left` is what the provider still allows.
    """

    account: str
    records: list[Any]
    first: date
    last: date
    complete: bool = True
    deleted: tuple[int, ...] = ()
    unread_fields: frozenset[str] = frozenset()
    requests_left: int | None = None

    @property
    def span(self) -> tuple[date, date] | None:
        """The days in which what is absent may be removed."""
        return (self.first, self.last) if self.complete else None

    @property
    def keys(self) -> set[str]:
        return {key_of(record) for record in self.records}

    @property
    def newest(self) -> date | None:
        days = (r.start_date_local.date() if isinstance(r, Activity) else r.record_date for r in self.records)
        return max(days, default=None)


@dataclass(frozen=True)
class Piece:
    """A part of the history, and the place where the next one begins; None when the account's beginning was reached."""

    reading: Reading
    cursor: str | None


def window(config: stats_con.Config, source: str, metric: str, first: date, last: date) -> Reading:
    """Everything that the account holds of the days `first` to `last`."""
    asked, client = SOURCES[source].METRICS[metric], stats_con.api(config, source)
    if asked.step is None:
        return activities(config, client, asked, first, last)
    if asked.record is Weight:
        last += timedelta(days=1)  # the person may be further east than TIMEZONE says
    return confirmed(client, fitbit_account(client, config), asked, first, last)


def history(config: stats_con.Config, source: str, metric: str, cursor: str | None, first: date) -> Iterator[Piece]:
    """The account backwards from `cursor` (or from now on) to its beginning, but not beyond the day `first`."""
    asked, client = SOURCES[source].METRICS[metric], stats_con.api(config, source)
    if asked.step is None:
        return activity_pages(config, client, cursor, first)
    return fitbit_spans(config, client, asked, asked.step, cursor)


def activities(config: stats_con.Config, client: Strava, metric: Metric, first: date, last: date) -> Reading:
    """The activities of the span, and of those known but no longer listed the ones that Strava says are gone.

    A day more is read on either side, because local days reach beyond those of UTC; where exactly a span's bound lies
    is not known (docs/providers.md, Strava 3), so the first day that is read is not searched for gone ones.
    """
    after = datetime.combine(first, time(), UTC) - timedelta(days=1)
    before = datetime.combine(last, time(), UTC) + timedelta(days=2)
    found = list(metric.read(client, after, before))
    account = strava_account(config, found)
    missing = stored_activities(account, after + timedelta(days=1), before) - {activity.id for activity in found}
    deleted = tuple(number for number in missing if not client.exists(number))
    asked_for = [activity for activity in found if activity.start_date_local.date() >= first]
    return Reading(account, asked_for, first, last, deleted=deleted, requests_left=client.requests_left)


def activity_pages(config: stats_con.Config, client: Strava, cursor: str | None, first: date) -> Iterator[Piece]:
    """Page by page, newest first. The place is `page@moment@above`, in epoch seconds.

    Pages are those of all that started before the moment; the one before this ended with a start at `above`.
    """
    now = int(datetime.now(UTC).timestamp())
    number, moment, above = (int(part) for part in (cursor or f"1@{now}@{now}").split("@"))
    before, full = datetime.fromtimestamp(moment, UTC), number == 1
    while True:
        found = client.page(number, before)
        if found is None and full:  # nothing at all, or nothing after a full page, is believed the second time
            found = client.page(number, before)
        reading = page_reading(client, config, found or [], first, datetime.fromtimestamp(above, UTC))
        ended = found is None or reading.first <= first
        number, full = number + 1, len(found or ()) >= PER_PAGE
        above = min((int(activity.start_date.timestamp()) for activity in found or ()), default=above)
        yield Piece(reading, None if ended else f"{number}@{moment}@{above}")
        if ended:
            return


def page_reading(
    client: Strava, config: stats_con.Config, found: list[Activity], first: date, above: datetime
) -> Reading:
    """A page's activities, and those known down from `above` to its last one that it lacks and Strava says are gone.

    An empty page is past the last one: what is known below `above` is then looked for, too.
    """
    account = strava_account(config, found)
    lowest = min((activity.start_date for activity in found), default=datetime.fromtimestamp(0, UTC))
    missing = stored_activities(account, lowest, above) - {activity.id for activity in found}
    deleted = tuple(number for number in sorted(missing)[:MAX_MISSING] if not client.exists(number))
    asked_for = [activity for activity in found if activity.start_date_local.date() >= first]
    oldest = lowest.date() if found else above.date()
    return Reading(account, asked_for, oldest, above.date(), deleted=deleted, requests_left=client.requests_left)


def stored_activities(account: str, after: datetime, before: datetime) -> set[int]:
    with Session(db.engine) as session:
        return queries.activity_ids(session, account, after, before)


def strava_account(config: stats_con.Config, found: list[Activity]) -> str:
    """`strava:<athlete id>`: as the activities say, or where there are none, as they said the last time."""
    if config["DEMO"]:
        return DEMO
    said = next((activity.owner for activity in found if activity.owner), None)
    with Session(db.engine) as session:
        return f"strava:{said}" if said else queries.account(session, "strava") or "strava"


def confirmed(client: Fitbit, account: str, metric: Metric, first: date, last: date) -> Reading:
    """The weigh-ins, or the kcal eaten or burned, of the days from `first` to `last`.

    What an answer lacks is gone only if a second answer lacks it too, and where that is more than a fifth of what is
    known, only if each is asked for by itself: some answers are short or empty though all is still there.
    """
    with Session(db.engine) as session:
        stored = queries.fitbit_keys(session, metric.name, account, first, last)
    reading = read_once(client, account, metric, first, last)
    if stored - reading.keys:
        reading = merged(reading, read_once(client, account, metric, first, last))
    missing = stored - reading.keys
    if len(missing) > 0.2 * len(stored) and may_still_exist(client, metric, reading, sorted(missing)):
        return replace(reading, complete=False)
    return reading


def may_still_exist(client: Fitbit, metric: Metric, reading: Reading, missing: list[str]) -> bool:
    """Whether some of what is missing is still there, or everything is, which calories have no second way to tell."""
    if metric.record is not Weight and not reading.records and len(missing) > MANY_DAYS:
        return True
    return any(still_exists(client, metric, key) for key in missing[:MAX_MISSING])


def read_once(client: Fitbit, account: str, metric: Metric, first: date, last: date) -> Reading:
    found = list(metric.read(client, first, last))
    return Reading(account, found, first, last, not client.unusable, unread_fields=frozenset(client.unread_fields))


def merged(one: Reading, other: Reading) -> Reading:
    """What either of two readings of the same days has, in its later form."""
    records = {key_of(record): record for record in [*one.records, *other.records]}
    complete, unread = one.complete and other.complete, one.unread_fields | other.unread_fields
    return replace(other, records=list(records.values()), complete=complete, unread_fields=unread)


def key_of(record: Weight | DayFigure) -> str:
    return record.point if isinstance(record, Weight) else record.record_date.isoformat()


def still_exists(client: Fitbit, metric: Metric, key: str) -> bool:
    if metric.record is Weight:
        return client.exists(key)
    day = date.fromisoformat(key)
    return bool(metric.read(client, day, day))


def fitbit_spans(
    config: stats_con.Config, client: Fitbit, metric: Metric, step: timedelta, cursor: str | None
) -> Iterator[Piece]:
    """Span by span backwards. The place is the last day that is still to be read."""
    account = fitbit_account(client, config)
    last = date.fromisoformat(cursor) if cursor else datetime.now(UTC).date()
    while True:
        reading = confirmed(client, account, metric, last - step + timedelta(days=1), last)
        last = reading.first - timedelta(days=1)
        with Session(db.engine) as session:
            oldest = queries.first_day(session, account) or datetime.now(UTC).date()
        ended = last < min([oldest, *(record.record_date for record in reading.records)]) - EMPTY_YEARS
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
