"""Viewers who do not read what they are sent: they cost the others nothing, and are sent away in time."""

import base64
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.attacks import frame
from tests.conftest import execute
from tests.serving import Board, free_port, serving, viewing, wait_until
from tests.test_operations import scraped

MANY = 150
SAID = f"SELECT pg_notify('sevenday_sync', n || repeat('x', 7000)) FROM generate_series(1, {MANY}) n"
"""More than the system keeps for one who does not read."""


@contextmanager
def deaf(board: Board) -> Iterator[socket.socket]:
    """A viewer by hand, who has said that he is one and then takes nothing off the wire."""
    with socket.socket() as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wire.settimeout(30)
        wire.connect(("127.0.0.1", int(board.url.rpartition(":")[2])))
        key = base64.b64encode(os.urandom(16)).decode()
        wire.sendall(
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        assert wire.recv(64).startswith(b"HTTP/1.1 101")
        wire.sendall(frame(b"40/livefeed,"))
        yield wire


@pytest.mark.parametrize("mode", ["eventlet", "gevent"])
def test_a_viewer_who_reads_nothing_is_sent_away_and_the_others_hear_all(uri: str, tmp_path: Path, mode: str) -> None:
    metrics = free_port()
    settings = {"SOCKETIO_ASYNC_MODE": mode, "METRICS_PORT": str(metrics), "TIMEZONE": "UTC"}
    with serving(uri, tmp_path / "web.log", **settings) as board, viewing(board) as viewer, deaf(board) as wire:
        wait_until(lambda: scraped(metrics)["sevenday_viewers"] == 2)

        def sent_away() -> bool:
            execute(uri, SAID)
            for _ in range(MANY):
                assert "xxx" in viewer.next("sync")["text"]
            wire.sendall(frame(b"3"))  # he answers every ping, and some that there were not
            return scraped(metrics)["sevenday_viewers"] == 1

        viewer.settle()
        wait_until(sent_away)
        wait_until(lambda: gone(wire))
        assert "Traceback" not in board.log


def gone(wire: socket.socket) -> bool:
    """Whether the server has hung up."""
    try:
        return not wire.recv(65_536)
    except ConnectionError:
        return True
