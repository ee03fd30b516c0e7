"""What every answer tells the browser, whoever gives it: a page, a file, a refusal, the socket."""

import pytest
from flask import Flask

from tests.conftest import make_app

HTTPS = "https://board.example"
PAGES = ("/stats/", "/stats/livefeed", "/connect/", "/login", "/healthz", "/nowhere", "/stats/livefeed?week=banana")
FIXED = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "browsing-topics=(), camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("public", ["http://localhost:5000", HTTPS])
def test_every_answer_carries_the_security_headers(uri, page, public):
    answer = make_app(uri, PUBLIC_BASE_URL=public, SESSION_COOKIE_SECURE=False).test_client().get(page, base_url=public)
    headers = answer.headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert {policy[name] for name in ("default-src", "script-src", "style-src", "connect-src")} == {"'self'"}
    assert {policy[name] for name in ("object-src", "base-uri", "frame-ancestors")} == {"'none'"}
    ways = {"'self'", public, "https://www.strava.com", "https://accounts.google.com"}
    assert set(policy["form-action"].split()) == ways
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert {name: headers[name] for name in FIXED} == FIXED
    assert headers["Cache-Control"] == "no-store"
    assert ("Strict-Transport-Security" in headers) == (public == HTTPS)
    assert answer.status_code not in (301, 308)


def test_a_file_may_be_kept_and_carries_the_headers_too(uri):
    client = make_app(uri).test_client()
    for path in ("/static/favicon.svg", "/static/favicon.svg?v=1", "/bootstrap/static/css/bootstrap.min.css"):
        with client.get(path) as answer:
            assert answer.status_code == 200
            assert "no-store" not in answer.headers["Cache-Control"]
            assert {name: answer.headers[name] for name in FIXED} == FIXED


def broken() -> str:
    raise RuntimeError("of a page")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 302),
        ("POST", "/stats/", 405),
        ("GET", "/static/nothing.css", 404),
        ("GET", "/stats", 308),
        ("GET", "/broken", 500),
        ("POST", "/large", 413),
        ("GET", "/socket.io/?EIO=4&transport=pigeon", 400),
        ("POST", "/socket.io/?EIO=4&transport=polling", 400),
        ("GET", "http://[/", 400),
    ],
)
def test_redirects_refusals_and_errors_carry_them_whoever_gives_them(uri, method, path, status):
    app: Flask = make_app(uri, TESTING=False, WTF_CSRF_ENABLED=True)
    app.add_url_rule("/broken", "broken", broken)
    app.add_url_rule("/large", "large", lambda: "", methods=["POST"])
    host = {"HTTP_HOST": "["} if "[" in path else {}
    large = {"data": {"a": "b" * 70_000}} if method == "POST" and path != "/stats/" else {}
    answer = app.test_client().open(path.replace("http://[", ""), method=method, environ_overrides=host, **large)
    assert answer.status_code == status
    for name, value in FIXED.items():
        assert answer.headers.getlist(name) == [value]
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(answer.headers.getlist("Content-Security-Policy")) == 1


def test_a_page_may_say_more_of_itself_than_all_of_them(uri):
    app = make_app(uri)
    app.add_url_rule("/framed", "framed", lambda: ("", {"X-Frame-Options": "SAMEORIGIN", "cache-control": "private"}))
    headers = app.test_client().get("/framed").headers
    assert headers.getlist("X-Frame-Options") == ["SAMEORIGIN"]
    assert "no-store" in headers["Cache-Control"]
