"""Everything about the providers that a test can switch: scopes, limits, refusals and broken answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

GOOGLE_PREFIX = "https://www.googleapis.com/auth/googlehealth."
_READABLE = ("health_metrics_and_measurements", "activity_and_fitness", "nutrition", "settings", "profile")
GOOGLE_SCOPES = [f"{GOOGLE_PREFIX}{name}.readonly" for name in _READABLE]
FULL_SCOPES = {"strava": "read,activity:read_all,profile:read_all", "google": " ".join(GOOGLE_SCOPES)}


@dataclass
class Fault:
    """The answer that replaces the true one. Without status and body the true one is only delayed or cut short."""

    route: str
    status: int | None = None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0
    times: int = 1
    truncate: bool = False


@dataclass
class Switches:
    granted_scopes: dict[str, str] = field(default_factory=dict)  # provider -> granted instead of what was asked for
    deny: set[str] = field(default_factory=set)  # providers that the athlete refuses at the consent screen
    # Strava
    strava_limits: tuple[tuple[int, int], tuple[int, int]] = (
        (200, 2000),
        (100, 1000),
    )  # overall, read; 15 min, UTC day
    rotate_refresh_tokens: bool = False
    callback_domain: str = ""  # refuse redirects to other hosts, as the real one does
    short_page: int = 0  # how many activities the second of several pages lacks at its end
    subscription_inactive: bool = False
    empty_404: bool = False
    broken_ids: set[int] = field(default_factory=set)  # activities whose detail answers 500 for ever
    # Google
    google_limit: int = 300  # requests a minute
    google_scopes: set[str] = field(default_factory=lambda: set(GOOGLE_SCOPES))  # any other blocks the whole consent
    testing_mode: bool = False  # refresh tokens die after seven days
    strict_redirects: bool = False  # https or loopback only
    account_not_linked: bool = False
    service_disabled: bool = False
    omit_civil_time: bool = False  # samples without their civil time
