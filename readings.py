"""What one metric of an account holds, asked of its client: the step of the flow in tasks.py that fetches."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

import stats_con
from app.extensions import db
from app.sources.errors import GiveUp
from app.sources.fitbit import Fitbit
from app.sources.records import Activity
from app.stats import queries, store
from app.stats.models import DEMO


@dataclass(frozen=True)
class Reading:
    """What one metric of an account held on the days `first` to `last`.

    `complete`: every record could be read, so one that is absent is gone; `gone` are ids of which the provider said so;
    `unread` are columns that could not be read this time.
    """

    account: str
    records: list[Any]
    first: date
    last: date
    complete: bool = True
    gone: tuple[int, ...] = ()
    unread: frozenset[str] = frozenset()

    @property
    def span(self) -> tuple[date, date] | None:
        """The days in which what is absent may be removed."""
        return (self.first, self.last) if self.complete else None

    @property
    def newest(self) -> date | None:
        days = (r.start_date_local.date() if isinstance(r, Activity) else r.record_date for r in self.records)
        return max(days, default=None)


def activities(config: stats_con.Config, first: date, last: date) -> Reading:
    """The activities of the span, and of those known but no longer listed the ones that Strava says are gone.

    A day more is read on either side, because local days reach beyond those of UTC; where exactly a span's bound lies
    is not known (strava.md 3), so the first day that is read is not searched for gone ones.
    """
    client = stats_con.strava_con(config)
    after = datetime.combine(first, time(), UTC) - timedelta(days=1)
    before = datetime.combine(last, time(), UTC) + timedelta(days=2)
    found = list(client.activities(after, before))
    with Session(db.engine) as session:
        account = DEMO if config["DEMO"] else f"strava:{owner(session, found)}"
        known = store.activity_ids(session, account, after + timedelta(days=1), before)
    missing = known - {activity.id for activity in found}
    gone = tuple(number for number in missing if not client.exists(number))
    asked_for = [activity for activity in found if activity.start_date_local.date() >= first]
    return Reading(account, asked_for, first, last, gone=gone)


def owner(session: Session, found: list[Activity]) -> str:
    """The athlete's id: as the activities say, or where there are none, as they said the last time."""
    said = next((str(activity.owner) for activity in found if activity.owner), None)
    return said or queries.account(session, "strava").removeprefix("strava:")


def fitbit(config: stats_con.Config, metric: str, first: date, last: date) -> Reading:
    """The weigh-ins, or the kcal eaten or burned, of the days from `first` to `last`."""
    client = stats_con.fitbit_con(config)
    account = DEMO if config["DEMO"] else fitbit_account(client)
    readers: dict[str, Callable[[date, date], list[Any]]] = {
        "weight": client.weights,
        "eaten": client.eaten,
        "burned": client.burned,
    }
    found = readers[metric](first, last)
    return Reading(account, found, first, last, not client.skipped, unread=frozenset(client.missing))


def fitbit_account(client: Fitbit) -> str:
    """`fitbit:<user id>`; where Google will not say whose data these are, as it was the last time."""
    try:
        return f"fitbit:{client.identity()}"
    except GiveUp:
        with Session(db.engine) as session:
            return queries.account(session, "fitbit") or "fitbit"
