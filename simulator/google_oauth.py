"""Google's consent and tokens: docs/providers.md, Google 2."""

import base64
import hashlib
from dataclasses import replace
from typing import NoReturn
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue

from simulator.consent import CODE_LIFE, LOOPBACK, granted, kill_grant, now, refreshable, send_back, spend, the_world
from simulator.tokens import Claims, new_grant

bp = Blueprint("google_oauth", __name__, url_prefix="/google")
ACCESS_LIFE, TESTING_LIFE = 3599, 604_799


def _page(status: int, title: str, text: str) -> NoReturn:
    page = f"<!DOCTYPE html>\n<html lang=en>\n<title>{title}</title>\n<p>{text}</p>\n</html>\n"
    abort(Response(page, status, mimetype="text/html"))


@bp.get("/auth")
def authorize() -> ResponseReturnValue:
    world, args = the_world(), request.args
    client, asked, state = args.get("client_id", ""), args.get("scope", ""), args.get("state", "")
    if not client or (world.clients and client not in world.clients):
        _page(401, "Error 401: invalid_client", "The OAuth client was not found.")
    if not _redirect(args.get("redirect_uri", "")):
        _page(400, "Error 400: redirect_uri_mismatch", "The redirect URI does not match a registered one.")
    if args.get("response_type") != "code" or not asked:
        _page(400, "Error 400: invalid_request", "Required parameter is missing or invalid: response_type or scope")
    if not set(asked.split()) <= world.google_scopes:
        _page(400, "Error 400: invalid_scope", "Some requested scopes were invalid.")
    if "google" in world.deny:
        return send_back(error="access_denied", state=state)
    refreshing = args.get("access_type") == "offline" and (
        args.get("prompt") == "consent" or client not in world.consented
    )
    code = Claims(
        "google",
        "code",
        client,
        granted("google", asked),
        now() + CODE_LIFE,
        new_grant(),
        args["redirect_uri"],
        args.get("code_challenge", ""),
        refreshing,
    )
    return send_back(state=state, code=world.tokens.mint(code), scope=code.scope, authuser="0", prompt="consent")


def _redirect(uri: str) -> bool:
    parts = urlsplit(uri)
    host = parts.hostname or ""
    public = parts.scheme == "https" and "." in host.strip("0123456789.") and not host.endswith((".local", ".lan"))
    return bool(host) and (host in LOOPBACK or public or not the_world().strict_redirects)


def _refuse(error: str, description: str, status: int = 400) -> NoReturn:
    answer = jsonify(error=error, error_description=description)
    answer.status_code = status
    abort(answer)


@bp.post("/token")
def token() -> ResponseReturnValue:
    form, clients = request.form, the_world().clients
    client, secret = form.get("client_id", ""), form.get("client_secret", "")
    if not client or not secret or (clients and clients.get(client) != secret):
        _refuse("invalid_client", "Unauthorized", 401)
    if form.get("grant_type") == "authorization_code":
        return _exchange()
    if form.get("grant_type") == "refresh_token":
        return _refresh()
    _refuse("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', '')}")


def _exchange() -> ResponseReturnValue:
    world, form = the_world(), request.form
    code = spend("google", form.get("code", ""))
    if code is None:
        _refuse("invalid_grant", "Bad Request")
    if form.get("redirect_uri") != code.redirect:
        _refuse("redirect_uri_mismatch", "Bad Request")
    if code.challenge and code.challenge != _challenge(form.get("code_verifier", "")):
        _refuse("invalid_grant", "Invalid code verifier.")
    access = replace(code, kind="access", expires=now() + ACCESS_LIFE, redirect="", challenge="")
    pair = world.pair(access, now() + TESTING_LIFE if world.testing_mode else 0)
    answer = {"access_token": pair["access_token"], "expires_in": ACCESS_LIFE}
    if code.offline:
        world.consented.add(code.client)
        answer["refresh_token"] = pair["refresh_token"]
    if code.offline and world.testing_mode:
        answer["refresh_token_expires_in"] = TESTING_LIFE
    return jsonify(answer | {"scope": access.scope, "token_type": "Bearer"})


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _refresh() -> ResponseReturnValue:
    claims = refreshable("google")
    if claims is None or 0 < claims.expires <= now():
        _refuse("invalid_grant", "Token has been expired or revoked.")
    access = replace(claims, kind="access", expires=now() + ACCESS_LIFE, nonce=new_grant())
    token = the_world().tokens.mint(access)
    return jsonify(access_token=token, expires_in=ACCESS_LIFE, scope=access.scope, token_type="Bearer")


@bp.post("/revoke")
def revoke() -> ResponseReturnValue:
    if not kill_grant("google", request.values.get("token", "")):
        _refuse("invalid_token", "Token expired or revoked")
    return jsonify({})
