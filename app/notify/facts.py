"""Gathers what there may be to tell: from the tables, the sign-ins and the disks."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import stats_con
from app import units
from app.notify.due import Asking, Disk, Facts, Source
from app.notify.rhythm import LOOKED_BACK, NO_NEWS
from app.records import queries
from app.records.models import DEMO, Activity, FileImport, StoredPreferences, SyncState, Weight, figure
from app.records.rows import Preferences
from app.sources import SOURCES
from app.sources import records as read
from app.sources.errors import SourceError
from app.stats import week
from app.sync import agenda, parts

Config = Mapping[str, Any]


def gather(session: Session, config: Config, chosen: Preferences, stored: StoredPreferences, now: datetime) -> Facts:
    """Of the made-up athlete's account there is nothing to tell."""
    states = [state for state in queries.sync_states(session, now) if state.account != DEMO]
    today = week.today(now, chosen.timezone)
    return Facts(
        now=now,
        timezone=chosen.timezone,
        week_start=chosen.week_start,
        interval=agenda.interval(config),
        sources=[
            connected_source(session, config, name, states, today)
            for name in sorted({state.source for state in states})
        ],
        asking=list(asking(session)),
        disks=list(disks(config)),
        review=review(session, chosen, states, today) if stored.week_review else None,
    )


def connected_source(session: Session, config: Config, name: str, states: Sequence[SyncState], today: date) -> Source:
    own = [state for state in states if state.source == name]
    return Source(
        source=name,
        name=SOURCES[name].NAME,
        states=own,
        sign_in=stats_con.sign_in(config, name),
        stuck=any(waits_for_sign_in(config, state) for state in own),
        ends_at=stats_con.sign_in_ends(config).get(name),
        since=connected_at(config, name),
        days={state.metric: days(session, state, today) for state in own},
    )


def waits_for_sign_in(config: Config, state: SyncState) -> bool:
    """Not where somebody has signed in since, and the next sync is about to see it."""
    with suppress(FileNotFoundError):
        return state.state == "reconnect" and agenda.next_attempt(config, state) is None
    return False


def connected_at(config: Config, source: str) -> datetime | None:
    with suppress(SourceError):
        token = stats_con.real_token_file(config, source).read()
        return token.connected_at if token else None
    return None


def days(session: Session, state: SyncState, today: date) -> list[date]:
    """Those of the last months of which the account has brought something."""
    metric = SOURCES[state.source].METRICS.get(state.metric)
    if metric is None or ":" not in state.account:
        return []
    since = today - LOOKED_BACK - NO_NEWS
    moment: Any
    if metric.record is read.Activity:
        moment, wanted = func.date(Activity.start_date_local), [Activity.account == state.account]
    elif metric.record is read.Weight:
        moment, wanted = Weight.record_date, [Weight.account == state.account]
    else:
        column = figure(state.metric)
        moment, wanted = column.class_.record_date, [column.class_.account == state.account, column.is_not(None)]
    found = session.scalars(select(moment).where(*wanted, moment.between(since, today)).distinct())
    return sorted({*found, *([min(state.newest, today)] if state.newest else [])})


def asking(session: Session) -> Iterator[Asking]:
    """Parts of one archive ask together."""
    seen = set()
    rows = session.scalars(select(FileImport).where(FileImport.state == "asking").order_by(FileImport.id))
    for row in rows:
        series = parts.series(row.name) or row.id
        if series not in seen:
            seen.add(series)
            yield Asking(row.id, row.name, [str(question.get("key", "")) for question in row.questions])


def disks(config: Config) -> Iterator[Disk]:
    """Each once, with all that lies on it. A database of the person's own is theirs to look after."""
    folders = {
        "the sign-ins": config["CREDS_DIR"],
        "the database": config["INSTANCE_DIR"],
        "imports": config["INBOX_DIR"],
    }
    found: dict[int, list[str]] = {}
    room: dict[int, tuple[int, int]] = {}
    for name, folder in folders.items():
        with suppress(OSError):
            place = nearest(Path(folder))
            number = place.stat().st_dev
            found.setdefault(number, []).append(name)
            room[number] = free_of_total(os.statvfs(place))
    for number, names in found.items():
        yield Disk(" and ".join(names) if len(names) < 3 else f"{names[0]}, {names[1]} and {names[2]}", *room[number])


def nearest(folder: Path) -> Path:
    """The folder, or where it would be made."""
    return next(place for place in (folder, *folder.parents) if place.exists())


def free_of_total(disk: os.statvfs_result) -> tuple[int, int]:
    """Bytes; of a disk that has no more room for names, none are free."""
    full = disk.f_files > 0 and disk.f_favail == 0
    return 0 if full else disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize


def review(session: Session, chosen: Preferences, states: Sequence[SyncState], today: date) -> str | None:
    """The last week in a sentence; None until every source that works was read after its end."""
    begun = week.days(today, chosen.week_start)[0]
    midnight = datetime.combine(begun, datetime.min.time(), tzinfo=ZoneInfo(chosen.timezone))
    outdated = [s for s in states if s.state in ("ok", "running") and s.last_success and s.last_success < midnight]
    if queries.demo_is_on(session) or (outdated and today == begun):
        return None
    rows = queries.week(session, begun - week.WEEK, begun - timedelta(days=1))
    return sentence(rows, chosen)


def sentence(rows: Any, chosen: Preferences) -> str:
    said = [f"{len(rows.activities)} activities" if len(rows.activities) != 1 else "1 activity"]
    if metres := sum(row.distance or 0 for row in rows.activities):
        said[0] += f" ({units.distance(metres, chosen.units)})"
    if rows.weight:
        said.append(f"last weighed {units.mass(rows.weight[-1].weight, chosen.units)}")
    eaten = [row.calories for row in rows.calories if row.calories is not None]
    if eaten:
        said.append(f"{sum(eaten) / len(eaten):,.0f} kcal eaten a day")
    return ", ".join(said) + ". The week in review:"
