"""What strangers put into the headers of a request: whatever it is, the answer is a page."""

import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.extensions import db
from app.web import callers
from tests.conftest import make_app
from tests.serving import serving

PASSWORD = "correct horse battery"
HTTPS = "https://board.example"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
PAGES = ("/", "/login", "/stats/livefeed", "/connect/", "/stats/trends", "/nowhere", "/healthz", "/static/board.css")
HEADERS = [
    *("HTTP_HOST", "HTTP_ORIGIN", "HTTP_REFERER", "HTTP_COOKIE", "HTTP_USER_AGENT", "HTTP_IF_NONE_MATCH", "HTTP_RANGE"),
    *("HTTP_IF_MODIFIED_SINCE", "HTTP_IF_RANGE", "HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING", "HTTP_ACCEPT_LANGUAGE"),
    *("HTTP_AUTHORIZATION", "HTTP_CACHE_CONTROL", "HTTP_CONNECTION", "HTTP_TRANSFER_ENCODING", "HTTP_X_REQUESTED_WITH"),
    *("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PREFIX"),
    *("HTTP_X_CSRFTOKEN", "CONTENT_TYPE", "CONTENT_LENGTH", "QUERY_STRING", "REMOTE_ADDR"),
]
KNOWN_BAD = [
    *(
        "203.0.113.9:4711",
        "[::1",
        "[2001:db8::1]:4711",
        "fe80::1%eth0",
        "127.0.0.1:99999",
        "unknown",
        "_hidden",
        "a..b",
        ".",
        "javascript",
    ),
    *("http://[", "https://host:port/", "http://[::1]x/", "", " ", "\t", ",", ",,,", '"', '"1.2.3.4', "a" * 8000),
    *("1" * 5000, "-1", "1e9", "²", "multipart/form-data", "multipart/form-data; boundary=\xe9", "Basic \xff"),
    *("application/x-www-form-urlencoded; charset=\xff", "gzip;q=banana", "gzip;q=1e999, br;q=-1", "bytes=9-1"),
    *("bytes=0-99999999999999999999", 'W/"', "*", "\x1b[31m", "\x7f", "\x85", "\xe2\x80\xa8", "chunked"),
    *("session=\xff; sevenday=;;;=", "Mon, 99 Foo 99999 99:99:99 GMT", "Fri, 31 Dec 9999 23:59:59 +9999"),
    *("javascript", "next=http://[", "week=%00", "next=%ff%fe&week=%ED%A0%80", "range=\xff"),
]
BYTES = st.characters(max_codepoint=255, exclude_characters="\0\r\n")
RUBBISH = st.sampled_from(KNOWN_BAD) | st.text(BYTES, max_size=60)
SENDABLE = re.compile(r"[ \t\x21-\x7e\x80-\xff]*")
"""What gunicorn lets a header's value be; anything else in one of ours would be a 500."""


@pytest.fixture(params=["password", "none", "https"])
def board(uri: str, request: pytest.FixtureRequest) -> Flask:
    settings = {
        "password": {"DASHBOARD_PASSWORD": PASSWORD},
        "none": {},
        "https": {"DASHBOARD_PASSWORD": PASSWORD, "PUBLIC_BASE_URL": HTTPS, "SESSION_COOKIE_SECURE": True},
    }[request.param]
    app = make_app(uri, TRUSTED_PROXIES=1, WTF_CSRF_ENABLED=True, **settings)
    yield app
    with app.app_context():
        db.engine.dispose()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=st.dictionaries(st.sampled_from(HEADERS), RUBBISH, min_size=1, max_size=3), page=st.sampled_from(PAGES),
       method=st.sampled_from(["GET", "POST", "HEAD", "BREW"]), secure=st.booleans())  # fmt: skip
def test_no_header_makes_an_error_of_any_page(board, sent, page, method, secure):
    answer = ask(board.test_client(), method, page, sent, secure)
    assert answer.status_code < 500, answer.text
    for name, value in answer.headers:
        assert SENDABLE.fullmatch(value.encode().decode("latin-1")), (name, value)


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize("page", ["/login", "/stats/livefeed", "/connect/"])
def test_each_header_is_tried_with_each_value_known_for_trouble(board, name, page):
    client = board.test_client()
    for value in KNOWN_BAD:
        for method in ("GET", "POST"):
            assert ask(client, method, page, {name: value}, secure=True).status_code < 500, value


def ask(client: FlaskClient, method: str, page: str, sent: dict[str, str], secure: bool):
    base = HTTPS if secure else "http://localhost"
    body = {"data": {"password": "wrong"}} if method == "POST" else {}
    with client.open(page, method=method, base_url=base, environ_overrides=sent, **body) as answer:
        return answer


ADDRESSES = {
    "203.0.113.9": "203.0.113.9",
    "203.0.113.9:4711": "203.0.113.9",
    " 203.0.113.9 ": "203.0.113.9",
    "::ffff:203.0.113.9": "203.0.113.9",
    "[::ffff:203.0.113.9]:80": "203.0.113.9",
    "2001:db8::7": "2001:db8::/64",
    "[2001:db8::8]": "2001:db8::/64",
    '"[2001:DB8::9]:4711"': "2001:db8::/64",
    "fe80::1%eth0": "fe80::/64",
    "[fe80::1%25eth0]:4711": "fe80::/64",
}
NO_ADDRESSES = ("", "unknown", "_secret", "203.0.113", "203.0.113.9:x", "203.0.113.9:4711:1", "[2001:db8::1",
                "1" * 8000, "203.0.113.9, 1", "２03.0.113.9", "\x1b[31m", "localhost", "/64")  # fmt: skip


def test_an_address_is_taken_as_proxies_write_it_and_what_is_none_is_one_visitor():
    assert {text: callers.visitor(text) for text in ADDRESSES} == ADDRESSES
    assert {callers.visitor(text) for text in NO_ADDRESSES} == {callers.NOWHERE}


def wrong(client: FlaskClient, forwarded: str) -> int:
    return client.post("/login", data={"password": "wrong"}, headers={"X-Forwarded-For": forwarded}).status_code


def test_guesses_are_counted_by_the_address_however_it_is_written(uri):
    client = make_app(uri, DASHBOARD_PASSWORD=PASSWORD, TRUSTED_PROXIES=1).test_client()
    for ways in (list(ADDRESSES)[:5], list(ADDRESSES)[5:8] * 2, NO_ADDRESSES[1:7]):
        assert [wrong(client, way) for way in (*ways, *ways)][:6] == [403] * 5 + [429], ways


@pytest.mark.parametrize("sent", ['"evil, {}', 'evil", {}', '1.2.3.4", {}', "\\, {}", ",,{}", "1.2.3.4, {}"])
def test_nothing_before_a_proxys_own_entry_hides_it(uri, sent):
    client = make_app(uri, DASHBOARD_PASSWORD=PASSWORD, TRUSTED_PROXIES=1).test_client()
    assert [wrong(client, sent.format("198.51.100.7")) for _ in range(5)] == [403] * 5
    assert wrong(client, "198.51.100.7") == 429


@pytest.mark.parametrize(("said", "secure"), [("https", True), ("HTTPS", True), ("wss", True), ("http", False),
                                              ("javascript", False), ("\x1b", False), ("", False)])  # fmt: skip
def test_a_scheme_is_one_of_two(uri, said, secure):
    app = make_app(uri, TRUSTED_PROXIES=1)
    app.add_url_rule("/scheme", "scheme", lambda: request.scheme)
    answer = app.test_client().get("/scheme", environ_overrides={"HTTP_X_FORWARDED_PROTO": said})
    assert answer.text == ("https" if secure else "http")


@pytest.mark.parametrize("came_from", ["http://[", "https://board.example:port/", "https://[::1]x", "", "\x1b"])
def test_a_form_from_no_page_is_refused_and_no_error(uri, came_from):
    app = make_app(uri, DASHBOARD_PASSWORD=PASSWORD, PUBLIC_BASE_URL=HTTPS, WTF_CSRF_ENABLED=True)
    client = app.test_client()
    token = TOKEN.search(client.get("/login", base_url=HTTPS).text)[1]
    form = {"password": PASSWORD, "csrf_token": token}
    answer = client.post("/login", base_url=HTTPS, data=form, environ_overrides={"HTTP_REFERER": came_from})
    assert (answer.status_code, "Nothing was changed." in answer.text) == (400, True)
    answer = client.post("/login", base_url=HTTPS, data=form, headers={"Referer": f"{HTTPS}/login"})
    assert answer.status_code == 302


def test_the_real_server_answers_rubbish_in_any_header_with_a_page_or_a_400(uri: str, tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with serving(uri, log, DASHBOARD_PASSWORD=PASSWORD, TRUSTED_PROXIES="1") as board:
        where = urlsplit(board.url)
        for name in HEADERS:
            field = name.removeprefix("HTTP_").replace("_", "-").encode()
            for value in (b"\xff\xfe\x80", b"\x1b[31m", "\u202e\u2028é".encode(), b"[", b"1" * 5000, b"http://[", b'"'):
                start = b"GET /login?\xff" if name == "QUERY_STRING" else b"POST /stats/\x80%ff"
                with socket.create_connection((where.hostname, where.port), timeout=10) as wire:
                    wire.sendall(start + b" HTTP/1.1\r\nConnection: close\r\n" + field + b": " + value + b"\r\n\r\n")
                    status = wire.recv(100)[9:12]
                    assert b"200" <= status < b"500" or status == b"501", (name, value)  # 501: no such encoding
    assert "Traceback" not in log.read_text()
