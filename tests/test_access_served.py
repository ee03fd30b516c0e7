"""Who is let in by the real server: attempts, sign-outs, origins, proxies, and what a real Chromium makes of it."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
import websocket
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect

from simulator.server import serve
from simulator.world import World
from tests.conftest import execute, make_app, python
from tests.serving import PATIENCE, Board, Viewer, cookies, serving, wait_until

PASSWORD = "correct horse battery"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
EATEN = "INSERT INTO fitbit_calories (record_date, calories) VALUES (current_date, %s)"
REFUSED = "BIND_ADDRESS is '0.0.0.0'; it takes one of 127.0.0.1, localhost, ::1, or any address once DASHBOARD_PASSWORD"


def sign_in(board: Board, password: str = PASSWORD, address: str = "") -> tuple[requests.Session, requests.Response]:
    browser = requests.Session()
    if address:
        browser.headers["X-Forwarded-For"] = address
    token = TOKEN.search(browser.get(f"{board.url}/login").text)[1]
    form = {"password": password, "csrf_token": token}
    return browser, browser.post(f"{board.url}/login", data=form, allow_redirects=False)


def sign_out(board: Board, browser: requests.Session, **form: str) -> None:
    token = TOKEN.search(browser.get(f"{board.url}/stats/").text)[1]
    assert browser.post(f"{board.url}/logout", data={"csrf_token": token, **form}).ok


def watch(board: Board, browser: requests.Session, transport: str) -> Viewer:
    viewer = Viewer(board.url, transport, Cookie=cookies(browser))
    viewer.say("get_stats", {})
    viewer.until("stats_vals")
    return viewer


@pytest.mark.parametrize("mode", ["eventlet", "gevent"])
def test_attempts_are_slowed_down_for_the_address_that_makes_them(uri: str, tmp_path: Path, mode: str) -> None:
    log, one, other = tmp_path / "web.log", "2001:db8::1", "198.51.100.7"
    settings = {"DASHBOARD_PASSWORD": PASSWORD, "TRUSTED_PROXIES": "1", "SOCKETIO_ASYNC_MODE": mode}
    with serving(uri, log, **settings) as board:
        for _ in range(8):
            assert sign_in(board, address=other)[1].status_code == 302
        for n in range(5):
            assert sign_in(board, f"wrong {n}", f"2001:db8::{n}")[1].status_code == 403
        for password in ("wrong 6", PASSWORD):
            answer = sign_in(board, password, one)[1]
            assert answer.status_code == 429
            seconds = int(answer.headers["Retry-After"])
            assert 30 < seconds <= 61
            assert f"Too many wrong passwords came from your address. Try again in {seconds} seconds." in answer.text
        assert sign_in(board, address=other)[1].status_code == 302
        # What a visitor adds in front of the proxy's own entry is not believed.
        assert sign_in(board, address=f"{other}, {one}")[1].status_code == 429
        assert board.log.count("A wrong password came from 2001:db8::") == 5
        assert "wrong 1" not in board.log
    assert "Traceback" not in log.read_text()


def test_without_a_proxy_of_ours_nobody_gives_himself_another_address(uri: str, tmp_path: Path) -> None:
    with serving(uri, tmp_path / "web.log", DASHBOARD_PASSWORD=PASSWORD) as board:
        answers = [sign_in(board, "wrong", f"198.51.100.{n}")[1].status_code for n in range(6)]
    assert answers == [403] * 5 + [429]


def test_nobody_is_locked_out_for_more_than_an_hour(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = make_app(uri, DASHBOARD_PASSWORD=PASSWORD).test_client()
    began = time.time()
    moment = [began]
    monkeypatch.setattr("time.time", lambda: moment[0])

    def attempts(client: FlaskClient, password: str) -> int:
        return client.post("/login", data={"password": password}).status_code

    for minute in range(4):
        moment[0] = began + 61 * minute
        assert [attempts(client, "wrong") for _ in range(6)] == [403] * 5 + [429]
    moment[0] = began + 61 * 5
    assert "Try again in 55 minutes." in client.post("/login", data={"password": PASSWORD}).text
    moment[0] = began + 3601
    assert attempts(client, PASSWORD) == 302


@pytest.mark.parametrize(("mode", "transport"), [("eventlet", "websocket"), ("gevent", "polling")])
def test_a_sign_out_silences_that_sessions_open_sockets_and_no_others(
    uri: str, tmp_path: Path, mode: str, transport: str
) -> None:
    log = tmp_path / "web.log"
    with serving(uri, log, DASHBOARD_PASSWORD=PASSWORD, SOCKETIO_ASYNC_MODE=mode) as board:
        phone, wall = (sign_in(board)[0] for _ in range(2))
        on_phone, on_wall = (watch(board, browser, transport) for browser in (phone, wall))
        sign_out(board, phone)
        wait_until(lambda: not on_phone.client.connected)
        execute(uri, EATEN, 2100)
        wait_until(lambda: on_wall.until("stats_vals")["data"]["calories"])
        assert all("2,100" not in str(said) for said in list(on_phone.heard.queue))
        sign_out(board, wall, everywhere="1")
        wait_until(lambda: not on_wall.client.connected)
    assert "Traceback" not in log.read_text()


def test_a_sign_out_in_another_process_counts_here(uri: str, tmp_path: Path) -> None:
    """As when several web processes share the database and the key."""
    settings = {"DASHBOARD_PASSWORD": PASSWORD, "SECRET_KEY": "shared by both of them"}
    with serving(uri, tmp_path / "a.log", **settings) as one, serving(uri, tmp_path / "b.log", **settings) as other:
        browser = sign_in(one)[0]
        viewer = watch(other, browser, "websocket")
        sign_out(one, browser)
        wait_until(lambda: not viewer.client.connected)


def by_polling(board: Board, **headers: str) -> int:
    address = f"{board.url}/socket.io/?EIO=4&transport=polling"
    return requests.get(address, headers=headers, timeout=PATIENCE).status_code


def by_websocket(board: Board, **headers: str) -> int:
    address = f"{board.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket"
    origin, host = headers.pop("Origin", None), headers.pop("Host", None)
    try:
        # No Origin header at all is what a program sends, not a page.
        connection = websocket.create_connection(
            address, origin=origin, host=host, suppress_origin=origin is None, timeout=PATIENCE
        )
    except websocket.WebSocketBadStatusException as refused:
        return refused.status_code
    connection.close()
    return 200


@pytest.mark.parametrize("mode", ["eventlet", "gevent"])
@pytest.mark.parametrize("ask", [by_polling, by_websocket])
def test_the_socket_takes_its_own_origin_only(uri: str, tmp_path: Path, ask: Callable[..., int], mode: str) -> None:
    public = "https://board.example"
    with serving(uri, tmp_path / "web.log", PUBLIC_BASE_URL=public, SOCKETIO_ASYNC_MODE=mode) as board:
        for origin in (board.url, public, None):
            assert ask(board, **({"Origin": origin} if origin else {})) == 200
        port = board.url.rpartition(":")[2]
        for origin in ("http://evil.com", "null", f"http://localhost:{port}", f"{board.url}.evil.com", "https://evil"):
            assert ask(board, Origin=origin) == 400, origin
        # A proxy that ends TLS and passes the name on, whether or not it says more.
        assert ask(board, Origin="https://other.localhost", Host="other.localhost") == 200
        # A name that is none of this board's leads here by a foreign page's own making.
        assert ask(board, Origin="https://other.example", Host="other.example") == 401


@pytest.mark.parametrize("program", [["run.py"], ["-m", "gunicorn", "wsgi:app"]], ids=["make run", "gunicorn"])
def test_without_a_password_the_program_does_not_listen_elsewhere(program: list[str]) -> None:
    done = python(*program, BIND_ADDRESS="0.0.0.0")
    assert done.returncode == 1
    assert done.stdout + done.stderr == f"Sevenday cannot start: {REFUSED} is set.\n"


def test_chromium_finds_nothing_to_complain_of_on_any_page(uri: str, page: Page, tmp_path: Path) -> None:
    execute(uri, EATEN, 2100)
    with serving(uri, tmp_path / "web.log", DASHBOARD_PASSWORD=PASSWORD) as board:
        home = board.url.replace("127.0.0.1", "localhost")
        page.goto(f"{home}/stats/")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(f"{home}/stats/")
        for address in ("/connect/", "/stats/livefeed?week=2026-01-01", "/stats/livefeed"):
            page.goto(home + address, wait_until="networkidle")
            expect(page.get_by_role("button", name="Sign out", exact=True)).to_be_visible()
        expect(page.locator("#live")).to_have_text("Live")
        page.get_by_role("button", name="Sign out", exact=True).click()
        expect(page.get_by_text("You are signed out.")).to_be_visible()
        page.goto("about:blank")


def test_a_page_that_is_signed_out_elsewhere_shows_the_sign_in(
    uri: str, browser: Browser, page: Page, tmp_path: Path
) -> None:
    with serving(uri, tmp_path / "web.log", DASHBOARD_PASSWORD=PASSWORD) as board:
        page.goto(f"{board.url}/stats/livefeed")
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator("#live")).to_have_text("Live")
        sign_out(board, sign_in(board)[0], everywhere="1")
        expect(page.get_by_label("Password")).to_be_visible()
        assert page.locator("#board").count() == 0
        page.goto("about:blank")


def test_chromium_runs_no_script_and_sends_no_form_that_is_not_ours(uri: str, browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    with serve(World.empty()) as provider, serve(World.empty()) as evil:
        settings = {"STRAVA_OAUTH_BASE": f"{provider.url}/strava/oauth"}
        with serving(uri, tmp_path / "web.log", **settings) as board:
            page.goto(f"{board.url}/connect/")
            page.evaluate(f"""() => {{
                const inline = document.createElement("script");
                inline.textContent = "window.ran = 'inline'";
                const foreign = document.createElement("script");
                foreign.src = "{evil.url}/x.js";
                document.head.append(inline, foreign);
                document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.ran = 1'>");
            }}""")
            page.wait_for_timeout(500)
            assert sum("Content Security Policy" in line for line in complaints) == 3, complaints
            assert page.evaluate("window.ran") is None
            send = """address => {
                const form = document.createElement("form");
                form.action = address;
                document.body.append(form);
                form.submit();
            }"""
            page.evaluate(send, f"{evil.url}/strava/oauth/authorize")
            page.wait_for_timeout(500)
            assert "form-action" in complaints[-1], complaints
            with page.expect_navigation(url=f"{provider.url}/**"):
                page.evaluate(send, f"{provider.url}/strava/oauth/authorize")
            page.close()
    assert "/strava/oauth/authorize" in [path for _, path, _ in provider.world.requests]
    assert not evil.world.requests
