"""Health Connect's database: weigh-ins, days by app, and exercises (docs/formats.md 8.2)."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from app.files import plausible, sports
from app.files.records import Activity, DayCalories, How, Item, Note, WeighIn
from app.files.text import Faults, clean

KIND = "health_connect"
WEIGHT, FAT, BURNED, EATEN, EXERCISE = (
    f"{name}_record_table" for name in ("weight", "body_fat", "total_calories_burned", "nutrition", "exercise_session")
)
SMALL_CALORIES = 1000.0
"""Energies are in these; the versions of the schema differ, so a table counts only with the columns it is read by."""
Tables = Mapping[str, set[str]]
Sums = dict[date, dict[Any, float]]


def is_one(tables: Tables) -> bool:
    return any(table in tables for table in (WEIGHT, BURNED, EATEN, EXERCISE))


def read(database: sqlite3.Connection, tables: Tables, member: str, how: How) -> Iterator[Item]:
    faults = Faults(member)
    yield from _weigh_ins(database, tables, faults, how)
    burned, eaten = (_sums(database, tables, table, faults, how) for table in (BURNED, EATEN))
    for day in sorted({*burned, *eaten}):
        # Of several apps that counted the same day, one.
        kcal = [max(sums[day].values()) / SMALL_CALORIES if day in sums else None for sums in (eaten, burned)]
        found = DayCalories(KIND, day, kcal[0], kcal[1] if day < how.today else None, member)
        if not plausible.strange(day, how) and (whole := plausible.day(found)):
            yield whole
    if any(len(apps) > 1 for apps in eaten.values()):
        yield Note(member, "Food of several apps on one day; the one with most was taken.")
    yield from _exercises(database, tables, faults, how)
    yield from faults.refusals()


def _rows(database: sqlite3.Connection, tables: Tables, table: str, needed: str, also: str) -> Iterator[dict[str, Any]]:
    """The rows with the needed columns and those of the others that the table has; none without all of the needed."""
    has = tables.get(table, set())
    names = [*needed.split(), *(name for name in also.split() if name in has)]
    if set(needed.split()) <= has:
        for row in database.execute(f'SELECT {", ".join(names)} FROM "{table}"'):
            yield dict(zip(names, row, strict=True))


def _moment(row: dict[str, Any], name: str, offset: str) -> tuple[datetime, int | None]:
    """The instant of epoch milliseconds, and the offset if the row says one. Raises ValueError, TypeError."""
    at = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=float(row[name]))
    said = row.get(offset)
    seconds = int(said) if said is not None else None
    return at, seconds if seconds is not None and abs(seconds) <= 14 * 3600 else None


def _local(at: datetime, offset: int | None, how: How) -> datetime:
    return at.astimezone(how.zone if offset is None else timezone(timedelta(seconds=offset)))


def _weigh_ins(database: sqlite3.Connection, tables: Tables, faults: Faults, how: How) -> Iterator[Item]:
    """Grams; the same weight of two apps within a minute is one."""
    fats = _fats(database, tables)
    seen: set[tuple[int, int]] = set()
    for row in _rows(database, tables, WEIGHT, "time weight", "zone_offset uuid"):
        try:
            at, offset = _moment(row, "time", "zone_offset")
            grams, minute = float(row["weight"]), int(row["time"]) // 60_000
        except (ValueError, TypeError, OverflowError):
            faults.add("a time or a number cannot be read", list(row.values())[:2])
            continue
        here = _local(at, offset, how)
        mark = (minute, round(grams / 50))
        key = row["uuid"].hex() if isinstance(row.get("uuid"), bytes) else at.isoformat()
        weighed = WeighIn(
            KIND, key, here.date(), round(grams / 1000, 3), here.time(), fats.get(minute), None, at, faults.member
        )
        if why := plausible.strange(here.date(), how):
            faults.add(why, list(row.values())[:2])
        elif mark not in seen and (whole := plausible.weigh_in(weighed)):
            seen.add(mark)
            yield whole


def _fats(database: sqlite3.Connection, tables: Tables) -> dict[int, float]:
    """Percent by the minute."""
    rows = (tuple(row.values()) for row in _rows(database, tables, FAT, "time percentage", ""))
    return {at // 60_000: float(fat) for at, fat in rows if isinstance(at, int) and isinstance(fat, int | float)}


def _sums(database: sqlite3.Connection, tables: Tables, table: str, faults: Faults, how: How) -> Sums:
    """Small calories by local day and app."""
    sums: Sums = defaultdict(lambda: defaultdict(float))
    for row in _rows(database, tables, table, "start_time energy", "start_zone_offset app_info_id"):
        try:
            energy = float(row["energy"] or 0)
            day = _local(*_moment(row, "start_time", "start_zone_offset"), how).date()
        except (ValueError, TypeError, OverflowError):
            faults.add("a time or a number cannot be read", list(row.values())[:2])
            continue
        if energy > 0:
            sums[day][row.get("app_info_id")] += energy
    return sums


def _exercises(database: sqlite3.Connection, tables: Tables, faults: Faults, how: How) -> Iterator[Item]:
    """What an `exercise_type` means is not written down anywhere, so the sport comes from the title."""
    for row in _rows(database, tables, EXERCISE, "start_time end_time", "start_zone_offset title uuid"):
        try:
            start, offset = _moment(row, "start_time", "start_zone_offset")
            end, _ = _moment(row, "end_time", "")
        except (ValueError, TypeError, OverflowError):
            faults.add("a time or a number cannot be read", list(row.values())[:2])
            continue
        title, seconds = clean(row.get("title") or "", 200), (end - start).total_seconds()
        key = row["uuid"].hex() if isinstance(row.get("uuid"), bytes) else start.isoformat()
        sport = sports.of_word(title) or sports.in_text(title) or sports.WORKOUT
        found = Activity(KIND, key, sport, start, title, None, seconds, seconds, offset=offset, member=faults.member)
        if why := plausible.strange(start.date(), how):
            faults.add(why, list(row.values())[:2])
        else:
            yield plausible.activity(found)
