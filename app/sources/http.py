"""The one way out to a provider; it settles the single thing every caller must know: is trying again of use?"""

import json
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import requests
from requests.auth import HTTPBasicAuth

from app.sources.errors import GiveUp, Retry

TIMEOUT = (5.0, 30.0)
HEADERS = {"User-Agent": "Sevenday/0.1", "Accept": "application/json"}
SECRET_FIELDS = ("client_secret", "refresh_token", "code", "code_verifier", "token")
BAD_ADDRESS = (
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
)
CERTIFICATES = (
    "No secure connection can be made: the file of certificates that REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names"
    " cannot be read; mend it and start again."
)
Kind = TypeVar("Kind")


@dataclass(frozen=True)
class Answer:
    """A provider's answer; ``body`` is the parsed JSON, None where there was none. Its repr shows no content."""

    who: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: Any = field(repr=False)
    secrets: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def expect(self, kind: type[Kind]) -> Kind:
        """The body if it is of this JSON kind (list, dict); anything else was cut off or is no API: Retry."""
        if isinstance(self.body, kind):
            return self.body
        raise Retry(f"{self.who} sent something that is not its usual answer; the next try may succeed.")

    def quote(self, words: object) -> str:
        """The provider's own words as one line, cut to length and without any secret of ours (some repeat tokens)."""
        line = " ".join(str(words or "").split())
        for secret in self.secrets:
            line = line.replace(secret, "***")
        return line[:400]

    def said(self, words: object) -> str:
        """The status and the provider's own words, for a refusal that has no sentence of its own."""
        line = self.quote(words)
        return f"{self.who} answered HTTP {self.status}" + (f": {line}" if line else "")


class Http:
    """Sends one request, never twice: repeating is for the caller, and a token request must not be repeated at all.

    ``who`` is the provider's name for the messages; ``timeout`` is (connect, read) in seconds.
    """

    def __init__(self, who: str, timeout: tuple[float, float] = TIMEOUT) -> None:
        self.who = who
        self.timeout = timeout

    def send(
        self,
        method: str,
        url: str,
        *,
        bearer: str = "",
        basic: tuple[str, str] | None = None,
        params: Mapping[str, str | int] | None = None,
        form: Mapping[str, str] | None = None,
        payload: Mapping[str, object] | None = None,
        accept: Container[int] = (),
    ) -> Answer:
        """The answer, if it is a 2xx or 4xx (or in ``accept``). No exception of it holds a token or an address.

        Raises Retry on a network error, a timeout, a redirect, 408 and every 5xx including 597
        (docs/providers.md, Strava 6; Google 4); GiveUp when the address itself is wrong.
        """
        response = self._request(method, url, auth=_auth(bearer, basic), params=params, data=form, json=payload)
        status = response.status_code
        if (300 <= status < 400 or status == 408 or status >= 500) and status not in accept:
            raise Retry(f"{self.who} cannot answer just now (HTTP {status}); the next try may succeed.")
        hidden = [bearer, *(basic or ())[1:], *((form or {}).get(name, "") for name in SECRET_FIELDS)]
        return Answer(self.who, status, response.headers, _parsed(response.content), frozenset(filter(None, hidden)))

    def _request(self, method: str, url: str, **what: Any) -> requests.Response:
        # The library's own texts quote addresses and headers, so none of them is passed on.
        try:
            # Redirects are not followed: a hotel's sign-in page would be sent our tokens.
            return requests.request(method, url, headers=HEADERS, timeout=self.timeout, allow_redirects=False, **what)
        except requests.exceptions.InvalidProxyURL:
            raise GiveUp("The proxy that https_proxy names is not a web address; mend it and start again.") from None
        except BAD_ADDRESS:
            raise GiveUp(f"The address set for {self.who} is not a web address; check its settings.") from None
        except requests.Timeout:
            raise Retry(f"{self.who} did not answer in time; the next try may succeed.") from None
        except requests.exceptions.ProxyError:
            raise Retry(
                f"{self.who} could not be reached by the proxy that https_proxy names; is that right?"
            ) from None
        except requests.exceptions.SSLError:
            raise Retry(f"No secure connection to {self.who} could be made; is this machine's clock right?") from None
        except requests.RequestException:
            raise Retry(f"{self.who} could not be reached, or broke off; is this machine online?") from None
        except OSError:  # of the library's own errors, that a file of certificates is missing is a bare one
            raise GiveUp(CERTIFICATES) from None


def _auth(bearer: str, basic: tuple[str, str] | None) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    """Always something: with no auth given, requests takes one out of ~/.netrc and overwrites the bearer."""
    if basic:
        return HTTPBasicAuth(basic[0].encode(), basic[1].encode())

    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        if bearer:
            request.headers["Authorization"] = f"Bearer {bearer}"
        return request

    return sign


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
