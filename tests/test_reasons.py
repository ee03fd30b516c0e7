"""Why a cell is empty and how old a value is, for every state that a source can be in."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.records.models import SyncState
from app.records.rows import ActivityRow, CaloriesRow, Preferences, WeightRow
from app.stats import reasons, week
from app.stats.reasons import SourceStatus
from app.sync.standing import NAMES
from tests.test_week import records

NOW = datetime(2026, 11, 25, 17, 10, tzinfo=UTC)  # a Wednesday, 18:10 in Berlin
BERLIN = ZoneInfo("Europe/Berlin")
TODAY = date(2026, 11, 25)
YESTERDAY, MONDAY, TOMORROW = date(2026, 11, 24), date(2026, 11, 23), date(2026, 11, 26)
JUST, HOURS, DAYS = timedelta(minutes=5), timedelta(hours=5), timedelta(days=2)


def status(state: str = "ok", ago: timedelta | None = JUST, *, device: date | None = None, **what: Any) -> SourceStatus:
    success = NOW - ago if ago is not None else None
    row = SyncState(source="fitbit", metric="weight", state=state, last_attempt=NOW, last_success=success, message="")
    for name, value in what.items():
        setattr(row, name, value)
    return SourceStatus("Fitbit", row, NOW, BERLIN, device)


@pytest.mark.parametrize(
    ("day", "source", "state", "word"),
    [
        (TOMORROW, status(), "future", "To come"),
        (TOMORROW, status("failed"), "future", "To come"),
        (TODAY, None, "none", "Nothing yet"),
        (YESTERDAY, None, "none", "Nothing"),
        (TODAY, status(), "none", "Nothing yet"),
        (YESTERDAY, status(), "none", "Nothing"),
        (TODAY, status("running"), "none", "Nothing yet"),
        (TODAY, status(ago=HOURS), "waiting", "Waiting for Fitbit"),
        (YESTERDAY, status(ago=HOURS), "none", "Nothing"),
        (YESTERDAY, status(ago=timedelta(hours=19)), "waiting", "Waiting for Fitbit"),
        (YESTERDAY, status("running", ago=None), "waiting", "Waiting for Fitbit"),
        (YESTERDAY, status("failed", DAYS), "down", "Fitbit down since Mon 18:10"),
        (MONDAY, status("failed", DAYS), "down", "Fitbit down since Mon 18:10"),
        (MONDAY - timedelta(days=1), status("failed", DAYS), "none", "Nothing"),
        (TODAY, status("failed", JUST), "down", "Fitbit down since 18:05"),
        (TODAY, status("refused", timedelta(days=20)), "down", "Fitbit down since 5 Nov 18:10"),
        (TODAY, status("failed", None), "down", "Fitbit down"),
        (TODAY, status("a word of tomorrow", JUST), "down", "Fitbit down since 18:05"),
        (TODAY, status("reconnect", DAYS), "signin", "Sign in again"),
        (MONDAY - timedelta(days=1), status("reconnect", DAYS), "none", "Nothing"),
        (TODAY, status("ungranted", None), "signin", "Permission missing"),
        (TODAY, status("disconnected", DAYS), "signin", "Not connected"),
        (TODAY, status("waiting", DAYS, resume_at=NOW + HOURS), "waiting", "Waiting for Fitbit"),
        (TODAY, status("waiting", DAYS, resume_at=None), "down", "Fitbit down since Mon 18:10"),
        (MONDAY, status(cursor="3@1", oldest=YESTERDAY), "waiting", "Not read yet"),
        (YESTERDAY, status(cursor="3@1", oldest=YESTERDAY), "none", "Nothing"),
        (MONDAY, status(cursor=None, oldest=YESTERDAY), "none", "Nothing"),
        (MONDAY, replace(status(), kept_from=YESTERDAY), "none", "Not kept"),
        (YESTERDAY, replace(status(), kept_from=YESTERDAY), "none", "Nothing"),
        (YESTERDAY, status(device=MONDAY), "waiting", "Waiting for the device"),
        (MONDAY, status(device=MONDAY), "none", "Nothing"),
    ],
)
def test_each_reason_has_its_state_and_its_word(day, source, state, word):
    found = reasons.explain(day, TODAY, "Nothing", source)
    assert (found.state, found.word) == (state, word)
    assert bool(found.why) == (source is not None and state != "future")


@pytest.mark.parametrize(
    ("source", "day", "why"),
    [
        (status(), YESTERDAY, "Fitbit was last read at 18:05, when this day was over, and had none."),
        (status(), TODAY, "Fitbit was last read at 18:05 and had none of today."),
        (status(ago=HOURS), TODAY, "What came later is not known yet. It was last read at 13:10."),
        (status("running", None), TODAY, "Fitbit is being read for the first time."),
        (status("failed", DAYS, message="HTTP 503."), TODAY, "HTTP 503. It was last read on Mon 18:10."),
        (status("failed", None), TODAY, "Fitbit could not be read."),
        (status("reconnect", DAYS, message="Taken back."), TODAY, "Taken back. It was last read on Mon 18:10."),
        (status("ungranted", None), TODAY, "Fitbit was connected without this permission."),
        (
            status("waiting", None, resume_at=NOW + JUST),
            TODAY,
            "Fitbit's limit is reached; it goes on at 18:15.",
        ),
        (
            status(cursor="3@1", oldest=date(2026, 11, 25)),
            YESTERDAY,
            "The history is being read; it has come back to November 2026.",
        ),
        (
            status(device=MONDAY),
            YESTERDAY,
            "Fitbit was last read at 18:05, but its newest day is Monday 23: the device has not synced since.",
        ),
    ],
)
def test_the_sentence_behind_the_word(source, day, why):
    assert reasons.explain(day, TODAY, "Nothing", source).why == why


@pytest.mark.parametrize(
    ("day", "source", "partial", "age"),
    [
        (TODAY, status(), False, ""),
        (TODAY, status(), True, "as of 18:05"),
        (TODAY, status(ago=HOURS), False, "as of 13:10"),
        (TODAY, status("failed", JUST), False, "as of 18:05"),
        (YESTERDAY, status(ago=HOURS), False, ""),
        (YESTERDAY, status("failed", DAYS), False, "as of Mon 18:10"),
        (MONDAY - timedelta(days=1), status("failed", DAYS), False, ""),
        (TODAY, status("failed", None), True, ""),
        (TODAY, None, True, ""),
    ],
)
def test_a_values_age_is_said_where_it_matters(day, source, partial, age):
    assert reasons.age(day, TODAY, source, partial) == age


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        ("2026-11-25T16:59:00", "17:59"),
        ("2026-11-24T23:30:00", "00:30"),
        ("2026-11-24T22:30:00", "Tue 23:30"),
        ("2026-11-18T22:59:00", "18 Nov 23:59"),
        ("2026-11-19T00:00:00", "Thu 01:00"),
    ],
)
def test_an_instant_is_told_by_the_persons_clock_with_its_day_where_it_is_not_today(moment, shown):
    assert reasons.when(datetime.fromisoformat(f"{moment}+00:00"), NOW, BERLIN) == shown


def test_each_row_knows_its_own_metric_and_calories_know_what_the_device_told():
    states = [
        SyncState(source="fitbit", metric=metric, state="ok", last_attempt=NOW, newest=MONDAY)
        for metric in ("eaten", "burned", "weight")
    ]
    found = reasons.statuses(states, NOW, "Europe/Berlin", NAMES)
    assert {row: (one.state.metric, one.device) for row, one in found.items()} == {
        "weight": ("weight", None),
        "calories": ("eaten", MONDAY),
    }


def test_a_retention_bounds_what_is_known_of_activities_only():
    states = [SyncState(source="strava", metric="activities", state="ok", last_attempt=NOW)]
    states.append(SyncState(source="fitbit", metric="weight", state="ok", last_attempt=NOW))
    found = reasons.statuses(states, NOW, "Europe/Berlin", NAMES, {"strava": 7})
    assert (found["activities"].kept_from, found["weight"].kept_from) == (date(2026, 11, 19), None)


def test_the_board_says_for_each_row_what_its_own_source_knows():
    rows = records(
        weight=[WeightRow(TODAY, None, 72.4, None, None)],
        calories=[CaloriesRow(TODAY, 1780, 1905), CaloriesRow(MONDAY, 2610, None)],
        activities=[ActivityRow(YESTERDAY, 1, None, "Run", None, None, None, 8200.0, 2530)],
    )
    sources = {"weight": status(ago=HOURS), "calories": status(ago=HOURS), "activities": status("failed", DAYS)}
    chosen = Preferences("metric", "Europe/Berlin", "sunday", calorie_goal=2400)
    board = week.board(rows, week.days(TODAY, "sunday"), TODAY, chosen, sources)
    weight, calories, activities = (board.rows[name] for name in ("weight", "calories", "activities"))
    assert weight[3].entries[0].note == "as of 13:10"
    assert calories[3].state == "partial"
    assert calories[3].entries[0].note == "so far, as of 13:10, 620 left"
    assert calories[3].entries[0].extra == "burned 1,905"
    assert calories[1].entries[0].note == "210 over"
    assert activities[2].note == "as of Mon 18:10"
    assert [cell.state for cell in activities] == ["none", "down", "value", "down", "future", "future", "future"]
