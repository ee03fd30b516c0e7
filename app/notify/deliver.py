"""Sends a message to addresses: a program of its own, so that no log of ours holds one and no wait is without an end.

`python -P deliver.py` takes one JSON object on standard input, `{"urls": [...], "title", "body", "seconds"}`, and
writes a line of JSON for each address: its number, its kind and host, and why it failed. Without `body` nothing is
sent. It imports nothing of ours.
"""

import json
import logging
import os
import re
import sys
from threading import Lock, Thread, get_ident
from time import monotonic
from typing import Any

from apprise import Apprise

HOST = re.compile(r"[A-Za-z0-9._:-]{1,255}")
NOT_ONE = "not one"
"""In the place of a reason: no kind of address that Apprise knows."""
said: dict[int, str] = {}
"""By thread: what Apprise last logged of a failure. It may hold an address and goes no further."""
writing = Lock()


class Heard(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            said[get_ident()] = record.getMessage()


def only_heard() -> None:
    """No logger of this process writes anywhere."""
    logging.lastResort = None
    apprise = logging.getLogger("apprise")
    apprise.propagate, apprise.handlers = False, [Heard()]


def place(service: Any) -> str:
    """`ntfy on ntfy.example`; without a host where an address has a token or a secret name in the place of one."""
    kind = str(service.service_name)
    host = str(getattr(service, "smtp_host", "") or (service.host if names_host(service) else "") or "")
    return f"{kind} on {host}" if HOST.fullmatch(host) else kind


def names_host(service: Any) -> bool:
    named = ["{host}" in template for template in service.templates]
    return all(named) or (any(named) and getattr(service, "mode", None) == "private")


def reason(log: str) -> str:
    if code := re.search(r"error=(\d{3})\b", log):
        return f"refuses the message (error {code[1]})"
    return "does not answer" if "onnection" in log or not log else "did not take the message"


def service_of(url: str) -> Any:
    try:
        return Apprise.instantiate(url)
    except Exception:  # a plugin raises whatever an address leads it to
        return None


def deliver(number: int, url: str, title: str, body: str | None) -> None:
    service = service_of(url)
    if service is None:
        tell(number, "", NOT_ONE)
        return
    if body is None:
        tell(number, place(service), "")
        return
    said.pop(get_ident(), None)
    try:
        sent = service.notify(title=title, body=body)
    except Exception:
        sent = False
    tell(number, place(service), "" if sent else reason(said.get(get_ident(), "")))


def tell(number: int, where: str, why: str) -> None:
    with writing:
        print(json.dumps({"number": number, "place": where, "why": why}), flush=True)  # noqa: T201


def main() -> None:
    only_heard()
    wanted = json.load(sys.stdin)
    how = (wanted.get("title", ""), wanted.get("body"))
    threads = [Thread(target=deliver, args=(n, url, *how), daemon=True) for n, url in enumerate(wanted["urls"])]
    for thread in threads:
        thread.start()
    until = monotonic() + wanted["seconds"]
    for thread in threads:
        thread.join(max(0.0, until - monotonic()))
    sys.stdout.flush()
    os._exit(0)  # one that hangs keeps nobody


if __name__ == "__main__":
    main()
