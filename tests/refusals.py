"""Every refusal that either provider is known to send (docs/providers.md, Strava 2.4, 6, 7; Google 2.5, 4), as table.

Each is a row of docs/reliability.md and a case of tests/test_faults_answers.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.faults import expire
from tests.updating import Accounts

LIST, WEIGHT, FOOD = "/athlete/activities", "weight/dataPoints", "nutrition-log/dataPoints"
HTML = "<html><title>Sorry</title></html>"
SINCE = "last synced 3 h ago"
FAILING, SIGN_IN = f": sync failing, {SINCE}", f": sign in again, {SINCE}"
WAITING, UNTIL_MIDNIGHT = ": limit reached, goes on at hh:mm", ": limit reached, goes on at 00:00"
UNGRANTED = " just now"
WRONG = f": client id or secret is wrong, {SINCE}"
STRAVA_AGAIN = "Strava no longer accepts this sign-in; connect Strava again."
GOOGLE_AGAIN = "Google no longer accepts this sign-in; connect Fitbit again."
NO_PROFILE = (
    "This Google account has no Google Health profile yet: set one up in the Google Health app"
    " or at fitbit.google.com/auth/signup, then connect Fitbit again."
)
OLD_ACCOUNT = (
    "Google does not let us read this account, which may still be an old Fitbit account:"
    " move your Fitbit account to Google in the Fitbit app, then connect Fitbit again."
)
CONSOLE = "Google Health API is disabled in project 5. Enable it at https://console.developers.google.com/x"


@dataclass(frozen=True)
class Fault:
    """`line` is the board's; `message` is what /connect/ says besides."""

    id: str
    source: str
    route: str
    switch: Callable[[Accounts], None]
    line: str
    message: str


def answer(
    route: str, status: int, body: Any = "", headers: dict[str, str] | None = None
) -> Callable[[Accounts], None]:
    return lambda accounts: accounts.world.fail(route, status=status, body=body, headers=headers or {}, times=99)


def strava(status: int, error: str = "", message: str = "Bad Request") -> tuple[int, dict[str, Any]]:
    """`error` is `resource/field/code`."""
    keys = ("resource", "field", "code")
    return status, {"message": message, "errors": [dict(zip(keys, error.split("/"), strict=True))]}


def google(status: int, word: str, message: str, reason: str = "") -> tuple[int, dict[str, Any]]:
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "health.googleapis.com"}
    return status, {"error": {"code": status, "message": message, "status": word, "details": [info] if reason else []}}


def listed(id: str, status: int, body: Any, line: str, message: str, **headers: str) -> Fault:
    """Strava's list of activities answers this."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault(f"strava-{id}", "strava", LIST, answer(LIST, status, body, sent), f"Strava{line}", message)


def weighed(id: str, status: int, body: Any, line: str, message: str, route: str = WEIGHT, **headers: str) -> Fault:
    """Google's list of weigh-ins answers this."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault(f"google-{id}", "fitbit", route, answer(route, status, body, sent), f"Fitbit{line}", message)


def renewal(source: str, id: str, status: int, body: Any, line: str, message: str) -> Fault:
    """The token endpoint answers this when the access token is to be renewed."""

    def switch(accounts: Accounts) -> None:
        expire(accounts, source)
        answer("/token", status, body)(accounts)

    name = {"strava": "Strava", "fitbit": "Fitbit"}[source]
    return Fault(f"{source}-token-{id}", source, "/token", switch, f"{name}{line}", message)


def cannot(who: str, status: int) -> str:
    return f"{who} cannot answer just now (HTTP {status}); the next try may succeed."


def flat(error: str, description: str) -> dict[str, str]:
    return {"error": error, "error_description": description}


QUARTER = {"X_RateLimit_Limit": "200,2000", "X_RateLimit_Usage": "100,333", "X_ReadRateLimit_Limit": "100,1000"}
DAILY = QUARTER | {"X_ReadRateLimit_Usage": "12,1000"}
QUARTER = QUARTER | {"X_ReadRateLimit_Usage": "100,333"}
LIMIT = "Strava's rate limit is reached until hh:mm UTC."
MIDNIGHT = "Strava's rate limit is reached until 00:00 UTC."
LIMIT_BODY = strava(429, "Application/rate limit/exceeded", "Rate Limit Exceeded")[1]
WORDS = {"errors": "Rate Limit Exceeded", "message": "Too Many Requests"}
INACTIVE = (
    "Strava has switched off this API app: its owner needs a Strava subscription. See to it at strava.com/settings/api."
)
ODD = "{} sent something that is not its usual answer; the next try may succeed."
OFF = "This Google address has been switched off; Sevenday needs an update (Google answered HTTP 410)."
NO_SCOPE = "Google's permission “{}” is missing; connect Fitbit again and leave it ticked."
GOOGLE_LIMIT = "Google's rate limit is reached until hh:mm:ss UTC."
FILTER = "Invalid data point filter: unknown member"
CREDENTIALS = "Request had invalid authentication credentials."
SCOPES = "Request had insufficient authentication scopes."
PERMISSION = "The caller does not have permission"
MINT = f"{PERMISSION}. Could not mint UberMint from GaiaMint"
NOT_LINKED = "The account is not linked to Google Health."
REVOKED = "Token has been expired or revoked."
CLIENT = "Google answered HTTP 401: invalid_client Unauthorized"
ALL = "/google/v4"

# fmt: off
FAULTS = [
    listed("400-future", *strava(400, "Application/after/future"), FAILING,
           "Strava answered HTTP 400: Bad Request Application/after/future"),
    listed("401-token", *strava(401, "Athlete/access_token/invalid", "Authorization Error"), SIGN_IN, STRAVA_AGAIN),
    listed("401-application", *strava(401, "Application//invalid", "Authorization Error"), SIGN_IN, STRAVA_AGAIN),
    listed("401-permission", *strava(401, "AccessToken/activity:read_permission/missing", "Authorization Error"),
           SIGN_IN, "Strava's permission activity:read is missing; connect Strava again and leave it ticked."),
    listed("403-inactive", *strava(403, "Application/Status/Inactive", "Forbidden"), FAILING, INACTIVE),
    listed("403-html", 403, HTML, FAILING, cannot("Strava", 403)),
    listed("403-athletes", 403, {"message": "Limit of connected athletes exceeded"}, FAILING,
           "Strava answered HTTP 403: Limit of connected athletes exceeded"),
    listed("404-json", *strava(404, "Path//invalid", "Resource Not Found"), FAILING,
           "Strava answered HTTP 404: Resource Not Found Path//invalid"),
    listed("404-empty", 404, "", FAILING, "Strava answered HTTP 404"),
    listed("429-quarter", 429, LIMIT_BODY, WAITING, LIMIT, **QUARTER),
    listed("429-day", 429, LIMIT_BODY, UNTIL_MIDNIGHT, MIDNIGHT, **DAILY),
    listed("429-no-headers", 429, LIMIT_BODY, WAITING, LIMIT),
    listed("429-words", 429, WORDS, WAITING, LIMIT),
    listed("500-error", 500, {"message": "error"}, FAILING, cannot("Strava", 500)),
    listed("502-html", 502, HTML, FAILING, cannot("Strava", 502)),
    listed("503-empty", 503, "", FAILING, cannot("Strava", 503)),
    listed("504-html", 504, HTML, FAILING, cannot("Strava", 504)),
    listed("597", 597, "", FAILING, cannot("Strava", 597)),
    listed("200-html", 200, HTML, FAILING, ODD.format("Strava")),
    listed("200-object", 200, {"message": "hello"}, FAILING, ODD.format("Strava")),
    listed("302-hotel", 302, HTML, FAILING, cannot("Strava", 302), Location="http://127.0.0.1:1/hotel"),
    renewal("strava", "refused", *strava(400, "RefreshToken/refresh_token/invalid"), SIGN_IN, STRAVA_AGAIN),
    renewal("strava", "client-id", *strava(400, "Application/client_id/invalid"), WRONG,
            "Strava's client id is wrong: Strava answered HTTP 400: Application/client_id/invalid."),
    renewal("strava", "client-secret", *strava(400, "Application/client_secret/invalid"), WRONG,
            "Strava's client secret is wrong: Strava answered HTTP 400: Application/client_secret/invalid."),
    renewal("strava", "401", 401, {"message": "Authorization Error"}, WRONG,
            "Strava's client id or secret is wrong: Strava answered HTTP 401: Authorization Error."),
    renewal("strava", "500", 500, {"message": "error"}, FAILING, cannot("Strava", 500)),
    renewal("strava", "html", 502, HTML, FAILING, cannot("Strava", 502)),
    renewal("strava", "200-html", 200, HTML, FAILING, ODD.format("Strava")),
    weighed("401", *google(401, "UNAUTHENTICATED", CREDENTIALS), SIGN_IN, GOOGLE_AGAIN),
    weighed("401-missing", *google(401, "UNAUTHENTICATED", CREDENTIALS, "CREDENTIALS_MISSING"), SIGN_IN, GOOGLE_AGAIN),
    weighed("403-scope", *google(403, "PERMISSION_DENIED", SCOPES, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"), UNGRANTED,
            NO_SCOPE.format("nutrition"), FOOD),
    weighed("403-oauth-scope", *google(403, "PERMISSION_DENIED", "No.", "MISSING_OAUTH_SCOPE"), UNGRANTED,
            NO_SCOPE.format("health metrics and measurements")),
    weighed("403-service", *google(403, "PERMISSION_DENIED", CONSOLE, "SERVICE_DISABLED"), FAILING,
            f"Google answered HTTP 403: {CONSOLE}", ALL),
    weighed("403-permission", *google(403, "PERMISSION_DENIED", PERMISSION), SIGN_IN, OLD_ACCOUNT),
    weighed("403-mint", *google(403, "PERMISSION_DENIED", MINT), SIGN_IN, OLD_ACCOUNT),
    weighed("403-html", 403, HTML, FAILING, cannot("Google", 403)),
    weighed("400-not-linked", *google(400, "FAILED_PRECONDITION", NOT_LINKED, "ACCOUNT_NOT_LINKED"), FAILING,
            NO_PROFILE, ALL),
    weighed("412", *google(412, "FAILED_PRECONDITION", "Precondition check failed."), FAILING, NO_PROFILE, ALL),
    weighed("400-filter", *google(400, "INVALID_ARGUMENT", FILTER, "INVALID_DATA_POINT_FILTER"), FAILING,
            f"Google answered HTTP 400: {FILTER}"),
    weighed("400-type", *google(400, "INVALID_ARGUMENT", "Bad parent", "INVALID_PARENT_DATA_TYPE_COLLECTION"), FAILING,
            "Google answered HTTP 400: Bad parent"),
    weighed("400-duration", *google(400, "INVALID_ARGUMENT", "Too long", "INVALID_ROLLUP_QUERY_DURATION"), FAILING,
            "Google answered HTTP 400: Too long", "total-calories"),
    weighed("404-json", *google(404, "NOT_FOUND", "Not found.", "RESOURCE_NOT_FOUND"), FAILING,
            "Google answered HTTP 404: Not found."),
    weighed("404-html", 404, HTML, FAILING, "Google answered HTTP 404"),
    weighed("410", 410, HTML, FAILING, OFF, ALL),
    weighed("429", *google(429, "RESOURCE_EXHAUSTED", "Quota exceeded.", "RATE_LIMIT_EXCEEDED"), WAITING, GOOGLE_LIMIT),
    weighed("429-retry-after", *google(429, "RESOURCE_EXHAUSTED", "Quota."), WAITING, GOOGLE_LIMIT, Retry_After="600"),
    weighed("500", *google(500, "INTERNAL", "Internal error encountered."), FAILING, cannot("Google", 500)),
    weighed("503", *google(503, "UNAVAILABLE", "Unavailable."), FAILING, cannot("Google", 503)),
    weighed("200-html", 200, HTML, FAILING, ODD.format("Google")),
    renewal("fitbit", "revoked", 400, flat("invalid_grant", REVOKED), SIGN_IN, GOOGLE_AGAIN),
    renewal("fitbit", "bad-request", 400, flat("invalid_grant", "Bad Request"), SIGN_IN, GOOGLE_AGAIN),
    renewal("fitbit", "client", 401, flat("invalid_client", "Unauthorized"), WRONG,
            f"Fitbit's client id or secret is wrong: {CLIENT}."),
    renewal("fitbit", "500", 500, "", FAILING, cannot("Google", 500)),
    renewal("fitbit", "html", 503, HTML, FAILING, cannot("Google", 503)),
]
# fmt: on
