"""The pages of sources and settings as a person meets them: a card for each way in, steps, copying, and every width."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect

from app import units
from app.records import preferences
from app.settings import hints
from tests import boards
from tests.browsing import screenshot, violations, wear
from tests.conftest import execute, fresh, make_app
from tests.serving import Board
from tests.test_board_looks import SPILLS, THEMES
from tests.test_pages import TOKENS, words

STATES = ("ok", "running", "waiting", "reconnect", "misconfigured", "refused", "failed", "ungranted")


@pytest.fixture
def own(uri: str, tmp_path: Path) -> FlaskClient:
    """An installation in which Strava is connected."""
    (tmp_path / "strava.json").write_text(TOKENS)
    return make_app(uri, STRAVA_CLIENT_ID="45678", CREDS_DIR=str(tmp_path), TIMEZONE="Europe/Berlin").test_client()


def remember(uri: str, state: str, minutes: int = 5) -> None:
    success = datetime.now(UTC) - timedelta(minutes=minutes)
    boards.remember(uri, "strava", "activities", state, success.isoformat())


def test_a_card_tells_its_state_in_the_words_and_by_the_sign_of_the_boards_chain(own, uri):
    for state, minutes in product(STATES, (5, 400)):
        remember(uri, state, minutes)
        board = own.get("/stats/livefeed").text
        link, said = re.search(r'<span class="src (\w+)">.*?</svg>(.*?)</span>', board).groups()
        card = re.search(r'<section class="card" id="strava".*?</section>', own.get("/connect/").text, re.DOTALL)[0]
        assert words(said) in words(card), state
        assert re.search(r'data-look="(\w+)"', card)[1] == link, state


def ids(client: FlaskClient) -> list[str]:
    return re.findall(r'class="card" id="(\w+)"', client.get("/connect/").text)


def test_files_come_first_until_an_account_is_connected(own, uri, tmp_path):
    assert ids(make_app(uri).test_client()) == ["import", "typed", "programs", "strava", "fitbit"]
    assert ids(own) == ["strava", "fitbit", "import", "typed", "programs"]


def test_the_cards_tell_what_was_typed_in_and_what_programs_sent(uri):
    client = make_app(uri, TIMEZONE="Europe/Berlin").test_client()
    assert "Nothing yet" in words(client.get("/connect/").text)
    for entry in ({"kind": "weight", "weight": "72.4"}, {"kind": "weight", "weight": "72.6", "day": "yesterday"}):
        assert client.post("/log/", data=entry).status_code == 302
    made = client.post("/settings/tokens", data={"name": "x", "rights": "write"}).text
    token = re.search(r'id="new-token">(\w+)<', made)
    sent = {"date": "2026-01-05", "calories": 1800}
    answer = client.post("/api/v1/calories", json=sent, headers={"Authorization": f"Bearer {token[1]}"})
    assert answer.status_code == 201
    page = words(client.get("/connect/").text)
    assert "By hand 2 weigh-ins so far, the last on" in page
    assert "1 token, last used just now; 1 day of calories so far, the last on 5 January" in page


@pytest.mark.parametrize(
    ("found", "text"),
    [
        ({}, ""),
        ({"activity": 1}, "1 activity"),
        ({"activity": 1132, "weigh-in": 1}, "1,132 activities and 1 weigh-in"),
        ({"activity": 2, "day of calories": 3, "weigh-in": 4}, "2 activities, 3 days of calories and 4 weigh-ins"),
    ],
)
def test_counts_read_as_a_sentence_does(found, text):
    assert units.counts(found) == text


def test_the_empty_board_leads_to_the_cards(uri):
    page = make_app(uri).test_client().get("/stats/livefeed").text
    assert {"/connect/#import", "/connect/#strava", "/connect/#fitbit"} <= set(re.findall(r'href="([^"]*)"', page))


def test_settings_say_how_it_reads_and_how_far_the_goals_are(uri):
    execute(
        uri, "INSERT INTO fitbit_weight (record_date, weight) SELECT current_date - n, 73 FROM generate_series(1, 9) n"
    )
    burned = "INSERT INTO fitbit_calories (record_date, burned) SELECT current_date - n, 2400 + n"
    execute(uri, f"{burned} FROM generate_series(1, 3) n")
    execute(uri, "UPDATE preferences SET goal_weight = 71, units = 'metric'")
    page = words(make_app(uri).test_client().get("/settings/").text)
    for said in ("72.4 kg", "8.2 km, 5:08 /km", "Burned on a usual day: 2,402.", "2.0 kg from the trend, 73.0 kg."):
        assert said in page.replace(units.NBSP, " "), said


def test_settings_say_nothing_of_goals_of_which_nothing_is_known(uri, session):
    with make_app(uri).app_context():
        chosen = preferences.read()
        assert hints.burned(session, chosen) == hints.distance(session, chosen) == ""


IMPORTED = (
    "INSERT INTO file_import (name, path, size, kind, state, counts)"
    " VALUES ('export_of_all_my_rides_2214407.zip', '', 1, 'Strava export', 'done', %s)"
)


@pytest.fixture(scope="module")
def connected(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    """One server for this file, at which Strava is connected."""
    folder = tmp_path_factory.mktemp("connected")
    (folder / "strava.json").write_text(TOKENS)
    own = {"CREDS_DIR": str(folder), "STRAVA_CLIENT_ID": "1", "DEMO": "0"}
    for uri in fresh(server, template):
        with boards.showing(uri, folder, **own) as board:
            yield board


@pytest.fixture
def board(connected: Board) -> Board:
    boards.empty(connected.uri)
    boards.fill(connected.uri)
    execute(connected.uri, IMPORTED, '{"new": 1182, "known": 55, "refused": 3}')
    boards.settle(connected)
    return connected


PAGES = ("/connect/", "/settings/", "/stats/")
PARTS = (
    ".card, .settings-part, .records, .source-head > *, .source-facts > div, .settings-fields > *, .settings-row > *"
)
OVER = """(names) => {
  const parts = [...document.querySelectorAll(names)];
  const beside = (a, b) => a.left >= b.right - 1 || b.left >= a.right - 1;
  const below = (a, b) => a.top >= b.bottom - 1 || b.top >= a.bottom - 1;
  const meet = (a, b) => a.width && b.width && !beside(a, b) && !below(a, b);
  const box = (one) => one.getBoundingClientRect();
  const over = (one, other) => !one.contains(other) && meet(box(one), box(other));
  const pairs = parts.flatMap((one, n) => parts.slice(n + 1).map((other) => [one, other]));
  const met = pairs.filter(([one, other]) => over(one, other));
  return met.map((pair) => pair.map((one) => one.outerHTML.slice(0, 90)).join(" over "));
}"""


def test_sources_settings_and_records_are_whole_at_a_phone_and_a_desk(board: Board, browser: Browser) -> None:
    page = browser.new_page()
    for path in PAGES:
        page.goto(board.url + path)
        for opened in (False, True):
            if opened:
                page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
            for width, theme in product((390, 1440), THEMES):
                page.set_viewport_size({"width": width, "height": 900})
                wear(page, theme)
                assert page.evaluate(SPILLS) == [], (path, width, theme, opened)
                assert page.evaluate(OVER, PARTS) == [], (path, width, theme, opened)
                if opened or path == "/connect/":  # the others are closed in test_board_looks
                    assert violations(page) == [], (path, width, theme, opened)
                if not opened:
                    screenshot(page, f"{path.strip('/').replace('/', '-')}-drawn-{width}-{theme}")
    page.close()


def test_exactly_one_step_is_open_and_opening_another_closes_it(board: Board, page: Page) -> None:
    page.goto(f"{board.url.replace('127.0.0.1', 'localhost')}/connect/")
    open_steps = page.locator("#fitbit .source-steps details[open]")
    expect(open_steps).to_have_count(1)
    expect(open_steps).to_contain_text("Google Health API")
    page.locator("#fitbit summary", has_text="Create the client").click()
    expect(open_steps).to_have_count(1)
    expect(open_steps).to_contain_text("/connect/fitbit/callback")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the redirect address").click()
    expect(open_steps.locator(".copy-said")).to_have_text("Copied")
    assert str(page.evaluate("navigator.clipboard.readText()")).endswith("/connect/fitbit/callback")


def test_without_a_script_steps_open_texts_are_there_to_copy_and_a_row_moves(board: Board, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{board.url}/connect/")
    page.locator("#fitbit summary", has_text="Create the client").click()
    expect(page.locator("#fitbit code", has_text="/connect/fitbit/callback")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Copy"))).to_have_count(0)
    page.goto(f"{board.url}/settings/")
    page.get_by_label("Calorie goal, kcal eaten a day").fill("2300")
    page.get_by_role("button", name="Activities up").press("Enter")
    expect(page.get_by_role("status")).to_have_text("Saved. Every open board shows it now.")
    expect(page.locator(".settings-row .form-check-label")).to_have_text(["Weight", "Activities", "Calories"])
    expect(page.get_by_label("Calorie goal, kcal eaten a day")).to_have_value("2300")
    context.close()


def test_by_keyboard_a_row_moves_keeps_the_focus_and_enter_in_a_field_saves(board: Board, page: Page) -> None:
    page.goto(f"{board.url}/settings/")
    up = page.get_by_role("button", name="Activities up")
    up.press("Enter")
    expect(up).to_be_focused()
    expect(page.locator("#moved")).to_have_text("Activities is row 2 of 3")
    page.get_by_label("Name of the row Weight").press("Enter")
    expect(page.get_by_role("status")).to_have_text("Saved. Every open board shows it now.")
    expect(page.locator(".settings-row .form-check-label")).to_have_text(["Weight", "Activities", "Calories"])
    page.goto(f"{board.url}/stats/livefeed")
    expect(page.locator("#board tbody th")).to_have_text(["Weight", "Activities", "Calories"])


def test_the_board_is_whole_in_every_order(board: Board, browser: Browser) -> None:
    page = browser.new_page()
    for order in ('["activities"]', '["calories", "weight"]', '["weight", "activities"]', '["calories", "activities"]'):
        execute(board.uri, f"UPDATE preferences SET row_order = '{order}'")
        page.goto(f"{board.url}/stats/livefeed")
        expect(page.locator("#live")).to_have_text("Live")
        for width in (390, 768, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate(SPILLS) == [], (order, width)
    page.close()
