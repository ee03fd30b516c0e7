"""The page as an app: what a phone installs, what stands there without a server, and what is left after signing out."""

from pathlib import Path

import requests
from playwright.sync_api import Browser, expect

from tests.conftest import execute
from tests.serving import serving, wait_until

PASSWORD = "correct horse battery"
KEPT = """async () => {
  let all = 0;
  for (const name of await caches.keys()) all += (await (await caches.open(name)).keys()).length;
  return all;
}"""


def test_the_last_week_stands_there_with_its_age_without_a_server_and_nothing_after_signing_out_elsewhere(
    uri: str, browser: Browser, tmp_path: Path
) -> None:
    execute(uri, "INSERT INTO fitbit_weight (weight, record_date) VALUES (72.4, current_date)")
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    with serving(uri, tmp_path / "one.log", DASHBOARD_PASSWORD=PASSWORD, DEMO="0", SECRET_KEY="k" * 20) as board:
        address = board.url.replace("127.0.0.1", "localhost")
        page.goto(f"{address}/login")
        page.fill("#password", PASSWORD)
        page.click("button[type=submit]")
        expect(page.locator("#live")).to_have_attribute("data-state", "live")
        wait_until(lambda: page.evaluate(KEPT) > 3)
        wrong = context.new_cdp_session(page).send("Page.getInstallabilityErrors")["installabilityErrors"]
        assert [one["errorId"] for one in wrong if one["errorId"] != "in-incognito"] == []
    port = board.url.rpartition(":")[2]
    page.reload()
    expect(page.locator("#kept")).to_contain_text("No connection: this is the week as it was")
    expect(page.locator("#board")).to_contain_text("72.4")
    with serving(
        uri, tmp_path / "two.log", DASHBOARD_PASSWORD=PASSWORD, DEMO="0", SECRET_KEY="k" * 20, PORT=port
    ) as board:
        expect(page.locator("#live")).to_have_attribute("data-state", "live")
        expect(page.locator("#kept")).to_have_count(0)
        elsewhere = requests.Session()
        token = elsewhere.get(f"{address}/login").text.split('csrf_token" value="')[1].split('"')[0]
        elsewhere.post(f"{address}/login", data={"password": PASSWORD, "csrf_token": token})
        token = elsewhere.get(f"{address}/stats/livefeed").text.split('csrf_token" value="')[1].split('"')[0]
        elsewhere.post(f"{address}/logout", data={"csrf_token": token, "everywhere": "1"})
        expect(page.locator("#password")).to_be_visible()
        wait_until(lambda: page.evaluate(KEPT) == 0)
        context.close()
