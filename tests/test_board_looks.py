"""The board in a real Chromium at every width and in both themes: nothing overlaps, nothing jumps, all can use it."""

from typing import Literal

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests import boards
from tests.browsing import screenshot, settled, violations, wear
from tests.conftest import execute
from tests.serving import Board, serving

WIDTHS = {360: 740, 768: 1024, 1280: 720, 1920: 1080}
THEMES: list[Literal["light", "dark"]] = ["light", "dark"]
AXE_WIDTHS = (360, 1280)
"""A phone and a desk: at the others the same parts stand in the same order."""
PAGES = {
    "board": "/stats/livefeed",
    "past": "/stats/livefeed?week=2026-11-15",
    "wall": "/stats/livefeed?wall=1",
    "day": "/stats/day/2026-11-24",
    "empty-day": "/stats/day/2026-11-23",
    "review": "/stats/week/2026-11-15",
    "index": "/stats/",
    "connect": "/connect/",
    "trends": "/stats/trends",
    "settings": "/settings/",
    "error": "/stats/livefeed?week=banana",
}
"""Every page that is looked at; one more is one more line."""

SPILLS = """() => {
  const inner = [...document.querySelectorAll("td, th, .card, .panel, .facts > div")];
  const spilling = inner.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.id || one.innerText);
  const table = "#board thead th + th, #board td";
  const parts = `.tools > :not([popover]), .week-nav, .said, ${table}, .foot a, .foot span`;
  const blocks = [...document.querySelectorAll(parts)];
  const boxes = blocks.map((one) => one.getBoundingClientRect());
  const beside = (a, b) => a.right <= b.left + 1 || b.right <= a.left + 1;
  const above = (a, b) => a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
  const meet = (a, b) => a.width && b.width && !beside(a, b) && !above(a, b);
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b, j) => {
    if (meet(a, b)) spilling.push(`${blocks[i].outerHTML} over ${blocks[i + 1 + j].outerHTML}`);
  }));
  if (document.documentElement.scrollWidth > innerWidth) spilling.push("the page scrolls sideways");
  return spilling;
}"""
SHIFTS = """
window.shifts = 0;
window.moved = [];
new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
  window.shifts += entry.value;
  window.moved.push(entry.value, ...entry.sources.map((source) => source.node?.id ?? source.node?.textContent));
})).observe({ type: "layout-shift", buffered: true });
"""


def every_state(uri: str) -> None:
    """Each row in another kind of trouble, and values among it."""
    boards.remember(
        uri, "fitbit", "weight", "reconnect", "2026-11-23 09:00+00", "Google no longer accepts this sign-in."
    )
    boards.remember(uri, "fitbit", "eaten", "ok", "2026-11-24 13:10+00")


def test_on_every_page_nothing_overlaps_or_scrolls_sideways_and_axe_finds_no_violation(board: Board, browser: Browser):
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    for name, path in PAGES.items():
        page.goto(board.url + path)
        settled(page)
        for theme in THEMES:
            wear(page, theme)
            for width, height in WIDTHS.items():
                page.set_viewport_size({"width": width, "height": height})
                assert page.evaluate(SPILLS) == [], (name, width, theme)
                if width in AXE_WIDTHS:
                    assert violations(page) == [], (name, width, theme)
            screenshot(page, f"{name}-1920-{theme}")
        page.set_viewport_size({"width": 360, "height": 740})
        screenshot(page, f"{name}-360-dark")
    page.close()


def test_on_a_phone_axe_finds_no_violation_on_the_board_in_any_state(board: Board, browser: Browser):
    every_state(board.uri)
    page = browser.new_page(viewport={"width": 360, "height": 740})
    page.goto(f"{board.url}/stats/livefeed")
    settled(page)
    states = {"value", "partial", "none", "waiting", "down", "signin", "future"}
    assert states == {state for state in states if page.locator(f"td.{state}").count()}
    page.locator("td.signin .why").first.click()
    expect(page.locator(":popover-open")).to_contain_text("Google no longer accepts this sign-in.")
    in_both_themes(page)
    screenshot(page, "states-360-dark")
    page.close()


def test_axe_finds_no_violation_in_signing_in(uri, browser: Browser, tmp_path):
    with serving(uri, tmp_path / "web.log", DASHBOARD_PASSWORD="hunter2") as board:
        page = browser.new_page(viewport={"width": 360, "height": 740})
        for _ in range(2):
            page.goto(f"{board.url}/login")
            in_both_themes(page)
            page.fill("#password", "wrong")
            page.press("#password", "Enter")
            expect(page.locator("[role=alert]")).to_be_visible()
            in_both_themes(page)
        page.close()


def in_both_themes(page: Page) -> None:
    for theme in THEMES:
        wear(page, theme)
        assert violations(page) == [], theme


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_jumps_on_load_or_when_something_changes(browser: Browser, board: Board, width):
    page = browser.new_page(viewport={"width": width, "height": WIDTHS.get(width, 844)})
    page.add_init_script(SHIFTS)
    page.goto(f"{board.url}/stats/livefeed")
    settled(page)
    page.wait_for_timeout(600)
    assert page.evaluate("shifts") < 0.01
    execute(board.uri, "UPDATE fitbit_weight SET weight = 71.4 WHERE record_date = '2026-11-26'")
    expect(page.locator("#changes")).to_contain_text("Weight on Thursday corrected from 72.4 to 71.4 kg.")
    execute(
        board.uri,
        "INSERT INTO fitbit_weight (weight, fat, record_date, record_time) VALUES (72.7, 18.2, '2026-11-25', '07:02')",
    )
    execute(board.uri, "UPDATE fitbit_calories SET calories = 2120 WHERE record_date = '2026-11-26'")
    execute(
        board.uri, f"{boards.RUN} (1, '2026-11-26 18:00', 'Run', 8200, 2530, 2600, 'Morning Run', 148, 171, 30, '')"
    )
    expect(page.locator("#activities-4")).to_contain_text("Run, 8.2")
    page.wait_for_timeout(600)
    assert page.evaluate("shifts") < 0.01, page.evaluate("moved")
    page.close()


def test_the_first_paint_already_shows_the_week(board: Board, browser: Browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{board.url}/stats/livefeed")
    assert page.locator("#weight-4").inner_text().startswith("72.4")
    assert "of your usual" in page.locator("#number-activities").inner_text()
    context.close()


def test_the_whole_board_works_from_the_keyboard(page: Page, board: Board):
    page.goto(f"{board.url}/stats/livefeed")
    settled(page)
    reached: list[str] = []
    while not reached or reached[-1] != "For the wall":
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.ariaLabel || document.activeElement.innerText.split('\\n').join(' ')")
        )
        assert len(reached) < 60
        outline = page.evaluate(
            "(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle + s.boxShadow; })()"
        )
        assert outline != "nonenone", f"no sign of the focus on {reached[-1]}"
    assert {"Earlier week", "Sync now", "Sunday 22", "Today, Thursday 26", "No weigh-in", "Sources"} <= set(reached)
    page.locator("#weight-1 .why").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#why-weight-1")).to_be_visible()
    # A push that paints the cell anew neither takes the focus away nor closes what is being read.
    boards.remember(board.uri, "fitbit", "weight", "ok", "2026-11-26 17:08+00")
    execute(board.uri, "UPDATE fitbit_weight SET weight = 71.4 WHERE record_date = '2026-11-26'")
    expect(page.locator("#why-weight-1")).to_contain_text("18:08")
    expect(page.locator("#why-weight-1")).to_be_visible()
    assert page.evaluate("document.activeElement.closest('td').id") == "weight-1"
    page.keyboard.press("Escape")
    expect(page.locator("#why-weight-1")).to_be_hidden()


@pytest.mark.parametrize("goal", [None, 0, 2400])
def test_rows_are_those_that_the_person_chose_by_their_names(app: Flask, monkeypatch, goal):
    from app.records import preferences
    from app.stats import payload

    chosen = preferences.Preferences("metric", "UTC", "sunday", goal, None, {"calories": "Food", "weight": "Scale"})
    monkeypatch.setattr(preferences, "read", lambda: chosen)
    text = app.test_client().get("/stats/livefeed").text
    assert text.index(">Food<") < text.index(">Scale<")
    assert 'id="activities-0"' not in text
    assert ("goal 2,400" in text) == (goal == 2400)
    sent = payload.stats_vals(chosen, payload.today(chosen))
    assert {name.split("-")[0] for name in sent["cells"]} == {"head", "calories", "weight"}
    assert list(sent["numbers"]) == ["calories", "weight"]
    assert set(sent["data"]) == {"weight", "calories", "activities"}
