"""The page of a week in review, and the board's way to it until somebody has opened it, in whichever browser."""

import re
from datetime import date, timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.records import preferences, reviews
from app.records.models import Review
from app.stats import payload
from tests import boards
from tests.browsing import settled
from tests.conftest import execute, make_app
from tests.test_pages import words

TODAY = date(2026, 11, 26)
WEEK = "/stats/week/2026-11-15"
WEIGHED = "INSERT INTO fitbit_weight (record_date, record_time, weight) VALUES"
MOVED = "INSERT INTO strava_activity (start_date_local, activity_type, distance, moving_time, name) VALUES"
ATE = "INSERT INTO fitbit_calories (record_date, calories, burned) VALUES"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payload, "today", lambda _chosen: TODAY)


@pytest.fixture
def client(uri: str) -> FlaskClient:
    return make_app(uri).test_client()


def fill(uri: str) -> None:
    for n in range(1, 70, 2):
        day = TODAY - timedelta(days=n)
        execute(uri, f"{WEIGHED} (%s, '07:00', %s)", day, 72 + n / 50)
        execute(uri, f"{ATE} (%s, %s, 2500)", day, 2300 + 10 * n)
        execute(uri, f"{MOVED} (%s, 'Run', 5000, 1500, NULL)", f"{day} 18:00")
    execute(uri, f"{MOVED} ('2026-11-20 09:00', 'Run', 15000, 5400, 'Half the lake')")
    execute(uri, "UPDATE preferences SET calorie_goal = 2400, goal_weight = 71")


def test_a_week_is_told_on_one_page(client, uri):
    fill(uri)
    page = words(client.get(WEEK).text)
    for said in (
        "15 to 21 November in review",
        "Best of the year",
        "15.0 km Longest run in a year, Friday Half the lake",
        "Weight, average 72.2 kg 72.8 kg 0.6 kg less",
        "Active days 5 3.5 1.5 more",
        "3 of 4 logged days met the goal of 2,400 kcal",
        "over the week from",
        "above the goal",
    ):
        assert said in page, said


@pytest.mark.parametrize(
    ("start", "asked", "first"),
    [
        ("sunday", "2026-11-17", "2026-11-15"),
        ("monday", "2026-11-15", "2026-11-09"),
        ("saturday", "2026-11-15", "2026-11-14"),
        ("sunday", "2026-11-28", "2026-11-22"),
        ("sunday", "2024-02-29", "2024-02-25"),
    ],
)
def test_any_day_of_a_week_leads_to_its_own_beginning(uri, start, asked, first):
    client = make_app(uri, WEEK_START=start).test_client()
    answer = client.get(f"/stats/week/{asked}")
    assert (answer.status_code, answer.location) == (302, f"/stats/week/{first}")
    assert client.get(answer.location).status_code == 200


@pytest.mark.parametrize("asked", ["2026-11-29", "2026-12-02", "2099-01-01", "9999-12-20"])
def test_a_week_to_come_is_not_there_yet_and_says_from_when_it_is(client, asked):
    answer = client.get(f"/stats/week/{asked}")
    assert answer.status_code == 404
    assert "That week has not begun. Look back on it from" in words(answer.text)


@pytest.mark.parametrize("asked", ["banana", "2026-13-40", "20261115", "0001-01-01", "2026-W47-1", "٢٠٢٦-11-15"])
def test_what_is_no_day_gets_one_clear_sentence(client, asked):
    answer = client.get(f"/stats/week/{asked}")
    assert answer.status_code == 400
    assert "takes a day such as 2026-11-26" in words(answer.text)


@pytest.mark.parametrize("asked", ["2026-11-15", "2026-11-22", "0001-01-07", "1999-12-26"])
def test_a_week_without_anything_is_told_too(client, asked):
    page = client.get(f"/stats/week/{asked}")
    assert page.status_code == 200
    assert "No weigh-in" in words(page.text)


def test_the_running_week_is_one_so_far_and_is_not_taken_for_opened(client, uri):
    fill(uri)
    page = words(client.get("/stats/week/2026-11-22").text)
    assert "22 to 28 November so far" in page
    assert "up to this weekday and hour" in page
    assert "Thu so far Fri to come" in page
    assert link(client) == "Last week in review"


def link(client: FlaskClient, week: str = "") -> str:
    """What the board calls the way to a review; '' where there is none."""
    page = client.get("/stats/livefeed" + (f"?week={week}" if week else "")).text
    found = re.search(r'<span id="review">(.*?)</span>', page)
    return words(found[1]) if found else ""


def test_the_board_leads_to_the_last_week_until_any_browser_has_opened_it(client, uri):
    assert link(client) == "", "nothing happened in that week"
    fill(uri)
    another = make_app(uri).test_client()
    for looks_only in ({"method": "HEAD"}, {"headers": {"Sec-Purpose": "prefetch;prerender"}}):
        client.open(WEEK, **looks_only)
        assert link(client) == "Last week in review"
    another.get(WEEK)
    assert link(client) == ""
    assert link(client, "2026-11-17") == "This week in review", "a past week has its own for good"
    assert link(client, "2026-12-06") == ""
    assert 'id="review"' not in client.get("/stats/livefeed?wall=1").text


def test_a_push_brings_the_link_and_takes_it_away(app: Flask, uri: str) -> None:
    fill(uri)
    with app.test_request_context():
        assert WEEK in payload.stats_vals(preferences.read(), TODAY)["review"]
        reviews.mark_opened(date(2026, 11, 15))
        assert payload.stats_vals(preferences.read(), TODAY)["review"] == ""
        past = payload.stats_vals(preferences.read(), TODAY, date(2026, 11, 16))["review"]
    assert WEEK in past


@pytest.mark.parametrize(("other", "opened"), [(-4, False), (-3, True), (0, True), (1, True), (3, True), (4, False)])
def test_a_week_that_begins_otherwise_is_the_same_for_the_most_of_its_days(session, other, opened):
    reviews.mark_opened(date(2026, 11, 15))
    reviews.mark_opened(date(2026, 11, 15))

    def is_opened(first: date) -> bool:
        return session.scalar(select(Review.week).where(reviews.is_same_week(first)).limit(1)) is not None

    assert is_opened(date(2026, 11, 15) + timedelta(days=other)) is opened
    assert not is_opened(date.min)
    assert not is_opened(date.max)


def test_hidden_rows_are_not_told_of(client, uri):
    fill(uri)
    execute(uri, 'UPDATE preferences SET hidden_rows = \'["activities", "calories"]\'')
    page = words(client.get(WEEK).text)
    assert "Weight, average" in page
    for hidden in ("Moving time", "Longest run", "Eaten a day", "met the goal"):
        assert hidden not in page


def test_on_an_open_board_the_link_goes_when_another_browser_opens_the_week_and_nothing_moves(
    uri: str, page: Page, tmp_path: Path
) -> None:
    boards.fill(uri)
    with boards.showing(uri, tmp_path, FEED_INTERVAL_SECONDS="0.5") as board:
        page.goto(f"{board.url}/stats/livefeed")
        settled(page)
        expect(page.get_by_role("link", name="Last week in review")).to_be_visible()
        place = page.locator("#board").bounding_box()
        urlopen(board.url + WEEK).close()
        expect(page.locator("#review")).to_be_hidden()
        assert page.locator("#board").bounding_box() == place
        page.goto("about:blank")
