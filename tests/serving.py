"""A real web server for a test: gunicorn as the README starts it, and viewers that hear what it says."""

import atexit
import os
import queue
import resource
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import engineio
import requests
import socketio

from tests.conftest import ROOT, execute

NAMESPACE = "/livefeed"
PATIENCE = 120.0
"""Seconds for whatever takes one of them on a machine that does nothing else: no wait is longer than it must be."""
MARK = "a mark of the tests"
"""In the place of a stage; no viewer takes it for something heard."""


@dataclass
class Board:
    """A running server: its address, its process, the file it logs to, and its database where that is known."""

    url: str
    process: subprocess.Popen[bytes]
    log_file: Path
    uri: str = ""

    @property
    def log(self) -> str:
        return self.log_file.read_text()


@contextmanager
def serving(uri: str, log_file: Path, app: str = "wsgi:app", files: int = 0, **environment: str) -> Iterator[Board]:
    """`environment` holds settings by their names; the feed's beat is an hour unless it says otherwise.

    `files` is how many the server may open, as by `ulimit -n`.
    """
    own = {"SQLALCHEMY_DATABASE_URI": uri, "PORT": str(free_port()), "FEED_INTERVAL_SECONDS": "3600"}
    settings = own | environment
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", app],
            cwd=ROOT,
            env={**os.environ, **settings},
            stdout=log,
            stderr=log,
            preexec_fn=(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))) if files else None,
        )
    board = Board(f"http://127.0.0.1:{settings['PORT']}", process, log_file, uri)
    try:
        wait_until(lambda: answers(board))
        yield board
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE) == 0, board.log


def answers(board: Board) -> bool:
    assert board.process.poll() is None, board.log
    try:
        return requests.get(f"{board.url}/healthz", timeout=5).ok
    except requests.RequestException:
        return False


def free_port() -> int:
    """A port that nobody else is given while this process lives, as it stays bound.

    A server may listen there all the same, if it sets SO_REUSEADDR too, as gunicorn, nginx and `make run` do.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    atexit.register(holder.close)
    return int(holder.getsockname()[1])


def wait_until(true: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Looks often at first, then less often: whoever is waited for needs the machine more than who looks."""
    deadline, pause = time.monotonic() + seconds, 0.02
    while not true():
        assert time.monotonic() < deadline, f"not so within {seconds} s"
        time.sleep(pause)
        pause = min(1.2 * pause, 0.2)


def cookies(browser: requests.Session) -> str:
    """The Cookie header of a browser that has signed in."""
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies)


class InOrder(engineio.Client):
    """Handles what comes in the order in which it comes; else each message has a thread, and the last may be first."""

    def _trigger_event(self, event: str, *what: Any, **how: Any) -> Any:
        return super()._trigger_event(event, *what, **how | {"run_async": False})


class Client(socketio.Client):
    def _engineio_client_class(self) -> type[engineio.Client]:
        return InOrder


class Viewer:
    """A Socket.IO client that keeps what it hears, in order: `viewer.heard.get(timeout=...)` is (event, payload).

    `uri` is the server's database, for `settle`.
    """

    uri = ""

    def __init__(self, url: str, transport: str = "websocket", **headers: str) -> None:
        self.heard: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.marks: queue.Queue[str] = queue.Queue()
        self.client = Client(reconnection=False, request_timeout=PATIENCE)
        self.client.on("*", self.hear, namespace=NAMESPACE)
        self.client.connect(url, headers=headers, transports=[transport], namespaces=[NAMESPACE], wait_timeout=PATIENCE)
        assert self.next("my_response") == {"data": "Connected", "count": 0}

    def hear(self, event: str, payload: Any = None) -> None:
        if event == "sync" and payload["text"].startswith(MARK):
            self.marks.put(payload["text"])
        else:
            self.heard.put((event, payload))

    def say(self, event: str, payload: Any = None) -> None:
        self.client.emit(event, payload, namespace=NAMESPACE)

    def next(self, event: str, timeout: float = PATIENCE) -> Any:
        """The payload of the next event, which must be `event`."""
        name, payload = self.heard.get(timeout=timeout)
        assert name == event, (name, payload)
        return payload

    def until(self, event: str, timeout: float = PATIENCE) -> Any:
        """The payload of the next `event`, whatever is heard before it."""
        deadline = time.monotonic() + timeout
        while True:
            name, payload = self.heard.get(timeout=max(0.01, deadline - time.monotonic()))
            if name == event:
                return payload

    def settle(self) -> None:
        """Forgets what was said before: from here on every event is of something new.

        The feed passes a stage of a sync on in its turn, and has said whatever there is to say of all that was
        committed before it by the time that it passes on the next.
        """
        self.client.call("get_stats", {}, namespace=NAMESPACE, timeout=PATIENCE)
        for _ in range(2):
            mark = f"{MARK} {uuid.uuid4().hex}"
            wait_until(lambda mark=mark: self.hears(mark))
        while not self.heard.empty():
            self.heard.get()

    def hears(self, mark: str) -> bool:
        execute(self.uri, "SELECT pg_notify('sevenday_sync', %s)", mark)
        with suppress(queue.Empty):  # the feed does not listen yet
            while self.marks.get(timeout=1) != mark:
                pass
            return True
        return False

    def answer(self, question: str, event: str) -> Any:
        self.say(question, {})
        return self.until(event)

    def close(self) -> None:
        self.client.disconnect()


class Person:
    """A page left open: a cookie jar, a socket that comes back by itself as a browser does, and what it last heard."""

    def __init__(self, url: str, transport: str) -> None:
        self.connects = 0
        self.weight: float | None = None
        self.session = requests.Session()
        assert self.session.get(f"{url}/stats/livefeed", timeout=PATIENCE).ok
        self.client = Client(
            http_session=self.session, request_timeout=PATIENCE, reconnection_delay=1, reconnection_delay_max=5
        )
        self.client.on("connect", self.connected, namespace=NAMESPACE)
        self.client.on("stats_vals", self.hear, namespace=NAMESPACE)
        self.client.connect(url, transports=[transport], namespaces=[NAMESPACE], wait_timeout=PATIENCE)

    def connected(self) -> None:
        self.connects += 1
        self.client.emit("get_stats", {}, namespace=NAMESPACE)

    def hear(self, payload: Any) -> None:
        self.weight = payload["data"]["weight"][-1]["weight"]

    def close(self) -> None:
        self.client.shutdown()


@contextmanager
def viewing(board: Board, transport: str = "websocket", **headers: str) -> Iterator[Viewer]:
    viewer = Viewer(board.url, transport, **headers)
    viewer.uri = board.uri
    try:
        yield viewer
    finally:
        viewer.close()
