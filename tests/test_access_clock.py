"""A clock that is wrong by ten years, in the middle of it all, signs nobody out and locks nobody out."""

import time
from datetime import datetime

import pytest
from flask.testing import FlaskClient

from tests.conftest import make_app
from tests.test_access import PASSWORD, cookie, cookie_name, sign_in

TEN_YEARS = 10 * 365 * 24 * 3600


class Clock:
    """The web process's clock, from which `shift` seconds are to be believed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shift, real = 0.0, time.time
        monkeypatch.setattr("time.time", lambda: real() + self.shift)

        class Shifted(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime.fromtimestamp(time.time(), tz)

        monkeypatch.setattr("flask.sessions.datetime", Shifted)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def board(uri: str) -> FlaskClient:
    return make_app(uri, DASHBOARD_PASSWORD=PASSWORD, WTF_CSRF_ENABLED=True).test_client()


@pytest.mark.parametrize("began", [0, -TEN_YEARS, TEN_YEARS], ids=["right", "behind", "ahead"])
@pytest.mark.parametrize("then", [0, -TEN_YEARS, TEN_YEARS], ids=["right", "behind", "ahead"])
def test_a_browser_stays_signed_in_whatever_the_clock_does(uri, clock, began, then):
    client = board(uri)
    clock.shift = began
    sign_in(client)
    for clock.shift in (began, then, 0, then, began):
        assert client.get("/stats/livefeed").status_code == 200
        answer = client.get("/login")
        assert (answer.status_code, answer.location) == (302, "/stats/livefeed")
        assert set_cookies(answer) == [{"Max-Age=31536000", "HttpOnly", "Path=/", "SameSite=Lax"}]


def set_cookies(answer) -> list[set[str]]:
    """The attributes of each, among which no date may be: it would be in the browser's past while we are behind."""
    return [{part.strip() for part in sent.split(";")[1:]} for sent in answer.headers.getlist("Set-Cookie")]


@pytest.mark.parametrize("then", [-TEN_YEARS, TEN_YEARS], ids=["behind", "ahead"])
def test_a_form_that_was_open_is_taken_and_one_can_sign_in_and_out(uri, clock, then):
    client = board(uri)
    clock.shift = then
    sign_in(client)
    page = client.get("/connect/").text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    clock.shift = 0
    assert client.post("/connect/strava/start", data={"csrf_token": token}).status_code == 302
    assert client.post("/logout", data={"csrf_token": token}).location == "/login"
    assert client.get("/stats/").status_code == 302
    clock.shift = then
    assert sign_in(client).status_code == 302


def test_wrong_passwords_of_a_future_that_never_was_are_forgotten(uri, clock):
    client = board(uri)
    clock.shift = TEN_YEARS
    while sign_in(client, "wrong").status_code == 403:
        pass
    clock.shift = 0
    assert [sign_in(client, "wrong").status_code for _ in range(6)] == [403] * 5 + [429]
    clock.shift = -TEN_YEARS
    assert sign_in(client).status_code == 302


def test_a_cookie_of_another_key_or_another_make_is_none(uri):
    client, other = board(uri), make_app(uri, DASHBOARD_PASSWORD=PASSWORD, SECRET_KEY="another key").test_client()
    sign_in(client)
    assert cookie_name(client) != cookie_name(other), "both live on one host, whose cookies know no ports"
    assert cookie_name(client).startswith("sevenday")
    other.set_cookie(cookie_name(other), cookie(client).value)
    assert other.get("/stats/").status_code == 302
    client.set_cookie("session", "another program's")
    assert client.get("/stats/").status_code == 200


def test_under_https_the_cookie_is_bound_to_the_host(uri):
    secure = {"PUBLIC_BASE_URL": "https://board.example", "SESSION_COOKIE_SECURE": True}
    app = make_app(uri, DASHBOARD_PASSWORD=PASSWORD, **secure)
    answer = app.test_client().post("/login", data={"password": PASSWORD}, base_url="https://board.example")
    assert answer.headers["Set-Cookie"].startswith("__Host-sevenday")
    (flags,) = set_cookies(answer)
    assert flags == {"Max-Age=31536000", "Secure", "HttpOnly", "Path=/", "SameSite=Lax"}
