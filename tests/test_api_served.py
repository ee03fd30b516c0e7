"""The API at a running server: what never reaches the application is answered in the same form."""

import http.client
from pathlib import Path

import pytest

from tests.serving import serving

CHUNKED = {"Transfer-Encoding": "chunked", "Content-Type": "application/json"}


@pytest.mark.parametrize("mode", ["eventlet", "gevent"])
def test_what_the_server_itself_refuses_is_a_problem_too(uri: str, tmp_path: Path, mode: str) -> None:
    with serving(uri, tmp_path / "web.log", SOCKETIO_ASYNC_MODE=mode) as board:
        for method, path, headers, status in (
            ("GET", f"/api/v1/weight?cursor={'a' * 9000}", {}, 414),
            ("POST", "/api/v1/weight", CHUNKED, 411),
            ("GET", f"/api/v1/weight?cursor={'a' * 7000}", {}, 401),
        ):
            connection = http.client.HTTPConnection(board.url.removeprefix("http://"), timeout=30)
            connection.request(method, path, b"0\r\n\r\n" if headers else None, headers)
            answer = connection.getresponse()
            assert (answer.status, answer.getheader("Content-Type")) == (status, "application/problem+json")
            connection.close()
