"""The load: viewers on raw sockets in a process of their own, which notes when each of them has heard of a commit.

Nothing is parsed but the one figure that tells the commits apart, so that the load is not itself the limit.
"""

import multiprocessing
import select
import socket
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from connections import raise_file_limit

UPGRADE = (
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
MARK = b'"weight":5'
"""The figure that is changed is `50.011` and so on while it is measured; all others are more."""
EACH = 500
"""Viewers from one address, of which each may have so many only."""


def masked(text: bytes) -> bytes:
    return bytes([0x81, 0x80 | len(text)]) + bytes(4) + text


def opened(port: int, n: int) -> socket.socket:
    wire = socket.socket()
    wire.bind((f"127.0.0.{1 + n // EACH}", 0))
    wire.settimeout(60)
    wire.connect(("127.0.0.1", port))
    wire.sendall(UPGRADE)
    heard = wire.recv(4096)
    wire.sendall(masked(b"40/livefeed,"))
    while b"40/livefeed," not in heard:
        heard += (came := wire.recv(4096))
        assert came, heard
    wire.setblocking(False)
    return wire


def watch(port: int, viewers: int, parent: Any) -> None:
    """Tells the parent that all are there, and then of each commit: its weight and the moments at which it was heard."""
    raise_file_limit()
    ready = select.epoll()
    wires: dict[int, socket.socket] = {}
    rest, last = defaultdict[int, bytes](bytes), dict[int, bytes]()

    def come(n: int) -> None:
        wire = opened(port, n)
        wires[wire.fileno()] = wire
        ready.register(wire, select.EPOLLIN)

    pool = ThreadPoolExecutor(
        8
    )  # beside the loop below, as those who are there already are asked whether they still are
    coming = [pool.submit(come, n) for n in range(viewers)]
    moments: dict[bytes, list[float]] = {}
    while True:
        if coming and all(one.done() for one in coming):
            parent.send(("ready", [one.result() for one in coming][:0]))
            coming = []
        for number, _ in ready.poll(0.1 if coming else None):
            data = rest[number] + wires[number].recv(1 << 20)
            now = time.monotonic()
            rest[number] = data[-32:]
            if data.endswith(b"\x81\x012"):
                wires[number].send(masked(b"3"))
            at = data.rfind(MARK)
            weight = data[at + 9 : at + 15]
            if at < 0 or len(weight) < 6 or last.get(number) == weight:
                continue
            last[number] = weight
            heard = moments.setdefault(weight, [])
            heard.append(now)
            if len(heard) == viewers:
                parent.send((weight.decode(), heard))


@contextmanager
def watching(port: int, viewers: int) -> Iterator[Any]:
    """A pipe from which `(weight, moments)` come once all viewers are there."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=watch, args=(port, viewers, theirs), daemon=True)
    process.start()
    try:
        assert ours.poll(120 + viewers // 20), "the viewers did not get in"
        assert ours.recv()[0] == "ready"
        yield ours
    finally:
        process.terminate()
        process.join()
