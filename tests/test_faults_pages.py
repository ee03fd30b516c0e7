"""Lists that are short, shift, repeat or lie: nothing goes that is still in the account, and all of it comes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app.records import store
from app.sources import fitbit, strava
from simulator.world import World
from tests import faults
from tests.faults import Updater, assert_mended, assert_nothing_lost, when
from tests.mirror import holds, noon, point
from tests.refusals import LIST, WEIGHT

unread, updater = faults.unread, faults.updater
GONE, KEPT = 9_000_000_008, 9_000_000_005


@pytest.fixture
def small_pages(updater: Updater, monkeypatch: pytest.MonkeyPatch) -> Updater:
    """Three pages and more of activities and of weigh-ins, all of them known."""
    for back in (2, 4):
        updater.world.add_activity(id=9_000_000_000 + back, start_date_local=noon(back))
        updater.world.add_weight(71, noon(back))
    updater.sync()
    monkeypatch.setattr(strava, "PER_PAGE", 2)
    monkeypatch.setattr(fitbit.client, "PAGE_SIZE", 2)
    updater.hours_pass(1)
    return updater


def test_a_short_page_in_the_middle_is_not_the_last_and_what_it_lacks_is_asked_for(small_pages: Updater) -> None:
    before = small_pages.stored()
    small_pages.world.short_page = 1
    small_pages.sync()
    assert len(small_pages.calls(LIST)) == 4
    assert small_pages.calls("/activities/9000000004")
    assert small_pages.stored() == before
    small_pages.world.short_page = 0
    assert_mended(small_pages)


@pytest.mark.parametrize(
    "shift",
    [
        lambda world: world.delete_activity(9_000_000_001),
        lambda world: world.add_activity(id=9_000_000_101, start_date_local=noon(1) + timedelta(hours=2)),
    ],
    ids=["deleted", "uploaded"],
)
def test_pages_of_activities_that_shift_while_they_are_read_lose_nothing(
    small_pages: Updater, shift: Callable[[World], None]
) -> None:
    before = small_pages.stored()
    when(small_pages.world, LIST, 2, lambda: shift(small_pages.world))
    small_pages.sync()
    assert small_pages.line("Strava") == "Strava just now"
    assert_nothing_lost(before, small_pages)
    assert_mended(small_pages)


def test_an_activity_that_slips_between_pages_of_the_history_comes_with_the_weekly_reading(
    unread: Updater, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strava, "PER_PAGE", 2)
    for back in range(30, 36):
        unread.world.add_activity(id=9_000_000_000 + back, start_date_local=noon(back))
    when(unread.world, LIST, 3, lambda: unread.world.delete_activity(9_000_000_031))
    unread.sync()
    assert ("activity", 9_000_000_032) not in unread.stored()
    unread.hours_pass(8 * 24)
    unread.sync()
    assert unread.stored() == holds(unread.world)


@pytest.mark.parametrize("days_ago", [30, 32, 35], ids=["newest", "between-pages", "oldest"])
def test_an_old_activity_deleted_at_the_edge_of_a_page_goes_with_the_weekly_reading(
    unread: Updater, monkeypatch: pytest.MonkeyPatch, days_ago: int
) -> None:
    monkeypatch.setattr(strava, "PER_PAGE", 2)
    for back in range(30, 36):
        unread.world.add_activity(id=9_000_000_000 + back, start_date_local=noon(back))
    unread.sync()
    unread.world.delete_activity(9_000_000_000 + days_ago)
    unread.hours_pass(8 * 24)
    unread.sync()
    assert unread.stored() == holds(unread.world)


def test_a_weigh_in_deleted_while_pages_are_read_takes_no_other_with_it(small_pages: Updater) -> None:
    before = small_pages.stored()
    newest = point(small_pages.world, 1)
    when(small_pages.world, WEIGHT, 2, lambda: small_pages.world.delete_weight(newest))
    small_pages.sync()
    assert_nothing_lost(before, small_pages)
    assert_mended(small_pages)


@pytest.mark.parametrize(
    ("route", "kind"), [(WEIGHT, "weight"), ("total-calories", "total-calories")], ids=["weight", "burned"]
)
def test_a_repeated_page_token_is_an_error_and_no_end_of_the_list(updater: Updater, route: str, kind: str) -> None:
    before = updater.stored()
    updater.world.fail(route, body={"nextPageToken": "CiAKTheSame"}, times=99)
    updater.sync()
    assert updater.line("Fitbit") == "Fitbit: sync failing, last synced 3 h ago"
    assert updater.messages() == [f"Google's pages of {kind} did not come to an end; the next try may succeed."]
    assert len(updater.calls(route)) == 8
    assert_nothing_lost(before, updater)
    assert_mended(updater)


def test_an_empty_list_of_activities_is_not_believed_without_asking_for_each(updater: Updater) -> None:
    before = updater.stored()
    updater.world.fail(LIST, body=[], times=99)
    updater.sync()
    assert ("activity", GONE) not in updater.stored()
    assert_nothing_lost(before, updater)
    assert_mended(updater)


@pytest.mark.parametrize("route", [WEIGHT, "nutrition-log", "total-calories"])
def test_an_empty_answer_of_google_is_not_believed_the_first_time(updater: Updater, route: str) -> None:
    before = updater.stored()
    updater.world.fail(route, body={})
    updater.sync()
    assert_nothing_lost(before, updater)
    assert_mended(updater)


@pytest.mark.parametrize("route", [WEIGHT, "nutrition-log", "total-calories"])
def test_an_empty_answer_of_google_is_not_believed_however_often_it_comes(updater: Updater, route: str) -> None:
    before = updater.stored()
    updater.world.fail(route, body={}, times=99)
    updater.sync()
    assert_nothing_lost(before, updater)


@pytest.mark.parametrize(
    "body",
    [
        {"message": "Record Not Found", "errors": [{"resource": "Activity", "field": "id", "code": "invalid"}]},
        {"message": "Resource Not Found", "errors": []},
        "",
    ],
    ids=["record", "resource", "empty"],
)
def test_an_activity_goes_when_strava_says_by_404_that_it_is_gone(updater: Updater, body: Any) -> None:
    updater.world.fail(f"/activities/{GONE}", status=404, body=body)
    updater.sync()
    assert ("activity", GONE) not in updater.stored()
    assert_mended(updater)


def test_an_activity_that_strava_can_not_show_stays(updater: Updater) -> None:
    before = updater.stored()
    updater.world.fail(LIST, body=[])
    updater.world.broken_ids = {KEPT}
    updater.sync()
    assert updater.line("Strava") == "Strava just now"
    assert_nothing_lost(before, updater)
    assert_mended(updater)


def test_when_strava_can_not_say_whether_an_activity_is_gone_nothing_goes(updater: Updater) -> None:
    before = updater.stored()
    updater.world.fail(f"/activities/{GONE}", status=502, body="<html>", times=99)
    updater.sync()
    assert updater.line("Strava") == "Strava just now"  # one record's error is not its source's
    assert {key for key in before if key[0] == "activity"} <= updater.stored().keys()
    assert_mended(updater)


def test_a_second_updater_leaves_a_source_that_is_being_synced_alone(updater: Updater) -> None:
    with updater.app.app_context(), store.sole_writer("strava") as mine:
        assert mine
        updater.sync(only_if_due=True)
    assert "strava is being synced by another updater" in updater.said
    assert not updater.calls("/strava")
    assert updater.line("Fitbit") == "Fitbit just now"
    assert_mended(updater)
