"""What the person says of two records stays: whatever is imported, synced, taken back or disconnected afterwards."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.records import choices, filing, store
from app.records.filing import Incoming
from app.records.models import Activity, FileImport, Weight
from app.sources import records
from tests.test_filing import API_RUN, EXPORT, GOOGLE, MORNING, VALUES, WATCH, api, brought, last_import, weigh_in

TRACK = Incoming(Activity, "gpx", "track", VALUES | {"start_date": VALUES["start_date"] + timedelta(seconds=5)})
SPAN = (date(2026, 11, 20), date(2026, 11, 25))
SECOND = replace(API_RUN, id=4300, start_date=API_RUN.start_date + timedelta(hours=2), name="Second")
BY_KEY = {"watch": "fit:watch", "track": "gpx:track", "api": "strava:4242", "export": "strava:4242"}
COMES: dict[str, Callable[[Session], Any]] = {
    "api": api,
    "watch": lambda session: brought(session, WATCH),
    "track": lambda session: brought(session, TRACK),
    "export": lambda session: brought(session, EXPORT),
}


def rows(session: Session, model: Any = Activity) -> list[set[str]]:
    """The rows, each as the names of the records that it holds."""
    session.flush()
    session.expire_all()
    found = session.scalars(select(model).order_by(model.id))
    return sorted((choices.names(model, choices.ways_of(session, model, row)) for row in found), key=sorted)


def holding(session: Session, name: str, model: Any = Activity) -> Any:
    return choices.row_named(session, model, name)


def split(session: Session, name: str, model: Any = Activity) -> None:
    choices.split(session, model, holding(session, name, model).id, name)


def join(session: Session, one: str, other: str, model: Any = Activity) -> None:
    choices.join(session, model, holding(session, one, model).id, holding(session, other, model).id)


@pytest.mark.parametrize("off", ["watch", "track", "api"])
@pytest.mark.parametrize("again", [("api", "watch", "track", "export"), ("track", "export", "watch", "api")])
def test_what_was_split_is_never_joined_again(session: Session, off: str, again: tuple[str, ...]) -> None:
    for name in ("api", "watch", "track"):
        COMES[name](session)
    assert len(rows(session)) == 1
    split(session, BY_KEY[off])
    apart = rows(session)
    assert {BY_KEY[off]} in apart
    assert len(apart) == 2
    for name in again:
        COMES[name](session)
    assert rows(session) == apart
    assert holding(session, "strava:4242").id == 4242


@pytest.mark.parametrize("gone", ["api", "watch"])
def test_what_was_split_stays_apart_when_it_comes_anew(session: Session, gone: str) -> None:
    api(session)
    brought(session, WATCH)
    number = last_import(session)
    split(session, "fit:watch")
    if gone == "api":
        store.forget(session, "strava", keep_rows=False)
    else:
        filing.take_back(session, number)
    assert len(rows(session)) == 1
    COMES[gone](session)
    assert rows(session) == [{"fit:watch"}, {"strava:4242"}]


@pytest.mark.parametrize("gone", ["api", "file"])
def test_what_was_joined_is_joined_when_it_comes_anew(session: Session, gone: str) -> None:
    later = replace(WATCH, values=VALUES | {"start_date": datetime(2026, 11, 24, 16, tzinfo=UTC)})
    api(session)
    brought(session, later)
    number = last_import(session)
    assert len(rows(session)) == 2
    join(session, "fit:watch", "strava:4242")
    assert [(row.id, row.name, row.average_heartrate) for row in session.scalars(select(Activity))] == [
        (4242, "Canal", 148.0)
    ]
    api(session)
    brought(session, later)
    assert rows(session) == [{"fit:watch", "strava:4242"}]
    if gone == "api":
        store.forget(session, "strava", keep_rows=False)
        assert rows(session) == [{"fit:watch"}]
        api(session)
    else:
        filing.take_back(session, number)
        filing.take_back(session, last_import(session))
        assert rows(session) == [{"strava:4242"}]
        brought(session, later)
    assert rows(session) == [{"fit:watch", "strava:4242"}]


def test_two_of_the_accounts_own_are_one_until_it_deletes_one_of_them(session: Session) -> None:
    api(session, API_RUN, SECOND)
    join(session, "strava:4242", "strava:4300")
    api(session, API_RUN, SECOND)
    brought(session, EXPORT, replace(EXPORT, key="4300", strava=4300))
    assert rows(session) == [{"strava:4242", "strava:4300"}]
    filing.take_back(session, last_import(session))
    store.save_activities(session, "strava:7", [SECOND], [4242])
    assert [(row.id, row.name) for row in session.scalars(select(Activity))] == [(4300, "Second")]


def test_a_joined_one_is_split_into_what_both_were(session: Session) -> None:
    api(session, API_RUN, SECOND)
    before = [tuple(row) for row in session.execute(text("SELECT id, name, start_date FROM strava_activity"))]
    join(session, "strava:4242", "strava:4300")
    split(session, "strava:4242")
    api(session, API_RUN, SECOND)
    assert sorted(map(tuple, session.execute(text("SELECT id, name, start_date FROM strava_activity")))) == before


@pytest.mark.parametrize("files_first", [True, False])
def test_weigh_ins_keep_to_the_persons_word_too(session: Session, files_first: bool) -> None:
    evening = records.Weight("points/2", 73.0, date(2026, 11, 24), time(21, 2), 18.0)
    steps = [
        lambda: brought(session, weigh_in("takeout")),
        lambda: store.save_weights(session, GOOGLE, [MORNING, evening], SPAN),
    ]
    for step in steps if files_first else reversed(steps):
        step()
    split(session, "takeout:takeout", Weight)
    join(session, "api:points/1", "api:points/2", Weight)
    wanted = [{"api:points/1", "api:points/2"}, {"takeout:takeout"}]
    for step in [*steps, *reversed(steps)]:
        step()
        assert rows(session, Weight) == wanted
    store.forget(session, "fitbit", keep_rows=False)
    assert rows(session, Weight) == [{"takeout:takeout"}]
    steps[1]()
    assert rows(session, Weight) == wanted
    store.save_weights(session, GOOGLE, [evening], SPAN)
    assert rows(session, Weight) == [{"api:points/2"}, {"takeout:takeout"}]


def test_what_was_entered_by_hand_is_joined_and_counts_as_such(session: Session) -> None:
    session.execute(
        text("INSERT INTO strava_activity (id, name, start_date_local) VALUES (9, 'Mine', '2026-11-24 18:00')")
    )
    brought(session, WATCH)
    join(session, "strava:9", "fit:watch")
    session.flush()
    ((account, name, metres),) = session.execute(text("SELECT account, name, distance FROM strava_activity"))
    assert (account, name, metres) == ("", "Mine", 8180.0)
    filing.take_back(session, last_import(session))
    session.flush()
    assert [tuple(row) for row in session.execute(text("SELECT account, name, distance FROM strava_activity"))] == [
        ("", "Mine", None)
    ]


def test_a_later_export_of_the_same_account_brings_what_was_changed_since(session: Session) -> None:
    brought(session, EXPORT)
    assert brought(session, replace(EXPORT, values=EXPORT.values | {"name": "Renamed"})) == {"changed": 1}
    assert session.scalars(select(Activity.name)).all() == ["Renamed"]
    filing.take_back(session, last_import(session))
    assert session.scalars(select(Activity.name)).all() == ["Canal run"]


def test_two_rows_of_our_own_export_are_two_in_an_empty_installation(session: Session) -> None:
    own = [
        Incoming(Activity, "own", key, VALUES | {"account": "file:fit"}) for key in ("1000000000001", "1000000000002")
    ]
    assert brought(session, *own) == {"new": 2}
    assert brought(session, *own) == {"known": 2}


def test_only_what_is_there_is_split_or_joined(session: Session) -> None:
    api(session)
    session.flush()
    for change in (
        lambda: choices.split(session, Activity, 4242, "strava:4242"),
        lambda: choices.split(session, Activity, 4242, "fit:watch"),
        lambda: choices.split(session, Activity, 1, "fit:watch"),
        lambda: choices.join(session, Activity, 4242, 4242),
        lambda: choices.join(session, Activity, 4242, 1),
    ):
        with pytest.raises(choices.Refused):
            change()


def test_an_account_that_says_later_whose_it_is_holds_a_joined_row_once(session: Session) -> None:
    store.save_weights(session, "fitbit", [MORNING], SPAN)
    brought(session, weigh_in("takeout"))
    store.begin(session, GOOGLE)
    store.save_weights(session, GOOGLE, [MORNING], SPAN)
    assert store.forget(session, "fitbit", keep_rows=False) == 0
    assert rows(session, Weight) == [{"takeout:takeout"}]
    assert session.scalars(select(FileImport.state)).all() == ["done"]
