"""What an account holds of a span of days: the reading that every sync begins with."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.orm import Session

import stats_con
from app.extensions import db
from app.records import queries
from app.sources import SOURCES
from app.sources.fitbit import Fitbit
from app.sources.records import Weight
from app.sources.source import Metric
from app.sources.strava import Strava
from app.sync import readings
from app.sync.readings import Reading, key_of

MANY_DAYS = 2
MAX_ASKED = 200


def read(config: stats_con.Config, source: str, metric: str, first: date, last: date) -> Reading:
    """Everything that the account holds of the days `first` to `last`, and what of it stands on other days by now."""
    asked, client = SOURCES[source].METRICS[metric], stats_con.api(config, source)
    if asked.step is None:
        reading = activities(config, client, asked, first, last)
    else:
        reading = confirmed(
            client, readings.fitbit_account(client, config), asked, first, readings.last_day(asked, last)
        )
    return replace(reading, sign_in=client.access.sign_in)


def activities(config: stats_con.Config, client: Strava, metric: Metric, first: date, last: date) -> Reading:
    """The activities of the span, and what Strava says of those that are known but no longer listed.

    A day more is read on either side, because local days reach beyond those of UTC; where exactly a span's bound lies
    is not known (docs/providers.md, Strava 3), so the first day that is read is not searched for gone ones.
    """
    after = datetime.combine(first, time(), UTC) - timedelta(days=1)
    before = datetime.combine(last, time(), UTC) + timedelta(days=2)
    found = list(metric.read(client, after, before))
    account = readings.strava_account(config, client, found)
    missing = readings.stored_activities(account, after + timedelta(days=1), before) - {
        activity.id for activity in found
    }
    moved, deleted = readings.ask_unlisted(client, sorted(missing))
    return Reading(account, found + moved, first, last, deleted=deleted, requests_left=client.requests_left)


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
    days = (date.fromisoformat(key) for key in missing[: readings.MAX_MISSING])
    return any(metric.read(client, day, day) for day in days)


def with_moved(client: Fitbit, metric: Metric, reading: Reading, missing: list[str]) -> Reading:
    """The weigh-ins that stand on other days by now are read there; one that is not said to be gone is kept."""
    days = readings.ask_each(client.day_of, missing[:MAX_ASKED])
    deleted = {point for point, day in days.items() if day is None}
    elsewhere = {day for day in days.values() if day and day != date.min and not reading.first <= day <= reading.last}
    for day in sorted(elsewhere):
        there = read_once(client, reading.account, metric, day, day)
        unread_fields = reading.unread_fields | there.unread_fields
        reading = replace(reading, records=[*reading.records, *there.records], unread_fields=unread_fields)
    if len(deleted) == MAX_ASKED:
        deleted |= set(missing)
    return replace(reading, kept=frozenset(missing) - deleted - reading.keys)


def read_once(client: Fitbit, account: str, metric: Metric, first: date, last: date) -> Reading:
    found = list(metric.read(client, first, last))
    return Reading(account, found, first, last, not client.unusable, unread_fields=frozenset(client.unread_fields))


def merged(one: Reading, other: Reading) -> Reading:
    """What either of two readings of the same days has, in its later form."""
    records = {key_of(record): record for record in [*one.records, *other.records]}
    complete, unread_fields = one.complete and other.complete, one.unread_fields | other.unread_fields
    return replace(other, records=list(records.values()), complete=complete, unread_fields=unread_fields)
