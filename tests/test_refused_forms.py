"""A form that is not taken says why, on the page and in the log, and what to do about it."""

import re

import pytest
from flask.testing import FlaskClient

from tests.conftest import make_app

HTTPS = {"PUBLIC_BASE_URL": "https://board.example", "SESSION_COOKIE_SECURE": True, "TRUSTED_PROXIES": 1}
OWN = {"Host": "board.example", "X-Forwarded-Proto": "https"}
CASES = {
    "a proxy that keeps Host to itself": (
        {**OWN, "Host": "127.0.0.1:5000"}, "https://board.example/settings/", True,
        ("board.example", "127.0.0.1:5000", "proxy_set_header Host"),
    ),
    "a browser that sends no Referer": (OWN, None, True, ("Referer", "extension")),
    "a Secure cookie over http": (
        {"Host": "board.example"}, "http://board.example/settings/", False,
        ("https://board.example", "TRUSTED_PROXIES=1", "X-Forwarded-Proto"),
    ),
}  # fmt: skip
"""The request's headers, its Referer, whether the cookie comes along, and words of the cause and the way out."""


def token(client: FlaskClient, headers: dict[str, str]) -> str:
    page = client.get("/settings/", headers=headers, base_url="https://board.example")
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


@pytest.mark.parametrize("case", CASES)
def test_the_page_and_the_log_name_the_cause_and_the_way_out(
    uri: str, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    headers, referrer, cookie, words = CASES[case]
    client = make_app(uri, WTF_CSRF_ENABLED=True, **HTTPS).test_client()
    given = token(client, OWN)
    cookies = "; ".join(f"{one.key}={one.value}" for one in client._cookies.values()) if cookie else ""  # type: ignore[union-attr]
    answer = client.application.test_client(use_cookies=False).post(
        "/settings/",
        data={"csrf_token": given},
        headers=headers | ({"Referer": referrer} if referrer else {}) | ({"Cookie": cookies} if cookies else {}),
        base_url=f"https://{headers['Host']}" if cookie else "http://board.example",
    )
    assert answer.status_code == 400
    assert "That form has expired" not in answer.text
    assert "Nothing was changed." in answer.text
    logged = "\n".join(record.getMessage() for record in caplog.records)
    for word in words:
        assert word in answer.text
        assert word in logged


def test_a_form_of_before_the_sign_in_is_the_one_that_has_expired(uri: str) -> None:
    client = make_app(uri, WTF_CSRF_ENABLED=True).test_client()
    client.get("/settings/", base_url="http://localhost:5000")
    answer = client.post("/settings/", data={"csrf_token": "damaged"}, base_url="http://localhost:5000")
    assert (answer.status_code, "That form has expired" in answer.text) == (400, True)
