"""The way to the accounts: builds the Strava and Fitbit clients from config and the token files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from app.sources import fitbit, strava
from app.sources.errors import SourceError
from app.sources.oauth import Access, OAuthApp, authorize_url, exchange_code, revoke
from app.sources.token_file import TokenFile

SOURCES = ("strava", "fitbit")
Config = Mapping[str, Any]

DEMO_REDIRECT = "http://localhost/connect/demo"
SIMULATOR_PATHS = {
    "STRAVA_API_BASE": "/strava/api/v3",
    "STRAVA_OAUTH_BASE": "/strava/oauth",
    "GOOGLE_HEALTH_BASE": "/google/v4",
    "GOOGLE_AUTH_URL": "/google/auth",
    "GOOGLE_TOKEN_URL": "/google/token",
    "GOOGLE_REVOKE_URL": "/google/revoke",
}


def configured(config: Config, source: str) -> bool:
    """Whether a real account of `source` has a client id."""
    return bool(config[f"{source.upper()}_CLIENT_ID"])


def token_file(config: Config, source: str) -> TokenFile:
    """Where the tokens live. The demo keeps its own elsewhere, so that it never touches a person's."""
    if config["DEMO"]:
        return TokenFile(Path(config["INSTANCE_DIR"]) / "demo" / f"{source}.json")
    return real_token_file(config, source)


def real_token_file(config: Config, source: str) -> TokenFile:
    """Where a person's own tokens live, whether or not the demo is on."""
    return TokenFile(Path(config["CREDS_DIR"]) / f"{source}.json")


def oauth_app(config: Config, source: str) -> OAuthApp:
    """The registration to sign in with: the person's own, or while the demo is on, one at the simulator."""
    if config["DEMO"]:
        client_id = client_secret = "demo"
    else:
        client_id, client_secret = (
            config[f"{source.upper()}_CLIENT_ID"],
            config[f"{source.upper()}_CLIENT_SECRET"] or "",
        )
    if source == "strava":
        return strava.oauth_app(client_id, client_secret, base(config, "STRAVA_OAUTH_BASE"))
    google = (base(config, name) for name in ("GOOGLE_AUTH_URL", "GOOGLE_TOKEN_URL", "GOOGLE_REVOKE_URL"))
    return fitbit.oauth_app(client_id, client_secret, *google)


def access(config: Config, source: str) -> Access:
    return Access(oauth_app(config, source), token_file(config, source))


def strava_con(config: Config) -> strava.Strava:
    return strava.Strava(base(config, "STRAVA_API_BASE"), access(config, "strava"))


def fitbit_con(config: Config) -> fitbit.Fitbit:
    return fitbit.Fitbit(base(config, "GOOGLE_HEALTH_BASE"), access(config, "fitbit"))


def base(config: Config, name: str) -> str:
    """The address that `name` sets; while the demo is on, the simulator's in its place."""
    if not config["DEMO"]:
        return str(config[name])
    return str(config["SIMULATOR_URL"]) + SIMULATOR_PATHS[name]


def disconnect(config: Config, source: str) -> bool:
    """Ends the sign-in at the provider, if that answers, and removes the tokens in any case. Whether it answered."""
    file, revoked = token_file(config, source), True
    try:
        token = file.read()
        if token:
            revoke(oauth_app(config, source), token)
    except SourceError:
        revoked = False
    file.delete()
    return revoked


def connect_demo(config: Config) -> None:
    """Signs in at the simulator, which approves at once, by the same steps that a person's browser takes."""
    for source, scopes in (("strava", strava.SCOPES), ("fitbit", (*fitbit.SCOPES, fitbit.NUTRITION_SCOPE))):
        app = oauth_app(config, source)
        page = requests.get(authorize_url(app, DEMO_REDIRECT, "demo", scopes), allow_redirects=False, timeout=10)
        answer = parse_qs(urlsplit(page.headers["Location"]).query)
        file = token_file(config, source)
        file.path.parent.mkdir(parents=True, exist_ok=True)
        with file.locked():
            file.save(exchange_code(app, answer["code"][0], DEMO_REDIRECT))
