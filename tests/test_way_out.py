"""What a person's environment does to the way out to a provider is a sentence that names the setting."""

import socket
from collections.abc import Iterator

import pytest

from app.sources.errors import GiveUp, Retry, SourceError
from app.sources.http import Http

HTTPS = "https://provider.invalid/api"
NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*NAMES, *map(str.upper, NAMES)):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def closed() -> Iterator[int]:
    """A port of which nobody answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.mark.parametrize(
    ("environment", "kind", "named"),
    [
        ({"REQUESTS_CA_BUNDLE": "/nowhere/company.pem"}, GiveUp, "REQUESTS_CA_BUNDLE"),
        ({"CURL_CA_BUNDLE": "/nowhere/company.pem"}, GiveUp, "CURL_CA_BUNDLE"),
        ({"HTTPS_PROXY": "http://"}, GiveUp, "https_proxy"),
        ({"https_proxy": "http://127.0.0.1:{closed}"}, Retry, "https_proxy"),
        ({"ALL_PROXY": "http://127.0.0.1:{closed}"}, Retry, "proxy"),
        ({"HTTPS_PROXY": "127.0.0.1:{closed}"}, Retry, "https_proxy"),
        ({}, Retry, "is this machine online?"),
    ],
)
def test_a_way_out_that_cannot_work_is_a_sentence_that_names_it(
    monkeypatch: pytest.MonkeyPatch, closed: int, environment: dict[str, str], kind: type[SourceError], named: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value.replace("{closed}", str(closed)))
    with pytest.raises(kind, match=named) as error:
        Http("Strava", timeout=(2, 2)).send("GET", HTTPS)
    assert "Traceback" not in str(error.value)
    assert "/nowhere" not in str(error.value)
