"""The board goes on while somebody attacks it: small versions of what benchmarks/doors.py does, in both async modes."""

import socket
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests import attacks
from tests.attacks import Attack, Target
from tests.conftest import execute, fresh
from tests.serving import Board, Viewer, serving, viewing, wait_until
from tests.test_access_served import PASSWORD, sign_in

FILES = 256
WEIGH_IN = "INSERT INTO fitbit_weight (weight, record_date, record_time) VALUES (%s, current_date, '07:00')"
EATEN = "INSERT INTO fitbit_calories (record_date, calories) VALUES (current_date, %s)"


@dataclass
class Place:
    board: Board
    uri: str
    cookie: str

    @property
    def port(self) -> int:
        return int(self.board.url.rpartition(":")[2])

    def listen(self, **headers: str) -> ClientConnection:
        """A raw WebSocket that has joined the feed."""
        address = f"ws://127.0.0.1:{self.port}/socket.io/?EIO=4&transport=websocket"
        wire = connect(address, additional_headers={"Cookie": self.cookie, **headers}, compression=None)
        wire.recv()
        wire.send("40/livefeed,")
        while '"my_response"' not in wire.recv(timeout=5):
            pass
        return wire

    def lets_a_newcomer_in(self) -> None:
        began = time.monotonic()
        assert requests.get(f"{self.board.url}/login", timeout=10).ok
        assert time.monotonic() - began < 3

    def feeds(self, viewer: Viewer) -> None:
        """Within a time that a busy machine keeps, too; benchmarks/doors.py measures."""
        eaten = 1000 + time.monotonic_ns() % 1_000_000
        execute(self.uri, "DELETE FROM fitbit_calories")
        execute(self.uri, EATEN, eaten)
        while eaten not in [day["calories"] for day in viewer.until("stats_vals", timeout=5)["data"]["calories"]]:
            pass


@pytest.fixture(scope="module", params=["eventlet", "gevent"])
def place(request: Any, server: str, template: str, tmp_path_factory: Any) -> Iterator[Place]:
    log = tmp_path_factory.mktemp("doors") / "web.log"
    for uri in fresh(server, template):
        settings = {"DASHBOARD_PASSWORD": PASSWORD, "SOCKETIO_ASYNC_MODE": request.param, "TIMEZONE": "UTC"}
        with serving(uri, log, files=FILES, **settings) as board:
            crumbs = sign_in(board)[0].cookies
            yield Place(board, uri, "; ".join(f"{crumb.name}={crumb.value}" for crumb in crumbs))
    assert "Traceback" not in log.read_text()


@pytest.mark.parametrize(
    ("attack", "count", "signed_in"),
    [
        (attacks.idle, 400, False),
        (attacks.websockets, 400, False),
        (attacks.slow_posts, 400, False),
        (attacks.frames, 4, False),
        (attacks.frames, 4, True),
        (attacks.pipelines, 20, False),
        (attacks.questions, 1, True),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_pages_and_pushes_go_on_under_an_attack(place: Place, attack: Attack, count: int, signed_in: bool) -> None:
    with viewing(place.board, Cookie=place.cookie) as viewer:
        viewer.settle()
        with attacks.under(attack, Target(place.port, count, place.cookie if signed_in else "")):
            for _ in range(3):
                place.lets_a_newcomer_in()
                place.feeds(viewer)
        assert requests.get(f"{place.board.url}/healthz", timeout=5).ok


def test_the_handshake_asks_who_it_is(place: Place) -> None:
    polling = f"{place.board.url}/socket.io/?EIO=4&transport=polling"
    for cookie in ("", "session=forged"):
        refused = requests.get(polling, headers={"Cookie": cookie}, timeout=5)
        assert (refused.status_code, refused.text) == (401, "Sign in first.\n")
        posted = requests.post(polling, data="40/livefeed,", headers={"Cookie": cookie}, timeout=5)
        assert posted.status_code == 401
        with pytest.raises(InvalidStatus) as caught:
            connect(
                f"ws://127.0.0.1:{place.port}/socket.io/?EIO=4&transport=websocket",
                additional_headers={"Cookie": cookie},
            )
        assert caught.value.response.status_code == 401
    assert requests.get(polling, headers={"Cookie": place.cookie}, timeout=5).ok


@pytest.mark.parametrize("asked", ["&j=0", "&j=banana", "&j="])
def test_the_feed_is_not_to_be_had_as_a_script(place: Place, asked: str) -> None:
    polling = f"{place.board.url}/socket.io/?EIO=4&transport=polling"
    answer = requests.get(polling + asked, headers={"Cookie": place.cookie}, timeout=5)
    assert "___eio" not in answer.text
    assert answer.ok == (asked == "&j=")  # which Engine.IO reads as no parameter at all


def test_a_message_may_come_in_fragments_but_not_be_longer_for_it(place: Place) -> None:
    with place.listen() as wire:
        wire.send(iter(["42/livefeed,[", '"get_week"', ",{}]"]))
        while '"dates"' not in wire.recv(timeout=5):
            pass
        with pytest.raises(ConnectionClosed):
            wire.send(iter(["x" * 1000 for _ in range(1000)]))
            while True:
                wire.recv(timeout=5)


def test_a_session_that_polls_may_say_so_much_and_listen_once(place: Place) -> None:
    polling = f"{place.board.url}/socket.io/?EIO=4&transport=polling"
    with requests.Session() as browser:
        browser.headers["Cookie"] = place.cookie
        sid = browser.get(polling, timeout=5).text.split('"sid":"')[1].split('"')[0]
        own = f"{polling}&sid={sid}"
        said = [browser.post(own, data="\x1e".join(["3" + "x" * 900] * 16), timeout=5).status_code for _ in range(9)]
    assert set(said) == {200, 429}


@pytest.mark.parametrize("path", ["/login", "/stats/", "/socket.io/?EIO=4&transport=polling"])
def test_a_body_of_no_said_length_is_refused_and_not_read(place: Place, path: str) -> None:
    with closing(socket.create_connection(("127.0.0.1", place.port), timeout=10)) as wire:
        wire.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1;".encode())
        wire.sendall(b"x" * 1_000_000)
        assert wire.recv(65_536).startswith(b"HTTP/1.1 411 Length Required")
        began = time.monotonic()
        with pytest.raises(OSError):
            while True:
                wire.sendall(b"x" * 65_536)
        assert time.monotonic() - began < 10


def test_one_socket_too_loud_is_told_so_and_then_hung_up_on(place: Place) -> None:
    with viewing(place.board, Cookie=place.cookie) as loud:
        loud.settle()
        for _ in range(40):
            loud.say("get_weather")
        wait_until(lambda: "too much at once" in loud.until("problem")["error"], seconds=10)
        for _ in range(200):
            loud.say("get_weather")
        wait_until(lambda: not loud.client.connected, seconds=10)


@pytest.mark.parametrize("mode", ["eventlet", "gevent"])
def test_without_a_file_to_open_the_server_recovers_by_itself(uri: str, tmp_path: Path, mode: str) -> None:
    with serving(uri, tmp_path / "web.log", files=FILES, SOCKETIO_ASYNC_MODE=mode) as board:
        (worker,) = psutil.Process(board.process.pid).children()
        worker.rlimit(psutil.RLIMIT_NOFILE, (worker.num_fds(), FILES))
        port = int(board.url.rpartition(":")[2])
        crowd = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(5)]
        with pytest.raises(requests.RequestException):
            requests.get(f"{board.url}/healthz", timeout=1)
        worker.rlimit(psutil.RLIMIT_NOFILE, (FILES, FILES))
        for one in crowd:
            one.close()
        Place(board, uri, "").lets_a_newcomer_in()


@pytest.mark.parametrize("mode", ["eventlet", "gevent"])
def test_without_a_password_one_visitors_feeds_are_counted_and_pages_go_on(uri: str, tmp_path: Path, mode: str) -> None:
    with serving(uri, tmp_path / "web.log", files=FILES, SOCKETIO_ASYNC_MODE=mode) as board, viewing(board) as viewer:
        viewer.settle()
        target = Target(int(board.url.rpartition(":")[2]), 300)
        with attacks.under(attacks.websockets, target):
            polling = f"{board.url}/socket.io/?EIO=4&transport=polling"
            wait_until(lambda: requests.get(polling, timeout=5).status_code == 503)
            place = Place(board, uri, "")
            place.lets_a_newcomer_in()
            place.feeds(viewer)
