"""Who asks, as far as the headers of strangers say: what is well-formed is taken, and all that is not counts as one."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import SplitResult, urlsplit

from flask import Flask

NOWHERE = "0.0.0.0"
"""The address of everybody whose address is none."""
SCHEMES = {"https": "https", "wss": "https"}
BRACKETED = re.compile(r"\[([^\]]*)\](?::\d{1,5})?")
WITH_PORT = re.compile(r"([^:]*):\d{1,5}")
HOST = re.compile(r"(?:(?:[\w-]{1,63}\.)*[\w-]{1,63}\.?|\[[0-9a-f:.]+\])(?::\d{1,5})?", re.ASCII | re.IGNORECASE)
ODD = re.compile(r"[^!-~]")


def address(text: str) -> IPv4Address | IPv6Address | None:
    """The address in `203.0.113.9`, `203.0.113.9:4711`, `2001:db8::1`, `[2001:db8::1]:4711` or `fe80::1%eth0`."""
    text = text.strip().strip('"')
    inside = BRACKETED.fullmatch(text) or WITH_PORT.fullmatch(text)
    try:
        found = ip_address((inside[1] if inside else text).partition("%")[0])
    except ValueError:
        return None
    return (isinstance(found, IPv6Address) and found.ipv4_mapped) or found


def visitor(remote: str) -> str:
    """Who is counted as one: an address, or the network of an IPv6 one, which has plenty of them."""
    parsed = address(remote)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed or NOWHERE)


def parts(address: str) -> SplitResult:
    """Of an address from outside: what is none has no parts."""
    try:
        found = urlsplit(address)
        _ = found.port  # which raises for what is no port
    except ValueError:
        return urlsplit("")
    return found


def listed(header: str) -> list[str]:
    return [entry for entry in (part.strip() for part in header.split(",")) if entry]


def cleaned(environ: dict[str, Any]) -> dict[str, str]:
    """The headers that are read further in, as they should have been sent."""
    found = {}
    if "HTTP_X_FORWARDED_FOR" in environ:
        came = listed(environ["HTTP_X_FORWARDED_FOR"])
        found["HTTP_X_FORWARDED_FOR"] = ", ".join(str(address(entry) or NOWHERE) for entry in came)
    if "HTTP_X_FORWARDED_PROTO" in environ:
        came = listed(environ["HTTP_X_FORWARDED_PROTO"])
        found["HTTP_X_FORWARDED_PROTO"] = ", ".join(SCHEMES.get(entry.lower(), "http") for entry in came)
    if "HTTP_REFERER" in environ:
        found["HTTP_REFERER"] = environ["HTTP_REFERER"] if parts(environ["HTTP_REFERER"]).netloc else ""
    if "HTTP_HOST" in environ and not HOST.fullmatch(environ["HTTP_HOST"]):
        found["HTTP_HOST"] = "invalid"
    if ODD.search(environ.get("QUERY_STRING", "")):  # bytes that a browser would have written as %XX
        found["QUERY_STRING"] = ODD.sub(lambda byte: f"%{ord(byte[0]):02X}", environ["QUERY_STRING"])
    return found


class Callers:
    """WSGI middleware; it stands before the one that believes the proxies."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ |= cleaned(environ)
        return self.app(environ, start_response)


def wrap_wsgi(app: Flask) -> None:
    app.wsgi_app = Callers(app.wsgi_app)  # type: ignore[method-assign]
