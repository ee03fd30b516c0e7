"""The tokens of one account, and the file that keeps them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from app.sources.errors import Reconnect
from app.sources.secret_file import SecretFile
from app.sources.values import need, number, text


@dataclass(frozen=True)
class Token:
    """``expires_at`` is epoch seconds; ``scope`` is as granted; ``extra`` is whatever else the file held."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: int
    scope: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(re.split(r"[\s,]+", self.scope)) - {""}

    @property
    def who(self) -> str:
        """The name that the provider gave with the sign-in, '' where it gives none."""
        return text(self.extra.get("who"))

    @property
    def sign_in(self) -> str:
        """Tells one sign-in from another, and nothing of its secrets. A renewal keeps it (see ``continuing``)."""
        began, _, by = text(self.extra.get("sign_in")).partition(":")
        return began if began and by == self._digest else self._digest

    @property
    def _digest(self) -> str:
        return sha256(f"{self.refresh_token} {self.extra.get('connected_at')}".encode()).hexdigest()[:16]

    def continuing(self, before: "Token") -> "Token":
        """As it is, and of the same sign-in as ``before``, whose renewal may have brought another refresh token."""
        if self.refresh_token == before.refresh_token:
            return self
        return replace(self, extra={**self.extra, "sign_in": f"{before.sign_in}:{self._digest}"})

    @property
    def connected_at(self) -> datetime | None:
        return instant_of(self.extra.get("connected_at"))

    @property
    def ends_at(self) -> datetime | None:
        """When the sign-in ends by itself, as Google's do while its app is in Testing
        (docs/providers.md, Google 2.5)."""
        return instant_of(self.extra.get("refresh_token_expires_at"))

    @classmethod
    def from_json(cls, data: object) -> "Token":
        """ValueError, which names the field and never its value, if one of the three needed keys is unusable."""
        rest = dict(data) if isinstance(data, dict) else {}
        access = _secret("access_token", rest.pop("access_token", None))
        refresh = _secret("refresh_token", rest.pop("refresh_token", None))
        expires = rest.pop("expires_at", None)
        moment = need("expires_at", number(expires))
        scope = rest.pop("scope", "")
        return cls(access, refresh, int(moment), scope if isinstance(scope, str) else "", rest)

    def to_json(self) -> dict[str, Any]:
        scope = {"scope": self.scope} if self.scope else {}
        required = {
            "access_token": self.access_token,
            "refresh_token": self.refresh_token,
            "expires_at": self.expires_at,
        }
        return {**self.extra, **required, **scope}


def instant_of(seconds: object) -> datetime | None:
    epoch = number(seconds, low=0, high=10**10)
    return None if epoch is None else datetime.fromtimestamp(epoch, UTC)


def _secret(name: str, value: object) -> str:
    # Anything but visible ASCII breaks the request header, with an error text that quotes it.
    if isinstance(value, str) and re.fullmatch(r"[\x21-\x7e]+", value):
        return value
    raise ValueError(f"no usable {name}")


class TokenFile(SecretFile):
    """Holds the tokens as any tool may write them: three keys are enough."""

    def read(self) -> Token | None:
        """The tokens, None without a file; Reconnect, and the file is left as it is, if it cannot be understood."""
        found = self.load()
        try:
            return None if found is None else Token.from_json(found)
        except ValueError as error:
            raise Reconnect(f"{self.path} is damaged ({error}); delete it and connect again.") from None

    def save(self, token: Token) -> None:
        """As ``store``."""
        self.store(token.to_json())
