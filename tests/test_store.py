"""Writes and reads against a real PostgreSQL: a save makes the tables equal to what was read, and no more than that."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.extensions import db
from app.records import models, preferences, queries, store
from app.records.models import DEMO, RECORDS, SyncState
from app.records.store import Tally
from app.sources.records import Activity, DayFigure, Weight
from app.stats import payload
from tests.conftest import execute

FIRST, TUESDAY, TODAY, LAST = (date(2026, 11, day) for day in (22, 24, 25, 28))
SPAN = (FIRST, LAST)
ME = "strava:7"
OTHERS = (DEMO, "", "strava:8")

START = datetime(2026, 11, 25, 6, tzinfo=UTC)
RUN = Activity(11, 7, "Run", "Canal", 8200.0, 2530, 2600, START, START.replace(tzinfo=None), 3600.0, 3.24, 4.1)
RIDE = replace(RUN, id=12, activity_type="Ride", name="Home")
MORNING = Weight("a", 72.4, TODAY, time(7, 2), 18.4, 22.1)
EVENING = Weight("b", 73.1, TODAY, time(21, 30))
EATEN = [DayFigure(TUESDAY, 2104.0), DayFigure(TODAY, 640.0)]

CONTRACT = {
    "strava_activity": {
        "owner": 7, "activity_type": "Run", "distance": 8200, "elapsed_time": 2600, "average_speed": 3.24,
        "average_cadence": 85, "average_heartrate": 148, "name": "Canal", "utc_offset": 3600, "max_speed": 4.1,
        "max_heartrate": 171, "total_elevation_gain": 33, "upload_id": 9, "moving_time": 2530,
        "start_date": "2026-11-25 06:00Z", "start_date_local": "2026-11-25 07:00", "last_time": "2026-11-25 08:00Z",
    },
    "fitbit_weight": {
        "weight": 72.4, "bmi": 22.1, "fat": 18.4, "record_date": "2026-11-25", "record_time": "07:02",
        "last_time": "2026-11-25 08:00Z",
    },
    "fitbit_calories": {"calories": 2104, "record_date": "2026-11-25", "last_time": "2026-11-25 08:00Z"},
}  # fmt: skip


def save_activities(session: Session, account: str = ME, read: Any = (RUN, RIDE)) -> Tally:
    return store.save_activities(session, account, read, [])


def save_weights(session: Session, account: str = ME, read: Any = (MORNING, EVENING), span: Any = SPAN) -> Tally:
    return store.save_weights(session, account, read, span)


def save_calories(session: Session, account: str = ME, read: Any = EATEN, span: Any = SPAN) -> Tally:
    return store.save_figures(session, account, "eaten", read, span)


MIRRORS = [(save_weights, "fitbit_weight"), (save_calories, "fitbit_calories")]
SAVES = pytest.mark.parametrize(("save", "table"), [(save_activities, "strava_activity"), *MIRRORS])


def rows(session: Session, table: str, where: str = "true") -> list[Any]:
    """Every column, and `xmin`, which PostgreSQL moves whenever a row is written."""
    session.flush()
    return list(session.execute(text(f"SELECT xmin::text, * FROM {table} WHERE {where} ORDER BY id")))


@pytest.mark.parametrize("id", [None, 11, 0])
@pytest.mark.parametrize("table", CONTRACT)
def test_a_plain_insert_of_the_contracts_columns_shows_and_counts_as_real(session, uri, table, id):
    assert not queries.real_rows_exist(session)
    row = CONTRACT[table] | ({} if id is None else {"id": id})
    execute(uri, f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})", *row.values())
    found = queries.week(session, FIRST, LAST)
    assert [len(found.activities), len(found.weight), len(found.calories)] == [table == name for name in CONTRACT]
    assert queries.real_rows_exist(session)


@SAVES
def test_saving_the_same_twice_writes_nothing(session, save, table):
    assert save(session) == Tally(added=2)
    session.commit()
    before = rows(session, table)
    session.commit()
    assert save(session) == Tally()
    session.commit()
    assert rows(session, table) == before


@SAVES
def test_only_the_row_that_changed_is_written_and_gets_a_new_last_time(session, save, table):
    edited = {
        save_activities: [RUN, replace(RIDE, name="Home, the long way")],
        save_weights: [MORNING, replace(EVENING, weight=72.9)],
        save_calories: [EATEN[0], DayFigure(TODAY, 900.0)],
    }
    save(session)
    session.commit()
    before = rows(session, table)
    session.commit()
    assert save(session, read=edited[save]) == Tally(changed=1)
    session.commit()
    ((old, new),) = [pair for pair in zip(before, rows(session, table), strict=True) if pair[0] != pair[1]]
    assert new.last_time > old.last_time


@SAVES
def test_rows_of_other_accounts_are_never_touched(session, save, table):
    for number, account in enumerate(OTHERS, 100):
        # The same days and names as mine, except that an activity's id is the only one in the world.
        read = {"read": [replace(RUN, id=number)]} if save is save_activities else {}
        save(session, account, **read)
    session.commit()
    before = rows(session, table)
    session.commit()
    save(session)
    save(session, read=[])
    assert rows(session, table, f"account <> '{ME}'") == before


def test_a_weigh_in_that_is_gone_from_the_span_is_removed_and_one_outside_it_stays(session):
    early = replace(MORNING, point="early", record_date=date(2026, 11, 21))
    late = replace(MORNING, point="late", record_date=date(2026, 11, 29))
    store.save_weights(session, ME, [early, MORNING, EVENING, late], None)
    assert save_weights(session, read=[EVENING]) == Tally(removed=1)
    assert set(session.scalars(select(models.Weight.point))) == {"early", "b", "late"}
    assert save_weights(session, read=[replace(EVENING, record_date=date(2026, 11, 20))]) == Tally(changed=1)


def test_a_column_that_could_not_be_read_keeps_what_it_has(session):
    save_weights(session, read=[MORNING])
    nothing_of_it = replace(MORNING, weight=71.0, fat=None)
    assert store.save_weights(session, ME, [nothing_of_it], SPAN, unread_fields=("fat",)) == Tally(changed=1)
    assert session.execute(select(models.Weight.weight, models.Weight.fat)).one() == (71.0, 18.4)


def test_an_activity_goes_only_when_the_provider_says_that_it_is_gone(session):
    save_activities(session)
    assert store.save_activities(session, ME, [], []) == Tally()
    assert store.save_activities(session, ME, [RUN], [RIDE.id, 99]) == Tally(removed=1)
    assert queries.activity_ids(session, ME, START, START) == {RUN.id}
    assert queries.activity_ids(session, "strava:8", START, START) == set()


def test_each_figure_of_a_day_is_mirrored_by_itself_and_a_day_without_either_goes(session):
    def figures() -> list[tuple[float | None, float | None]]:
        columns = models.Calories.calories, models.Calories.burned
        return [tuple(row) for row in session.execute(select(*columns).order_by(models.Calories.record_date))]

    def burned(*read: DayFigure) -> Tally:
        return store.save_figures(session, ME, "burned", read, SPAN)

    save_calories(session)
    assert burned(DayFigure(TODAY, 900.0), DayFigure(LAST, 10.0)) == Tally(added=1, changed=1)
    assert figures() == [(2104.0, None), (640.0, 900.0), (None, 10.0)]
    assert save_calories(session, read=[]) == Tally(changed=1, removed=1)
    assert figures() == [(None, 900.0), (None, 10.0)]
    assert burned() == Tally(removed=2)


@pytest.mark.parametrize("metric", ["steps", "activities", "calories", ""])
def test_a_metric_that_is_no_days_figure_is_refused_by_its_name_and_never_taken_for_another(session, metric):
    save_calories(session)
    with pytest.raises(ValueError, match=f"^{metric} is no day's figure: those are eaten"):
        store.save_figures(session, ME, metric, EATEN, SPAN)
    with pytest.raises(ValueError, match=f"^{metric} is no day's figure"):
        queries.fitbit_keys(session, metric, ME, *SPAN)


@pytest.mark.parametrize("span", [None, (date(2026, 11, 26), LAST)])
@pytest.mark.parametrize(("save", "table"), MIRRORS)
def test_days_outside_the_span_are_never_touched_and_no_span_removes_nothing(session, save, table, span):
    save(session)
    before = rows(session, table)
    assert save(session, read=[], span=span) == Tally()
    assert rows(session, table) == before


def test_the_last_weigh_in_of_a_day_is_the_one_shown_and_ones_own_before_the_demos(session):
    save_weights(session, read=[EVENING])
    save_weights(session, read=[MORNING], span=None)
    session.add(models.Weight(weight=70, record_date=TODAY))  # by hand, without a time
    save_weights(session, DEMO, [replace(EVENING, weight=80.0, record_time=time(23, 59))])
    assert [(row.weight, row.time) for row in queries.weights(session, FIRST, LAST)] == [(73.1, time(21, 30))]


def test_figures_that_json_cannot_say_never_reach_the_payload(app, uri):
    execute(uri, "INSERT INTO fitbit_weight (weight, record_date) VALUES ('NaN', '2026-11-24')")
    execute(
        uri, "INSERT INTO fitbit_weight (weight, fat, bmi, record_date) VALUES (72, 'NaN', 'Infinity', '2026-11-25')"
    )
    execute(
        uri, "INSERT INTO fitbit_calories (calories, burned, record_date) VALUES ('NaN', '-Infinity', '2026-11-25')"
    )
    execute(
        uri,
        "INSERT INTO strava_activity (distance, average_speed, average_cadence, average_heartrate, start_date_local)"
        " VALUES ('NaN', 'Infinity', 'NaN', 'NaN', '2026-11-25')",
    )
    with app.test_request_context():
        sent = payload.stats_vals(preferences.read(), TODAY)
    data = json.loads(json.dumps(sent, allow_nan=False))["data"]
    unknown = dict.fromkeys(("fat", "bmi", "time"))
    assert data["weight"] == [{"index": 3, "weight": 72.0, **unknown, "date": "2026-11-25"}]
    assert (data["calories"][0]["calories"], data["calories"][0]["burned"]) == (None, None)
    assert "nan" not in str(sent["cells"]).lower()


def everything(session: Session, account: str) -> None:
    save_activities(session, account, [replace(RUN, id=len(account))])
    save_weights(session, account)
    save_calories(session, account)
    store.remember(session, account, "all", account=account, state="ok")


def test_leaving_the_demo_removes_all_of_its_rows_and_only_them(session):
    for account in (DEMO, *OTHERS[1:]):
        everything(session, account)
    assert queries.demo_is_on(session)
    assert store.remove_demo(session) == 5
    assert not queries.demo_is_on(session)
    for model in (*RECORDS, SyncState):
        assert set(session.scalars(select(model.account))) == set(OTHERS) - {DEMO}
    assert store.remove_demo(session) == 0


@pytest.mark.parametrize("account", ["", ME])
@pytest.mark.parametrize("save", [save_activities, save_weights, save_calories, None])
def test_the_demo_never_starts_beside_a_real_row_and_ends_with_a_real_account(session, save, account):
    everything(session, DEMO)
    assert store.demo_may_start(session)
    store.begin(session, DEMO)
    if save:
        save(session, account)
        store.begin(session, DEMO)  # what is under way goes on until a real account is known
    else:
        store.remember(session, "fitbit", "weight", account=account, state="disconnected")
        with pytest.raises(store.DemoOver):
            store.begin(session, DEMO)
    assert not store.demo_may_start(session)
    store.begin(session, ME)


def test_rows_of_an_account_whose_owner_was_not_known_become_its_own_once_it_is(session):
    everything(session, "fitbit")
    store.begin(session, "fitbit:7")
    assert set(session.scalars(select(models.Weight.account))) == {"fitbit:7"}


@SAVES
def test_two_saves_of_the_same_at_once_do_not_collide(session, save, table):
    engine = db.engine

    def second() -> Tally:
        with Session(engine) as other, other.begin():
            store.begin(other, ME)
            return save(other)

    store.begin(session, ME)
    save(session)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(second)
        with engine.connect() as watcher:
            while not watcher.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                assert not waiting.done(), "the second writer did not wait for the first"
        session.commit()
        assert waiting.result(10) == Tally()
    assert session.scalar(select(func.count()).select_from(text(table))) == 2
