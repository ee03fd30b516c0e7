"""What each of Strava's refusals means, against real sockets (docs/providers.md, Strava 6, 7)."""

import json
from datetime import UTC, datetime

import pytest

from app.sources.errors import GiveUp, Reconnect, Retry, WaitUntil
from app.sources.http import Http
from app.sources.strava_errors import fault, pair, resume_at
from tests.wire import NOW, Say, strava_client

READ_IS_LEFT = {"X-ReadRateLimit-Limit": "1,9", "X-ReadRateLimit-Usage": "1,8"}
AFTER, BEFORE = datetime(2026, 11, 8, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)
EXPIRED = {
    "message": "Authorization Error",
    "errors": [{"resource": "Athlete", "field": "access_token", "code": "invalid"}],
}
UNTICKED = {"errors": [{"resource": "AccessToken", "field": "activity:read_permission", "code": "missing"}]}
INACTIVE = {"message": "Forbidden", "errors": [{"resource": "Application", "field": "Status", "code": "Inactive"}]}
FUTURE = {"message": "Bad Request", "errors": [{"resource": "Application", "field": "after", "code": "future"}]}


@pytest.fixture
def client(wire, tmp_path):
    return strava_client(wire, tmp_path, NOW)


def read(client):
    return list(client.activities(AFTER, BEFORE))


def test_a_refused_token_is_renewed_once_and_the_call_repeated_once(wire, client):
    fresh = {"access_token": "access-2", "refresh_token": "refresh-2", "expires_at": NOW + 21600}
    wire.says(Say(EXPIRED, 401), fresh, {"id": 1})
    assert client.identity() == 1
    assert wire.paths() == ["/api/v3/athlete", "/oauth/token", "/api/v3/athlete"]
    assert wire.seen[2].headers["Authorization"] == "Bearer access-2"


def test_a_second_refusal_asks_to_connect_again(wire, client):
    same = {"access_token": "access-1", "refresh_token": "refresh-1", "expires_at": NOW + 9000}
    wire.says(Say(EXPIRED, 401), same, Say(EXPIRED, 401))
    with pytest.raises(Reconnect, match="connect Strava again"):
        client.identity()
    assert len(wire.seen) == 3


def test_a_missing_permission_is_named_and_not_answered_by_a_renewal(wire, client):
    wire.says(Say(UNTICKED, 401))
    with pytest.raises(Reconnect, match="activity:read is missing"):
        read(client)
    assert len(wire.seen) == 1


@pytest.mark.parametrize(
    ("say", "error", "sentence"),
    [
        (Say(INACTIVE, 403), GiveUp, r"subscription.*strava\.com/settings/api"),
        (Say("<html>cloudfront</html>", 403), Retry, "403"),
        (Say({"message": "Limit of connected athletes exceeded"}, 403), GiveUp, "Limit of connected athletes"),
        (Say(FUTURE, 400), GiveUp, "Bad Request Application/after/future"),
        (Say(["odd"], 400), GiveUp, "Strava answered HTTP 400"),
        (Say({"message": "error"}, 500), Retry, "500"),
        (Say("", 597), Retry, "597"),
        (Say([{}], cut=True), Retry, "broke off"),
        (Say("[{", 200), Retry, "not its usual answer"),
        (Say("", 200), Retry, "not its usual answer"),
        (Say("<html></html>"), Retry, "not its usual answer"),
        (Say({"message": "hello"}), Retry, "not its usual answer"),
        (Say([{}], silent=True), Retry, "in time"),
    ],
)
def test_every_other_refusal_says_whether_trying_again_helps(wire, client, say, error, sentence):
    wire.says(say)
    with pytest.raises(error, match=sentence):
        read(client)
    assert len(wire.seen) == 1


# Bodies and headers of any kind (docs/providers.md, Strava 6, 7)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            '{"message":"Bad Request","errors":[{"resource":"RefreshToken","field":"refresh_token","code":"invalid"}]}',
            ("Bad Request", [("RefreshToken", "refresh_token", "invalid")]),
        ),
        ("[]", ("", [])),
        ("null", ("", [])),
        ('{"errors":"Rate Limit Exceeded","message":"Too Many Requests"}', ("Too Many Requests", [])),
        ('{"errors":{"code":"invalid"},"message":null}', ("", [("", "", "invalid")])),
    ],
)
def test_a_fault_is_read_out_of_any_body(body, expected):
    assert fault(json.loads(body)) == expected


@pytest.mark.parametrize("body", ["<html>502</html>", ""])
def test_a_body_that_is_no_json_is_no_fault(wire, body):
    wire.says(Say(body, 400))
    assert fault(Http("Strava").send("GET", wire.base).body) == ("", [])


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"X-RateLimit-Limit": "100,1000", "X-RateLimit-Usage": "100,333"}, 1795342505),
        (
            {"X-Ratelimit-Limit": "200,2000", "X-Readratelimit-Usage": "12,1000", "X-ReadRateLimit-Limit": "100,1000"},
            1795392005,
        ),
        (
            {
                "X-RateLimit-Limit": "200,2000",
                "X-RateLimit-Usage": "12,2000",
                "X-ReadRateLimit-Limit": "1,9",
                "X-ReadRateLimit-Usage": "1,8",
            },
            1795392005,
        ),
        ({"X-RateLimit-Limit": "none"}, 1795342505),
        ({}, 1795342505),
    ],
)
def test_a_rate_limit_says_when_to_come_back(wire, client, headers, expected):
    wire.says(Say({"message": "Rate Limit Exceeded"}, 429, headers))
    with pytest.raises(WaitUntil) as caught:
        read(client)
    assert caught.value.until == datetime.fromtimestamp(expected, UTC)


def test_a_limit_reached_on_the_boundary_waits_for_the_next_one():
    assert resume_at({}, 1795342500) == 1795343405
    assert pair(" 8 , 151 ") == (8, 151)
    assert pair("8") is None


def test_the_last_rate_headers_are_kept(wire, client):
    wire.says(Say({"id": 1}, 200, {"X-ReadRateLimit-Limit": "100,1000", "X-ReadRateLimit-Usage": "8,151"}), {"id": 1})
    client.identity()
    client.identity()
    assert client.rates == {"read": ((8, 151), (100, 1000))}
