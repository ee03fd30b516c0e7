"""The page as an app: what a phone installs, what stands there without a server, and what is left after signing out."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browsing import until
from tests.conftest import execute
from tests.serving import Board, free_port, serving, wait_until

PASSWORD = "correct horse battery"
KEPT = """async () => {
  let all = 0;
  for (const name of await caches.keys()) all += (await (await caches.open(name)).keys()).length;
  return all;
}"""
WEEK = "async () => (await (await caches.match('/stats/livefeed'))?.text()) ?? ''"
MADE_UP = "INSERT INTO sync_state (source, metric, account, state, last_attempt) VALUES ('x', 'y', 'demo', 'ok', now())"


class Home:
    """One board at one address, over restarts and updates of its server."""

    def __init__(self, uri: str, folder: Path) -> None:
        self.uri, self.folder, self.port = uri, folder, str(free_port())
        self.address = f"http://localhost:{self.port}"

    def serving(self, **how: Any) -> AbstractContextManager[Board]:
        own = {"PORT": self.port, "DEMO": "0", "SECRET_KEY": "k" * 20}
        return serving(self.uri, self.folder / "web.log", **(own | how))


@pytest.fixture
def home(uri: str, tmp_path: Path) -> Home:
    execute(uri, "INSERT INTO fitbit_weight (weight, record_date) VALUES (72.4, current_date)")
    return Home(uri, tmp_path)


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    yield context
    context.close()


def live(page: Page) -> None:
    expect(page.locator("#live")).to_have_attribute("data-state", "live")


def keeps(page: Page, text: str) -> None:
    live(page)
    until(page, "!!navigator.serviceWorker.controller")
    page.evaluate("dispatchEvent(new Event('pagehide'))")  # which hands the worker what is on screen
    until(page, f"({WEEK})().then((week) => week.includes('{text}'))")


def stands_there(page: Page) -> None:
    expect(page.locator("#kept")).to_contain_text("No connection: this is the week as it was")
    expect(page.locator("#board")).to_contain_text("72.4")


def test_the_last_week_stands_there_with_its_age_without_a_server_and_nothing_after_signing_out_elsewhere(
    home: Home, phone: BrowserContext
) -> None:
    page = phone.new_page()
    with home.serving(DASHBOARD_PASSWORD=PASSWORD):
        page.goto(f"{home.address}/login")
        page.fill("#password", PASSWORD)
        page.click("button[type=submit]")
        live(page)
        wait_until(lambda: page.evaluate(KEPT) > 3)
        wrong = phone.new_cdp_session(page).send("Page.getInstallabilityErrors")["installabilityErrors"]
        assert [one["errorId"] for one in wrong if one["errorId"] != "in-incognito"] == []
    page.reload()
    stands_there(page)
    with home.serving(DASHBOARD_PASSWORD=PASSWORD):
        live(page)
        expect(page.locator("#kept")).to_have_count(0)
        sign_out_elsewhere(home.address)
        expect(page.locator("#password")).to_be_visible()
        wait_until(lambda: page.evaluate(KEPT) == 0)


def sign_out_elsewhere(address: str) -> None:
    elsewhere = requests.Session()
    token = elsewhere.get(f"{address}/login").text.split('csrf_token" value="')[1].split('"')[0]
    elsewhere.post(f"{address}/login", data={"password": PASSWORD, "csrf_token": token})
    token = elsewhere.get(f"{address}/stats/livefeed").text.split('csrf_token" value="')[1].split('"')[0]
    elsewhere.post(f"{address}/logout", data={"csrf_token": token, "everywhere": "1"})


def test_the_last_week_stands_there_without_a_network_and_an_open_page_takes_over_a_new_version(
    home: Home, phone: BrowserContext
) -> None:
    page = phone.new_page()
    with home.serving():
        page.goto(f"{home.address}/stats/livefeed")
        keeps(page, "72.4")
        phone.set_offline(True)
        page.goto(f"{home.address}/settings/")  # whatever is asked for, also an app's first page
        stands_there(page)
        phone.set_offline(False)
        expect(page.locator("#kept")).to_have_count(0)
        page.goto(f"{home.address}/stats/livefeed")
        keeps(page, "72.4")
        [old] = page.evaluate("caches.keys()")
        assert "updated" not in old
    with home.serving(app="tests.updated:app"):
        until(page, "caches.keys().then((names) => names.every((name) => name.startsWith('sevenday-updated')))")
        live(page)
        keeps(page, "72.4")
    page.reload()
    stands_there(page)


def test_nothing_of_the_demo_is_kept_and_it_leaves_nothing_of_the_person_before(
    home: Home, phone: BrowserContext
) -> None:
    page = phone.new_page()
    with home.serving(DEMO="1"):
        page.goto(f"{home.address}/stats/livefeed")
        keeps(page, "72.4")
        execute(home.uri, MADE_UP)
        execute(home.uri, "UPDATE fitbit_weight SET weight = 61.2, account = 'demo'")
        page.goto(f"{home.address}/stats/livefeed")
        expect(page.locator("#demo")).to_be_visible()
        expect(page.locator("#board")).to_contain_text("61.2")
        wait_until(lambda: page.evaluate(WEEK) == "")
        live(page)
        page.evaluate("dispatchEvent(new Event('pagehide'))")
        page.wait_for_timeout(200)  # for what must not come
        assert page.evaluate(WEEK) == ""
        execute(home.uri, "DELETE FROM fitbit_weight")
        execute(home.uri, "DELETE FROM sync_state")
        execute(home.uri, "INSERT INTO fitbit_weight (weight, record_date) VALUES (72.4, current_date)")
        expect(page.locator("#demo")).to_be_hidden()
        keeps(page, "72.4")
        assert "61.2" not in page.evaluate(WEEK)
    page.reload()
    stands_there(page)
    expect(page.locator("#demo")).to_be_hidden()
