"""Tokens that carry their own meaning, signed with the seed, so that they outlive the process that issued them."""

import base64
import hmac
import json
import secrets
from dataclasses import astuple, dataclass

PREFIXES = {"google access": "ya29.a0", "google refresh": "1//0e", "google code": "4/0A"}
SIGNATURE = 16  # bytes


@dataclass(frozen=True)
class Claims:
    """What a token says. `grant` ties the tokens of one consent together: revoking one kills them all."""

    provider: str  # strava, google
    kind: str  # access, refresh, code
    client: str
    scope: str
    expires: int  # epoch second; in Strava's refresh tokens the one of the access token issued with it; 0: never
    grant: str
    redirect: str = ""
    challenge: str = ""
    offline: bool = False
    generation: int = 0
    nonce: str = ""


class Tokens:
    """Mints and reads tokens. Only the dead ones are remembered, and only until the process ends."""

    def __init__(self, seed: str) -> None:
        self._key = seed.encode()
        self._dead: set[str] = set()
        self._generation = 0

    def mint(self, claims: Claims) -> str:
        body = json.dumps([*astuple(claims)[:-2], self._generation, claims.nonce], separators=(",", ":")).encode()
        opaque = base64.urlsafe_b64encode(self._sign(body) + body).decode().rstrip("=")
        return PREFIXES.get(f"{claims.provider} {claims.kind}", "") + opaque

    def read(self, token: str, provider: str, kind: str) -> Claims | None:
        """The claims of a genuine token that nobody revoked; whether it has expired is the caller's question."""
        claims = self._decode(token.removeprefix(PREFIXES.get(f"{provider} {kind}", "")))
        if claims is None or (claims.provider, claims.kind) != (provider, kind):
            return None
        dead = {token, claims.grant} & self._dead or claims.generation < self._generation
        return None if dead else claims

    def kill(self, token_or_grant: str) -> None:
        self._dead.add(token_or_grant)

    def kill_all(self) -> None:
        self._generation += 1

    def _sign(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")[:SIGNATURE]

    def _decode(self, opaque: str) -> Claims | None:
        try:
            raw = base64.urlsafe_b64decode(opaque + "=" * (-len(opaque) % 4))
        except ValueError:
            return None
        signature, body = raw[:SIGNATURE], raw[SIGNATURE:]
        return Claims(*json.loads(body)) if hmac.compare_digest(signature, self._sign(body)) else None


def new_grant() -> str:
    return secrets.token_hex(6)
