"""What Strava's refusals mean, in the four kinds of error the updater knows (docs/providers.md, Strava 6, 7)."""

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from app.sources.errors import GiveUp, Misconfigured, Reconnect, Retry, SourceError, WaitUntil
from app.sources.http import Answer

RATE_HEADERS = {"overall": "X-RateLimit", "read": "X-ReadRateLimit"}
Faults = list[tuple[str, str, str]]


def fault(body: object) -> tuple[str, Faults]:
    """(message, [(resource, field, code)]) out of any body (docs/providers.md, Strava 6)."""
    if not isinstance(body, dict):
        return "", []
    errors = body.get("errors")
    listed = errors if isinstance(errors, list) else [errors]
    keys = ("resource", "field", "code")
    found = [tuple(str(error.get(key, "")) for key in keys) for error in listed if isinstance(error, dict)]
    return str(body.get("message") or ""), [(resource, field, code) for resource, field, code in found]


def missing_scope(body: object) -> str | None:
    """The scope that the person did not grant, if that is why Strava refused (docs/providers.md, Strava 6)."""
    for resource, field, code in fault(body)[1]:
        if resource == "AccessToken" and field.endswith("_permission") and code == "missing":
            return field.removesuffix("_permission")
    return None


def pair(value: str | None) -> tuple[int, int] | None:
    """A rate header, ``quarter hour,day`` (docs/providers.md, Strava 7)."""
    match = re.fullmatch(r"\s*(\d{1,9})\s*,\s*(\d{1,9})\s*", value or "")
    return (int(match[1]), int(match[2])) if match else None


def resume_at(headers: Mapping[str, str], now: float) -> int:
    """The epoch second at which to try again after a 429 (docs/providers.md, Strava 7)."""
    daily = False
    for prefix in RATE_HEADERS.values():
        allowed, used = pair(headers.get(f"{prefix}-Limit")), pair(headers.get(f"{prefix}-Usage"))
        daily = daily or bool(allowed and used and used[1] >= allowed[1])
    return window_end(now, daily)


def window_end(now: float, daily: bool) -> int:
    """The epoch second just after the running quarter of an hour, or the running UTC day
    (docs/providers.md, Strava 7)."""
    step = 86400 if daily else 900
    return int(now) - int(now) % step + step + 5


def failure(answer: Answer, now: float) -> SourceError:
    """What a refused call means (docs/providers.md, Strava 6)."""
    message, faults = fault(answer.body)
    scope = missing_scope(answer.body)
    if answer.status == 401 and scope:
        return Reconnect(
            f"Strava's permission {answer.quote(scope)} is missing; connect Strava again and leave it ticked."
        )
    if answer.status == 401:
        return Reconnect("Strava no longer accepts this sign-in; connect Strava again.")
    if answer.status == 429:
        return limit_reached(resume_at(answer.headers, now))
    # A 403 page without JSON comes from the network in front of Strava, and passes.
    if answer.status >= 500 or (answer.status == 403 and answer.body is None):
        return Retry(f"Strava cannot answer just now (HTTP {answer.status}); the next try may succeed.")
    if answer.status == 403 and any(code.lower() == "inactive" for _, _, code in faults):
        return GiveUp(
            "Strava has switched off this API app: its owner needs a Strava subscription."
            " See to it at strava.com/settings/api."
        )
    return GiveUp(answer.said(" ".join([message, *("/".join(parts) for parts in faults)])))


def limit_reached(until: int) -> WaitUntil:
    moment = datetime.fromtimestamp(until, UTC)
    return WaitUntil(f"Strava's rate limit is reached until {moment:%H:%M} UTC.", moment)


def token_refusal(answer: Answer) -> SourceError:
    """What a refused token request means (docs/providers.md, Strava 2.4: no ``error`` key, no rate headers)."""
    faults = fault(answer.body)[1]
    for resource, field, code in faults:
        if resource == "RefreshToken" or field == "refresh_token":
            return Reconnect("Strava no longer accepts this sign-in; connect Strava again.")
        if resource in ("AuthorizationCode", "RequestToken"):
            return Reconnect(
                "Strava did not accept the sign-in code, which is good only once and briefly; connect again."
            )
        if field in ("client_id", "client_secret"):
            what = field.replace("_", " ")
            return Misconfigured(f"Strava's {what} is wrong: {answer.said(f'{resource}/{field}/{code}')}.")
    if answer.status == 401:
        return Misconfigured(f"Strava's client id or secret is wrong: {answer.said(fault(answer.body)[0])}.")
    return failure(answer, time.time())
