"""Reads one athlete's activities from the Strava API v3, whose oddities end here (docs/providers.md, Strava)."""

import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from app.sources.errors import GiveUp, Retry
from app.sources.http import Answer
from app.sources.oauth import Access, OAuthApp
from app.sources.records import Activity
from app.sources.source import Metric
from app.sources.strava_errors import (
    RATE_HEADERS,
    failure,
    fault,
    limit_reached,
    missing_scope,
    pair,
    token_refusal,
    window_end,
)
from app.sources.values import BIGINT, identity, instant, need, number, text, wall_clock, whole

NAME, PROVIDER, OWNER = "Strava", "Strava", "athlete"
ADDRESSES = {"STRAVA_API_BASE": "/strava/api/v3", "STRAVA_OAUTH_BASE": "/strava/oauth"}
SCOPES: tuple[str, ...] = ("read", "activity:read_all")
OPTIONAL_SCOPES: tuple[str, ...] = ()
READS = {"activity:read_all": "activities that only you can see"}
NEEDED = frozenset({"activity:read", "activity:read_all"})
RETENTION = "STRAVA_RETENTION_DAYS"
CONNECT = "Connect with Strava"  # its own words (docs/providers.md, Strava 10)
CONNECT_LESS = LESS_WHY = ""
CONSENT = (
    "Sevenday will read your activities (sport, name, time, distance, speed, heart rate, climb) and show them to you"
    " alone, on this machine."
)
WITHDRAW = "https://www.strava.com/settings/apps"
ATTRIBUTION = "Powered by Strava."
PER_PAGE = 200
PAGE_CAP = 500
SPARE = 10
"""Calls that are left over in every window: refused ones still count for the day (docs/providers.md, Strava 7)."""
logger = logging.getLogger(__name__)


def oauth_app(client_id: str, client_secret: str, oauth_base: str) -> OAuthApp:
    """``oauth_base`` is STRAVA_OAUTH_BASE. Strava knows no PKCE and separates scopes by commas
    (docs/providers.md, Strava 2)."""
    base = oauth_base.rstrip("/")
    return OAuthApp(
        source=NAME,
        provider=PROVIDER,
        client_id=client_id,
        client_secret=client_secret,
        authorize_url=f"{base}/authorize",
        token_url=f"{base}/token",
        revoke_url=f"{base}/revoke",
        scope_separator=",",
        authorize_params={"approval_prompt": "auto"},
        # Strava hands out a new token only in the last hour of the old one, so this has to stay below 3600.
        margin=600,
        refusal=token_refusal,
        expired=lambda answer: answer.status == 401 and missing_scope(answer.body) is None,
        revoke_basic=True,
    )


class Strava:
    """``api_base`` is STRAVA_API_BASE. Methods raise Reconnect, GiveUp, WaitUntil or Retry
    (docs/providers.md, Strava 6).

    ``rates`` holds the last (used, allowed) seen, each as (quarter hour, day): ``{"read": ((8, 151), (100, 1000))}``.
    ``unusable`` counts the records of the last reading that were unusable: while it is not 0, absence proves nothing.
    """

    def __init__(self, api_base: str, access: Access, now: Callable[[], float] = time.time) -> None:
        self.api_base = api_base.rstrip("/")
        self.access = access
        self.now = now
        self.rates: dict[str, tuple[tuple[int, int], tuple[int, int]]] = {}
        self.unusable = 0

    def activities(self, after: datetime, before: datetime) -> Iterator[Activity]:
        """Activities that started in the span, each once, in no promised order (docs/providers.md, Strava 3).

        Aware datetimes; whether the very second of a bound belongs to it is not known, so overlap the spans.
        """
        span = {"after": _epoch(after, math.floor), "before": _epoch(before, math.ceil)}
        self.unusable = 0
        seen: set[int] = set()
        for page in range(1, PAGE_CAP + 1):
            items = self._items(span, page)
            if not items:  # a short page is not the last one (docs/providers.md, Strava 3)
                return
            for activity in self._readable(items):
                if activity.id not in seen:
                    yield activity
                seen.add(activity.id)
        raise GiveUp(f"Strava's list of activities did not end after {PAGE_CAP} pages.")

    def page(self, number: int, before: datetime) -> list[Activity] | None:
        """Page `number`, from 1, of all activities that started before an aware moment; None past the last one."""
        items = self._items({"before": _epoch(before, math.ceil)}, number)
        self.unusable = 0
        return list(self._readable(items)) if items else None

    def exists(self, activity_id: int) -> bool:
        """False only if Strava says that it is gone or hidden from us (404, whatever the body)."""
        return self._single(activity_id) is not None

    def activity(self, activity_id: int) -> tuple[bool, Activity | None]:
        """Whether it is still there, and what it is by now, where that can be read."""
        found = self._single(activity_id)
        return found is not None, next(self._readable([found]), None) if found else None

    def _single(self, activity_id: int) -> dict[str, Any] | None:
        """What Strava says of it: nothing ({}) where it holds it but cannot show it, None where it is gone."""
        answer = self._send(f"/activities/{activity_id}", accept=(500,))
        if answer.status == 404:
            return None
        # So Strava answers, for ever, about an activity that it holds but cannot show (docs/providers.md, Strava 4).
        if answer.status == 500 and fault(answer.body)[0] == "error":
            return {}
        return self._checked(answer).expect(dict)

    def identity(self) -> int:
        """The athlete's id."""
        found = identity(self._checked(self._send("/athlete")).expect(dict).get("id"))
        if found is None:
            raise Retry("Strava did not say whose account this is; the next try may succeed.")
        return found

    def _items(self, span: Mapping[str, int], page: int) -> list[object]:
        query = {**span, "page": page, "per_page": PER_PAGE}
        return self._checked(self._send("/athlete/activities", params=query)).expect(list)

    def _readable(self, items: list[object]) -> Iterator[Activity]:
        for item in items:
            try:
                yield read_activity(item)
            except ValueError as error:
                self.unusable += 1
                activity_id = identity(item.get("id")) if isinstance(item, dict) else None
                logger.warning("Strava activity %s is skipped: %s", activity_id or "without an id", error)

    @property
    def requests_left(self) -> int | None:
        """How many calls the tightest window allows, None before the first answer (docs/providers.md, Strava 7)."""
        windows = (pair for used, allowed in self.rates.values() for pair in zip(used, allowed, strict=True))
        return min((allowed - used for used, allowed in windows), default=None)

    def _send(self, path: str, **what: Any) -> Answer:
        left = self.requests_left
        if left is not None and left < SPARE:
            daily = any(allowed[1] - used[1] < SPARE for used, allowed in self.rates.values())
            raise limit_reached(window_end(self.now(), daily))
        answer = self.access.send("GET", self.api_base + path, **what)
        for name, header in RATE_HEADERS.items():
            used, allowed = pair(answer.headers.get(f"{header}-Usage")), pair(answer.headers.get(f"{header}-Limit"))
            if used and allowed:
                self.rates[name] = (used, allowed)
        return answer

    def _checked(self, answer: Answer) -> Answer:
        if not answer.ok:
            raise failure(answer, self.now())
        return answer


def _epoch(moment: datetime, rounding: Callable[[float], int]) -> int:
    if moment.utcoffset() is None:
        raise ValueError("a span needs aware datetimes")
    return rounding(moment.timestamp())


def read_activity(item: object) -> Activity:
    """What is known of one (docs/providers.md, Strava 3.4, 3.5); ValueError naming the field without which it has no
    place."""
    record: dict[str, Any] = item if isinstance(item, dict) else {}
    athlete = record.get("athlete")
    return Activity(
        id=need("id", identity(record.get("id"))),
        owner=identity(athlete.get("id")) if isinstance(athlete, dict) else None,
        activity_type=need("sport_type", text(record.get("sport_type")) or text(record.get("type")) or None),
        name=text(record.get("name")),
        distance=number(record.get("distance")),
        moving_time=whole(record.get("moving_time")),
        elapsed_time=whole(record.get("elapsed_time")),
        start_date=need("start_date", instant(record.get("start_date"))),
        start_date_local=need("start_date_local", wall_clock(record.get("start_date_local"))),
        utc_offset=number(record.get("utc_offset"), low=-86400, high=86400),
        average_speed=number(record.get("average_speed")),
        max_speed=number(record.get("max_speed")),
        average_cadence=number(record.get("average_cadence")),
        average_heartrate=number(record.get("average_heartrate")),
        max_heartrate=number(record.get("max_heartrate")),
        total_elevation_gain=number(record.get("total_elevation_gain")),
        upload_id=whole(record.get("upload_id"), high=BIGINT),
    )


def client_id_fault(client_id: str) -> str:
    if client_id.isdecimal():
        return ""
    return "Strava's client ID is a number, such as 45678. The long text is the secret."


CLIENT = Strava
METRICS = {"activities": Metric("activities", "activities", "activity:read", Activity, Strava.activities)}
