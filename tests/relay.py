"""A TCP relay between a browser and a server: it counts what passes, falls silent as a network does, and hangs up."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Relay:
    """Listens at `url`; `received` are the bytes that went to the browser, headers and all."""

    def __init__(self, target: str) -> None:
        host, _, port = target.removeprefix("http://").partition(":")
        self.target = (host, int(port))
        self.received = 0
        self.sleeping: set[socket.socket] = set()
        self.open: set[socket.socket] = set()
        self.away = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        with suppress(OSError):
            while True:
                browser, _ = self.listener.accept()
                if self.away:
                    browser.close()
                    continue
                server = socket.create_connection(self.target)
                self.open |= {browser, server}
                for source, sink in ((browser, server), (server, browser)):
                    threading.Thread(target=self.pump, args=(source, sink, sink is browser), daemon=True).start()

    def pump(self, source: socket.socket, sink: socket.socket, to_browser: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if source in self.sleeping:
                    continue
                self.received += len(data) if to_browser else 0
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def fall_silent(self) -> None:
        """Every connection that is open now stays open and carries nothing any more, in either direction."""
        self.sleeping |= self.open

    def hang_up(self) -> None:
        """Ends every connection, and each new one at once, as while a server is away."""
        self.away = True
        end(self.open)
        self.open = set()

    def take_up(self) -> None:
        self.away = False

    def close(self) -> None:
        end({self.listener, *self.open})


def end(sockets: set[socket.socket]) -> None:
    for one in sockets:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


@contextmanager
def relaying(target: str) -> Iterator[Relay]:
    relay = Relay(target)
    try:
        yield relay
    finally:
        relay.close()
