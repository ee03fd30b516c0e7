"""What files bring into the tables, beside what an account brings: nothing twice, nothing lost, each way on its own."""

from dataclasses import asdict, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.records import filing, store
from app.records.filing import Filing, Incoming
from app.records.models import Activity, Calories, FileImport, Origin, Weight
from app.sources import records

START = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
DAWN = datetime(2026, 11, 25, 4, tzinfo=UTC).replace(tzinfo=None)
ME, GOOGLE = "strava:7", "fitbit:9"
API_RUN = records.Activity(
    4242, 7, "Run", "Canal", 8200.0, 2530, 2600, START, START.replace(tzinfo=None) + timedelta(hours=1), 3600.0
)
VALUES = {
    "activity_type": "Run", "start_date": START + timedelta(seconds=40), "distance": 8180.0, "moving_time": 2500,
    "start_date_local": START.replace(tzinfo=None), "utc_offset": 0.0, "elapsed_time": 2590, "average_heartrate": 148.0,
}  # fmt: skip
WATCH = Incoming(Activity, "fit", "watch", VALUES, assumed=True)
EXPORT = Incoming(Activity, "strava", "4242", VALUES | {"name": "Canal run", "average_heartrate": None}, strava=4242)
MORNING = records.Weight("points/1", 72.4, date(2026, 11, 24), time(7, 2), 18.4)


def brought(session: Session, *incoming: Incoming, number: int = 0) -> dict[str, int]:
    """One import of a file; how many of each table were new, changed or known."""
    if not number:
        row = FileImport(name="a file", size=1, state="done")
        session.add(row)
        session.flush()
        number = row.id
    counted = Filing(session, number, incoming).store()
    session.flush()
    return {came: n for (_, came), n in counted.items()}


def last_import(session: Session) -> int:
    return session.scalars(select(FileImport.id).order_by(FileImport.id.desc())).first() or 0


def api(session: Session, *read: records.Activity) -> None:
    store.save_activities(session, ME, read or (API_RUN,), [])


def content(session: Session) -> list[Any]:
    session.flush()
    shown = "account, activity_type, distance, moving_time, average_heartrate, name, start_date, start_date_local"
    return [tuple(row) for row in session.execute(text(f"SELECT id, {shown} FROM strava_activity ORDER BY id"))]


def test_a_watchs_file_fills_the_gaps_of_the_accounts_activity_and_erases_nothing(session: Session) -> None:
    api(session)
    assert brought(session, WATCH) == {"changed": 1}
    assert [(row[0], row[1], row[3], row[5], row[6]) for row in content(session)] == [
        (4242, ME, 8200.0, 148.0, "Canal")
    ]


def test_another_sync_keeps_what_only_the_file_knows(session: Session) -> None:
    api(session)
    brought(session, WATCH)
    before = content(session)
    api(session)
    assert content(session) == before
    api(session, replace(API_RUN, name="Renamed"))
    assert [(row[5], row[6]) for row in content(session)] == [(148.0, "Renamed")]


WAYS = {"api": api, "watch": lambda s: brought(s, WATCH), "export": lambda s: brought(s, EXPORT)}


@pytest.mark.parametrize("order", list(permutations(WAYS)))
def test_the_order_of_the_ways_makes_no_difference(session: Session, order: tuple[str, ...]) -> None:
    for name in order:
        WAYS[name](session)
    ((number, account, _, metres, _, heartrate, name, start, local),) = content(session)
    assert (number, account, metres, heartrate, name, start) == (4242, ME, 8200.0, 148.0, "Canal", START)
    assert local == API_RUN.start_date_local
    for name in order:  # and again: nothing changes
        WAYS[name](session)
    assert len(content(session)) == 1


@pytest.mark.parametrize("files_first", [True, False])
def test_taking_an_import_back_leaves_the_accounts_row_as_it_was(session: Session, files_first: bool) -> None:
    if files_first:
        brought(session, WATCH)
        number = last_import(session)
        api(session)
    else:
        api(session)
        brought(session, WATCH)
        number = last_import(session)
    assert filing.take_back(session, number) == 0
    assert {row[5] for row in content(session)} == {None}
    assert len(content(session)) == 1


def test_disconnecting_leaves_what_the_file_brought(session: Session) -> None:
    brought(session, WATCH)
    alone = [row[1:] for row in content(session)]
    api(session)
    assert store.forget(session, "strava", keep_rows=False) == 0
    assert [row[1:] for row in content(session)] == alone


def test_an_activity_that_the_provider_deleted_stays_while_a_file_holds_it(session: Session) -> None:
    api(session)
    brought(session, WATCH)
    store.save_activities(session, ME, [], [4242])
    assert [row[1] for row in content(session)] == ["file:fit"]


def test_two_imports_of_the_same_file_hold_a_row_until_both_are_taken_back(session: Session) -> None:
    assert brought(session, WATCH) == {"new": 1}
    first = last_import(session)
    assert brought(session, WATCH) == {"known": 1}
    assert filing.take_back(session, first) == 0
    assert filing.take_back(session, last_import(session)) == 1
    assert content(session) == []
    assert session.scalars(select(Origin)).all() == []


def test_a_day_that_was_assumed_is_moved_by_a_way_that_knows_it(session: Session) -> None:
    late = VALUES | {"start_date": datetime(2026, 11, 24, 22, 30, tzinfo=UTC)}
    assumed = late | {
        "start_date_local": datetime(2026, 11, 24, 22, 30, tzinfo=UTC).replace(hour=23, tzinfo=None),
        "utc_offset": 3600.0,
    }
    known = late | {"start_date_local": DAWN, "utc_offset": 19800.0}
    brought(session, Incoming(Activity, "strava", "1", assumed, strava=1, assumed=True))
    brought(session, Incoming(Activity, "gpx", "track", known))
    assert [row[8] for row in content(session)] == [DAWN]


def test_activities_that_are_only_near_each_other_stay_apart(session: Session) -> None:
    later = VALUES | {"start_date": START + timedelta(minutes=50), "moving_time": 600, "elapsed_time": 600}
    ride = VALUES | {"activity_type": "Ride"}
    brought(session, WATCH, Incoming(Activity, "fit", "later", later), Incoming(Activity, "fit", "ride", ride))
    assert len(content(session)) == 3


def test_twins_that_strava_itself_keeps_apart_stay_two(session: Session) -> None:
    twin = replace(EXPORT, key="4243", strava=4243)
    assert brought(session, EXPORT, twin) == {"new": 2}
    assert brought(session, EXPORT, twin) == {"known": 2}
    api(session, API_RUN, replace(API_RUN, id=4243))
    assert [row[:2] for row in content(session)] == [(4242, ME), (4243, ME)]


def weigh_in(kind: str, **values: Any) -> Incoming:
    own = {"weight": 72.43, "record_date": date(2026, 11, 24), "record_time": time(7, 2, 30), "point": kind}
    return Incoming(Weight, kind, kind, own | values)


@pytest.mark.parametrize("other", [{}, {"record_time": None, "weight": 72.35}])
@pytest.mark.parametrize("files_first", [True, False])
def test_one_weigh_in_by_two_ways_is_one_row_and_gives_way_alone(
    session: Session, files_first: bool, other: dict[str, Any]
) -> None:
    steps = [
        lambda: brought(session, weigh_in("takeout", **other)),
        lambda: store.save_weights(session, GOOGLE, [MORNING], (date(2026, 11, 20), date(2026, 11, 25))),
    ]
    for step in steps if files_first else reversed(steps):
        step()
    rows = session.execute(text("SELECT account, point, weight, fat FROM fitbit_weight")).all()
    assert [tuple(row) for row in rows] == [(GOOGLE, "points/1", 72.4, 18.4)]
    store.save_weights(session, GOOGLE, [], (date(2026, 11, 20), date(2026, 11, 25)))
    assert session.scalars(text("SELECT account FROM fitbit_weight")).all() == ["file:takeout"]


def test_weigh_ins_of_other_minutes_or_weights_stay_apart(session: Session) -> None:
    store.save_weights(session, GOOGLE, [MORNING], None)
    brought(session, weigh_in("a", record_time=time(7, 4)), weigh_in("b", weight=72.6), weigh_in("c", fat=1.0))
    assert session.scalar(text("SELECT count(*) FROM fitbit_weight")) == 3


def test_a_days_energy_stays_one_row_a_way(session: Session) -> None:
    store.save_figures(session, GOOGLE, "burned", [records.DayFigure(date(2026, 11, 24), 2500.0)], None)
    day = Incoming(Calories, "apple", "2026-11-24", {"record_date": date(2026, 11, 24), "burned": 2400.0})
    assert brought(session, day) == {"new": 1}
    assert brought(session, day) == {"known": 1}
    assert session.scalars(text("SELECT account FROM fitbit_calories ORDER BY 1")).all() == ["file:apple", GOOGLE]


def test_a_row_that_was_removed_by_hand_comes_back_with_its_file(session: Session) -> None:
    brought(session, WATCH)
    session.execute(text("DELETE FROM strava_activity"))
    session.expire_all()
    assert brought(session, WATCH) == {"new": 1}
    assert len(content(session)) == 1


def test_what_a_file_says_is_stored_as_the_reader_said_it(session: Session) -> None:
    brought(session, WATCH)
    row = session.scalars(select(Activity)).one()
    assert {name: getattr(row, name) for name in VALUES} == VALUES
    assert row.id >= 10**12
    assert asdict(API_RUN)["id"] == 4242
