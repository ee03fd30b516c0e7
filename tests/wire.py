"""A real HTTP server that says what a test tells it to, for the answers that no well-behaved simulator would give."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from app.sources import fitbit, strava
from app.sources.http import Http
from app.sources.oauth import Access, OAuthApp, Token, TokenFile

NOW = 1_795_342_050  # 2026-11-22T10:07:30Z
# Long enough to connect, and short enough to wait for an answer that never comes.
WAIT = (5.0, 0.15)


@dataclass
class Seen:
    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Say:
    """``body``: JSON unless str or bytes. ``cut`` announces more than it sends; ``silent`` never answers."""

    body: Any = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    silent: bool = False


class Wire:
    def __init__(self) -> None:
        self.base = ""
        self.seen: list[Seen] = []
        self.script: list[Say] = []
        self.answer: Callable[[Seen], Say] = self._next
        self.over = threading.Event()

    def says(self, *answers: Any) -> None:
        self.script += [answer if isinstance(answer, Say) else Say(answer) for answer in answers]

    def paths(self) -> list[str]:
        return [seen.path for seen in self.seen]

    def _next(self, seen: Seen) -> Say:
        return self.script.pop(0) if self.script else Say({"message": f"unscripted {seen.path}"}, 418)


@contextmanager
def serving() -> Iterator[Wire]:
    wire = Wire()

    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            target = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            seen = Seen(self.command, target.path, dict(parse_qsl(target.query)), self.headers, body)
            wire.seen.append(seen)
            say = wire.answer(seen)
            if say.silent:
                wire.over.wait(10)
                return
            raw = say.body if isinstance(say.body, bytes) else None
            raw = say.body.encode() if isinstance(say.body, str) else raw
            raw = json.dumps(say.body).encode() if raw is None else raw
            self.send_response(say.status)
            for name, value in say.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw) + (99 if say.cut else 0)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = respond

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    wire.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield wire
    finally:
        wire.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def wire() -> Iterator[Wire]:
    with serving() as wire:
        yield wire


def google_fault(status: int, reason: str, message: str = "No.") -> Say:
    """An error in Google's form (docs/providers.md, Google 4)."""
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}]
    return Say({"error": {"code": status, "message": message, "status": "X", "details": details}}, status)


def strava_client(wire: Wire, folder: Path, now: float) -> strava.Strava:
    app = strava.oauth_app("45678", "secret", f"{wire.base}/oauth")
    return strava.Strava(f"{wire.base}/api/v3/", _signed_in(app, folder / "strava.json", now), lambda: now)


def fitbit_client(wire: Wire, folder: Path, now: float) -> fitbit.Fitbit:
    app = fitbit.oauth_app("id", "secret", f"{wire.base}/auth", f"{wire.base}/token", f"{wire.base}/revoke")
    return fitbit.Fitbit(f"{wire.base}/v4/", _signed_in(app, folder / "fitbit.json", now), lambda: now)


def _signed_in(app: OAuthApp, path: Path, now: float) -> Access:
    file = TokenFile(path)
    file.save(Token("access-1", "refresh-1", int(now) + 3000))
    return Access(app, file, Http(app.provider, WAIT), lambda: now)
