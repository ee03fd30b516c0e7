"""Has a message sent by deliver.py, and hears from it which address took it."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from app.sync.serve_prefect import without_secrets

SECONDS = 30.0
"""For all addresses, which are tried at the same time."""
STARTING_SECONDS = 20.0
PROGRAM = Path(__file__).with_name("deliver.py")
WAY_OUT = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_", "REQUESTS_CA_BUNDLE")
"""What a program needs besides to reach the outside world."""


class Result(NamedTuple):
    """`place` is the address by its kind and host, '' where Apprise knows no such kind; `why` is '' where all is well,
    else what the place does: `does not answer`."""

    place: str
    why: str

    @property
    def ok(self) -> bool:
        return not self.why


def send(urls: Sequence[str], title: str, body: str) -> list[Result]:
    """A result for each address, after SECONDS at the latest."""
    if not urls:
        return []
    wanted = {"urls": urls, "title": title, "body": body, "seconds": SECONDS}
    found = run(wanted)
    late = [Result(one.place, "does not answer") for one in places(tuple(urls))] if len(found) < len(urls) else []
    return [found[number] if number in found else late[number] for number in range(len(urls))]


@lru_cache(maxsize=8)
def places(urls: tuple[str, ...]) -> tuple[Result, ...]:
    """Each address by its kind and host, without sending anything."""
    found = run({"urls": urls, "seconds": SECONDS})
    return tuple(found.get(number, Result("", "was not understood in time")) for number in range(len(urls)))


def run(wanted: dict[str, Any]) -> dict[int, Result]:
    """What deliver.py says, by the addresses' numbers. By its standard input, as others can read a command line."""
    words = [sys.executable, "-P", str(PROGRAM)]
    environment = without_secrets(os.environ, *WAY_OUT, *map(str.lower, WAY_OUT))
    with subprocess.Popen(
        words, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        try:
            output = child.communicate(json.dumps(wanted).encode(), timeout=wanted["seconds"] + STARTING_SECONDS)[0]
        except subprocess.TimeoutExpired:
            child.kill()
            output = child.communicate()[0]
    said = [json.loads(line) for line in output.splitlines() if line.endswith(b"}")]
    return {line["number"]: Result(line["place"], line["why"]) for line in said}
