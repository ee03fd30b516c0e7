"""What a request may bring along: by the real server, at the wire, with bodies of every shape and in every place."""

import io
import socket
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from flask import request

from app.web import bodies, gate
from tests.conftest import fresh, make_app
from tests.serving import Board, cookies, serving
from tests.test_access_served import sign_in

PASSWORD = "correct horse battery"
MB = 1 << 20
PIECE = b"a&" * (MB // 2)
FORM = "Content-Type: application/x-www-form-urlencoded"
FILES = "Content-Type: multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="f.fit"\r\n\r\n'
SENTENCE = "16 KB at the most, and that was more, so nothing was changed."


@pytest.fixture(scope="module", params=["eventlet", "gevent"])
def board(request: pytest.FixtureRequest, server: str, template: str, tmp_path_factory) -> Iterator[Board]:
    """One for all of these: each of them leaves it as it was, or the next one says so."""
    log = tmp_path_factory.mktemp("bodies") / "web.log"
    with contextmanager(fresh)(server, template) as uri:
        with serving(uri, log, DASHBOARD_PASSWORD=PASSWORD, SOCKETIO_ASYNC_MODE=request.param) as board:
            yield board
        assert "Traceback" not in board.log


def connected(board: Board, seconds: float = 15) -> socket.socket:
    address = board.url.removeprefix("http://").split(":")
    return socket.create_connection((address[0], int(address[1])), timeout=seconds)


def head(method: str, path: str, *lines: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *lines, "", ""]).encode()


def by_length(pieces: list[bytes]) -> tuple[str, Iterable[bytes]]:
    return f"Content-Length: {sum(map(len, pieces))}", pieces


def by_chunks(pieces: list[bytes]) -> tuple[str, Iterable[bytes]]:
    chunks = (b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])
    return "Transfer-Encoding: chunked", chunks


def send(wire: socket.socket, start: bytes, pieces: Iterable[bytes] = ()) -> str:
    """The answer's status and all that follows until the end; a server that hangs up while it is sent to has a say."""
    try:
        wire.sendall(start)
        for piece in pieces:
            wire.sendall(piece)
    except OSError:
        pass
    got = b""
    try:
        while more := wire.recv(65536):
            got += more
    except OSError:
        pass
    return got.decode("latin-1").removeprefix("HTTP/1.1 ")


def memory(board: Board) -> float:
    return psutil.Process(board.process.pid).children()[0].memory_info().rss / MB


SHAPES = {"urlencoded": (FORM, [PIECE] * 20), "multipart": (FILES, [PART, *[PIECE] * 20])}


@pytest.mark.parametrize("framed", [by_length, by_chunks])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_large_form_is_one_sentence_and_costs_nothing(board: Board, framed: Callable, shape: str) -> None:
    before, began = memory(board), time.monotonic()
    kind, pieces = SHAPES[shape]
    length, sent = framed(pieces)
    with connected(board) as wire:
        answer = send(wire, head("POST", "/login", kind, length, "Connection: close"), sent)
    if framed is by_length:
        assert answer.startswith("413 ")
        assert SENTENCE in answer
        assert "Content-Security-Policy: default-src 'self'" in answer
    else:
        assert answer.startswith("411 ")
    assert time.monotonic() - began < 10, "it took 21 s, and a gigabyte"
    assert memory(board) - before < 10


UNREAD = [
    ("GET", "/stats/"),
    ("GET", "/healthz"),
    ("POST", "/nowhere"),
    ("PUT", "/"),
    ("POST", "/logout"),
    ("BREW", "/static/board.css"),
]


@pytest.mark.parametrize("framed", [by_length, by_chunks])
@pytest.mark.parametrize(("method", "path"), UNREAD)
def test_a_body_that_nobody_reads_ends_its_connection_and_stops_nobody(
    board: Board, framed: Callable, method: str, path: str
) -> None:
    length, sent = framed([PIECE] * 1000)
    began = time.monotonic()
    with connected(board) as wire:
        answer = send(wire, head(method, path, length), sent)
        assert requests.get(f"{board.url}/healthz", timeout=2).ok
    assert not answer or answer[:3] in ("200", "302", "400", "405", "411", "413"), answer[:80]
    assert time.monotonic() - began < 8, "all 1,000 MB were read"


def test_a_short_rest_is_read_over_and_the_connection_goes_on(board: Board) -> None:
    with connected(board) as wire:
        wire.sendall(head("GET", "/stats/", "Content-Length: 30000") + b"x" * 30000)
        answer = send(wire, head("GET", "/healthz", "Connection: close"))
    assert answer.startswith("302 ")
    assert "HTTP/1.1 200 OK" in answer


ENDLESS = {
    "a chunk's size": [b"0" * 65536] * 320,
    "a chunk's extension": [b"5;" + b"x" * 65534, *[b"y" * 65536] * 320],
    "the trailer": [b"0\r\n", *[b"x: y\r\n" * 10000] * 320],
    "no header as trailer": [b"3\r\na=b\r\n0\r\nno header\r\n\r\n"],
    "a wrong end of a chunk": [b"3\r\nabcdef\r\n"],
}


@pytest.mark.parametrize("name", ENDLESS)
def test_chunks_that_are_none_are_refused_before_they_cost_anything(board: Board, name: str) -> None:
    before, began = memory(board), time.monotonic()
    with connected(board) as wire:
        start = head("POST", "/login", FORM, "Transfer-Encoding: chunked", "Connection: close")
        answer = send(wire, start, ENDLESS[name])
    assert answer.startswith("411 ")
    assert time.monotonic() - began < 5
    assert memory(board) - before < 10


def test_a_body_that_is_cut_off_is_not_taken_for_a_whole_one(board: Board) -> None:
    with connected(board) as wire:
        wire.sendall(head("POST", "/login", FORM, "Content-Length: 100") + b"password=correct+horse+battery")
        wire.shutdown(socket.SHUT_WR)
        assert send(wire, b"").startswith("400 ")


def test_a_small_form_is_understood_however_its_bytes_come(board: Board) -> None:
    length, sent = by_length([b"password=", b"x", b"&csrf_token=y"])
    with connected(board) as wire:
        answer = send(wire, head("POST", "/login", FORM, length, "Connection: close"), sent)
    assert "That form has expired" in answer


def test_uploads_that_take_their_time_keep_nobody_from_a_page(board: Board) -> None:
    browser, _ = sign_in(board, PASSWORD)
    start = head("POST", "/files/", f"Cookie: {cookies(browser)}", FILES, f"Content-Length: {MB}") + PART
    with ExitStack() as open_ones:
        for _ in range(gate.PAGES_AT_ONCE + 1):
            open_ones.enter_context(connected(board)).sendall(start)
        for _ in range(gate.PAGES_AT_ONCE + 1):
            assert browser.get(f"{board.url}/stats/", timeout=5).ok


def test_a_body_that_drips_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule by itself; the server's own patience is 20 s."""
    ours, theirs = socket.socketpair()
    monkeypatch.setattr(bodies, "PATIENCE_SECONDS", 0.2)

    class Stream:
        def read(self, _size: int) -> bytes:
            return ours.recv(1)

    body = bodies.Body({"wsgi.input": Stream(), "CONTENT_LENGTH": "100", "gunicorn.socket": ours})
    theirs.sendall(b"x" * 50)
    assert b"".join(body.read(1) for _ in range(50)) == b"x" * 50
    began = time.monotonic()
    with pytest.raises(OSError, match="ended before its time"):
        body.read(1)
    assert 0.05 < time.monotonic() - began < 3
    ours.sendall(b"the answer")
    assert theirs.recv(100) == b"the answer"
    ours.close()
    theirs.close()


@pytest.mark.parametrize(("came", "whole"), [(b"", False), (b"abc", False), (b"0123456789", True)])
def test_a_short_body_is_here_or_has_broken_off_before_its_requests_turn(came: bytes, whole: bool) -> None:
    environ: dict[str, Any] = {"CONTENT_LENGTH": "10", "wsgi.input": io.BytesIO(came)}
    environ["wsgi.input"] = bodies.Body(environ)
    assert gate.take_body(environ) is whole


def test_a_view_may_take_its_time_once_the_body_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair()
    monkeypatch.setattr(bodies, "PATIENCE_SECONDS", 30)

    class Stream:
        def read(self, size: int) -> bytes:
            return ours.recv(size)

    body = bodies.Body({"wsgi.input": Stream(), "CONTENT_LENGTH": "1", "gunicorn.socket": ours})
    theirs.sendall(b"x")
    assert body.read(1) == b"x"
    body.began -= 60
    body.end_if_slow()
    theirs.sendall(b"the next request")
    assert ours.recv(100) == b"the next request"
    body.close()
    ours.close()
    theirs.close()


def test_no_file_of_a_form_is_written_to_the_disk(uri: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    client = make_app(uri).test_client()
    for size, status in {60_000: 302, 70_000: 413, 2 * MB: 413}.items():
        form = PART + b"x" * size + b"\r\n--x--\r\n"
        answer = client.post("/connect/strava/start", data=form, content_type=FILES.partition(": ")[2])
        assert answer.status_code == status, size


def test_a_view_can_take_more_or_less_than_the_others(uri: str) -> None:
    app = make_app(uri)

    @app.post("/large")
    @bodies.takes(3 * MB)
    def large() -> str:
        return str(len(request.get_data()))

    @app.post("/plain")
    def plain() -> str:
        return str(len(request.get_data()))

    client = app.test_client()
    assert client.post("/large", data=b"x" * 2 * MB).text == str(2 * MB)
    assert client.post("/large", data=b"x" * 4 * MB).status_code == 413
    assert client.post("/plain", data=b"x" * 65536).text == "65536"
    answer = client.post("/plain", data=b"x" * 65537)
    assert answer.status_code == 413
    assert "This page takes 64 KB at the most" in answer.text
    assert (app.config["MAX_CONTENT_LENGTH"], app.config["MAX_FORM_MEMORY_SIZE"]) == (65536, 65536)


def test_many_fields_are_refused(uri: str) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="f"\r\n\r\n1\r\n'
    form, kind = part * 500 + b"--x--\r\n", FILES.partition(": ")[2]
    answer = make_app(uri).test_client().post("/connect/strava/start", data=form, content_type=kind)
    assert answer.status_code == 413
