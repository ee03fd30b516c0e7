"""What one metric of an account held, whose it is, and how its client is asked for what a list lacks."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy.orm import Session

import stats_con
from app.extensions import db
from app.records import queries
from app.records.models import DEMO
from app.sources.errors import GiveUp, Reconnect, SignedInAnew, SourceError, WaitUntil
from app.sources.fitbit import Fitbit
from app.sources.records import Activity, DayFigure, Weight
from app.sources.source import Metric
from app.sources.strava import Strava

MAX_MISSING = 20
"""How many records that a reading lacks are asked for one by one before what was learnt is stored."""
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


def key_of(record: Weight | DayFigure) -> str:
    return record.key if isinstance(record, Weight) else record.record_date.isoformat()


def last_day(metric: Metric, today: date) -> date:
    """The last day to read: a weigh-in's may be tomorrow, as the person may be further east than TIMEZONE says; of a
    sum, what is to come is planned and not eaten."""
    return today + timedelta(days=1) if metric.record is Weight else today


def stored_activities(account: str, after: datetime, before: datetime) -> set[int]:
    with Session(db.engine) as session:
        return queries.activity_ids(session, account, after, before)


def ask_unlisted(client: Strava, missing: list[int]) -> tuple[list[Activity], tuple[int, ...]]:
    """What Strava says of activities that it no longer lists: what they are by now, and which are gone."""
    answers = ask_each(client.activity, missing)
    moved = [activity for _, activity in answers.values() if activity]
    return moved, tuple(number for number, (there, _) in answers.items() if not there)


def ask_each(ask: Callable[[Key], Answered], keys: list[Key]) -> dict[Key, Answered]:
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


def strava_account(config: stats_con.Config, client: Strava, found: list[Activity]) -> str:
    """`strava:<athlete id>`, as the activities say, or where there are none, Strava when it is asked."""
    if config["DEMO"]:
        return DEMO
    said = next((activity.owner for activity in found if activity.owner), None)
    return f"strava:{said}" if said else account_of("strava", client)


def fitbit_account(client: Fitbit, config: stats_con.Config) -> str:
    """`fitbit:<user id>`."""
    return DEMO if config["DEMO"] else account_of("fitbit", client)


def account_of(source: str, client: Any) -> str:
    """Whose data these are; where the provider will not say, the last one who was known under the same sign-in."""
    try:
        return f"{source}:{client.identity()}"
    except SignedInAnew:
        raise
    except (GiveUp, Reconnect):
        with Session(db.engine) as session:
            return queries.account(session, source, client.access.sign_in) or source
