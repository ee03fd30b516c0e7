"""Strava's own dialect of OAuth: docs/providers.md, Strava 2."""

from dataclasses import replace
from typing import NoReturn
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue

from simulator.consent import CODE_LIFE, LOOPBACK, granted, kill_grant, now, refreshable, send_back, spend, the_world
from simulator.tokens import Claims, new_grant
from simulator.training import ATHLETE_ID

bp = Blueprint("strava_oauth", __name__, url_prefix="/strava/oauth")
SCOPES = {
    "read",
    "read_all",
    "profile:read_all",
    "profile:write",
    "activity:read",
    "activity:read_all",
    "activity:write",
}
ACCESS_LIFE = 21600
SAME_TOKEN_ABOVE = 3600  # seconds left, above which a refresh answers with the access token in use


def fault(status: int, message: str, resource: str, field: str, code: str) -> NoReturn:
    answer = jsonify(message=message, errors=[{"resource": resource, "field": field, "code": code}])
    answer.status_code = status
    abort(answer)


def _bad(resource: str, field: str, code: str = "invalid") -> NoReturn:
    fault(400, "Bad Request", resource, field, code)


@bp.get("/authorize")
def authorize() -> ResponseReturnValue:
    world, asked = the_world(), request.args.get("scope") or "read"
    client, uri = request.args.get("client_id", ""), request.args.get("redirect_uri", "")
    if not client or (world.clients and client not in world.clients):
        _bad("Application", "client_id", "invalid" if client else "missing")
    if not _redirect(uri):
        _bad("Application", "redirect_uri")
    if request.args.get("response_type") != "code":
        _bad("Application", "response_type")
    if not set(asked.replace(",", " ").split()) <= SCOPES:
        _bad("Authorize", "scope")
    state = request.args.get("state", "")
    if "strava" in world.deny:
        return send_back(state=state, error="access_denied")
    scope = ",".join(granted("strava", asked).replace(",", " ").split())
    code = Claims("strava", "code", client, scope, now() + CODE_LIFE, new_grant())
    return send_back(state=state, code=world.tokens.mint(code), scope=scope)


def _redirect(uri: str) -> bool:
    host, domain = urlsplit(uri).hostname or "", the_world().callback_domain
    return bool(host) and (not domain or host in (*LOOPBACK, domain) or host.endswith("." + domain))


@bp.post("/token")
def token() -> ResponseReturnValue:
    form, clients = request.form, the_world().clients
    client = form.get("client_id", "")
    if request.authorization or not client or (clients and client not in clients):
        _bad("Application", "client_id", "invalid" if client or request.authorization else "missing")
    if not form.get("client_secret") or (clients and form["client_secret"] != clients[client]):
        _bad("Application", "client_secret", "invalid" if form.get("client_secret") else "missing")
    if form.get("grant_type") == "authorization_code":
        return _exchange()
    if form.get("grant_type") == "refresh_token":
        return _refresh()
    _bad("Application", "grant_type")


def _exchange() -> ResponseReturnValue:
    code = spend("strava", request.form.get("code", ""))
    if code is None:
        _bad("AuthorizationCode", "code")
    access = replace(code, kind="access", expires=now() + ACCESS_LIFE)
    pair = the_world().pair(access, access.expires)
    return jsonify(
        token_type="Bearer",
        expires_at=access.expires,
        expires_in=ACCESS_LIFE,
        refresh_token=pair["refresh_token"],
        access_token=pair["access_token"],
        scope=access.scope.replace(",", " "),
        athlete=athlete(),
    )


def _refresh() -> ResponseReturnValue:
    world, old = the_world(), request.form.get("refresh_token", "")
    claims = refreshable("strava")
    if claims is None:
        _bad("RefreshToken", "refresh_token")
    expires = world.access_until.get(claims.grant, claims.expires)
    if expires - now() <= SAME_TOKEN_ABOVE:
        expires = now() + ACCESS_LIFE
    world.access_until[claims.grant] = expires
    pair = world.pair(replace(claims, kind="access", expires=expires, nonce=""), expires)
    if world.rotate_refresh_tokens:
        world.tokens.kill(old)
    return jsonify(
        token_type="Bearer",
        access_token=pair["access_token"],
        expires_at=expires,
        expires_in=expires - now(),
        refresh_token=pair["refresh_token"] if world.rotate_refresh_tokens else old,
    )


def athlete() -> dict[str, object]:
    picture = f"https://dgalywyr863hv.cloudfront.net/pictures/athletes/{ATHLETE_ID}/1/1"
    return {
        "id": ATHLETE_ID,
        "username": "sam_example",
        "resource_state": 2,
        "firstname": "Sam",
        "lastname": "Example",
        "bio": None,
        "city": "Berlin",
        "state": "Berlin",
        "country": "Germany",
        "sex": "M",
        "premium": True,
        "summit": True,
        "created_at": "2017-03-02T18:11:04Z",
        "updated_at": "2026-11-20T07:45:31Z",
        "badge_type_id": 1,
        "weight": 72.5,
        "profile_medium": f"{picture}/medium.jpg",
        "profile": f"{picture}/large.jpg",
        "friend": None,
        "follower": None,
    }


@bp.post("/revoke")
def revoke() -> ResponseReturnValue:
    """Empty 200 for a token that nobody knows as well (RFC 7009)."""
    basic, clients = request.authorization, the_world().clients
    if basic is None or basic.type != "basic":
        fault(401, "Authorization Error", "Application", "client_id", "invalid")
    if clients and clients.get(basic.username or "") != basic.password:
        fault(401, "Authorization Error", "Application", "client_secret", "invalid")
    kill_grant("strava", request.form.get("token", ""))
    return Response(status=200)
