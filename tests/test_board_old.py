"""The week's page in old browsers, behind odd proxies, over midnight, and far from home."""

import socket
from contextlib import closing, suppress

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import boards
from tests.browsing import settled
from tests.conftest import execute
from tests.relay import Relay, relaying
from tests.serving import Board, wait_until

WEIGHT_TODAY = "UPDATE fitbit_weight SET weight = %s WHERE record_date = '2026-11-26'"
NO_POPOVER = """
for (const name of ["showPopover", "hidePopover", "togglePopover", "popover"]) delete HTMLElement.prototype[name];
delete HTMLButtonElement.prototype.popoverTargetElement;
const known = Element.prototype.matches;
Element.prototype.matches = function (selector) {
  if (selector.includes(":popover-open")) throw new SyntaxError("unknown selector");
  return known.call(this, selector);
};
"""
ONE_CELL_FAILS = """
const replace = Element.prototype.replaceChildren;
Element.prototype.replaceChildren = function (...children) {
  if (this.id.endsWith("-0")) throw new TypeError("a feature that this browser lacks");
  return replace.apply(this, children);
};
"""


@pytest.mark.parametrize("lacks", [NO_POPOVER, ONE_CELL_FAILS], ids=["no popover", "one cell fails"])
def test_what_a_browser_lacks_stops_no_update(board: Board, browser: Browser, lacks: str) -> None:
    page = browser.new_page()
    page.add_init_script(lacks)
    page.goto(f"{board.url}/stats/livefeed")
    settled(page)
    for weight in (71.4, 71.9):
        execute(board.uri, WEIGHT_TODAY, weight)
        expect(page.locator("#weight-4")).to_contain_text(str(weight))
    page.close()


def test_without_popovers_a_reason_is_shown_and_hidden_all_the_same(board: Board, page: Page) -> None:
    execute(board.uri, "DELETE FROM fitbit_calories WHERE record_date = '2026-11-25'")
    page.add_init_script(NO_POPOVER)
    page.goto(f"{board.url}/stats/livefeed")
    settled(page)
    button = page.locator("[popovertarget^='why-']").first
    tip = page.locator(f"#{button.get_attribute('popovertarget')}")
    expect(tip).to_have_css("display", "none")
    button.click()
    expect(tip).not_to_have_css("display", "none")
    button.click()
    expect(tip).to_have_css("display", "none")


class Mute(Relay):
    """Lets a WebSocket begin, and then carries nothing of it."""

    def pump(self, source: socket.socket, sink: socket.socket, to_browser: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if source in self.sleeping:
                    continue
                if to_browser and data.startswith(b"HTTP/1.1 101"):
                    data = data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
                    self.sleeping |= {source, sink}
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


def test_behind_a_proxy_that_answers_a_websocket_and_then_says_nothing_the_page_polls(
    board: Board, browser: Browser
) -> None:
    with closing(Mute(board.url)) as relay:
        page = browser.new_page()
        page.goto(f"{relay.url}/stats/livefeed")
        wait_until(lambda: relay.sleeping)
        page.evaluate("begun -= 60_000")  # for so long nothing has come
        settled(page)
        execute(board.uri, WEIGHT_TODAY, 71.4)
        expect(page.locator("#weight-4")).to_contain_text("71.4")
        assert page.evaluate("socket.io.engine.transport.name") == "polling"
        page.close()


def test_a_sync_that_was_asked_for_without_a_connection_is_not_kept_and_this_is_said(
    board: Board, browser: Browser
) -> None:
    before, said = len(board.log), "Not connected, so no sync was asked for."
    with relaying(board.url) as relay:
        page = browser.new_page()
        page.goto(f"{relay.url}/stats/livefeed")
        settled(page)
        relay.hang_up()
        expect(page.locator("#live")).to_contain_text("Reconnecting")
        for _ in range(3):
            page.locator("#sync-now").click()
        expect(page.locator("#stage")).to_contain_text(said)
        relay.take_up()
        settled(page)
        execute(board.uri, WEIGHT_TODAY, 71.4)
        expect(page.locator("#weight-4")).to_contain_text("71.4")
        expect(page.locator("#stage")).to_contain_text(said)
        page.locator("#sync-now").click()
        expect(page.locator("#stage")).not_to_contain_text("Not connected")
        page.close()
    assert "Traceback" not in board.log[before:]


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
def test_the_wall_tells_one_time_only_the_persons(board: Board, browser: Browser, zone: str) -> None:
    context = browser.new_context(timezone_id=zone)
    page = context.new_page()
    heard: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: heard.append(str(frame))))
    page.goto(f"{board.url}/stats/livefeed?wall=1")
    settled(page)
    expect(page.locator("#age")).to_contain_text("as of ")
    shown = page.locator("#age").inner_text().removeprefix("as of ")
    assert any(f'"clock":"{shown}"' in frame for frame in heard)
    context.close()


def test_a_page_of_one_week_says_today_of_no_day_that_is_over(board: Board, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{board.url}/stats/livefeed?week=2026-11-22")
    settled(page)
    expect(page.locator("#board thead")).to_contain_text("Today, ")
    boards.turn(board, "2026-11-29")
    execute(board.uri, "INSERT INTO fitbit_weight (weight, record_date) VALUES (71.0, '2026-11-29')")
    expect(page.locator("#board thead")).not_to_contain_text("Today, ")
    expect(page.locator("#weight-4")).to_contain_text("72.4")
    expect(page.get_by_label("Later week")).to_be_visible()
    settled(page)
    page.close()
