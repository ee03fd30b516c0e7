"""What the two consents have in common: the way back to the product, single-use codes, grants to kill."""

from typing import cast
from urllib.parse import urlencode, urlsplit

from flask import current_app, redirect, request
from flask.typing import ResponseReturnValue

from simulator.tokens import Claims
from simulator.world import World

LOOPBACK = ("localhost", "127.0.0.1", "::1")
CODE_LIFE = 600  # seconds


def the_world() -> World:
    return cast(World, current_app.extensions["world"])


def now() -> int:
    return int(the_world().now())


def granted(provider: str, asked: str) -> str:
    return the_world().granted_scopes.get(provider, asked)


def send_back(**answer: str) -> ResponseReturnValue:
    """The browser's way back to the product; an empty value is left out, as `state` is when none was sent."""
    uri = request.args["redirect_uri"]
    query = urlencode({key: value for key, value in answer.items() if value}, safe=",:/")
    return redirect(f"{uri}{'&' if urlsplit(uri).query else '?'}{query}")


def spend(provider: str, code: str) -> Claims | None:
    """A code works once and only for its client."""
    world = the_world()
    claims = world.tokens.read(code, provider, "code")
    if claims is None or claims.expires <= now() or claims.client != request.form["client_id"]:
        return None
    world.tokens.kill(code)
    return claims


def refreshable(provider: str) -> Claims | None:
    world = the_world()
    claims = world.tokens.read(request.form.get("refresh_token", ""), provider, "refresh")
    foreign = claims and world.clients and claims.client != request.form["client_id"]
    return None if foreign else claims


def kill_grant(provider: str, token: str) -> bool:
    tokens = the_world().tokens
    claims = tokens.read(token, provider, "access") or tokens.read(token, provider, "refresh")
    if claims:
        tokens.kill(claims.grant)
    return claims is not None
