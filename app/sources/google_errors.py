"""What Google's refusals mean, in the four kinds of error the updater knows (docs/providers.md, Google 2.5, 4)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from app.sources.errors import GiveUp, Misconfigured, NotGranted, Reconnect, Retry, SourceError, WaitUntil
from app.sources.http import Answer
from app.sources.values import number

SCOPE_REASONS = {"ACCESS_TOKEN_SCOPE_INSUFFICIENT", "MISSING_OAUTH_SCOPE", "INSUFFICIENT_SCOPE"}
DENIED_REASONS = {"RESOURCE_PERMISSION_DENIED", "USER_PROJECT_DENIED", "IAM_PERMISSION_DENIED", "ACCESS_DENIED"}
"""The grant no longer holds, though its token does; connecting again has been seen to help."""
PROJECT_REASONS = {"SERVICE_DISABLED", "CONSUMER_INVALID", "CONSUMER_SUSPENDED", "BILLING_DISABLED"}
"""The person's project at Google has to be seen to."""
FILTER_REASON = "INVALID_DATA_POINT_FILTER"
GONE = "Google no longer accepts this sign-in; connect Fitbit again."
NO_PROFILE = (
    "This Google account has no Google Health profile yet: set one up in the Google Health app"
    " or at fitbit.google.com/auth/signup, then connect Fitbit again."
)
OLD_ACCOUNT = (
    "Google does not let us read this account, which may still be an old Fitbit account:"
    " move your Fitbit account to Google in the Fitbit app, then connect Fitbit again."
)


class FilterRefused(GiveUp):
    """The list cannot be asked for days in this form."""


def reading(body: object) -> tuple[str, set[str]]:
    """(message, reasons) out of any body, Google's nested one or OAuth's flat one; the reasons, in capitals, include
    the status word (docs/providers.md, Google 2.5, 4)."""
    said: dict[str, Any] = body if isinstance(body, dict) else {}
    error = said.get("error")
    if isinstance(error, str):
        return str(said.get("error_description") or error), {error.upper()}
    if not isinstance(error, dict):
        return "", set()
    details = error.get("details")
    listed = [item for item in details if isinstance(item, dict)] if isinstance(details, list) else []
    older = error.get("errors")  # the form before `details`, which some of Google's front ends still send
    listed += [item for item in older if isinstance(item, dict)] if isinstance(older, list) else []
    words = [item["reason"] for item in listed if "reason" in item] + [error.get("status"), *detailed(listed)]
    return str(error.get("message") or ""), {str(word).upper() for word in words if word}


def detailed(details: list[dict[str, Any]]) -> list[str]:
    """The second reasons that Google gives beside its first ones."""
    metadata = (item.get("metadata") for item in details)
    found = (one.get("detailedReasons") for one in metadata if isinstance(one, dict))
    return [word.strip() for text in found if isinstance(text, str) for word in text.split(",")]


def failure(answer: Answer, permission: str, now: float) -> SourceError:
    """What a refused call means; ``permission`` says in words what the person must have granted for it."""
    message, reasons = reading(answer.body)
    if answer.status == 401 and not reasons & SCOPE_REASONS:
        return Reconnect(GONE)
    if answer.status == 429 or "RATE_LIMIT_EXCEEDED" in reasons:
        until = resume_at(answer.headers, now)
        return WaitUntil(f"Google's rate limit is reached until {until:%H:%M:%S} UTC.", until)
    if answer.status == 412 or "ACCOUNT_NOT_LINKED" in reasons:
        return GiveUp(NO_PROFILE)
    if answer.status == 410:
        return GiveUp(f"This Google address has been switched off; Sevenday needs an update ({answer.said(message)}).")
    if answer.status in (401, 403):
        return _forbidden(answer, message, reasons, permission)
    if answer.status == 400 and any(reason.startswith(FILTER_REASON) for reason in reasons):
        return FilterRefused(answer.said(message))
    return GiveUp(answer.said(message))


def _forbidden(answer: Answer, message: str, reasons: set[str], permission: str) -> SourceError:
    said = message.lower()  # which is looked at only where no reason tells
    told = bool(reasons & (SCOPE_REASONS | DENIED_REASONS | PROJECT_REASONS))
    if reasons & SCOPE_REASONS or (not told and "insufficient authentication scope" in said):
        return NotGranted(f"Google's permission “{permission}” is missing; connect Fitbit again and leave it ticked.")
    without = reasons == {"PERMISSION_DENIED"} or "caller does not have permission" in said
    if reasons & DENIED_REASONS or (not told and without):
        return Reconnect(OLD_ACCOUNT)
    if answer.body is None:
        return Retry("Google cannot answer just now (HTTP 403); the next try may succeed.")
    return GiveUp(answer.said(message))


def token_refusal(answer: Answer) -> SourceError:
    """What a refused token request means (docs/providers.md, Google 2.5): a flat ``error`` word, unlike the API."""
    body: dict[str, Any] = answer.body if isinstance(answer.body, dict) else {}
    words = f"{body.get('error') or ''} {body.get('error_description') or ''}"
    if body.get("error") == "invalid_grant":
        return Reconnect(GONE)
    if answer.status == 401 or body.get("error") in ("invalid_client", "unauthorized_client"):
        return Misconfigured(f"Fitbit's client id or secret is wrong: {answer.said(words)}.")
    if answer.status == 429:
        until = resume_at(answer.headers, datetime.now(UTC).timestamp())
        return WaitUntil(f"Google's rate limit is reached until {until:%H:%M:%S} UTC.", until)
    if answer.body is None:
        return Retry(f"Google cannot answer just now (HTTP {answer.status}); the next try may succeed.")
    return GiveUp(answer.said(words))


def resume_at(headers: Mapping[str, str], now: float) -> datetime:
    """By ``Retry-After`` (seconds or a date), which Google need not send; else in 60 s. A day at most."""
    sent = headers.get("Retry-After", "")
    seconds = number(sent)
    if seconds is None:
        seconds = _seconds_to(sent, now)
    return datetime.fromtimestamp(now, UTC) + timedelta(seconds=min(seconds, 86400.0))


def _seconds_to(date_text: str, now: float) -> float:
    try:
        return max(parsedate_to_datetime(date_text).timestamp() - now, 0.0)
    except (ValueError, OverflowError):
        return 60.0
