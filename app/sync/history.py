"""What an account holds of all its time, piece by piece backwards, each with the place where the next one begins."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.orm import Session

import stats_con
from app.extensions import db
from app.records import queries
from app.sources import SOURCES
from app.sources.errors import GiveUp, Reconnect
from app.sources.fitbit import Fitbit
from app.sources.records import Activity
from app.sources.source import Metric
from app.sources.strava import PER_PAGE, Strava
from app.sync import readings, window
from app.sync.readings import Reading

EMPTY_YEARS = timedelta(days=730)
"""Where nothing at all was recorded for this long before a Fitbit account's oldest record, older ones are asked for."""
FITBIT_BEGAN = date(2007, 1, 1)
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Piece:
    """A part of the history, and the place where the next one begins; None when the account's beginning was reached."""

    reading: Reading
    cursor: str | None


def read(
    config: stats_con.Config, source: str, metric: str, cursor: str | None, first: date, today: date
) -> Iterator[Piece]:
    """The account backwards from `cursor` (or from `today` on) to its beginning, but not beyond the day `first`."""
    asked, client = SOURCES[source].METRICS[metric], stats_con.api(config, source)
    if asked.step is None:
        pieces = activity_pages(config, client, cursor, first)
    else:
        pieces = fitbit_spans(config, client, asked, asked.step, cursor, readings.last_day(asked, today))
    for piece in pieces:
        yield replace(piece, reading=replace(piece.reading, sign_in=client.access.sign_in))


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
    account = readings.strava_account(config, client, found)
    lowest = min((activity.start_date for activity in found), default=datetime.fromtimestamp(0, UTC))
    missing = sorted(readings.stored_activities(account, lowest, above) - {activity.id for activity in found} - asked)
    moved, deleted = readings.ask_unlisted(client, missing[: readings.MAX_MISSING])
    asked.update(missing[: readings.MAX_MISSING])
    left = client.requests_left
    oldest = lowest.date() if found else above.date()
    reading = Reading(account, found + moved, oldest, above.date(), deleted=deleted, requests_left=left)
    elsewhere = [activity for activity in moved if not lowest <= activity.start_date <= above]
    return reading, len(missing) > readings.MAX_MISSING and bool(deleted or elsewhere)


def fitbit_spans(
    config: stats_con.Config, client: Fitbit, metric: Metric, step: timedelta, cursor: str | None, today: date
) -> Iterator[Piece]:
    """Span by span backwards. The place is the last day that is still to be read."""
    account = readings.fitbit_account(client, config)
    last: date | None = min(date.fromisoformat(cursor), today) if cursor else today
    while last:
        reading = window.confirmed(client, account, metric, last - step + timedelta(days=1), last)
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
