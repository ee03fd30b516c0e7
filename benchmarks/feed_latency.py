"""How long from a commit in PostgreSQL until every viewer has the new week, with 1, 100 and 1,000 viewers.

    .venv/bin/python -m benchmarks.feed_latency [--viewers 1 100 1000] [--commits 40] [--mode eventlet]

A real PostgreSQL, gunicorn as `make run` starts it, and WebSocket viewers in a process of their own. Beside each figure
stands the floor of the same run: the same number of bytes sent to as many sockets by a bare loop, without any of ours.
"""

import argparse
import asyncio
import json
import multiprocessing
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg2
from websockets.asyncio.client import connect

from tests.conftest import ROOT, embedded, make_app, upgrade
from tests.serving import Board, serving

PUSH = '42/livefeed,["stats_vals"'
WEEK = """
INSERT INTO fitbit_weight (weight, fat, record_date, record_time) SELECT 72, 18, current_date - n, '07:00' FROM generate_series(0, 6) n;
INSERT INTO fitbit_calories (calories, burned, record_date) SELECT 2100, 2500, current_date - n FROM generate_series(0, 6) n;
INSERT INTO strava_activity (id, activity_type, name, distance, moving_time, average_speed, average_heartrate, start_date_local)
    SELECT n, 'Run', 'Along the canal', 8200, 2530, 3.2, 148, current_date - n % 7 + time '18:00' FROM generate_series(1, 12) n;
"""


async def watch(url: str, viewers: int, heard: Any, deflate: bool) -> None:
    """Opens the viewers and reports when each hears a push: (weight in it, seconds on the machine's clock)."""

    async def one(ready: asyncio.Semaphore) -> None:
        async with ready:
            stream = await connect(url, compression="deflate" if deflate else None, max_size=None)
            await stream.recv()
            await stream.send("40/livefeed,")
        heard.put(("ready", 0.0))
        async for message in stream:
            now = time.monotonic()
            if isinstance(message, str) and message.startswith(PUSH):
                weight = json.loads(message[message.index("[") :])[1]["data"]["weight"][-1]["weight"]
                heard.put((weight, now))
            elif message == "2":
                await stream.send("3")

    gate = asyncio.Semaphore(50)
    await asyncio.gather(*(one(gate) for _ in range(viewers)))


def watch_process(url: str, viewers: int, heard: Any, deflate: bool) -> None:
    asyncio.run(watch(url, viewers, heard, deflate))


def measure(board: Board, uri: str, viewers: int, commits: int, deflate: bool) -> list[float]:
    """Milliseconds from commit to receipt, one for each viewer and commit."""
    context = multiprocessing.get_context("spawn")
    heard = context.Queue()
    url = board.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
    process = context.Process(target=watch_process, args=(url, viewers, heard, deflate), daemon=True)
    process.start()
    for _ in range(viewers):
        while heard.get(timeout=60)[0] != "ready":
            pass
    time.sleep(1)
    connection = psycopg2.connect(uri.replace("+psycopg2", ""))
    connection.autocommit = True
    taken = []
    with connection.cursor() as cursor:
        for n in range(commits):
            weight = 50 + n / 1000
            cursor.execute("UPDATE fitbit_weight SET weight = %s WHERE record_date = current_date", (weight,))
            committed = time.monotonic()
            got = 0
            while got < viewers:
                said, moment = heard.get(timeout=30)
                if said == weight:
                    got += 1
                    taken.append((moment - committed) * 1000)
            time.sleep(0.2)
    process.terminate()
    process.join()
    connection.close()
    return taken


def floor(viewers: int, size: int) -> float:
    """Milliseconds until half of `viewers` bare sockets have got `size` bytes from one loop that only sends."""
    pairs = [socket.socketpair() for _ in range(viewers)]
    data, taken = b"x" * size, []
    began = time.monotonic()
    for sender, receiver in pairs:
        sender.sendall(data)
        receiver.recv(size)
        taken.append((time.monotonic() - began) * 1000)
    for pair in pairs:
        for end in pair:
            end.close()
    return statistics.median(taken)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--viewers", type=int, nargs="+", default=[1, 100, 1000])
    parser.add_argument("--commits", type=int, default=40)
    parser.add_argument("--mode", choices=["eventlet", "gevent"], default="eventlet")
    parser.add_argument("--deflate", action="store_true", help="let the viewers ask for compression, as browsers do")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    with embedded.held(str(folder)) as uri:
        app = make_app(uri)
        with app.app_context():
            upgrade(directory=str(ROOT / "migrations"))
        connection = psycopg2.connect(uri.replace("+psycopg2", ""))
        with connection, connection.cursor() as cursor:
            cursor.execute(WEEK)
        connection.close()
        for viewers in options.viewers:
            with serving(uri, folder / "web.log", SOCKETIO_ASYNC_MODE=options.mode, TIMEZONE="UTC") as board:
                taken = sorted(measure(board, uri, viewers, options.commits, options.deflate))
            p99 = taken[min(len(taken) - 1, int(len(taken) * 0.99))]
            print(
                f"{options.mode} {viewers:5} viewers: median {statistics.median(taken):6.1f} ms, 99 % {p99:6.1f} ms,"
                f" floor {floor(viewers, 10_000):5.1f} ms"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
