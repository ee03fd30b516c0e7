"""The floor of the feed: LISTEN, one query, and a bare loop that sends as many bytes to as many sockets.

What this takes, no server takes less of, and part of it is the load client's own. Started by feed_latency.py.
"""

import os
import select
import socket
import threading
from contextlib import suppress

import psycopg2

SIZE = 6000
"""Bytes of a push, somewhat more than the board's of such a week."""
HELLO = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


def frame(text: str) -> bytes:
    data = text.encode()
    head = bytes([0x81, len(data)]) if len(data) < 126 else b"\x81\x7e" + len(data).to_bytes(2)
    return head + data


def let_in(listener: socket.socket, viewers: list[socket.socket]) -> None:
    while True:
        viewer, _ = listener.accept()
        viewer.recv(4096)
        viewer.sendall(HELLO + frame('40/livefeed,{"sid":"x"}'))
        viewers.append(viewer)


def main() -> None:
    viewers: list[socket.socket] = []
    listener = socket.create_server(("127.0.0.1", int(os.environ["PORT"])), backlog=4096)
    threading.Thread(target=let_in, args=(listener, viewers), daemon=True).start()
    database = psycopg2.connect("")  # by PGHOST, PGUSER and so on
    database.autocommit = True
    with database.cursor() as cursor:
        cursor.execute("LISTEN sevenday")
        while True:
            while not database.notifies:  # one may have come with the answer to the query
                select.select([database], [], [])
                database.poll()
            database.notifies.clear()
            cursor.execute("SELECT weight FROM fitbit_weight WHERE record_date = current_date")
            (weight,) = cursor.fetchone() or (0,)
            pushed = frame(f'42/livefeed,["stats_vals",{{"weight":{weight},"filling":"{"x" * SIZE}"}}]')
            for viewer in viewers:
                with suppress(OSError):
                    viewer.sendall(pushed)


if __name__ == "__main__":
    main()
