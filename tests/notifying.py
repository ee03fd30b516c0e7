"""What a person is told at: an HTTP endpoint and a mail server of the test's own, which keep what they are sent."""

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

from tests.serving import free_port

logging.getLogger("mail.log").setLevel(logging.ERROR)  # the mail server's own, which names everybody that it writes to

SECRET = "a-topic-nobody-may-read-4711"
"""Of each address; it is in no log."""


@dataclass
class Inbox:
    """`answer` is the status that the endpoint gives; `asked` is set by each message, which then waits for `go`."""

    port: int = 0
    answer: int = 200
    messages: list[dict[str, Any]] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.port}/{SECRET}"

    @property
    def titles(self) -> list[str]:
        return [message["title"] for message in self.messages]


@contextmanager
def endpoint() -> Iterator[Inbox]:
    inbox = Inbox()
    inbox.go.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            inbox.asked.set()
            inbox.go.wait(20)
            if inbox.answer == 200:
                inbox.messages.append(body)
            self.send_response(inbox.answer)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    inbox.port = server.server_address[1]
    try:
        yield inbox
    finally:
        inbox.go.set()
        server.shutdown()
        server.server_close()
        thread.join()


class Mails:
    """A handler of aiosmtpd's that keeps the mails."""

    def __init__(self) -> None:
        self.mails: list[Message] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.content))
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[tuple[str, list[Message]]]:
    """Its address as Apprise writes one, and what came."""
    mails = Mails()
    port = free_port()
    controller = Controller(mails, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield f"mailto://127.0.0.1:{port}?from=board@home.example&to={SECRET}@home.example", mails.mails
    finally:
        controller.stop()
