"""What one metric of an account holds, asked of its client: the step of the flow in tasks.py that fetches."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

from sqlalchemy.orm import Session

import stats_con
from app.extensions import db
from app.records import queries
from app.records.models import DEMO
from app.sources import SOURCES
from app.sources.errors import GiveUp, Reconnect, SignedInAnew, SourceError, WaitUntil
from app.sources.fitbit import Fitbit
from app.sources.records import Activity, DayFigure, Weight
from app.sources.source import Metric
from app.sources.strava import PER_PAGE, Strava

EMPTY_YEARS = timedelta(days=730)
"""Where nothing at all was recorded for this long before a Fitbit account's oldest record, older ones are asked for."""
FITBIT_BEGAN = date(2007, 1, 1)
MANY_DAYS = 2
MAX_MISSING = 20
"""How many records that a reading lacks are asked for one by one before what was learnt is stored."""
MAX_ASKED = 200
MAX_FAILED = 3
logger = logging.getLogger(__name__)


Key = TypeVar("Key", int, str)
Answered = TypeVar("Answered")


@dataclass(frozen=True)
class Reading:
    """What one metric of an account held on the days `first` to `last`.

    `complete`: every record could be read, so one that is absent is gone, but for those of `kept`; `deleted` are ids
    that the provider says are; `unread_fields` are columns that could not be read this time; `requests_left` is what
    the provider still allows. All of it was read under one `sign_in`.
    """

    account: str
    records: list[Any]
    first: date
    last: date
    complete: bool = True
    deleted: tuple[int, ...] = ()
    unread_fields: frozenset[str] = frozenset()
    requests_left: int | None = None
    kept: frozenset[str] = frozenset()
    sign_in: str = ""

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
    """Everything that the account holds of the days `first` to `last`, and what of it stands on other days by now."""
    asked, client = SOURCES[source].METRICS[metric], stats_con.api(config, source)
    if asked.step is None:
        reading = activities(config, client, asked, first, last)
    else:
        reading = confirmed(client, fitbit_account(client, config), asked, first, latest(asked, last))
    return replace(reading, sign_in=client.access.sign_in)


def history(
    config: stats_con.Config, source: str, metric: str, cursor: str | None, first: date, today: date
) -> Iterator[Piece]:
    """The account backwards from `cursor` (or from `today` on) to its beginning, but not beyond the day `first`."""
    asked, client = SOURCES[source].METRICS[metric], stats_con.api(config, source)
    if asked.step is None:
        pieces = activity_pages(config, client, cursor, first)
    else:
        pieces = fitbit_spans(config, client, asked, asked.step, cursor, latest(asked, today))
    for piece in pieces:
        yield replace(piece, reading=replace(piece.reading, sign_in=client.access.sign_in))


def latest(metric: Metric, today: date) -> date:
    """The last day to read: a weigh-in's may be tomorrow, as the person may be further east than TIMEZONE says; of a
    sum, what is to come is planned and not eaten."""
    return today + timedelta(days=1) if metric.record is Weight else today


def activities(config: stats_con.Config, client: Strava, metric: Metric, first: date, last: date) -> Reading:
    """The activities of the span, and what Strava says of those that are known but no longer listed.

    A day more is read on either side, because local days reach beyond those of UTC; where exactly a span's bound lies
    is not known (docs/providers.md, Strava 3), so the first day that is read is not searched for gone ones.
    """
    after = datetime.combine(first, time(), UTC) - timedelta(days=1)
    before = datetime.combine(last, time(), UTC) + timedelta(days=2)
    found = list(metric.read(client, after, before))
    account = strava_account(config, client, found)
    missing = stored_activities(account, after + timedelta(days=1), before) - {activity.id for activity in found}
    moved, deleted = by_themselves(client, sorted(missing))
    return Reading(account, found + moved, first, last, deleted=deleted, requests_left=client.requests_left)


def by_themselves(client: Strava, missing: list[int]) -> tuple[list[Activity], tuple[int, ...]]:
    """What Strava says of activities that it no longer lists: what they are by now, and which are gone."""
    answers = singly(client.activity, missing)
    moved = [activity for _, activity in answers.values() if activity]
    return moved, tuple(number for number, (there, _) in answers.items() if not there)


def singly(ask: Callable[[Key], Answered], keys: list[Key]) -> dict[Key, Answered]:
    """What each record answers that is asked for by itself. One that fails costs only itself, and after some that do
    the rest are left for the next reading, as at a limit; what was answered before counts."""
    answers: dict[Key, Answered] = {}
    failed = 0
    for key in keys:
        try:
            answers[key] = ask(key)
        except SignedInAnew:
            raise
        except SourceError as error:
            failed += 1
            logger.warning("A record that is no longer listed stays as it is: %s", error)
            if isinstance(error, WaitUntil) and not answers:
                raise
            if isinstance(error, WaitUntil) or failed == MAX_FAILED:
                break
    return answers


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
        asked: set[int] = set()
        while True:  # until all that the page lacks is asked for, as long as that brings anything
            reading, more = page_reading(client, config, found or [], datetime.fromtimestamp(above, UTC), asked)
            if not more:
                break
            yield Piece(reading, f"{number}@{moment}@{above}")
        ended = found is None or reading.first <= first
        number, full = number + 1, len(found or ()) >= PER_PAGE
        above = min((int(activity.start_date.timestamp()) for activity in found or ()), default=above)
        yield Piece(reading, None if ended else f"{number}@{moment}@{above}")
        if ended:
            return


def page_reading(
    client: Strava, config: stats_con.Config, found: list[Activity], above: datetime, asked: set[int]
) -> tuple[Reading, bool]:
    """A page's activities, and what Strava says of some that are known down from `above` to its last one and that it
    lacks; `asked` grows by them. Whether there are more, and asking brought anything.

    An empty page is past the last one: what is known below `above` is then looked for, too.
    """
    account = strava_account(config, client, found)
    lowest = min((activity.start_date for activity in found), default=datetime.fromtimestamp(0, UTC))
    missing = sorted(stored_activities(account, lowest, above) - {activity.id for activity in found} - asked)
    moved, deleted = by_themselves(client, missing[:MAX_MISSING])
    asked.update(missing[:MAX_MISSING])
    left = client.requests_left
    oldest = lowest.date() if found else above.date()
    reading = Reading(account, found + moved, oldest, above.date(), deleted=deleted, requests_left=left)
    elsewhere = [activity for activity in moved if not lowest <= activity.start_date <= above]
    return reading, len(missing) > MAX_MISSING and bool(deleted or elsewhere)


def stored_activities(account: str, after: datetime, before: datetime) -> set[int]:
    with Session(db.engine) as session:
        return queries.activity_ids(session, account, after, before)


def strava_account(config: stats_con.Config, client: Strava, found: list[Activity]) -> str:
    """`strava:<athlete id>`, as the activities say, or where there are none, Strava when it is asked."""
    if config["DEMO"]:
        return DEMO
    said = next((activity.owner for activity in found if activity.owner), None)
    return f"strava:{said}" if said else account_of("strava", client)


def account_of(source: str, client: Any) -> str:
    """Whose data these are; where the provider will not say, the last one who was known under the same sign-in."""
    try:
        return f"{source}:{client.identity()}"
    except SignedInAnew:
        raise
    except (GiveUp, Reconnect):
        with Session(db.engine) as session:
            return queries.account(session, source, client.access.sign_in) or source


def confirmed(client: Fitbit, account: str, metric: Metric, first: date, last: date) -> Reading:
    """The weigh-ins, or the kcal eaten or burned, of the days from `first` to `last`.

    What an answer lacks is gone only if a second answer lacks it too; a weigh-in only if it is asked for by itself,
    and a day's figure too where more than a fifth of those known is missing: some answers are short or empty though all
    is still there.
    """
    with Session(db.engine) as session:
        stored = queries.fitbit_keys(session, metric.name, account, first, last)
    reading = read_once(client, account, metric, first, last)
    if stored - reading.keys:
        reading = merged(reading, read_once(client, account, metric, first, last))
    missing = stored - reading.keys
    if metric.record is Weight:
        return with_moved(client, metric, reading, sorted(missing - client.copies))
    if len(missing) > 0.2 * len(stored) and may_still_exist(client, metric, reading, sorted(missing)):
        return replace(reading, complete=False)
    return reading


def may_still_exist(client: Fitbit, metric: Metric, reading: Reading, missing: list[str]) -> bool:
    """Whether some of what is missing is still there, or everything is, which calories have no second way to tell."""
    if not reading.records and len(missing) > MANY_DAYS:
        return True
    days = (date.fromisoformat(key) for key in missing[:MAX_MISSING])
    return any(metric.read(client, day, day) for day in days)


def with_moved(client: Fitbit, metric: Metric, reading: Reading, missing: list[str]) -> Reading:
    """The weigh-ins that stand on other days by now are read there; one that is not said to be gone is kept."""
    days = singly(client.day_of, missing[:MAX_ASKED])
    gone = {point for point, day in days.items() if day is None}
    elsewhere = {day for day in days.values() if day and day != date.min and not reading.first <= day <= reading.last}
    for day in sorted(elsewhere):
        there = read_once(client, reading.account, metric, day, day)
        unread = reading.unread_fields | there.unread_fields
        reading = replace(reading, records=[*reading.records, *there.records], unread_fields=unread)
    if len(gone) == MAX_ASKED:
        gone |= set(missing)
    return replace(reading, kept=frozenset(missing) - gone - reading.keys)


def read_once(client: Fitbit, account: str, metric: Metric, first: date, last: date) -> Reading:
    found = list(metric.read(client, first, last))
    return Reading(account, found, first, last, not client.unusable, unread_fields=frozenset(client.unread_fields))


def merged(one: Reading, other: Reading) -> Reading:
    """What either of two readings of the same days has, in its later form."""
    records = {key_of(record): record for record in [*one.records, *other.records]}
    complete, unread = one.complete and other.complete, one.unread_fields | other.unread_fields
    return replace(other, records=list(records.values()), complete=complete, unread_fields=unread)


def key_of(record: Weight | DayFigure) -> str:
    return record.key if isinstance(record, Weight) else record.record_date.isoformat()


def fitbit_spans(
    config: stats_con.Config, client: Fitbit, metric: Metric, step: timedelta, cursor: str | None, today: date
) -> Iterator[Piece]:
    """Span by span backwards. The place is the last day that is still to be read."""
    account = fitbit_account(client, config)
    last: date | None = min(date.fromisoformat(cursor), today) if cursor else today
    while last:
        reading = confirmed(client, account, metric, last - step + timedelta(days=1), last)
        last = reading.first - timedelta(days=1)
        with Session(db.engine) as session:
            oldest = queries.first_day(session, account) or today
        if last < min([oldest, *(record.record_date for record in reading.records)]) - EMPTY_YEARS:
            last = older(client, metric, reading.first)
        yield Piece(reading, last.isoformat() if last else None)


def older(client: Fitbit, metric: Metric, first: date) -> date | None:
    """The newest day before `first` of which there is anything; where Google does not say, simply the day before."""
    try:
        return metric.older(client, first) if metric.older else None
    except (GiveUp, Reconnect) as error:
        logger.warning("Google does not say whether there is more before %s: %s", first, error)
        return first - timedelta(days=1) if first > FITBIT_BEGAN else None


def fitbit_account(client: Fitbit, config: stats_con.Config) -> str:
    """`fitbit:<user id>`."""
    return DEMO if config["DEMO"] else account_of("fitbit", client)
