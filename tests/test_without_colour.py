"""What a colour says, a word or a shape says too: which day is today, in forced colours, in any script."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from app.units import isolated
from tests import boards
from tests.browsing import screenshot, settled
from tests.conftest import execute, make_app
from tests.serving import Board

NAMES = {
    "hebrew": "הליכה ארוכה מאוד ליד הים עם כל המשפחה והכלב",
    "arabic": "جولة طويلة جدا على شاطئ البحر مع العائلة كلها",
}
MOVED = f"{boards.RUN} (%s, %s, 'Walk', 2100, 1500, 1500, %s, NULL, NULL, NULL, '')"
BEGINNING = """(place) => {
  const range = document.createRange();
  const text = [...place.childNodes].find((node) => node.nodeType === Node.TEXT_NODE);
  range.setStart(text, 0);
  range.setEnd(text, 1);
  const [letter, box] = [range.getBoundingClientRect(), place.getBoundingClientRect()];
  return letter.left >= box.left - 1 && letter.right <= box.right + 1;
}"""
"""Whether the first letter of a place's text is within what is shown of it."""


@pytest.fixture
def board(board: Board) -> Board:
    for number, name in enumerate(NAMES.values()):
        execute(board.uri, MOVED, number + 1, f"2026-11-2{3 + 3 * number} 12:00", name)
    boards.settle(board)
    return board


def opened(browser: Browser, board: Board, path: str, width: int, **asked: Any) -> Page:
    page = browser.new_page(viewport={"width": width, "height": 800}, **asked)
    page.goto(board.url + path)
    settled(page)
    return page


def test_at_every_width_a_word_says_which_day_is_today(browser: Browser, board: Board) -> None:
    page = opened(browser, board, "/stats/livefeed", 1280)
    for width in (320, 360, 480, 600, 768, 860, 861, 901, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.locator("#head-4").inner_text().startswith("Today, Thursday"), width
        assert page.locator("#head-4").is_visible()
    page.close()
    page = opened(browser, board, "/stats/day/2026-11-24", 360)
    assert [one.split()[0] for one in page.locator(".day-strip > *").all_inner_texts()][4] == "Today"
    page.close()


EDGES = """() => {
  const style = (selector, pseudo) => getComputedStyle(document.querySelector(selector), pseudo);
  const ground = style("body").backgroundColor;
  const seen = (colour) => colour !== ground && colour !== "rgba(0, 0, 0, 0)" && colour !== "none";
  const today = style("#board thead .today");
  return {
    today: parseFloat(today.borderTopWidth) > 3 && seen(today.borderTopColor),
    current: style(".pages [aria-current]").outlineStyle !== "none",
    eaten: seen(style(".meter .eaten").fill),
    track: seen(style(".meter .track").stroke),
    over: seen(style(".pat-warn").fill),
    burned: seen(style(".pat-line").stroke),
    goal: seen(style(".meter .goal").fill),
    trend: seen(style(".line .trend").stroke),
    done: seen(style(".pace .done").fill),
    live: seen(style(".live", "::before").backgroundColor),
  };
}"""


def test_forced_colours_show_today_the_bars_and_the_goal(browser: Browser, board: Board) -> None:
    for width, theme in ((390, "dark"), (1280, "light"), (1280, "dark")):
        page = opened(browser, board, "/stats/livefeed", width, forced_colors="active", color_scheme=theme)
        assert [name for name, seen in page.evaluate(EDGES).items() if not seen] == [], (width, theme)
        screenshot(page, f"forced-board-{width}-{theme}")
        page.close()


def test_on_every_page_what_is_chosen_is_seen_in_forced_colours(browser: Browser, board: Board) -> None:
    for path in ("/stats/day/2026-11-26", "/stats/week/2026-11-15", "/settings/", "/log/"):
        page = opened(browser, board, path, 390, forced_colors="active")
        for place in page.locator("[aria-current]").all():
            assert place.evaluate("(one) => getComputedStyle(one).outlineStyle") == "solid", path
        for button in page.locator(".btn-primary").all():
            colours = button.evaluate("(one) => [getComputedStyle(one).color, getComputedStyle(one).backgroundColor]")
            assert len(set(colours)) == 2, path
        screenshot(page, f"forced-{path.strip('/').replace('/', '-')}")
        page.close()


def test_a_name_from_right_to_left_begins_where_it_begins(browser: Browser, board: Board) -> None:
    page = opened(browser, board, "/stats/livefeed", 1280)
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        for cell, name in zip(("#activities-1", "#activities-4"), NAMES.values(), strict=True):
            place = page.locator(f"{cell} .name")
            assert place.text_content() == name
            assert place.evaluate("(one) => getComputedStyle(one).direction") == "rtl"
            assert not place.is_visible() or place.evaluate(BEGINNING), (cell, width)
    page.close()


@pytest.mark.parametrize("name", NAMES.values())
def test_wherever_a_persons_words_stand_they_have_their_own_direction(uri: str, name: str) -> None:
    """Rows' names, activities, meals, tokens and files, on every page that shows them."""
    client = make_app(uri).test_client()
    boards.move(uri)
    for number, start in enumerate(("2026-11-23 12:00", "2026-11-23 18:00", "2026-11-25 23:00")):
        execute(uri, MOVED, number + 1, start, name)
    execute(uri, "UPDATE preferences SET row_names = json_build_object('weight', %s)", name)
    execute(
        uri, "INSERT INTO file_import (name, size, state, results) VALUES (%s, 1, 'done', %s)", name, RESULTS % name
    )
    client.post("/log/", data={"kind": "calories", "day": "other", "date": "2026-11-23", "calories": "9", "name": name})
    client.post("/settings/tokens", data={"name": name, "rights": "read"})
    pages = ["/stats/livefeed?week=2026-11-23", "/stats/day/2026-11-23", "/stats/week/2026-11-22", "/stats/"]
    for path in [*pages, "/files/", "/files/1", "/settings/"]:
        page = client.get(path).text
        assert name in page, path
        assert bare(page, name) == [], path


RESULTS = '[{"member": "%s", "result": "refused", "why": "x"}]'


def bare(page: str, name: str) -> list[str]:
    """The tags right before a name that is shown without a direction of its own, and no isolate about it."""
    inside = re.sub(r"<title>.*?</title>|<caption.*?</caption>", "", page, flags=re.DOTALL)
    before = re.findall(rf"(<[^<>]*>)[^<>]*?(\u2068?){name}", inside)
    return [tag for tag, isolate in before if 'dir="auto"' not in tag and not isolate]


@pytest.mark.parametrize(
    ("text", "told"), [("Canal", "Canal"), ("", ""), ("שלום", "\u2068שלום\u2069"), ("5 كم", "\u20685 كم\u2069")]
)
def test_only_words_from_right_to_left_are_set_apart_within_a_sentence(text, told):
    assert isolated(text) == told
