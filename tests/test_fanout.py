"""What is said to all: each viewer hears all of it once and in order, however he is connected and however he reads."""

import json
import random
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from engineio.payload import Payload
from flask import Flask

from app.stats import fanout
from app.stats.feed import MOST_TRIES, Feed
from tests.attacks import frame
from tests.conftest import execute
from tests.serving import PATIENCE, Board, free_port, serving, viewing, wait_until
from tests.test_operations import scraped

SAY = "SELECT pg_notify('sevenday_sync', lpad(n::text, 6, '0') || repeat('x', %s)) FROM generate_series(%s, %s) n"
LAST = 151
UPGRADE = (
    "GET /socket.io/?EIO=4&transport=websocket{sid} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
)
OFFER = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"


class Raw(threading.Thread):
    """A viewer by hand, who takes every byte for what it must be. `pause` seconds pass before each of his reads."""

    def __init__(self, board: Board, pause: float = 0, deflates: bool = False, upgrades: bool = False) -> None:
        super().__init__(daemon=True)
        self.heard, self.there, self.pause = list[int](), threading.Event(), pause
        self.failure: Exception | None = None
        self.wire = socket.socket()
        if pause:
            self.wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.wire.settimeout(PATIENCE)
        self.wire.connect(("127.0.0.1", int(board.url.rpartition(":")[2])))
        sid = self.polled(board) if upgrades else ""
        self.wire.sendall(UPGRADE.format(sid=sid, more=OFFER if deflates else "").encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.wire.recv(1)
        assert (b"permessage-deflate" in head) <= deflates, head
        self.wire.sendall(frame(b"2probe") + frame(b"5") if upgrades else frame(b"40/livefeed,"))

    def polled(self, board: Board) -> str:
        address = f"{board.url}/socket.io/?EIO=4&transport=polling"
        sid = json.loads(requests.get(address, timeout=PATIENCE).text[1:])["sid"]
        requests.post(f"{address}&sid={sid}", data="40/livefeed,", timeout=PATIENCE)
        self.there.set()
        return f"&sid={sid}"

    def exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            time.sleep(self.pause)
            came = self.wire.recv(min(size - len(data), 3000))
            if not came:
                raise EOFError
            data += came
        return data

    def texts(self) -> Iterator[str]:
        while True:
            kind, size = self.exactly(2)
            assert kind in (0x81, 0xC1), (kind, size)
            size = int.from_bytes(self.exactly({126: 2, 127: 8}[size])) if size > 125 else size
            data = self.exactly(size)
            if kind == 0xC1:
                data = zlib.decompressobj(-15).decompress(data + b"\x00\x00\xff\xff")
            yield data.decode()

    def run(self) -> None:
        try:
            for text in self.texts():
                self.take(text)
                if self.heard[-1:] == [LAST]:
                    return
        except Exception as error:
            self.failure = error

    def take(self, text: str) -> None:
        if text == "2":
            self.wire.sendall(frame(b"3"))
        elif text.startswith("42"):
            self.there.set()
            event, payload = json.loads(text.removeprefix("42/livefeed,"))
            if event == "sync":
                self.heard.append(int(payload["text"][:6]))


@pytest.mark.parametrize("mode", ["eventlet", "gevent"])
def test_everybody_hears_everything_once_and_in_order(
    uri: str, tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Payload, "max_decode_packets", LAST)  # of the client for Python alone
    dice, metrics = random.Random(mode), free_port()
    settings = {"SOCKETIO_ASYNC_MODE": mode, "TIMEZONE": "UTC", "METRICS_PORT": str(metrics)}
    with serving(uri, tmp_path / "web.log", **settings) as board, viewing(board, "polling") as polling:
        polling.settle()
        kinds: tuple[dict[str, Any], ...] = ({}, {"pause": 0.002}, {"deflates": True}, {"upgrades": True})
        whole, late, gone = [Raw(board, **kind) for kind in kinds], list[Raw](), list[Raw]()
        for one in whole:
            one.start()
            assert one.there.wait(PATIENCE)
        for first in range(1, LAST - 1, 5):
            execute(uri, SAY, dice.choice([0, 90, 3000, 7000]), first, first + 4)
            if first % 25 == 1 and first < 120:
                (late if first % 50 == 1 else gone).append(one := Raw(board, **dice.choice(kinds)))
                one.start()
            for one in gone[:-1]:
                one.wire.close()
        assert all(one.there.wait(PATIENCE) for one in late)
        execute(uri, SAY, 0, LAST, LAST)
        for one in [*whole, *late]:
            one.join(PATIENCE)
            assert one.failure is None
            assert one.heard == [*range(one.heard[0], LAST + 1)]
        assert all(one.heard[0] == 1 for one in whole)
        heard: list[int] = []
        while heard[-1:] != [LAST]:
            heard.append(int(polling.next("sync")["text"][:6]))
        assert heard == [*range(1, LAST + 1)]
        told = scraped(metrics)
        assert told["sevenday_told_total{at once}"] > LAST  # else the libraries are not as fanout.ready says
        assert told["sevenday_told_total{queue}"] >= LAST
        for one in [*whole, *late, *gone]:
            one.wire.close()


def test_a_frame_is_what_a_viewer_takes_it_for() -> None:
    for size in (0, 125, 126, 65_535, 65_536):
        data = bytes(size)
        whole = fanout.framed(0x81, data)
        assert whole.endswith(data)
        assert len(whole) - size == (2 if size < 126 else 4 if size < 65_536 else 10)


def test_without_the_private_parts_everything_goes_by_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other:
        sockets = {"x": object()}  # noqa: RUF012

    monkeypatch.setattr(fanout.socketio, "server", type("Server", (), {"eio": Other, "environ": {}}))
    assert fanout.ready("x") is None
    assert fanout.ready("nobody") is None


def test_an_answer_that_a_push_overtook_is_read_anew(app: Flask) -> None:
    feed, asked = Feed(app), list[int]()

    def read() -> dict[str, Any]:
        asked.append(1)
        if len(asked) < 3:
            with feed.telling():
                pass
        return {"n": len(asked)}

    assert feed.between_pushes(read) == {"n": 3}
    with suppress(ValueError), feed.telling():
        raise ValueError
    assert feed.between_pushes(read) == {"n": 4}
    assert MOST_TRIES > 3


def test_an_answer_waits_for_the_end_of_a_push(app: Flask) -> None:
    feed, got = Feed(app), list[Any]()
    with feed.telling():
        waiting = threading.Thread(target=lambda: got.append(feed.between_pushes(lambda: {"n": 1})))
        waiting.start()
        waiting.join(0.1)
        assert not got
    waiting.join(PATIENCE)
    wait_until(lambda: got == [{"n": 1}])
