"""The Log over the page: how many taps it takes, what stays where it was, and what is never lost."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests import boards
from tests.browsing import is_same_page, remember_this_page, settled, violations, wear
from tests.conftest import execute
from tests.serving import Board, serving
from tests.test_board_looks import THEMES

PASSWORD = "correct horse battery"
SHEET = "dialog.log-sheet"
BOX = "(({ x, y, width }) => [x, y, width].map(Math.round))(document.getElementById('board').getBoundingClientRect())"


@pytest.fixture
def own(uri: str, tmp_path: Path) -> Iterator[Board]:
    """A server of the test's own that asks for a password."""
    with serving(uri, tmp_path / "web.log", DEMO="0", DASHBOARD_PASSWORD=PASSWORD) as board:
        yield board


@pytest.fixture
def board(empty_board: Board) -> Board:
    """Where nobody signs in; weighed yesterday. It is now, as the Log has no other clock, and UTC, as in the tests."""
    boards.turn(empty_board, f"{datetime.now(UTC):%Y-%m-%dT%H:%M}")
    execute(empty_board.uri, "UPDATE preferences SET timezone = 'UTC'")
    weigh_yesterday(empty_board.uri)
    boards.settle(empty_board)
    return empty_board


def weigh_yesterday(uri: str) -> None:
    execute(uri, "INSERT INTO fitbit_weight (weight, record_date) VALUES (72.4, current_date - 1)")


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    context.new_page()
    yield context
    context.close()


def sign_in(page: Page, address: str) -> None:
    page.goto(address)
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")


class Thumb:
    """Counts what a person does: a tap, or something typed."""

    def __init__(self, page: Page) -> None:
        self.page, self.entries = page, 0

    def tap(self, role: str, name: str) -> None:
        self.entries += 1
        self.page.get_by_role(role, name=name, exact=True).tap()  # type: ignore[arg-type]

    def type(self, label: str, text: str, end: str = "") -> None:
        self.entries += 1
        field = self.page.get_by_label(label)
        field.fill(text)
        if end:
            field.press(end)


def opened(page: Page, kind: str = "") -> None:
    page.get_by_role("link", name="Log", exact=True).click()
    expect(page.locator(f"{SHEET} form")).to_be_visible()
    if kind:
        page.locator(SHEET).get_by_role("link", name=kind, exact=True).click()
        expect(page.locator(f"{SHEET} [aria-current]")).to_have_text(kind)


def test_a_weigh_in_is_two_taps_from_the_board_and_calories_are_three_entries(
    board: Board, phone: BrowserContext
) -> None:
    page, other = phone.pages[0], phone.new_page()
    for one in (page, other):
        one.goto(f"{board.url}/stats/livefeed")
        settled(one)
    remember_this_page(page)
    before, thumb = page.evaluate(BOX), Thumb(page)
    thumb.tap("link", "Log")
    expect(page.locator("[name=weight]")).to_have_value("72.4")
    assert page.evaluate(BOX) == before
    thumb.tap("button", "Save weigh-in")
    expect(page.locator(".log-toast")).to_contain_text("Saved 72.4")
    assert thumb.entries == 2
    expect(page.locator(SHEET)).to_be_hidden()
    for one in (page, other):
        expect(one.locator("td.today").first).to_contain_text("72.4")
    thumb.entries = 0
    thumb.tap("link", "Log")
    thumb.tap("link", "Calories")
    thumb.type("Calories eaten, kcal", "450", "Enter")
    expect(page.locator(".log-toast")).to_contain_text("Added 450")
    assert thumb.entries == 3
    expect(other.locator("td.today").nth(1)).to_contain_text("450")
    page.get_by_role("button", name="Undo").tap()
    expect(page.locator(".log-toast")).to_contain_text("Taken back.")
    expect(other.locator("td.today").nth(1)).not_to_contain_text("450")
    expect(page.locator(".pages a.log")).to_be_focused()
    assert page.evaluate("scrollY") == 0
    assert page.evaluate(BOX) == before
    assert is_same_page(page)


def test_without_a_script_or_a_dialog_the_log_is_a_page_with_the_same_form(board: Board, browser: Browser) -> None:
    for script in (False, True):
        context = browser.new_context(
            viewport={"width": 390, "height": 844}, has_touch=True, java_script_enabled=script
        )
        context.add_init_script("delete window.HTMLDialogElement")
        page = context.new_page()
        page.goto(f"{board.url}/stats/livefeed")
        page.get_by_role("link", name="Log", exact=True).tap()
        page.get_by_role("button", name="Save weigh-in").tap()
        expect(page.locator(".log-said")).to_contain_text("Saved 72.4")
        page.get_by_role("link", name="Calories", exact=True).tap()
        page.get_by_label("Calories eaten, kcal").fill("450")
        page.get_by_role("button", name="Save calories").tap()
        expect(page.locator(".log-said")).to_contain_text("Added 450")
        context.close()


def test_focus_goes_in_and_back_and_a_refusal_stands_beside_its_field(board: Board, phone: BrowserContext) -> None:
    execute(board.uri, "UPDATE preferences SET units = 'imperial'")
    page = phone.pages[0]
    page.goto(f"{board.url}/settings/")
    opened(page)
    expect(page.locator(".log-save")).to_be_focused()
    page.get_by_label("0.1 more").click()
    expect(page.get_by_label("Weight, lb", exact=True)).to_have_value("159.7")
    page.keyboard.press("Escape")
    expect(page.locator(SHEET)).to_be_hidden()
    expect(page.locator(".pages a.log")).to_be_focused()
    opened(page)
    expect(page.get_by_label("Weight, lb", exact=True)).to_have_value("159.7")
    page.get_by_label("Weight, lb", exact=True).fill("7")
    page.get_by_role("button", name="Save weigh-in").click()
    expect(page.locator("#log-weight-wrong")).to_contain_text("from 44 to 1,102 lb")
    expect(page.get_by_label("Weight, lb", exact=True)).to_be_focused()
    page.get_by_label("Weight, lb", exact=True).fill("160,4")
    page.keyboard.press("Enter")
    expect(page.locator(".log-toast")).to_contain_text("Saved 160.4")
    assert page.url == f"{board.url}/settings/"


def test_the_days_page_has_at_once_what_was_saved_over_it(board: Board, phone: BrowserContext) -> None:
    page = phone.pages[0]
    page.goto(f"{board.url}/stats/livefeed")
    page.locator("th.today a").click()
    page.wait_for_url("**/stats/day/*")
    opened(page, "Activity")
    page.get_by_text("Ride", exact=True).click()
    page.get_by_label("or exactly").fill("42:10")
    page.get_by_role("button", name="Save activity").click()
    expect(page.locator(".day-line")).to_contain_text("Ride")
    page.locator(".log-toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".day-line")).to_have_count(0)


def test_what_is_typed_outlives_an_end_of_the_session_an_old_form_and_a_lost_network(
    own: Board, phone: BrowserContext
) -> None:
    weigh_yesterday(own.uri)
    page = phone.pages[0]
    sign_in(page, f"{own.url}/stats/livefeed")
    settled(page)
    opened(page, "Calories")
    page.get_by_label("Calories eaten, kcal").fill("451")
    sign_out_elsewhere(own)
    expect(page.locator("#password")).to_be_visible()
    sign_in(page, page.url)
    expect(page.locator(".log-trouble")).to_contain_text("not saved yet")
    expect(page.get_by_label("Calories eaten, kcal")).to_have_value("451")

    page.goto(f"{own.url}/settings/")
    expect(page.get_by_label("Calories eaten, kcal")).to_have_value("451")
    sign_out_elsewhere(own)
    page.get_by_role("button", name="Save calories").click()
    expect(page.locator(".log-trouble")).to_contain_text("You were signed out")
    page.locator(".log-trouble").get_by_role("link", name="sign in").click()
    sign_in(page, page.url)
    expect(page.get_by_label("Calories eaten, kcal")).to_have_value("451")

    phone.set_offline(True)
    page.get_by_role("button", name="Save calories").click()
    expect(page.locator(".log-trouble")).to_contain_text("has not answered")
    phone.set_offline(False)
    page.evaluate("document.querySelector('dialog [name=csrf_token]').value = 'of yesterday'")
    page.get_by_role("button", name="Save calories").click()
    expect(page.locator(".log-toast")).to_contain_text("Added 451")
    page.reload()
    expect(page.locator(SHEET)).to_have_count(0)


def sign_out_elsewhere(board: Board) -> None:
    elsewhere = requests.Session()
    token = elsewhere.get(f"{board.url}/login").text.split('csrf_token" value="')[1].split('"')[0]
    elsewhere.post(f"{board.url}/login", data={"password": PASSWORD, "csrf_token": token})
    token = elsewhere.get(f"{board.url}/stats/livefeed").text.split('csrf_token" value="')[1].split('"')[0]
    elsewhere.post(f"{board.url}/logout", data={"csrf_token": token, "everywhere": "1"})


def test_axe_finds_nothing_in_the_sheet_and_nothing_spills(board: Board, phone: BrowserContext) -> None:
    page = phone.pages[0]
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{board.url}/stats/livefeed")
    settled(page)
    opened(page)
    for theme in THEMES:
        wear(page, theme)
        for kind in ("Weigh-in", "Calories", "Activity"):
            page.locator(SHEET).get_by_role("link", name=kind, exact=True).click()
            expect(page.locator(f"{SHEET} [aria-current]")).to_have_text(kind)
            page.get_by_label("or exactly" if kind == "Activity" else "Time").fill(
                "x" if kind == "Activity" else "07:10"
            )
            assert violations(page) == []
            assert page.evaluate(f"document.querySelector('{SHEET}').scrollWidth <= innerWidth")
    page.get_by_role("button", name="Save activity").click()
    expect(page.locator("#log-exact-wrong")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("or exactly").fill("42:10")
    page.get_by_role("button", name="Save activity").click()
    expect(page.locator(".log-toast")).to_contain_text("Saved")
    assert violations(page) == []
