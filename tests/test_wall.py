"""The week on every screen it is made for, with the demo's week of two years: nothing cut, no hole, today first."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import combinations

import pytest
from playwright.sync_api import Browser, Page, Route, ViewportSize

from tests import demos
from tests.boards import showing
from tests.browsing import screenshot, settled
from tests.conftest import execute, fresh
from tests.demos import BERLIN
from tests.serving import Board

WALLS = [(1280, 800), (1366, 768), (1920, 1080), (1024, 768), (800, 1280), (1080, 1920)]
TUESDAY = datetime(2026, 11, 24, 18, 4, tzinfo=BERLIN)
SUNDAY, SATURDAY, AFTER = TUESDAY.replace(day=22), TUESDAY.replace(day=28, hour=21), TUESDAY.replace(month=12, day=1)
CUT = """() => {
  const cut = [];
  const clips = (one) => ["hidden", "clip"].includes(getComputedStyle(one).overflowX);
  const holds = (box, rect) =>
    rect.left >= box.left - 1 && rect.right <= box.right + 1 &&
    rect.top >= box.top - 2 && rect.bottom <= box.bottom + 2;
  const meets = (a, b) => {
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    return wide > 1 && high > 0.35 * Math.min(a.height, b.height);
  };
  const screen = { left: 0, top: 0, right: innerWidth, bottom: document.body.matches(".wall") ? innerHeight : 1e6 };
  for (const cell of document.querySelectorAll("#board td, #board th, .tools, .week-nav, .demo")) {
    const seen = [];
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const place = texts.currentNode.parentElement;
      if (!texts.currentNode.data.trim() || place.closest(".sr, .visually-hidden, [popover]")) continue;
      if (!place.checkVisibility({ visibilityProperty: true })) continue;
      const around = [];
      for (let one = place; one; one = one.parentElement) if (clips(one)) around.push(one);
      if (around.some((one) => getComputedStyle(one).clipPath !== "none")) continue; // for the ear alone
      const clip = around.map((one) => one.getBoundingClientRect());
      const range = document.createRange();
      range.selectNodeContents(texts.currentNode);
      for (const rect of range.getClientRects()) {
        const left_out = clip.some((box) => rect.top >= box.bottom - 1 || rect.left >= box.right - 1);
        if (!rect.width || left_out) continue; // whole
        const within = [screen, cell.getBoundingClientRect(), ...clip].every((box) => holds(box, rect));
        if (!within) cut.push(`${cell.id || cell.className}: ${texts.currentNode.data} is cut`);
        const over = seen.find((other) => meets(rect, other.rect));
        if (over) cut.push(`${cell.id}: ${texts.currentNode.data} over ${over.text}`);
        seen.push({ rect, text: texts.currentNode.data });
      }
    }
  }
  if (document.getElementById("board").getBoundingClientRect().bottom > screen.bottom) cut.push("the board");
  if (document.documentElement.scrollWidth > innerWidth) cut.push("the page scrolls sideways");
  return cut;
}"""
"""What of the board's words is not whole on the screen, or lies over another. A fact without room is left out whole."""
HOLES = """() => {
  const board = document.getElementById("board");
  scrollTo(0, 0);
  const { left, top, width, height } = board.getBoundingClientRect();
  const holes = [];
  for (let x = 0.5; x < 20; x++) for (let y = 0.5; y < 20; y++) {
    const [across, down] = [left + (x / 20) * width, top + (y / 20) * height];
    if (document.elementFromPoint(across, down) === board) holes.push([Math.round(across), Math.round(down)]);
  }
  return holes;
}"""
"""Points of the board at which there is no cell."""


def screen(width: int, height: int) -> ViewportSize:
    return {"width": width, "height": height}


@pytest.fixture(scope="module")
def board(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    """One server for all of these, since each of them turns its calendar and fills its tables anew."""
    folder = tmp_path_factory.mktemp("wall")
    for uri in fresh(server, template):
        with showing(uri, folder) as board:
            yield board


def turn(board: Board, now: datetime, crowded: bool = False) -> None:
    """Fills the tables with the demo's two years up to `now`, and the week of 22 November to the brim."""
    demos.fill(board.uri, now)
    if crowded:
        demos.crowd(board.uri, date(2026, 11, 22), date(2026, 11, 28))
    demos.set_calendar(board.log_file.parent / "calendar", now)


def opened(browser: Browser, board: Board, path: str, size: tuple[int, int] = (1440, 900)) -> Page:
    page = browser.new_page(viewport=screen(*size))
    page.goto(f"{board.url}/stats/livefeed{path}")
    settled(page)
    return page


def test_on_six_walls_nothing_is_cut_on_a_sunday_a_full_saturday_and_in_a_past_week(board: Board, browser: Browser):
    times = [("sunday", SUNDAY, "?wall=1"), ("tuesday", TUESDAY, "?wall=1"), ("saturday", SATURDAY, "?wall=1")]
    for name, now, path in [*times, ("past", AFTER, "?wall=1&week=2026-11-22")]:
        turn(board, now, crowded=name in ("saturday", "past"))
        page = opened(browser, board, path)
        assert page.locator("#demo").is_visible()
        for size in WALLS:
            page.set_viewport_size(screen(*size))
            place = page.locator("#board").bounding_box()
            page.evaluate("document.getElementById('changes').textContent = 'Ride, 6.4 km, added. '.repeat(20)")
            assert page.locator("#board").bounding_box() == place, (name, size)
            page.evaluate("document.getElementById('changes').textContent = ''")
            screenshot(page, f"wall-{name}-{size[0]}")
            assert page.evaluate(CUT) == [], (name, size)
        page.close()


def test_nothing_of_the_board_is_cut_at_any_width_however_full_the_day(board: Board, browser: Browser):
    for name, now, path in [("tuesday", TUESDAY, ""), ("saturday", SATURDAY, ""), ("past", AFTER, "?week=2026-11-22")]:
        turn(board, now, crowded=name != "tuesday")
        page = opened(browser, board, path)
        for width in (360, 390, 768, 1024, 1280, 1440, 1920):
            page.set_viewport_size(screen(width, 900))
            assert page.evaluate(CUT) == [], (name, width)
        page.close()


WIDTHS = (
    "() => [...document.querySelectorAll('#board thead th')].slice(2).map(one => one.getBoundingClientRect().width)"
)
ABOVE = """() => {
  const bar = document.querySelector(".pages").getBoundingClientRect().top;
  const texts = [...document.querySelectorAll("td.today .v, td.today .n, td.today .a")];
  return texts.every((one) => one.getBoundingClientRect().bottom <= bar);
}"""
END = """() => {
  scrollTo({ top: 1e6, behavior: "instant" });
  const ends = [...document.querySelectorAll(".foot a")].map((one) => one.getBoundingClientRect().bottom);
  return Math.max(...ends) <= document.querySelector(".pages").getBoundingClientRect().top;
}"""


def test_on_a_tuesday_today_is_widest_above_the_thumbs_bar_and_read_as_a_table(board: Board, browser: Browser):
    turn(board, TUESDAY)
    page = opened(browser, board, "")
    sunday, monday, today, *to_come = page.evaluate(WIDTHS)
    assert today >= 1.7 * max(sunday, monday)
    assert sum(to_come) < page.locator("#board").bounding_box()["width"] / 4
    heads = page.get_by_role("columnheader").all_inner_texts()
    assert [head.split()[-1] for head in heads[2:]] == [str(day) for day in range(22, 29)]
    for row in ("Weight", "Calories", "Activities"):
        assert page.get_by_role("rowheader", name=row, exact=True).count() == 1
        assert (
            page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=row)).get_by_role("cell").count() == 8
        )
    page.set_viewport_size(screen(390, 844))
    assert page.evaluate(ABOVE)
    assert page.evaluate("document.documentElement.scrollHeight") <= 1.4 * 844
    assert page.evaluate(END)
    page.reload()
    settled(page)
    reached = []
    for _ in range(5):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.innerText.trim()"))
    assert reached == ["To the content", "Week", "Trends", "Log", "Sources"]
    assert page.locator(".pages [aria-current=page]").inner_text().strip() == "Week"
    page.close()


def test_with_one_row_or_two_no_hole_is_left_on_any_screen(board: Board, browser: Browser):
    turn(board, TUESDAY)
    for count in (1, 2):
        for rows in combinations(("weight", "calories", "activities"), count):
            names = ", ".join(f'"{row}": "{row.title()}"' for row in rows)
            execute(board.uri, "UPDATE preferences SET row_names = %s", f"{{{names}}}")
            for path, sizes in (("", [(390, 844), (768, 1024), (1440, 900)]), ("?wall=1", WALLS[:1] + WALLS[4:5])):
                page = browser.new_page()
                page.goto(f"{board.url}/stats/livefeed{path}")
                for size in sizes:
                    page.set_viewport_size(screen(*size))
                    assert page.evaluate(HOLES) == [], (rows, size, path)
                    assert page.evaluate(CUT) == [], (rows, size, path)
                page.close()


def older(route: Route) -> None:
    """A style sheet as a browser without :has() and container queries understands it."""
    text = route.fetch().text()
    for new in (":has(", "@container", "container-type", "cqi"):
        text = text.replace(new, new[0] + "unknown-" + new[1:])
    route.fulfill(body=text, content_type="text/css")


def test_without_has_and_container_queries_the_board_is_whole_and_readable(board: Board, browser: Browser):
    turn(board, TUESDAY)
    for path, sizes in (("", [(390, 844), (768, 1024), (1440, 900)]), ("?wall=1", WALLS)):
        page = browser.new_page()
        page.route("**/*.css*", older)
        page.goto(f"{board.url}/stats/livefeed{path}")
        settled(page)
        for size in sizes:
            page.set_viewport_size(screen(*size))
            screenshot(page, f"older-{size[0]}{'-wall' if path else ''}")
            assert page.evaluate(CUT) == [], (path, size)
        page.close()


SENTENCES = """() => [...document.querySelectorAll(".panel .head > .n")].map((one) => {
  const beside = [one.parentElement, one.previousElementSibling, one];
  const [place, title, here] = beside.map((each) => each.getBoundingClientRect());
  return [one.innerText, here.width / (here.top < title.bottom - 2 ? place.right - title.right - 14 : place.width)];
})"""
"""The sentences beside or under a title, and which share of the width that is left there they take."""


def test_on_trends_every_sentence_is_as_wide_as_its_panel(board: Board, browser: Browser):
    turn(board, TUESDAY)
    page = browser.new_page()
    page.goto(f"{board.url}/stats/trends")
    for width in (390, 1440):
        page.set_viewport_size(screen(width, 900))
        found = page.evaluate(SENTENCES)
        assert len(found) >= 3
        assert [one for one in found if one[1] < 0.97] == [], width
    page.close()
