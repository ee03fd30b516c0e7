"""Fitbit, whose data come from the Google Health API: all that is declared of it (docs/providers.md, Google)."""

from datetime import timedelta

from app.sources.fitbit.client import ACTIVITY, BODY, DAILY, FOOD, Fitbit
from app.sources.google_errors import token_refusal
from app.sources.oauth import OAuthApp
from app.sources.records import DayFigure, Weight
from app.sources.source import Metric

NAME, PROVIDER, OWNER = "Fitbit", "Google", "Google Health user"
ADDRESSES = {
    "GOOGLE_HEALTH_BASE": "/google/v4",
    "GOOGLE_AUTH_URL": "/google/auth",
    "GOOGLE_TOKEN_URL": "/google/token",
    "GOOGLE_REVOKE_URL": "/google/revoke",
}
CLIENT = Fitbit


def scope(permission: str) -> str:
    """Of a permission in words."""
    return f"https://www.googleapis.com/auth/googlehealth.{permission.replace(' ', '_')}.readonly"


SCOPES: tuple[str, ...] = (scope(BODY), scope(ACTIVITY))
NUTRITION_SCOPE = scope(FOOD)
# Apart, because a project that may not ask for it gets no consent page at all (docs/providers.md, Google 2.3).
OPTIONAL_SCOPES: tuple[str, ...] = (NUTRITION_SCOPE,)


def day_figure(name: str, words: str, data_type: str, calls: int) -> Metric:
    """A sum of each day; a step of its history is as many days as so many calls may ask for."""
    daily = DAILY[data_type]
    return Metric(
        name,
        words,
        scope(daily.permission),
        DayFigure,
        lambda client, first, last: client.days(data_type, first, last),
        timedelta(days=daily.days * calls),
        older=lambda client, day: client.newest_before(data_type, day),
    )


METRICS = {
    metric.name: metric
    for metric in (
        Metric(
            "weight",
            "weight, body fat and BMI",
            scope(BODY),
            Weight,
            Fitbit.weights,
            timedelta(days=1820),
            older=lambda client, day: client.newest_before("weight", day),
        ),
        day_figure("eaten", "calories eaten", "nutrition-log", calls=4),
        day_figure("burned", "calories burned", "total-calories", calls=28),
    )
}
READS = {
    scope: " and ".join(metric.words for metric in METRICS.values() if metric.scope == scope)
    for scope in (*SCOPES, *OPTIONAL_SCOPES)
}
NEEDED = frozenset(READS)

RETENTION = ""
CONNECT = "Connect Fitbit"
CONNECT_LESS = "Without the food log"
LESS_WHY = (
    "If Google answers “Error 400: invalid_scope”, its food log is not open to your project: come back and choose"
    f" “{CONNECT_LESS}”."
)
CONSENT = (
    "Sevenday will read your weight, body fat, height, and calories eaten and burned, and show them to you alone, on"
    " this machine."
)
WITHDRAW = "https://myaccount.google.com/connections"
ATTRIBUTION = ""


def oauth_app(client_id: str, client_secret: str, authorize_url: str, token_url: str, revoke_url: str) -> OAuthApp:
    """The addresses are GOOGLE_AUTH_URL, GOOGLE_TOKEN_URL and GOOGLE_REVOKE_URL
    (docs/providers.md, Google 2.4, 2.5)."""
    return OAuthApp(
        source=NAME,
        provider=PROVIDER,
        client_id=client_id,
        client_secret=client_secret,
        authorize_url=authorize_url,
        token_url=token_url,
        revoke_url=revoke_url,
        scope_separator=" ",
        # Without both of these Google gives no refresh token, or only the first time.
        authorize_params={"access_type": "offline", "prompt": "consent"},
        margin=120,
        refusal=token_refusal,
        expired=lambda answer: answer.status == 401,
        pkce=True,
    )


def client_id_fault(_client_id: str) -> str:
    return ""
