"""What a stranger, or a page gone mad, does to the board: each attack in a process of its own, on 127.0.0.1 only."""

import asyncio
import multiprocessing
import os
import re
import struct
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from connections import raise_file_limit

TOKEN = re.compile(rb'name="csrf_token" value="([^"]+)"')
COOKIE = re.compile(rb"Set-Cookie: ([^;]+)")


@dataclass
class Target:
    """Where, with how many connections at once, and with whose cookie ("" for a stranger's)."""

    port: int
    count: int
    cookie: str = ""

    def head(self, line: str, *headers: str) -> bytes:
        own = [f"Host: 127.0.0.1:{self.port}", *([f"Cookie: {self.cookie}"] if self.cookie else [])]
        return "\r\n".join([f"{line} HTTP/1.1", *own, *headers, "", ""]).encode()

    def upgrade(self) -> bytes:
        words = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13")
        key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
        return self.head("GET /socket.io/?EIO=4&transport=websocket", *words, key)


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Attack = Callable[[Target, Stream], Coroutine[Any, Any, None]]


def frame(payload: bytes, first: int = 0x81) -> bytes:
    """Masked with zeros, which is allowed and costs nothing here. `first` is FIN and opcode."""
    size = len(payload)
    length = struct.pack("!B", 128 | size) if size < 126 else struct.pack("!BH", 254, size)
    return bytes([first]) + length + bytes(4) + payload


async def idle(_: Target, stream: Stream) -> None:
    await stream[0].read()


async def websockets(target: Target, stream: Stream) -> None:
    stream[1].write(target.upgrade())
    await stream[0].read()


async def slow_posts(target: Target, stream: Stream) -> None:
    stream[1].write(target.head("POST /login", "Content-Length: 60000"))
    while not stream[0].at_eof():
        stream[1].write(b"a")
        await stream[1].drain()
        await asyncio.sleep(1)


async def frames(target: Target, stream: Stream) -> None:
    """A message without end."""
    stream[1].write(target.upgrade())
    stream[1].write(frame(b"x", 0x01))
    while not stream[1].is_closing():
        stream[1].write(frame(bytes(8000), 0x00))
        await stream[1].drain()


async def bodies(target: Target, stream: Stream) -> None:
    body = b"a&" * 10_000_000
    form = "Content-Type: application/x-www-form-urlencoded"
    stream[1].write(target.head("POST /login", f"Content-Length: {len(body)}", form))
    stream[1].write(body)
    await stream[1].drain()
    await stream[0].read(1)


async def passwords(target: Target, stream: Stream) -> None:
    """One after the other, with a form's token, as fast as they are answered."""
    reader, writer = stream
    writer.write(target.head("GET /login"))
    page = await reader.readuntil(b"</html>")
    cookie = COOKIE.search(page)[1].decode()  # type: ignore[index]
    token = TOKEN.search(page)[1].decode()  # type: ignore[index]
    form = urlencode({"password": "wrong", "csrf_token": token})
    lines = (f"Cookie: {cookie}", f"Content-Length: {len(form)}", "Content-Type: application/x-www-form-urlencoded")
    while not reader.at_eof():
        writer.write(target.head("POST /login", *lines) + form.encode())
        await reader.readuntil(b"</html>")


async def questions(target: Target, stream: Stream) -> None:
    """500 `get_stats` a second of somebody who is signed in."""
    reader, writer = stream
    writer.write(target.upgrade())
    await reader.readuntil(b"\r\n\r\n")
    writer.write(frame(b"40/livefeed,"))
    heard = asyncio.ensure_future(reader.read())
    while not heard.done():
        writer.write(b"".join(frame(b'42/livefeed,["get_stats",{}]') for _ in range(25)))
        await writer.drain()
        await asyncio.sleep(0.05)


async def pipelines(target: Target, stream: Stream) -> None:
    """Requests that do not wait for an answer."""
    asyncio.ensure_future(stream[0].read())  # noqa: RUF006
    while not stream[1].is_closing():
        stream[1].write(target.head("GET /login") * 50)
        await stream[1].drain()


async def again_and_again(attack: Attack, target: Target, tried: Any) -> None:
    while True:
        with suppress(OSError, TypeError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            stream = await asyncio.open_connection("127.0.0.1", target.port, limit=2**20)
            tried.value += 1
            try:
                await attack(target, stream)
            finally:
                stream[1].close()
        await asyncio.sleep(1)


async def all_at_once(attack: Attack, target: Target, tried: Any) -> None:
    await asyncio.gather(*(again_and_again(attack, target, tried) for _ in range(target.count)))


def run(attack: Attack, target: Target, tried: Any) -> None:
    raise_file_limit()
    os.nice(5)  # it shares the processors with what it attacks
    asyncio.run(all_at_once(attack, target, tried))


@contextmanager
def under(attack: Attack, target: Target) -> Iterator[None]:
    """From when the attack has tried as many connections as it wants to have."""
    context = multiprocessing.get_context("spawn")
    tried = context.Value("i", 0, lock=False)
    process = context.Process(target=run, args=(attack, target, tried), daemon=True)
    process.start()
    try:
        deadline = time.monotonic() + 60
        while tried.value < target.count:
            assert process.is_alive()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield
    finally:
        process.kill()
        process.join()
