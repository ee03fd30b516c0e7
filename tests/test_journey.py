"""The main job end to end: a change at the provider, a Prefect run, and the right cell of an open page."""

from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, Page, expect

from simulator.world import World
from tests.browsing import NO_WEBSOCKET, is_same_page, remember_this_page, screenshot, text
from tests.conftest import execute
from tests.mirror import minutes_ago
from tests.serving import serving
from tests.updating import Accounts, connected

BERLIN = ZoneInfo("Europe/Berlin")
PICTURES: list[tuple[str, int, Literal["light", "dark"]]] = [
    ("wide", 1280, "light"),
    ("dark", 1280, "dark"),
    ("phone", 390, "light"),
]


def test_a_new_activity_and_an_edited_weigh_in_reach_every_open_page_by_websocket_and_by_polling(
    accounts: Accounts, uri: str, browser: Browser, page: Page, tmp_path: Path
) -> None:
    point = accounts.world.add_weight(62.6, minutes_ago(2))
    assert accounts.sync()[0] == 0
    polling = browser.new_page()
    polling.add_init_script(NO_WEBSOCKET)
    with serving(uri, tmp_path / "web.log", TIMEZONE="UTC") as board:
        for one in (page, polling):
            one.goto(f"{board.url}/stats/livefeed")
            expect(one.locator("#live")).to_have_text("Live")
            remember_this_page(one)
            assert text(one, f"weight-{column(one)}").startswith("62.6 kg")
            assert text(one, f"activities-{column(one)}") == "No activity yet"
        accounts.world.add_activity(
            name="Harbour loop", distance=8200.0, moving_time=2530, start_date_local=minutes_ago(1)
        )
        accounts.world.edit_weight(point, 72.6)
        assert accounts.sync()[0] == 0
        for one, transport in ((page, "websocket"), (polling, "polling")):
            expect(one.locator(f"#activities-{column(one)}")).to_contain_text("Run, 8.2 km")
            expect(one.locator(f"#weight-{column(one)}")).to_contain_text("72.6 kg")
            assert "42:10 , 5:09 /km" in text(one, f"activities-{column(one)}")
            assert is_same_page(one)
            assert one.evaluate("socket.io.engine.transport.name") == transport
            one.goto("about:blank")
    polling.close()


def column(page: Page) -> int:
    """Today's."""
    return int(page.evaluate("document.querySelector('thead th.today').id.split('-')[1]"))


def test_a_page_left_open_over_midnight_and_a_weeks_end_shows_the_new_week(
    uri: str, page: Page, tmp_path: Path
) -> None:
    calendar = tmp_path / "calendar"
    calendar.write_text("2026-11-27")
    execute(uri, "INSERT INTO fitbit_weight (weight, record_date) VALUES (72.4, '2026-11-27'), (73.1, '2026-11-29')")
    with serving(
        uri, tmp_path / "web.log", app="tests.travelling:app", CALENDAR_FILE=str(calendar), FEED_INTERVAL_SECONDS="0.5"
    ) as board:
        page.goto(f"{board.url}/stats/livefeed")
        remember_this_page(page)
        assert text(page, "weight-5") == "72.4 kg trend 72.4"
        assert text(page, "head-6") == "Sat 28"
        assert text(page, "weight-6") == "To come"
        calendar.write_text("2026-11-28")
        expect(page.locator("#head-6")).to_contain_text("Today, Saturday")
        expect(page.locator("#weight-6")).to_have_text("No weigh-in yet")
        assert page.locator("td.today").count() == 3
        calendar.write_text("2026-11-29")
        expect(page.locator("#title")).to_have_text("29 November to 5 December")
        assert text(page, "head-0") == "Today, Sunday 29"
        assert text(page, "weight-0").startswith("73.1 kg trend 7")
        assert text(page, "weight-5") == "To come"
        assert is_same_page(page)
        page.goto(f"{board.url}/stats/livefeed?week=2026-11-27")
        expect(page.locator("#live")).to_have_text("Live")
        assert text(page, "title") == "22 to 28 November"
        assert text(page, "weight-5").startswith("72.4 kg")
        page.goto("about:blank")


def test_the_board_looks_right_wide_on_a_phone_and_in_the_dark(
    uri: str, prefect_url: str, page: Page, tmp_path: Path
) -> None:
    """The pictures are the same on every day, because the athlete's clock and the page's calendar stand still."""
    friday = datetime(2026, 11, 20, 19, 30, tzinfo=BERLIN)
    calendar = tmp_path / "calendar"
    calendar.write_text(friday.date().isoformat())
    with connected(World(tz=BERLIN.key, clock=friday.timestamp), uri, prefect_url, tmp_path) as accounts:
        code, printed = accounts.sync(SYNC_LOOKBACK_DAYS=str((datetime.now(BERLIN) - friday).days + 14))
        assert code == 0, printed
    with serving(uri, tmp_path / "web.log", app="tests.travelling:app", CALENDAR_FILE=str(calendar)) as board:
        page.goto(f"{board.url}/stats/livefeed")
        expect(page.locator("#live")).to_have_text("Live")
        for name, width, scheme in PICTURES:
            page.set_viewport_size({"width": width, "height": 640})
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
            screenshot(page, f"board-{name}")
        page.goto("about:blank")
