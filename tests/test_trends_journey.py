"""Trends and settings in a real browser: drawn, told without seeing them, and felt at once on an open board."""

from datetime import datetime
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import boards, years
from tests.browsing import is_same_page, remember_this_page, screenshot, until, violations, wear
from tests.conftest import execute
from tests.serving import Board, serving
from tests.test_board_looks import THEMES

YEAR = "/stats/trends?range=1y"
WIDTHS = (360, 768, 1280, 1920)

# The drawn marks that have no colour, or no extent.
MISSING = """plot => [...plot.querySelectorAll("path")].filter((path) => {
  const { stroke, fill } = getComputedStyle(path);
  const box = path.getBBox();
  const spots = path.getAttribute("d").includes("h0");
  return (stroke === "none" && fill === "none") || (box.width + box.height === 0 && !spots);
}).map((path) => path.className.baseVal)"""
SHIFTS = """() => {
  window.shifted = 0;
  const add = (list) => { for (const one of list.getEntries()) window.shifted += one.value; };
  new PerformanceObserver(add).observe({ type: "layout-shift", buffered: false });
}"""
ACTIVITY = "INSERT INTO strava_activity (start_date_local, activity_type, distance, moving_time) VALUES"


@pytest.fixture
def board(empty_board: Board) -> Board:
    """A server whose today is that of the ten years' rows."""
    boards.turn(empty_board, years.TODAY.isoformat())
    years.load(empty_board.uri)
    execute(empty_board.uri, "UPDATE preferences SET calorie_goal = 2200, goal_weight = 70")
    boards.settle(empty_board)
    return empty_board


def test_the_page_looks_right_at_every_width_and_breaks_no_rule(board: Board, page: Page) -> None:
    page.goto(board.url + YEAR)
    assert page.locator(".trends-plot").count() == 5
    for theme in THEMES:
        wear(page, theme)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (width, theme)
            for plot in page.locator(".trends-plot:visible").all():
                assert plot.evaluate(MISSING) == [], (width, theme)
        screenshot(page, f"trends-1920-{theme}")
    page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
    for width, theme in product((360, 1920), THEMES):
        page.set_viewport_size({"width": width, "height": 800})
        wear(page, theme)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (width, theme)
        assert violations(page) == [], (width, theme)


def test_charts_follow_the_theme_and_the_switch_works_without_a_script(board: Board, browser: Browser) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(board.url + YEAR)
    trend = page.locator("#weight .trends-plot .trend")
    expect(trend).to_have_css("stroke", "rgb(11, 110, 110)")
    page.emulate_media(color_scheme="dark")
    expect(trend).to_have_css("stroke", "rgb(92, 200, 194)")
    for shown in ("Distance", "Load", "Time"):
        page.locator("#weeks").get_by_text(shown, exact=True).click()
        for key in ("time", "distance", "load"):
            expect(page.locator(f"#{key} .trends-plot")).to_be_visible(visible=key == shown.lower())
    page.close()


def test_what_a_chart_says_is_what_stands_in_its_table(board: Board, page: Page) -> None:
    page.goto(f"{board.url}/stats/trends")
    plot = page.locator("#time .trends-plot")
    box = plot.bounding_box()
    assert box
    plot.hover(position={"x": box["width"] - 10, "y": box["height"] / 2})
    said = page.locator(".trends-tip").inner_text().splitlines()
    page.locator("#time summary").click()
    heads = page.locator("#time thead th").all_inner_texts()
    newest = page.locator("#time tbody tr").first.locator("th, td").all_inner_texts()
    assert newest[0] == "22 November 2026, so far"
    assert said == [newest[0], *(f"{head}: {text}" for head, text in zip(heads[1:], newest[1:], strict=True))]


def test_an_open_page_follows_every_change_and_keeps_what_was_chosen(board: Board, page: Page) -> None:
    page.goto(f"{board.url}/stats/trends")
    remember_this_page(page)
    page.locator("#weeks").get_by_text("Distance", exact=True).click()
    page.locator("#distance summary").click()
    page.locator("#distance .trends-behind").evaluate("one => { one.scrollTop = 60; }")
    until(page, "socket.connected")
    page.evaluate(SHIFTS)
    for day, sport in (("2026-09-02", "Kitesurf"), (years.TODAY.isoformat(), "Golf")):
        execute(board.uri, f"{ACTIVITY} (%s, %s, 90000, 360000)", f"{day} 08:00", sport)
        expect(page.locator("#sports")).to_contain_text(f"{sport} once, 90.0\N{NO-BREAK SPACE}km")
        expect(page.locator("#distance-table thead")).to_contain_text(sport)
    assert is_same_page(page)
    expect(page.locator("#show-distance")).to_be_checked()
    expect(page.locator("#distance .trends-plot")).to_be_visible()
    assert page.locator("#distance details").get_attribute("open") is not None
    assert page.locator("#distance .trends-behind").evaluate("one => one.scrollTop") == 60
    assert page.evaluate("window.shifted") < 0.01
    execute(board.uri, "UPDATE preferences SET goal_weight = 65")
    expect(page.locator("#weight dl")).to_contain_text("To the goal of 65.0")
    assert violations(page) == []


def test_a_span_is_chosen_by_a_link_and_kept_in_the_address(board: Board, page: Page) -> None:
    page.goto(f"{board.url}/stats/livefeed")
    page.get_by_role("link", name="Trends").click()
    page.get_by_role("link", name="All").click()
    assert page.url == f"{board.url}/stats/trends?range=all"
    expect(page.locator("#weight tbody tr")).to_have_count(3653 - 14)
    for plot in page.locator(".trends-plot:visible").all():
        assert plot.evaluate(MISSING) == []
    screenshot(page, "trends-ten-years")


def test_too_little_data_says_so_and_breaks_no_rule(empty_board: Board, page: Page) -> None:
    execute(empty_board.uri, "INSERT INTO fitbit_weight (record_date, weight) VALUES (%s, 72.5)", boards.TODAY)
    page.goto(f"{empty_board.url}/stats/trends")
    expect(page.locator("#weight")).to_contain_text("One weigh-in in this span: a line needs two.")
    expect(page.locator("#distance")).to_contain_text("No activity with a distance in this span.")
    assert page.locator(".trends-plot").count() == 0
    for theme in THEMES:
        wear(page, theme)
        assert violations(page) == [], theme
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


def test_the_browsers_own_zone_is_offered_where_it_is_another(empty_board: Board, browser: Browser) -> None:
    there = browser.new_page(timezone_id="Pacific/Auckland")
    there.goto(f"{empty_board.url}/settings/")
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
    here.goto(f"{empty_board.url}/settings/")
    expect(here.locator("#own-timezone")).to_be_visible()
    here.get_by_label("Time zone").select_option("")
    expect(here.locator("#own-timezone")).to_be_hidden()
    here.close()


def test_bad_input_keeps_every_entry_and_a_goal_appears_once_it_is_right(board: Board, browser: Browser) -> None:
    execute(board.uri, "UPDATE preferences SET goal_weight = NULL")
    page = browser.new_page(viewport={"width": 360, "height": 800})
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
    for theme in THEMES:
        wear(page, theme)
        assert violations(page) == [], theme
        screenshot(page, f"settings-refused-{theme}")
    goal.fill("70,5")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Saved. Every open board shows it now.")
    page.get_by_role("link", name="Trends").click()
    expect(page.locator("#weight")).to_contain_text("To the goal of 70.5")
    expect(page.locator("#calories")).to_contain_text("The goal is 1,900\N{NO-BREAK SPACE}kcal eaten.")
    page.close()
