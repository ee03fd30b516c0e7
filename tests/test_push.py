"""A push: what it reads, which does not grow with the rest, and that it makes the page that a reload shows."""

import json
import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from app.extensions import autocommit, db
from app.records import preferences, queries, snapshot
from app.stats import payload
from tests.conftest import execute
from tests.test_pages import cell, words

TODAY = date(2026, 11, 25)
FIRST, LAST = date(2026, 11, 22), date(2026, 11, 28)
TABLES = (
    ("fitbit_weight", "weight", "record_date"),
    ("fitbit_calories", "calories", "record_date"),
    ("strava_activity", "distance", "start_date_local"),
)
STATE = "INSERT INTO sync_state (source, metric, account, state, last_attempt) VALUES (%s, %s, %s, 'ok', now())"


@pytest.fixture(autouse=True)
def calendar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payload, "today", lambda _chosen: TODAY)
    monkeypatch.setattr(payload, "now", lambda: datetime.fromisoformat("2026-11-25T18:10:00+00:00"))


def changes(dice: random.Random) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """What anybody may do to the tables, for ever."""
    run = "INSERT INTO strava_activity (start_date_local, activity_type, distance, moving_time, name) VALUES"
    while True:
        day = TODAY - timedelta(days=dice.randrange(-3, 12))
        yield dice.choice(
            [
                ("INSERT INTO fitbit_weight (weight, fat, record_date, record_time) VALUES (%s, 18.4, %s, '07:00')",
                 (dice.uniform(60, 80), day)),
                ("UPDATE fitbit_weight SET weight = %s WHERE record_date = %s", (dice.uniform(60, 80), day)),
                ("DELETE FROM fitbit_weight WHERE record_date = %s", (day,)),
                ("INSERT INTO fitbit_calories (record_date, account, calories, burned) VALUES (%s, %s, %s, 2400)"
                 " ON CONFLICT (record_date, account) DO UPDATE SET calories = excluded.calories",
                 (day, dice.choice(["", "fitbit:a", "file:meals"]), dice.choice([None, 0, 1800, 2500.5]))),
                (f"{run} (%s, %s, %s, %s, %s)",
                 (datetime.combine(day, time(dice.randrange(24))), dice.choice(["Run", "Ride", "Yoga", None]),
                  dice.choice([None, 400, 8200.4]), dice.choice([None, 60, 2530]), dice.choice([None, "Canal <b>"]))),
                ("DELETE FROM strava_activity WHERE id %% 3 = %s", (dice.randrange(3),)),
                (f"{STATE} ON CONFLICT DO NOTHING", ("strava", "activities", "strava:7")),
                ("UPDATE sync_state SET last_success = '2026-11-25 12:00Z', newest = %s", (day,)),
            ]
        )  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_a_page_that_was_fed_by_pushes_is_the_page_that_a_reload_shows(app: Flask, uri: str, seed: int) -> None:
    chosen, client, shown, last = preferences.read(), app.test_client(), {"cells": {}, "numbers": {}}, None
    for n, (sql, values) in zip(range(30), changes(random.Random(seed)), strict=False):
        execute(uri, sql, *values)
        stats = payload.stats_vals(chosen, TODAY)
        sent = json.loads(json.dumps(payload.news(stats, last) if last else stats))
        for part in shown:
            shown[part] |= sent[part]
        last = stats
        if n % 10 == 9:
            payload.painted.cache_clear()
            fresh, page = payload.stats_vals(chosen, TODAY), client.get("/stats/livefeed").text
            assert shown == {part: fresh[part] for part in shown}
            for name, one in shown["cells"].items():
                assert cell(page, name) == words(one["html"]), name


def test_a_push_asks_one_prepared_statement(app: Flask, uri: str) -> None:
    chosen, asked = preferences.read(), list[str]()
    payload.stats_vals(chosen, TODAY)
    event.listen(db.engine, "before_cursor_execute", lambda _c, _cursor, sql, *_: asked.append(sql))
    for table in ("fitbit_weight", "fitbit_calories"):
        execute(uri, f"INSERT INTO {table} ({table[7:]}, record_date) VALUES (2000, %s)", TODAY)
    assert payload.stats_vals(chosen, TODAY)["data"]["calories"][0]["calories"] == 2000
    assert asked == [snapshot.EXECUTE]


def test_a_connection_that_was_lent_for_reading_begins_transactions_again(session: Session) -> None:
    with autocommit() as connection:
        assert connection.exec_driver_sql("SELECT 1").one() == (1,)
    session.execute(text("CREATE TEMPORARY TABLE gone (n int)"))
    session.rollback()
    with pytest.raises(Exception, match="does not exist"):
        session.execute(text("SELECT * FROM gone"))


@pytest.mark.parametrize("connected", ["strava:7", "fitbit:a"])
def test_the_snapshot_has_the_rows_that_the_single_reads_have(session: Session, uri: str, connected: str) -> None:
    source = connected.partition(":")[0]
    for account in ("", "demo", "file:gpx", source, f"{source}:before", connected):
        for day in (FIRST, TODAY) if account != connected else (TODAY, LAST):
            execute(uri, "INSERT INTO fitbit_weight (weight, record_date, account) VALUES (70, %s, %s)", day, account)
            run = "INSERT INTO strava_activity (distance, start_date_local, account) VALUES ('NaN', %s, %s)"
            execute(uri, run, datetime.combine(day, time(23, 59, 59)), account)
            eaten = "INSERT INTO fitbit_calories (calories, record_date, account) VALUES (%s, %s, %s)"
            execute(uri, eaten, len(account), day, account)
    execute(uri, STATE, source, "any", connected)
    found, single = snapshot.read(snapshot.Span(FIRST, FIRST, FIRST, LAST)), queries.week(session, FIRST, LAST)
    assert found.rows == single
    assert len(found.rows.activities) == 12 - 2  # those of who was signed in before, on the days since
    assert found.oldest == FIRST


def test_what_a_push_reads_does_not_grow_with_what_is_not_shown(app: Flask, uri: str) -> None:
    """Also for an account that has no row, behind which a whole table would be searched."""
    execute(uri, STATE, "strava", "activities", "strava:7")
    execute(uri, STATE, "fitbit", "weight", "fitbit:a")

    def blocks(years: int) -> int:
        execute(uri, "TRUNCATE fitbit_weight, fitbit_calories, strava_activity")
        for table, figure, day in TABLES:
            rows = f"SELECT 9, %s::date - n, 'file:fit' FROM generate_series(1, {365 * years}) n"
            execute(uri, f"INSERT INTO {table} ({figure}, {day}, account) {rows}", TODAY)
        execute(uri, "VACUUM ANALYZE")
        begin, end = "2026-09-27 00:00", "2026-11-29 00:00"
        asked = {"weights": date(2025, 10, 25), "days": FIRST, "activities": begin, "last": LAST, "end": end}
        payload.stats_vals(preferences.read(), TODAY)
        with autocommit() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {snapshot.EXECUTE}", asked)
            top = plan.scalar_one()[0]["Plan"]
        return int(top["Shared Hit Blocks"] + top["Shared Read Blocks"])

    assert blocks(60) < 1.5 * blocks(3)
