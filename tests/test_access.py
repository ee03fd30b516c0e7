"""Who is let in: a walk over every address and event, forms, cookies, names of hosts, and what every answer carries."""

import logging
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import Cookie, TestResponse

from app.extensions import db, socketio
from app.stats.feed import NAMESPACE, Feed
from tests.conftest import make_app

PASSWORD = "correct horse battery"
OPEN = {"static", "bootstrap.static", "access.login", "health.healthz"}
HTTPS = "https://board.example"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture
def locked(uri: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """A board with a password, whose forms are checked as in use; its feed pushes when it is told to."""
    monkeypatch.setattr(Feed, "start", lambda _feed: None)
    app = make_app(uri, DASHBOARD_PASSWORD=PASSWORD, WTF_CSRF_ENABLED=True)
    yield app
    with app.app_context():
        db.engine.dispose()


def sign_in(client: FlaskClient, password: str = PASSWORD, **how: object) -> TestResponse:
    token = TOKEN.search(client.get("/login", **how).text)[1]
    return client.post("/login", data={"password": password, "csrf_token": token}, **how)


def cookie_name(client: FlaskClient) -> str:
    return client.application.config["SESSION_COOKIE_NAME"]


def cookie(client: FlaskClient) -> Cookie:
    return client.get_cookie(cookie_name(client))


def sign_out(client: FlaskClient, **form: str) -> TestResponse:
    return client.post("/logout", data={"csrf_token": TOKEN.search(client.get("/connect/").text)[1], **form})


def every_address(app: Flask) -> list[tuple[str, str, str]]:
    """(endpoint, method, path) of everything that the application answers to."""
    rules = app.url_map.iter_rules()
    return [
        (
            rule.endpoint,
            method,
            re.sub(r"<any\((\w+).*?>", r"\1", rule.rule)
            .replace("<path:filename>", "favicon.svg")
            .replace("<int:number>", "1")
            .replace("<day>", "2026-11-25"),
        )
        for rule in rules
        for method in rule.methods or ()
    ]


def test_without_a_session_every_address_and_method_leads_to_signing_in(locked):
    client = locked.test_client()
    walked = every_address(locked)
    assert {"access.logout", "connect.disconnect", "stats.livefeed"} | OPEN <= {endpoint for endpoint, _, _ in walked}
    for endpoint, method, path in walked:
        assert "<" not in path
        with client.open(path, method=method) as answer:
            if path.startswith("/api/"):
                assert (answer.status_code, answer.mimetype) == (401, "application/problem+json"), path
                continue
            led_away = (answer.status_code, (answer.location or "")[:12]) == (302, "/login?next=")
            assert led_away == (endpoint not in OPEN), (method, path)
            assert answer.status_code != 500, (method, path)


def test_what_is_open_shows_nothing_of_the_person(locked):
    client = locked.test_client()
    assert client.get("/healthz?deep=1").json == {"status": "ok"}
    shown = re.findall(r"<(?:table|h1).*?</(?:table|h1)>", client.get("/login").text, re.DOTALL)
    assert [re.sub(r"<[^>]*>", "", each) for each in shown] == ["Sevenday"]


def test_without_a_session_no_event_of_the_socket_is_answered(locked):
    events = set(socketio.server.handlers[NAMESPACE])
    assert {"connect", "get_week", "get_stats", "sync_now"} <= events
    wire = socketio.test_client(locked, namespace=NAMESPACE, flask_test_client=locked.test_client())
    assert not wire.is_connected(NAMESPACE)
    for event in events - {"connect", "disconnect"}:
        with pytest.raises(RuntimeError, match="not connected"):
            wire.emit(event, {}, namespace=NAMESPACE)
    assert wire.queue == []


def test_a_session_opens_every_page_until_it_signs_out(locked):
    client = locked.test_client()
    assert sign_in(client).location == "/stats/livefeed"
    assert client.get("/connect/").status_code == 200
    assert "sync" in client.get("/healthz?deep=1").json
    kept = cookie(client).value
    answer = sign_out(client)
    assert answer.location == "/login"
    assert "You are signed out." in client.get("/login").text
    client.set_cookie(cookie_name(client), kept)  # as who has copied it would
    assert client.get("/connect/").location == "/login?next=/connect/"


def test_one_can_sign_out_this_browser_or_every_one(locked):
    phone, wall, laptop = (locked.test_client() for _ in range(3))
    for client in (phone, wall, laptop):
        sign_in(client)
    sign_out(phone)
    assert [client.get("/stats/").status_code for client in (phone, wall, laptop)] == [302, 200, 200]
    sign_out(wall, everywhere="1")
    assert "Every browser is signed out." in wall.get("/login").text
    assert [client.get("/stats/").status_code for client in (phone, wall, laptop)] == [302, 302, 302]


def test_a_session_outlives_a_restart_and_lasts_a_year(locked, uri):
    client = locked.test_client()
    sign_in(client)
    later = make_app(uri, DASHBOARD_PASSWORD=PASSWORD).test_client()
    later.set_cookie(cookie_name(client), cookie(client).value)
    assert later.get("/stats/").status_code == 200
    assert cookie(client).max_age == 365 * 24 * 3600
    assert cookie(client).expires is None, "a date would be that of a clock which may be wrong"


def test_every_post_wants_the_forms_token_and_says_what_to_do_without_it(locked):
    client = locked.test_client()
    posts = [path for _, method, path in every_address(locked) if method == "POST"]
    posts = [path for path in posts if not path.startswith("/api/")]  # which take no form and no cookie
    assert {"/login", "/logout", "/connect/strava/disconnect"} <= set(posts)
    sign_in(client)
    for path in posts:
        for form in ({}, {"csrf_token": "made-up", "password": PASSWORD}):
            answer = client.post(path, data=form, headers={"Referer": "http://localhost/connect/"})
            assert answer.status_code == 400, path
            assert "That form has expired" in answer.text
            assert "Nothing was changed." in answer.text
            assert '<a href="/connect/">Open the page again</a>' in answer.text
    assert client.get("/connect/").status_code == 200


@pytest.mark.parametrize(
    "came_from", ["http://localhost/connect/?x=1", "http://evil.com/connect/?x=1", "http://[", None]
)
def test_a_form_sent_after_signing_out_leads_back_to_its_page(locked, came_from):
    client = locked.test_client()
    answer = client.post("/connect/strava/disconnect", headers={"Referer": came_from} if came_from else {})
    page = "/connect/?x%3D1" if "localhost" in (came_from or "") else "/stats/livefeed"
    assert answer.location == f"/login?next={page}"
    assert "nothing was changed. Sign in, and do it once more." in client.get(answer.location).text


def test_a_providers_code_is_in_no_address_of_ours(locked):
    answer = locked.test_client().get("/connect/strava/callback?code=s3cr3t&state=x")
    assert answer.location == "/login?next=/connect/"


def test_a_request_that_fails_is_logged_without_its_query(locked, caplog):
    logging.getLogger("gunicorn.error").error("Error handling request %s %s", "GET", "/connect/strava/callback?code=x")
    assert caplog.messages == ["Error handling request GET /connect/strava/callback"]


def test_who_is_signed_in_or_needs_no_password_is_not_asked_again(locked, uri):
    client = locked.test_client()
    sign_in(client)
    assert client.get("/login?next=/connect/").location == "/connect/"
    assert make_app(uri).test_client().post("/login", data={}).location == "/stats/livefeed"


@pytest.mark.parametrize(("public", "secure"), [("http://localhost:5000", False), (HTTPS, True)])
def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(uri, public, secure):
    app = make_app(uri, DASHBOARD_PASSWORD=PASSWORD, PUBLIC_BASE_URL=public, SESSION_COOKIE_SECURE=secure)
    answer = app.test_client().post("/login", data={"password": PASSWORD}, base_url=public)
    flags = {flag.strip() for flag in answer.headers["Set-Cookie"].split(";")[1:]}
    assert {"HttpOnly", "SameSite=Lax"} <= flags
    assert ("Secure" in flags) == secure
    assert PASSWORD not in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:5000", "[::1]:5000", "sevenday.localhost", "board.example:81"]
)
def test_without_a_password_the_board_answers_to_its_own_names(uri, host):
    client = make_app(uri, PUBLIC_BASE_URL="http://board.example:81").test_client()
    assert client.get("/stats/livefeed", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.com", "127.0.0.1.evil.com:5000", "localhost.evil.com", "192.168.1.7:5000", "["])
def test_without_a_password_a_foreign_name_for_this_machine_gets_one_sentence(uri, host):
    app = make_app(uri, TRUSTED_PROXIES=1)
    headers = {"Host": host, "X-Forwarded-Host": "localhost"}
    client = app.test_client()
    for page in ("/stats/livefeed", "/nowhere", "/connect/"):
        answer = client.get(page, headers=headers)
        assert answer.status_code == 400
        assert "PUBLIC_BASE_URL to the address that you use, or DASHBOARD_PASSWORD." in answer.text
    assert client.get("/healthz?deep=1", headers=headers).json == {"status": "ok"}
    assert not socketio.test_client(app, namespace=NAMESPACE, headers=headers).is_connected(NAMESPACE)


def test_with_a_password_any_name_will_do(locked):
    assert "Sevenday" in locked.test_client().get("/login", headers={"Host": "192.168.1.7:5000"}).text


def test_nothing_is_said_to_a_socket_before_its_session_is_proved(locked, monkeypatch):
    client = locked.test_client()
    sign_in(client)
    seen = socketio.test_client(locked, namespace=NAMESPACE, flask_test_client=client)
    wire = socketio.test_client(locked, flask_test_client=client)

    def meanwhile(*_: object) -> bool:
        """The database takes its time, and the feed pushes."""
        with locked.app_context():
            locked.extensions["feed"].push()
        return False

    monkeypatch.setattr("app.web.sign_ins.is_signed_in", meanwhile)
    wire.connect(NAMESPACE)
    assert not wire.is_connected(NAMESPACE)
    assert wire.queue == []
    assert [event["name"] for event in seen.get_received(NAMESPACE)] == ["my_response", "dates", "stats_vals"]


def test_a_socket_is_refused_while_nobody_can_say_whether_it_is_signed_in(locked, uri):
    client = locked.test_client()
    sign_in(client)
    away = make_app("postgresql+psycopg2://postgres@127.0.0.1:1/none", DASHBOARD_PASSWORD=PASSWORD)
    elsewhere = away.test_client()
    elsewhere.set_cookie(cookie_name(client), cookie(client).value)
    assert not socketio.test_client(away, namespace=NAMESPACE, flask_test_client=elsewhere).is_connected(NAMESPACE)
    assert elsewhere.get("/stats/livefeed").status_code == 503
