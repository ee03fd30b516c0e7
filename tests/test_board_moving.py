"""Moving around the weeks and days, and what a page says of changes while it is open."""

from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.stats import payload
from tests import boards
from tests.browsing import is_same_page, remember_this_page, settled
from tests.conftest import execute, make_app
from tests.serving import Board, viewing

COUNT_WHAT_IS_SAID = """() => {
  window.said = 0;
  const line = document.getElementById("changes");
  new MutationObserver(() => { window.said += 1; }).observe(line, { childList: true });
}"""
SWIPE = """([from, to]) => {
  const touch = (x) => new Touch({ identifier: 1, target: document.body, clientX: x, clientY: 300 });
  const fire = (type, x, touches) => document.body.dispatchEvent(
    new TouchEvent(type, { bubbles: true, touches, changedTouches: [touch(x)] }));
  fire("touchstart", from, [touch(from)]);
  fire("touchend", to, []);
}"""


def test_weeks_are_left_and_entered_by_button_arrow_key_and_swipe_but_never_after_this_one(
    board: Board, page: Page
) -> None:
    page.goto(f"{board.url}/stats/livefeed")
    assert page.get_by_label("Later week").count() == 0
    page.keyboard.press("ArrowRight")
    page.get_by_label("Earlier week").click()
    page.wait_for_url("**/stats/livefeed?week=2026-11-15")
    expect(page.locator("#title")).to_have_text("15 to 21 November")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**/stats/livefeed?week=2026-11-08")
    page.evaluate(SWIPE, [300, 200])
    page.wait_for_url("**/stats/livefeed?week=2026-11-15")
    page.evaluate(SWIPE, [100, 130])  # too short to be meant
    page.get_by_label("Later week").click()
    page.wait_for_url("**/stats/livefeed")
    expect(page.locator("#title")).to_have_text("22 to 28 November")
    page.evaluate(SWIPE, [100, 200])
    page.wait_for_url("**/stats/livefeed?week=2026-11-15")
    page.goto("about:blank")


def test_a_day_opens_its_details_at_an_address_of_its_own(board: Board, page: Page) -> None:
    page.goto(f"{board.url}/stats/livefeed")
    page.get_by_role("link", name="Tuesday 24").click()
    page.wait_for_url("**/stats/day/2026-11-24")
    ride = page.locator("article.ride")
    for shown in ("07:30", "6.4\u00a0km", "21:40", "17.7\u00a0km/h", "148\u00a0bpm, at most 171", "124\u00a0m"):
        expect(ride).to_contain_text(shown)
    link = ride.get_by_role("link", name="View on Strava", exact=True)
    assert link.get_attribute("href") == "https://www.strava.com/activities/9000000002"
    assert link.get_attribute("rel") == "noopener noreferrer"
    expect(page.get_by_text("Powered by Strava")).to_be_visible()
    expect(page.locator("main")).to_contain_text("72.6\u00a0kg")
    expect(page.locator("main")).to_contain_text("2,240\u00a0kcal")
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**/stats/day/2026-11-25")
    page.get_by_role("link", name="Its week").click()
    page.wait_for_url("**/stats/livefeed?week=2026-11-25")
    page.goto("about:blank")


def test_a_past_week_follows_its_own_changes_and_no_others(board: Board, page: Page) -> None:
    page.goto(f"{board.url}/stats/livefeed?week=2026-11-18")
    settled(page)
    remember_this_page(page)
    execute(board.uri, "UPDATE fitbit_weight SET weight = 70.1 WHERE record_date = '2026-11-19'")
    expect(page.locator("#weight-4")).to_contain_text("70.1")
    execute(board.uri, "UPDATE fitbit_weight SET weight = 69.2 WHERE record_date = '2026-11-26'")
    expect(page.locator("#number-weight")).to_contain_text("72.1")
    page.wait_for_timeout(500)
    expect(page.locator("#weight-4")).to_contain_text("70.1")
    assert page.locator("#title").inner_text() == "15 to 21 November"
    execute(board.uri, "TRUNCATE fitbit_weight")
    expect(page.locator("#weight-4")).to_contain_text("No weigh-in")
    assert is_same_page(page)
    page.goto("about:blank")


def test_a_change_is_said_and_marked_for_a_moment_and_a_beat_says_nothing_and_carries_all_cells(
    uri: str, page: Page, tmp_path: Path
) -> None:
    boards.fill(uri)
    with boards.showing(uri, tmp_path, FEED_INTERVAL_SECONDS="0.5") as board:
        page.goto(f"{board.url}/stats/livefeed")
        settled(page)
        page.evaluate(COUNT_WHAT_IS_SAID)
        page.clock.install()
        execute(uri, f"{boards.RUN} (1, '2026-11-26 18:00', 'Run', 8200, 2530, 2600, NULL, 148, 171, 30, '')")
        expect(page.locator("#changes")).to_have_text("18:10 Run, 8.2\u00a0km, added to Thursday.")
        expect(page.locator("#activities-4")).to_have_class("value today fresh")
        assert page.locator("#changes").get_attribute("role") == "status"
        with viewing(board) as viewer:
            viewer.settle()
            assert {len(viewer.until("stats_vals")["cells"]) for _ in range(3)} == {28}
        assert page.evaluate("said") == 1
        page.clock.fast_forward(15_000)
        expect(page.locator("#activities-4")).to_have_class("value today")
        page.goto("about:blank")


def test_a_push_carries_the_cells_that_are_different(board: Board) -> None:
    with viewing(board) as viewer:
        viewer.settle()
        execute(board.uri, "UPDATE fitbit_weight SET weight = 71.4 WHERE record_date = '2026-11-26'")
        pushed = viewer.until("stats_vals")
        assert {name.split("-")[0] for name in pushed["cells"]} == {"weight"}, "its line runs through the week"
        assert "weight-4" in pushed["cells"]
        assert list(pushed["numbers"]) == ["weight"]
        assert len(pushed["data"]["activities"]) == 4
        viewer.say("get_stats", {})
        assert len(viewer.until("stats_vals")["cells"]) == 28


def test_the_first_change_after_everybody_had_left_is_told_and_older_ones_are_not(board: Board) -> None:
    change = "UPDATE fitbit_weight SET weight = %s WHERE record_date = '2026-11-26'"
    with viewing(board) as viewer:
        viewer.settle()
    execute(board.uri, change, 71.0)
    with viewing(board) as viewer:
        viewer.settle()
        execute(board.uri, change, 70.0)
        said = viewer.until("stats_vals")["changes"]
    assert said == {"text": "18:10 Weight on Thursday corrected from 71.0 to 70.0\u00a0kg.", "cells": ["weight-4"]}


@pytest.mark.parametrize("day", ["banana", "2026-13-40", "20261125", "0001-01-01"])
def test_a_day_that_is_none_gets_one_clear_sentence(uri: str, day: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payload, "today", lambda _chosen: date(2026, 11, 25))
    answer = make_app(uri).test_client().get(f"/stats/day/{day}")
    assert answer.status_code == 400
    assert f"The address takes a day such as 2026-11-25, not “{day}”." in answer.text


def test_rows_entered_by_hand_and_the_demos_lead_nowhere_outside(uri: str) -> None:
    for account in ("", "demo"):
        run = "INSERT INTO strava_activity (start_date_local, activity_type, account) VALUES ('2026-11-24', 'Run', %s)"
        execute(uri, run, account)
    page = make_app(uri).test_client().get("/stats/day/2026-11-24").text
    assert page.count("<article") == 2
    assert "strava.com" not in page
    assert "Powered by" not in page
