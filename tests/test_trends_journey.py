"""Trends and settings in a real browser: drawn, told without seeing them, and felt at once on an open board."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import years
from tests.browsing import is_same_page, remember_this_page, screenshot, until
from tests.conftest import ROOT, execute
from tests.serving import Board, serving

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PAGES = {"trends": "/stats/trends?range=1y", "settings": "/settings/"}
WIDTHS = (360, 768, 1280, 1920)
each_theme = pytest.mark.parametrize("theme", ["light", "dark"])
each_page = pytest.mark.parametrize("name", PAGES)

# The inks of its series that a canvas does not show; every one must be there in its pure colour.
MISSING = """canvas => {
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
  const pixels = () => new Uint32Array(copy.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
  copy.drawImage(canvas, 0, 0);
  const seen = new Set(pixels());
  return Chart.getChart(canvas).data.datasets.filter(({ borderColor }) => {
    copy.fillStyle = borderColor;
    copy.fillRect(0, 0, 1, 1);
    return !seen.has(pixels()[0]);
  }).map(({ label }) => label);
}"""
VIOLATIONS = """() => axe.run().then(found => found.violations.map(
  one => `${one.id}: ${one.nodes.map(node => node.target.join(" ")).join(", ")}`))"""


@pytest.fixture
def board(uri: str, tmp_path: Path) -> Iterator[Board]:
    """A server whose today is that of the ten years' rows."""
    years.load(uri)
    execute(uri, "UPDATE preferences SET calorie_goal = 2200, goal_weight = 70")
    calendar = tmp_path / "calendar"
    calendar.write_text(years.TODAY.isoformat())
    environment = {"CALENDAR_FILE": str(calendar), "TIMEZONE": "Europe/Berlin"}
    with serving(uri, tmp_path / "web.log", app="tests.travelling:app", **environment) as board:
        yield board


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with the page as it stands."""
    page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(VIOLATIONS)
    return found


@each_theme
@each_page
def test_the_page_looks_right_at_every_width_and_breaks_no_rule(
    board: Board, page: Page, theme: str, name: str
) -> None:
    page.emulate_media(color_scheme=theme)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(board.url + PAGES[name])
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), width
        for canvas in page.locator("canvas").all():
            assert canvas.evaluate(MISSING) == [], width
        screenshot(page, f"{name}-{width}-{theme}")
    assert page.locator("canvas").count() == (5 if name == "trends" else 0)
    page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
    assert violations(page) == []
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert violations(page) == []


def test_charts_follow_the_theme_and_never_move(board: Board, page: Page) -> None:
    page.goto(board.url + PAGES["trends"])
    smoothed = "Chart.getChart(document.querySelector('#weight canvas')).data.datasets[1].borderColor"
    assert page.evaluate(smoothed) == "#0b6e6e"
    page.emulate_media(color_scheme="dark")
    until(page, f"{smoothed} === '#5cc8c2'")
    assert page.locator("#weight canvas").evaluate(MISSING) == []
    assert page.evaluate("Object.values(Chart.instances).map(one => one.options.animation)") == [False] * 5


def test_what_a_chart_says_is_what_stands_in_its_table(board: Board, page: Page) -> None:
    page.goto(f"{board.url}/stats/trends")
    canvas = page.locator("#distance canvas")
    box = canvas.bounding_box()
    assert box
    canvas.hover(position={"x": box["width"] - 30, "y": box["height"] / 2})
    tooltip = "Chart.getChart(document.querySelector('#distance canvas')).tooltip"
    until(page, f"{tooltip}.opacity === 1")
    said = page.evaluate(f"[...{tooltip}.title, ...{tooltip}.body.map(one => one.lines[0])]")
    page.locator("#distance summary").click()
    heads = page.locator("#distance thead th").all_inner_texts()
    newest = page.locator("#distance tbody tr").first.locator("th, td").all_inner_texts()
    assert newest[0] == "22 November 2026, so far"
    assert said == [newest[0], *(f"{head}: {text}" for head, text in zip(heads[1:-1], newest[1:-1], strict=True))]


def test_a_span_is_chosen_by_a_link_and_kept_in_the_address(board: Board, page: Page) -> None:
    page.goto(f"{board.url}/stats/livefeed")
    page.get_by_role("link", name="Trends").click()
    page.get_by_role("link", name="All").click()
    assert page.url == f"{board.url}/stats/trends?range=all"
    assert page.locator("#weight tbody tr").count() == 3653 - 14
    for canvas in page.locator("canvas").all():
        assert canvas.evaluate(MISSING) == []
    screenshot(page, "trends-ten-years")


@each_theme
def test_too_little_data_says_so_and_breaks_no_rule(uri: str, page: Page, tmp_path: Path, theme: str) -> None:
    page.emulate_media(color_scheme=theme)
    execute(uri, "INSERT INTO fitbit_weight (record_date, weight) VALUES (current_date, 72.5)")
    with serving(uri, tmp_path / "web.log", TIMEZONE="UTC") as board:
        page.goto(f"{board.url}/stats/trends")
        expect(page.locator("#weight")).to_contain_text("One weigh-in in this span: a line needs two.")
        expect(page.locator("#distance")).to_contain_text("No activity with a distance in this span.")
        assert page.locator("canvas").count() == 0
        assert violations(page) == []
        screenshot(page, f"trends-nothing-{theme}")


def test_a_choice_is_on_an_open_board_at_once(uri: str, page: Page, browser: Browser, tmp_path: Path) -> None:
    execute(
        uri,
        "INSERT INTO fitbit_weight (record_date, weight) SELECT current_date + n, 72.5 FROM generate_series(-2, 2) n",
    )
    shown = page.locator("#board thead .today b")
    with serving(uri, tmp_path / "web.log", TIMEZONE="UTC") as board:
        page.goto(f"{board.url}/stats/livefeed")
        expect(page.locator("#live")).to_have_text("Live")
        remember_this_page(page)
        settings = browser.new_page()
        settings.goto(f"{board.url}/settings/")

        def choose(label: str, value: str) -> None:
            settings.get_by_label(label, exact=True).select_option(value)
            settings.get_by_role("button", name="Save").click()
            expect(settings.get_by_role("status")).to_have_text("Saved. Every open board shows it now.")

        choose("Units", "imperial")
        expect(page.locator("#board")).to_contain_text("159.8 lb")
        choose("Units", "")
        expect(page.locator("#board")).to_contain_text("72.5 kg")
        for start in ("monday", "saturday", ""):
            choose("The week begins on", start)
            expect(page.locator("#head-0")).to_contain_text((start or "sunday")[:3].capitalize())
        for zone in ("Pacific/Kiritimati", "Pacific/Midway"):
            choose("Time zone", zone)
            expect(shown).to_have_text(str(datetime.now(ZoneInfo(zone)).day))
        execute(uri, "UPDATE preferences SET timezone = NULL, units = 'imperial'")
        expect(page.locator("#board")).to_contain_text("159.8 lb")
        assert is_same_page(page)
        execute(uri, """UPDATE preferences SET hidden_rows = '["calories"]', row_names = '{"weight": "Kilos"}'""")
        expect(page.locator("tbody th")).to_have_text(["Kilos", "Activities"])
        settings.close()
        page.goto("about:blank")


def test_the_browsers_own_zone_is_offered_where_it_is_another(uri: str, browser: Browser, tmp_path: Path) -> None:
    with serving(uri, tmp_path / "web.log", TIMEZONE="Europe/Berlin") as board:
        there = browser.new_page(timezone_id="Pacific/Auckland")
        there.goto(f"{board.url}/settings/")
        button = there.get_by_role("button", name="Use this browser's: Pacific/Auckland")
        button.click()
        expect(button).to_be_hidden()
        there.get_by_role("button", name="Save").click()
        expect(there.get_by_label("Time zone")).to_have_value("Pacific/Auckland")
        expect(button).to_be_hidden()
        there.get_by_label("Time zone").select_option("")
        expect(button).to_be_visible()
        there.close()
        here = browser.new_page(timezone_id="Europe/Berlin")
        here.goto(f"{board.url}/settings/")
        expect(here.locator("#own-timezone")).to_be_visible()
        here.get_by_label("Time zone").select_option("")
        expect(here.locator("#own-timezone")).to_be_hidden()
        here.close()


@each_theme
def test_bad_input_keeps_every_entry_and_a_goal_appears_once_it_is_right(
    board: Board, browser: Browser, uri: str, theme: str
) -> None:
    execute(uri, "UPDATE preferences SET goal_weight = NULL")
    page = browser.new_page(viewport={"width": 360, "height": 800}, color_scheme=theme)
    page.goto(f"{board.url}/stats/trends")
    expect(page.locator("#weight")).not_to_contain_text("goal")
    page.get_by_role("link", name="Settings").click()
    page.get_by_label("Calorie goal, kcal eaten a day").fill("1,900")
    page.get_by_label("Name of the row Weight").fill("Mass")
    goal = page.get_by_label("Goal weight, kg")
    goal.fill("seventy")
    page.get_by_role("button", name="Save").click()
    expect(goal).to_have_accessible_description("Enter a number such as 72.5, or nothing.")
    expect(goal).to_have_attribute("aria-invalid", "true")
    expect(goal).to_have_value("seventy")
    expect(page.get_by_label("Calorie goal, kcal eaten a day")).to_have_value("1,900")
    expect(page.get_by_label("Name of the row Weight")).to_have_value("Mass")
    assert violations(page) == []
    screenshot(page, f"settings-refused-{theme}")
    goal.fill("70,5")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Saved. Every open board shows it now.")
    page.get_by_role("link", name="Trends").click()
    expect(page.locator("#weight")).to_contain_text("above the goal of 70.5\N{NO-BREAK SPACE}kg.")
    expect(page.locator("#calories")).to_contain_text("The goal is 1,900\N{NO-BREAK SPACE}kcal eaten.")
    page.close()
