"""Keeps what we say to our own parts away from a proxy that the machine's environment names."""

import os
from collections.abc import MutableMapping
from contextlib import suppress
from importlib.util import find_spec
from ipaddress import ip_address
from urllib.parse import urlsplit

from config import LOOPBACK

SOCKS = ("socksio", "socks")
"""What httpx and requests need for such a proxy, by their modules."""


def pass_by(*addresses: str | None, environment: MutableMapping[str, str] = os.environ) -> None:
    """From now on no proxy is asked for this machine, nor for those of `addresses` that are on its own network.

    A SOCKS proxy that could not be spoken to is forgotten: Prefect's client would not even begin.
    """
    for name in ("no_proxy", "NO_PROXY"):
        exempt = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
        ours = [*LOOPBACK, *(host for host in map(own_host, addresses) if host)]
        environment[name] = ",".join(dict.fromkeys([*filter(None, exempt.split(",")), *ours]))
    for name in [name for name in environment if name.lower().endswith("_proxy")]:
        if environment[name].lower().startswith("socks") and not all(map(find_spec, SOCKS)):
            del environment[name]


def own_host(address: str | None) -> str | None:
    """The host of an address, where it is a name without a dot, as compose gives them, or of a private network."""
    host = urlsplit(address or "").hostname or ""
    with suppress(ValueError):
        return host if ip_address(host).is_private else None
    return host if host and "." not in host else None
