"""A clock that was wrong for a while neither silences what needs a hand nor raises a false alarm."""

from datetime import UTC, datetime, timedelta

import pytest

from app.notify import due
from app.notify.due import Facts, Source
from app.records.models import SyncState
from app.records.moments import believed

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
AHEAD = [timedelta(minutes=6), timedelta(days=10), timedelta(days=4000)]


def told(state: SyncState, connected: datetime) -> list[str]:
    source = Source("strava", "Strava", [believed(state, NOW)], "one", stuck=False, since=connected, days={})
    facts = Facts(NOW, "UTC", "monday", timedelta(minutes=10), [source])
    return [notice.key.partition(":")[0] for notice in due.notices(facts)]


def state(**what: object) -> SyncState:
    return SyncState(source="strava", metric="activities", message="It failed.", **what)


@pytest.mark.parametrize("ahead", AHEAD)
def test_what_fails_is_told_although_it_was_connected_by_a_clock_that_was_ahead(ahead: timedelta) -> None:
    assert told(state(state="failed", last_attempt=NOW, last_success=None), NOW + ahead) == ["failing"]


@pytest.mark.parametrize("ahead", AHEAD)
@pytest.mark.parametrize("word", ["ok", "failed", "waiting"])
def test_what_was_tried_by_that_clock_alone_is_no_failure_of_a_day(ahead: timedelta, word: str) -> None:
    then = NOW + ahead
    assert told(state(state=word, last_attempt=then, last_success=then), NOW - timedelta(days=90)) == []


def test_a_right_clock_that_is_a_little_behind_alarms_nobody() -> None:
    assert told(state(state="failed", last_attempt=NOW, last_success=None), NOW + timedelta(minutes=4)) == []
