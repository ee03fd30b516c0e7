"""The board's one line for each source, from what the sync remembers."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.records.models import SyncState
from app.sync import standing

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def state(word: str, source: str = "strava", **what: Any) -> SyncState:
    known = {"last_attempt": NOW - timedelta(minutes=2), "last_success": NOW - timedelta(minutes=2)}
    return SyncState(source=source, state=word, **(known | what))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-30, "just now"),
        (0, "just now"),
        (59, "just now"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (3600, "1 h ago"),
        (48 * 3600 - 1, "47 h ago"),
        (48 * 3600, "2 days ago"),
        (30 * 86400, "30 days ago"),
    ],
)
def test_how_long_ago(seconds, text):
    assert standing.ago(NOW - timedelta(seconds=seconds), NOW) == text


@pytest.mark.parametrize(
    ("word", "what", "text"),
    [
        ("ok", {}, "Strava 2 min ago"),
        ("ok", {"last_success": None}, "Strava 2 min ago"),
        ("running", {}, "Strava syncing, last synced 2 min ago"),
        ("running", {"last_success": None}, "Strava syncing"),
        ("failed", {}, "Strava: sync failing, last synced 2 min ago"),
        ("failed", {"last_success": None}, "Strava: sync failing"),
        ("refused", {}, "Strava: sync failing, last synced 2 min ago"),
        ("reconnect", {}, "Strava: sign in again, last synced 2 min ago"),
        ("reconnect", {"last_success": None}, "Strava: sign in again"),
        ("disconnected", {}, "Strava: not connected"),
        ("waiting", {"resume_at": NOW + timedelta(minutes=15)}, "Strava: limit reached, goes on at 11:15"),
        ("waiting", {"resume_at": None}, "Strava: sync failing, last synced 2 min ago"),
        ("a word of tomorrow", {}, "Strava: sync failing, last synced 2 min ago"),
    ],
)
def test_each_state_in_words(word, what, text):
    assert standing.line("Strava", state(word, **what), NOW, BERLIN) == text


@pytest.mark.parametrize(
    ("timezone", "at"), [("UTC", "10:15"), ("Asia/Kolkata", "15:45"), ("America/Los_Angeles", "02:15")]
)
def test_goes_on_at_is_the_persons_time(timezone, at):
    waiting = state("waiting", resume_at=NOW + timedelta(minutes=15))
    assert standing.lines([waiting], NOW, timezone) == [f"Strava: limit reached, goes on at {at}"]


@pytest.mark.parametrize(
    ("better", "worse", "says"),
    [
        ("ok", "running", "syncing"),
        ("running", "disconnected", "not connected"),
        ("disconnected", "waiting", "limit reached"),
        ("waiting", "failed", "sync failing"),
        ("ok", "failed", "sync failing"),
        ("failed", "reconnect", "sign in again"),
        ("refused", "reconnect", "sign in again"),
        ("ok", "a word of tomorrow", "sync failing"),
    ],
)
def test_the_worst_metric_speaks_for_the_source_whatever_the_order(better, worse, says):
    pair = [state(word, source="fitbit", resume_at=NOW) for word in (better, worse)]
    for states in (pair, pair[::-1]):
        (line,) = standing.lines(states, NOW, "UTC")
        assert line.startswith("Fitbit")
        assert says in line


def test_a_source_that_never_ran_is_left_out_and_one_does_not_speak_for_another():
    assert standing.lines([], NOW, "UTC") == []
    both = [state("reconnect", source="fitbit"), state("ok")]
    assert standing.lines(both, NOW, "UTC") == ["Strava 2 min ago", "Fitbit: sign in again, last synced 2 min ago"]


def test_while_the_history_is_read_the_line_says_how_far_and_what_the_provider_still_allows():
    reading = state("ok", metric="activities", cursor="3@1795342050@1700000000", oldest=date(2019, 3, 2))
    reading.requests_left = 82
    assert standing.lines([reading], NOW, "UTC") == ["Strava 2 min ago, history back to March 2019, 82 calls left"]
    reading.cursor = None
    assert standing.lines([reading], NOW, "UTC") == ["Strava 2 min ago"]


@pytest.mark.parametrize(
    ("left", "text"),
    [
        (timedelta(days=4), "Fitbit 2 min ago"),
        (timedelta(days=2, hours=1), "Fitbit 2 min ago; sign in again by Friday 12:00"),
        (timedelta(minutes=-1), "Fitbit 2 min ago"),
    ],
)
def test_a_sign_in_that_ends_by_itself_is_told_before_it_does(left, text):
    assert standing.lines([state("ok", "fitbit")], NOW, "Europe/Berlin", {"fitbit": NOW + left}) == [text]
