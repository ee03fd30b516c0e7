"""The way to the accounts: builds the Strava and Fitbit clients from config and the token files."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from app.sources import SOURCES
from app.sources.errors import Reconnect, SourceError
from app.sources.oauth import Access, OAuthApp, authorize_url, exchange_code, revoke
from app.sources.secret_file import SecretFile
from app.sources.token_file import Token, TokenFile

Config = Mapping[str, Any]

DEMO_REDIRECT = "http://localhost/connect/demo"


@dataclass(frozen=True)
class Client:
    """The person's own registration at a provider: the id, empty while there is none, and its secret."""

    id: str
    secret: str = field(repr=False)


def client(config: Config, source: str) -> Client:
    """By the environment, or where that says nothing, as typed into the page. Raises Reconnect for a damaged file."""
    if set_by_environment(config, source):
        return Client(config[f"{source.upper()}_CLIENT_ID"], config[f"{source.upper()}_CLIENT_SECRET"] or "")
    typed = client_file(config, source).load()
    saved = typed if isinstance(typed, dict) else {}
    return Client(str(saved.get("client_id") or ""), str(saved.get("client_secret") or ""))


def set_by_environment(config: Config, source: str) -> bool:
    return bool(config[f"{source.upper()}_CLIENT_ID"])


def client_file(config: Config, source: str) -> SecretFile:
    """What was typed into the page lives beside the tokens, where web and updater both read it afresh."""
    return SecretFile(Path(config["CREDS_DIR"]) / f"{source}_client.json")


def configured(config: Config, source: str) -> bool:
    """Whether a real account of `source` has a client id."""
    return set_by_environment(config, source) or client_file(config, source).exists()


def current(config: Config) -> Config:
    """The settings as they stand now: the demo ends with a client id that was typed into the page, too."""
    return {**config, "DEMO": config["DEMO"] and not any(configured(config, source) for source in SOURCES)}


def token_file(config: Config, source: str) -> TokenFile:
    """Where the tokens live. The demo keeps its own elsewhere, so that it never touches a person's."""
    if config["DEMO"]:
        return TokenFile(Path(config["INSTANCE_DIR"]) / "demo" / f"{source}.json")
    return real_token_file(config, source)


def real_token_file(config: Config, source: str) -> TokenFile:
    """Where a person's own tokens live, whether or not the demo is on."""
    return TokenFile(Path(config["CREDS_DIR"]) / f"{source}.json")


def sign_in(config: Config, source: str) -> str:
    """Under which sign-in a call would be made now, '' without one."""
    try:
        token = token_file(config, source).read()
    except SourceError:
        return ""
    return token.sign_in if token else ""


def oauth_app(config: Config, source: str) -> OAuthApp:
    """The registration to sign in with: the person's own, or while the demo is on, one at the simulator."""
    own = Client("demo", "demo") if config["DEMO"] else client(config, source)
    _, *addresses = (base(config, source, name) for name in SOURCES[source].ADDRESSES)
    return SOURCES[source].oauth_app(own.id, own.secret, *addresses)


def access(config: Config, source: str) -> Access:
    return Access(oauth_app(config, source), token_file(config, source))


def api(config: Config, source: str) -> Any:
    """The source's client, signed in to the account."""
    declared = SOURCES[source]
    return declared.CLIENT(base(config, source, next(iter(declared.ADDRESSES))), access(config, source))


def base(config: Config, source: str, name: str) -> str:
    """The address that the setting `name` says; while the demo is on, the simulator's in its place."""
    if not config["DEMO"]:
        return str(config[name])
    return str(config["SIMULATOR_URL"]) + SOURCES[source].ADDRESSES[name]


def redirect_uri(config: Config, source: str) -> str:
    """Where a provider sends the browser back to: never as the request says
    (docs/providers.md, Google 2.2; Strava 2.2)."""
    return f"{config['PUBLIC_BASE_URL']}/connect/{source}/callback"


def scopes(source: str, optional: bool = True) -> tuple[str, ...]:
    """What is asked for. Google shows its consent only where its project may ask for all of it."""
    declared = SOURCES[source]
    return (*declared.SCOPES, *declared.OPTIONAL_SCOPES) if optional else declared.SCOPES


def kept_days(config: Config) -> dict[str, int]:
    """For how many days the rows of a source may be kept; 0 for ever."""
    return {name: config[source.RETENTION] if source.RETENTION else 0 for name, source in SOURCES.items()}


def sign_in_ends(config: Config) -> dict[str, datetime]:
    """When sign-ins end by themselves, by source, where that is known."""
    found: dict[str, datetime] = {}
    for source in SOURCES:
        with suppress(SourceError):  # a damaged file is the sync's to tell
            token = real_token_file(config, source).read()
            if token and token.ends_at:
                found[source] = token.ends_at
    return found


def not_granted(source: str, granted: Collection[str]) -> list[str]:
    """What cannot be read with the granted scopes, in words; none where the scopes are not known."""
    reads = SOURCES[source].READS
    return [what for scope, what in reads.items() if granted and scope not in granted]


def connect(config: Config, source: str, code: str, granted: str, verifier: str) -> Token:
    """Trades a consent's code for tokens and saves them. On any SourceError the tokens from before stay.

    `granted` is the scope of the redirect; Reconnect where it, or the answer's, allows nothing that could be read.
    """
    file, app = real_token_file(config, source), oauth_app(config, source)
    with file.locked():
        file.check_writable()
        token = exchange_code(app, code, redirect_uri(config, source), verifier=verifier, granted=granted)
        if token.scopes and not token.scopes & SOURCES[source].NEEDED:
            revoke_quietly(app, token)
            raise Reconnect(f"{app.source} gave no permission to read anything. Connect again and leave it ticked.")
        file.save(token)
    return token


def revoke_quietly(app: OAuthApp, token: Token) -> bool:
    """Ends a sign-in at the provider; whether it answered."""
    try:
        revoke(app, token)
    except SourceError:
        return False
    return True


def owner(config: Config, source: str) -> str:
    """One real call, and whose account the provider says this is. Raises SourceError."""
    return f"{SOURCES[source].OWNER} {api(config, source).identity()}"


def disconnect(config: Config, source: str) -> bool:
    """Ends the sign-in at the provider, if that answers, and removes the tokens in any case. Whether it answered."""
    file = real_token_file(config, source)
    try:
        token = file.read()
        revoked = token is None or revoke_quietly(oauth_app(config, source), token)
    except SourceError:  # the file is damaged
        revoked = False
    file.delete()
    return revoked


def connect_demo(config: Config) -> None:
    """Signs in at the simulator, which approves at once, by the same steps that a person's browser takes."""
    for source in SOURCES:
        app = oauth_app(config, source)
        page = requests.get(
            authorize_url(app, DEMO_REDIRECT, "demo", scopes(source)), allow_redirects=False, timeout=10
        )
        answer = parse_qs(urlsplit(page.headers["Location"]).query)
        file = token_file(config, source)
        file.path.parent.mkdir(parents=True, exist_ok=True)
        with file.locked():
            file.save(exchange_code(app, answer["code"][0], DEMO_REDIRECT))
