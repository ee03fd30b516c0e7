"""What a source declares of itself: all that the rest of the program knows of it beside its records."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol

from app.sources.oauth import Access, OAuthApp
from app.sources.records import Activity, DayFigure, Weight


@dataclass(frozen=True)
class Metric:
    """One thing that a source measures; it is synced, and remembered, by its `name`.

    `words` say in a sentence what stays away without `scope`. `read` asks a client of the source for the `record`s of
    the days from a first to a last one, and `step` is how many of them are read at once in the history; where that is
    None, `read` takes moments, and the history goes by the provider's pages. `older` asks a client for the newest day
    before another one of which there is anything.
    """

    name: str
    words: str
    scope: str
    record: type[Activity | Weight | DayFigure]
    read: Callable[..., Iterable[Any]]
    step: timedelta | None = None
    older: Callable[[Any, date], date | None] | None = None


class Source(Protocol):
    """A module beside this one, listed in app/sources/__init__.py."""

    NAME: str
    """What the person connects."""
    PROVIDER: str
    """Who answers."""
    OWNER: str
    """What the provider calls the person, before a number or name of them."""
    ADDRESSES: dict[str, str]
    """The settings that say where the provider answers (the API's, then those of `oauth_app`), each with the path of
    its double on the simulator's one address."""
    METRICS: dict[str, Metric]
    SCOPES: tuple[str, ...]
    """What is asked for."""
    OPTIONAL_SCOPES: tuple[str, ...]
    """Those that a provider may refuse to ask for at all."""
    READS: dict[str, str]
    """What stays away when a scope was not granted, in words."""
    NEEDED: frozenset[str]
    """Without any of these nothing can be read."""
    RETENTION: str
    """The setting that says for how many days its rows may be kept, '' where they always may."""
    CONNECT: str
    """Its button, in the provider's own words where it has any."""
    CONNECT_LESS: str
    """The button that does not ask for the optional scopes, '' where there are none; with LESS_WHY beside it."""
    LESS_WHY: str
    CONSENT: str
    """What the person consents to, in a sentence."""
    WITHDRAW: str
    """Where the person withdraws at the provider."""
    ATTRIBUTION: str
    """What the provider wants said."""

    @property
    def CLIENT(self) -> Callable[[str, Access], Any]:
        """Of the API's address; it says who the person is by its `identity()`."""

    @property
    def oauth_app(self) -> Callable[..., OAuthApp]:
        """Of a client id, a secret, and the addresses after the API's."""

    def client_id_fault(self, client_id: str, /) -> str:
        """What is wrong with a client id that was typed, in a sentence; '' where nothing is."""
