"""The board under a path of its host: pages, files, the socket, the cookie and redirects, behind a real nginx."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.conftest import execute, make_app
from tests.serving import free_port, serving, wait_until
from tests.test_replicas import NGINX

PATH = "/sevenday"
PASSWORD = "correct horse battery"
HABITS = {
    "nginx leaves the path on": "proxy_pass http://{board};",
    "nginx takes the path off": "proxy_pass http://{board}/;",
    "Traefik takes it off and says so":
        "proxy_set_header X-Forwarded-Prefix /sevenday; proxy_pass http://{board}/;",
    "Caddy keeps Host, and takes it off": "proxy_pass http://{board}/; proxy_set_header X-Forwarded-Host $http_host;",
}  # fmt: skip
"""By what a proxy does: its lines for nginx."""
CONF = """
pid nginx.pid; error_log stderr warn;
events {{}}
http {{
  access_log off; client_body_temp_path client; proxy_temp_path proxy;
  fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
  map $http_upgrade $connection_header {{ "" ""; default upgrade; }}
  server {{
    listen 127.0.0.1:{port};
    location = / {{ return 200 "another program"; }}
    location {path}/ {{
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_header;
      {way}
    }}
  }}
}}
"""


@contextmanager
def proxied(folder: Path, port: int, way: str) -> Iterator[str]:
    if NGINX is None:
        pytest.fail("nginx is not on this machine; tests/find-tools brings it")
    (folder / "nginx.conf").write_text(CONF.format(port=port, path=PATH, way=way))
    command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off; user root;"]
    with (folder / "nginx.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_until(lambda: reachable(port))
        yield f"http://localhost:{port}{PATH}"
    finally:
        process.terminate()
        process.wait(30)


def reachable(port: int) -> bool:
    try:
        return requests.get(f"http://localhost:{port}/", timeout=5).ok
    except requests.RequestException:
        return False


def test_everything_works_under_the_path_whatever_the_proxy_does(uri: str, tmp_path: Path, page: Page) -> None:
    port = free_port()
    settings = {"TRUSTED_PROXIES": "1", "DASHBOARD_PASSWORD": PASSWORD}
    settings["PUBLIC_BASE_URL"] = f"http://localhost:{port}{PATH}"
    with serving(uri, tmp_path / "log", **settings) as board:
        for number, (habit, lines) in enumerate(HABITS.items()):
            folder = tmp_path / str(number)
            folder.mkdir()
            with proxied(folder, port, lines.format(board=board.url.removeprefix("http://"))) as address:
                works(page, address, habit, uri, 71.3 + number)
            page.context.clear_cookies()


def works(page: Page, address: str, habit: str, uri: str, weight: float) -> None:
    missing: list[str] = []
    note = lambda answer: missing.append(answer.url) if answer.status >= 400 else None  # noqa: E731
    page.on("response", note)
    page.goto(f"{address}/")
    assert page.url.startswith(f"{address}/login?"), habit
    page.fill("input[type=password]", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#live"), habit).to_have_text("Live")
    assert page.url == f"{address}/stats/livefeed", habit
    execute(uri, "DELETE FROM fitbit_weight")
    execute(uri, "INSERT INTO fitbit_weight (weight, record_date) VALUES (%s, current_date)", weight)
    expect(page.locator("#board"), habit).to_contain_text(str(weight))
    for link in page.locator("a[href^='/']").evaluate_all("links => links.map((link) => link.pathname)"):
        assert link.startswith(f"{PATH}/"), habit
    for path in ("/settings/", "/connect/", "/files/", "/stats/trends"):
        page.goto(f"{address}{path}")
    page.goto("about:blank")
    (cookie,) = [one for one in page.context.cookies() if "sevenday" in one["name"]]
    assert cookie["path"] == PATH, habit
    assert missing == [], habit
    page.remove_listener("response", note)


@pytest.mark.parametrize("path", ["/stats/livefeed", "/sevenday/stats/livefeed"])
def test_a_foreign_prefix_that_no_trusted_proxy_says_changes_nothing(uri: str, path: str) -> None:
    for said in ("/evil", "//evil.example", '/a"b', "https://evil.example", ""):
        client = make_app(uri, PUBLIC_BASE_URL="http://localhost/sevenday").test_client()
        page = client.get(path, headers={"X-Forwarded-Prefix": said})
        assert page.status_code == 200
        assert "evil" not in page.text
        assert 'href="/sevenday/' in page.text
    bare = make_app(uri, TRUSTED_PROXIES=1).test_client()
    assert "evil" not in bare.get("/stats/livefeed", headers={"X-Forwarded-Prefix": "//evil.example"}).text


def test_the_cookie_of_an_https_path_is_one_that_browsers_take(uri: str) -> None:
    app = make_app(
        uri, PUBLIC_BASE_URL="https://host/sevenday", SESSION_COOKIE_SECURE=True, DASHBOARD_PASSWORD=PASSWORD
    )
    with app.test_client() as client:
        answer = client.post("/sevenday/login", data={"password": PASSWORD}, base_url="https://host")
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Secure-sevenday-")
    assert "; Path=/sevenday" in cookie
    assert answer.headers["Location"] == "/sevenday/stats/livefeed"
