"""Signing in and staying signed in: the OAuth code flow, and a valid access token for every call."""

import base64
import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from app.sources.errors import Misconfigured, Reconnect, Retry, SignedInAnew, SourceError
from app.sources.http import Answer, Http
from app.sources.token_file import Token, TokenFile
from app.sources.values import number

__all__ = ["Access", "OAuthApp", "Token", "TokenFile", "authorize_url", "exchange_code", "refresh", "revoke"]

Clock = Callable[[], float]


@dataclass(frozen=True)
class OAuthApp:
    """The person's own registration at a provider, and in what the providers differ
    (docs/providers.md, Strava 2; Google 2).

    ``source`` is what the person connects ("Fitbit") and, in capitals, how its settings begin; ``provider`` is who
    answers ("Google"). ``margin``: seconds before its end at which an access token is renewed. ``refusal`` makes the
    error out of a refused token request; ``expired`` tells that an API answer is mended by a fresh access token.
    """

    source: str
    provider: str
    client_id: str
    client_secret: str = field(repr=False)
    authorize_url: str
    token_url: str
    revoke_url: str
    scope_separator: str
    authorize_params: Mapping[str, str]
    margin: int
    refusal: Callable[[Answer], SourceError]
    expired: Callable[[Answer], bool]
    pkce: bool = False
    revoke_basic: bool = False

    @property
    def credentials(self) -> dict[str, str]:
        """What goes into the body of a token request; Misconfigured naming what is not set."""
        for what, value in (("client id", self.client_id), ("client secret", self.client_secret)):
            if not value:
                raise Misconfigured(f"{self.source}'s {what} is not set.")
        return {"client_id": self.client_id, "client_secret": self.client_secret}


def authorize_url(app: OAuthApp, redirect_uri: str, state: str, scopes: Iterable[str], verifier: str = "") -> str:
    """Where to send the browser. ``verifier``: 43 to 128 random characters, used only if the provider knows PKCE."""
    query = {
        "client_id": app.client_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": app.scope_separator.join(scopes),
        "state": state,
        **app.authorize_params,
    }
    if verifier and app.pkce:
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        query |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    return f"{app.authorize_url}?{urlencode(query)}"


def exchange_code(
    app: OAuthApp, code: str, redirect_uri: str, *, verifier: str = "", granted: str = "", http: Http | None = None
) -> Token:
    """The first token, not saved yet. ``granted`` is the scope of the redirect, for a provider that does not repeat it.

    Raises Reconnect (start again), GiveUp (a setting is wrong), Retry; the code is good for one try only.
    """
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    if verifier and app.pkce:
        form["code_verifier"] = verifier
    answer = _token_request(app, form, http)
    if not answer.get("refresh_token"):
        raise Reconnect(f"{app.provider} gave no lasting sign-in; connect {app.source} once more.")
    return _token(app, {"scope": granted, "connected_at": int(time.time())} | _person(answer), answer, time.time)


def refresh(app: OAuthApp, token: Token, *, http: Http | None = None, now: Clock = time.time) -> Token:
    """The renewed token, not saved yet; what the provider leaves out of its answer is kept.

    Raises Reconnect (the refresh token is dead), GiveUp (a setting is wrong), Retry.
    """
    form = {"grant_type": "refresh_token", "refresh_token": token.refresh_token}
    return _token(app, token.to_json(), _token_request(app, form, http), now).continuing(token)


def revoke(app: OAuthApp, token: Token, *, http: Http | None = None) -> None:
    """Ends the sign-in at the provider (docs/providers.md, Strava 2.5). A 4xx means that it was over already; may raise
    Retry."""
    basic = (app.client_id, app.client_secret) if app.revoke_basic else None
    (http or Http(app.provider)).send("POST", app.revoke_url, basic=basic, form={"token": token.refresh_token})


def _token_request(app: OAuthApp, form: Mapping[str, str], http: Http | None) -> dict[str, Any]:
    answer = (http or Http(app.provider)).send("POST", app.token_url, form={**app.credentials, **form})
    if not answer.ok:
        raise app.refusal(answer)
    return answer.expect(dict)


def _token(app: OAuthApp, kept: Mapping[str, Any], answer: Mapping[str, Any], now: Clock) -> Token:
    fresh = {key: value for key, value in answer.items() if value not in (None, "", {}) and key != "athlete"}
    lifetime = number(fresh.pop("expires_in", None))
    if lifetime is not None:
        fresh.setdefault("expires_at", int(now() + lifetime))
    limit = number(fresh.pop("refresh_token_expires_in", None))
    if limit is not None:
        fresh["refresh_token_expires_at"] = int(now() + limit)
    try:
        if not {"access_token", "expires_at"} <= fresh.keys():
            raise ValueError("incomplete")
        return Token.from_json({**kept, **fresh})
    except ValueError:
        raise Retry(f"{app.provider} sent no usable token; the next try may succeed.") from None


def _person(answer: Mapping[str, Any]) -> dict[str, str]:
    """The name in Strava's `athlete`, which comes with the first token only (docs/providers.md, Strava 2.4); the rest
    is not kept."""
    athlete = answer.get("athlete")
    names = (athlete.get(key) for key in ("firstname", "lastname")) if isinstance(athlete, dict) else ()
    said = " ".join(name.strip() for name in names if isinstance(name, str) and name.strip())
    return {"who": said[:100]} if said else {}


class Access:
    """Sends API calls with a valid access token of one sign-in, whatever other processes do to its file meanwhile.

    ``sign_in`` is the one that it began with; where another one takes its place, every call raises SignedInAnew.
    """

    def __init__(self, app: OAuthApp, file: TokenFile, http: Http | None = None, now: Clock = time.time) -> None:
        self.app = app
        self.file = file
        self.http = http or Http(app.provider)
        self.now = now
        self.sign_in = ""

    def bearer(self) -> str:
        """An access token with at least ``app.margin`` seconds left, renewed and saved first if need be.

        Raises Reconnect (not connected, file damaged, sign-in gone), GiveUp (a setting; the file is read-only), Retry.
        """
        token = self._stored()
        return token.access_token if self._lasts(token) else self._renew(self._lasts)

    def force_refresh(self, stale_access_token: str) -> str:
        """A different access token than the one the API refused, unless the provider gives the same one again."""
        return self._renew(lambda token: token.access_token != stale_access_token)

    def send(self, method: str, url: str, **what: Any) -> Answer:
        """``Http.send`` with the token; one renewal and one more try if the API calls the token expired."""
        token = self.bearer()
        answer = self.http.send(method, url, bearer=token, **what)
        if self.app.expired(answer):
            answer = self.http.send(method, url, bearer=self.force_refresh(token), **what)
        return answer

    def _renew(self, good: Callable[[Token], bool]) -> str:
        with self.file.locked():
            # Read again: whoever had the lock before may have spent the refresh token that we know.
            token = self._stored()
            if good(token):
                return token.access_token
            self.file.check_writable()
            token = refresh(self.app, token, http=self.http, now=self.now)
            self.file.save(token)
            return token.access_token

    def _stored(self) -> Token:
        token = self.file.read()
        if token is None:
            raise Reconnect(f"{self.app.source} is not connected (there is no {self.file.path}).")
        self.sign_in = self.sign_in or token.sign_in
        if self.sign_in != token.sign_in:
            raise SignedInAnew(f"Somebody has signed in to {self.app.source} meanwhile, so it is read anew.")
        return token

    def _lasts(self, token: Token) -> bool:
        return token.expires_at - self.now() > self.app.margin
