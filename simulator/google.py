"""Google Health API v4 as a client sees it: docs/providers.md, Google 3, 4."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from simulator import google_wire as wire
from simulator.body import Meal, Sample
from simulator.consent import now, the_world
from simulator.faults import GOOGLE_PREFIX
from simulator.filters import FilterError, Restriction, parse, sample_fields, session_fields
from simulator.google_wire import invalid, refuse
from simulator.world import GOOGLE_USER

bp = Blueprint("google", __name__, url_prefix="/google/v4/users/me")
RESTING = 0.76  # of the burned total; the rest is active energy
BODY, ACTIVITY, FOOD = "health_metrics_and_measurements", "activity_and_fitness", "nutrition"


class DataType(NamedTuple):
    key: str  # of the JSON
    scope: str
    fields: dict[str, str] | None  # what a list's filter may name; None: this type has no list
    days: int  # longest dailyRollUp; 0: this type has none
    page: int = 1440  # default pageSize


TYPES = {
    "weight": DataType("weight", BODY, sample_fields("weight"), 90),
    "body-fat": DataType("bodyFat", BODY, sample_fields("body_fat"), 90),
    "height": DataType("height", BODY, sample_fields("height"), 0),
    "nutrition-log": DataType("nutritionLog", FOOD, session_fields("nutrition_log"), 90),
    "exercise": DataType("exercise", ACTIVITY, session_fields("exercise"), 0, 25),
    "steps": DataType("steps", ACTIVITY, session_fields("steps"), 90),
    "total-calories": DataType("totalCalories", ACTIVITY, None, 14),
    "active-energy-burned": DataType("activeEnergyBurned", ACTIVITY, None, 90),
}


def _caller(scope: str = "") -> None:
    """Refuses what Google refuses before it looks at the request itself."""
    world, wanted = the_world(), "Expected OAuth 2 access token, login cookie or other valid authentication credential."
    if request.authorization is None or not request.authorization.token:
        message = f"Request is missing required authentication credential. {wanted}"
        refuse(401, "UNAUTHENTICATED", message, "CREDENTIALS_MISSING", service="health.googleapis.com")
    claims = world.tokens.read(request.authorization.token, "google", "access")
    if claims is None or claims.expires <= now():
        refuse(401, "UNAUTHENTICATED", f"Request had invalid authentication credentials. {wanted}")
    if world.count(f"google {claims.grant}", 60) > world.google_limit:
        message = "Quota exceeded for quota metric."
        refuse(429, "RESOURCE_EXHAUSTED", message, "RATE_LIMIT_EXCEEDED", service="health.googleapis.com")
    if scope and f"{GOOGLE_PREFIX}{scope}.readonly" not in claims.scope.split():
        message, reason = "Request had insufficient authentication scopes.", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
        refuse(403, "PERMISSION_DENIED", message, reason, service="health.googleapis.com")
    _account_is_ready()


def _account_is_ready() -> None:
    world = the_world()
    if world.service_disabled:
        console = "https://console.developers.google.com/apis/api/health.googleapis.com/overview?project=123456789012"
        message = f"Google Health API has not been used in project 123456789012 before or it is disabled. See {console}"
        refuse(403, "PERMISSION_DENIED", message, "SERVICE_DISABLED", service="health.googleapis.com")
    if world.account_not_linked:
        message, signup = "The account is not linked to Google Health.", "https://fitbit.google.com/auth/signup"
        refuse(400, "FAILED_PRECONDITION", message, "ACCOUNT_NOT_LINKED", redirect_uri=signup)


def _data_type(name: str) -> DataType:
    if name not in TYPES:
        _caller()
        invalid("INVALID_PARENT_DATA_TYPE_COLLECTION", f"Invalid parent data type collection: {name}", "parent")
    _caller(TYPES[name].scope)
    return TYPES[name]


# The person


@bp.get("/identity")
def identity() -> ResponseReturnValue:
    _caller()
    return jsonify(name="users/me/identity", healthUserId=GOOGLE_USER, legacyUserId="A1B2C3")


@bp.get("/settings")
def settings() -> ResponseReturnValue:
    _caller("settings")
    return jsonify(
        name="users/me/settings",
        timeZone=the_world().tz,
        utcOffset=wire.offset(the_world().local_now()),
        weightUnit="WEIGHT_UNIT_KILOGRAMS",
        distanceUnit="DISTANCE_UNIT_KILOMETERS",
        heightUnit="HEIGHT_UNIT_CENTIMETERS",
        languageLocale="en_US",
    )


@bp.get("/profile")
def profile() -> ResponseReturnValue:
    _caller("profile")
    return jsonify(name="users/me/profile", age=38, membershipStartDate={"year": 2019, "month": 3, "day": 2})


# Single points


@bp.get("/dataTypes/<name>/dataPoints")
def points(name: str) -> ResponseReturnValue:
    kind, text = _data_type(name), request.args.get("filter", "")
    if kind.fields is None:
        invalid("UNSUPPORTED_DATA_TYPE", f"Data type {name} does not support this method.", "parent")
    try:
        wanted = parse(text, kind.fields)
    except FilterError as error:
        detail = {"detailedReasons": error.reason} if error.reason else {}
        message = f"Invalid data point filter: {error}"
        refuse(400, "INVALID_ARGUMENT", message, "INVALID_DATA_POINT_FILTER", "filter", **detail)
    found = [item for item in _items(name) if _matches(item, wanted)]
    if request.args.get("dataSourceFamily", "").endswith("/google-wearables"):
        found = [item for item in found if isinstance(item, Sample) and not item.by_hand]
    civil = not the_world().omit_civil_time
    show = partial(wire.point, name, kind.key, civil=civil)
    return _page(found, "dataPoints", show, request.args.to_dict(), kind.page)


@bp.get("/dataTypes/<name>/dataPoints/<number>")
def single_point(name: str, number: str) -> ResponseReturnValue:
    kind = _data_type(name)
    found = next((item for item in _items(name) if str(item.number) == number), None)
    if found is None:
        refuse(404, "NOT_FOUND", "Requested entity was not found.", "RESOURCE_NOT_FOUND")
    return jsonify(wire.point(name, kind.key, found, civil=not the_world().omit_civil_time))


def _items(name: str) -> list[Sample] | list[Meal]:
    world = the_world()
    if name == "nutrition-log":
        return world.meals()
    if name == "steps":  # of every day on which the watch was worn
        return [Sample(day.toordinal(), world.noon(day), 8000, by_hand=False) for day in sorted(world.burned())[::-1]]
    return [] if name == "exercise" else world.samples(name)


def _matches(item: Sample | Meal, wanted: Iterable[Restriction]) -> bool:
    moments = {"physical": item.at.astimezone(UTC), "civil": item.at.replace(tzinfo=None)}
    return all(
        moments[clock] >= limit if operator == ">=" else moments[clock] < limit for clock, operator, limit in wanted
    )


def _page(
    items: list[Any], key: str, show: Callable[[Any], Any], query: dict[str, Any], default: int
) -> ResponseReturnValue:
    """A full page always announces another, so that the last one may be `{}`, as it may in reality."""
    try:
        size = min(int(query.get("pageSize") or default), default if default == 25 else 10_000)
    except (TypeError, ValueError):
        invalid("INVALID_ARGUMENT", "Invalid value at 'page_size' (TYPE_INT32)", "page_size")
    if size < 0:
        invalid("INVALID_ARGUMENT", "The page size must not be negative.", "page_size")
    start = _resume(query)
    shown = [show(item) for item in items[start : start + size]]
    answer: dict[str, Any] = {key: shown} if shown else {}
    if len(shown) == size:
        token = json.dumps([start + size, _fingerprint(query)]).encode()
        answer["nextPageToken"] = base64.urlsafe_b64encode(token).decode()
    return jsonify(answer)


def _fingerprint(query: dict[str, Any]) -> str:
    same = {key: value for key, value in query.items() if key != "pageToken"}
    return hashlib.sha256(json.dumps([request.path, same], sort_keys=True).encode()).hexdigest()[:12]


def _resume(query: dict[str, Any]) -> int:
    if not query.get("pageToken"):
        return 0
    try:
        start, fingerprint = json.loads(base64.urlsafe_b64decode(query["pageToken"]))
    except (ValueError, TypeError):
        start, fingerprint = 0, None
    if fingerprint != _fingerprint(query):
        invalid("INVALID_PAGE_TOKEN", "The page token does not belong to this request.", "page_token")
    return int(start)


# Days


@bp.post("/dataTypes/<name>/dataPoints:dailyRollUp")
def days(name: str) -> ResponseReturnValue:
    kind = _data_type(name)
    if kind.days == 0:
        invalid("UNSUPPORTED_DATA_TYPE", f"Data type {name} does not support this method.", "parent")
    query = request.get_json(silent=True)
    if not isinstance(query, dict):
        invalid("", "Invalid JSON payload received.")
    if query.get("windowSizeDays", 1) != 1:
        invalid("INVALID_ROLLUP_WINDOW", "Only windows of one day are simulated.", "window_size_days")
    first, end = _bound(query, "start"), _bound(query, "end")
    if end <= first:
        invalid("INVALID_TIME_RANGE", "The range must end after it starts.", "range")
    if end - first > timedelta(kind.days):
        invalid("INVALID_ROLLUP_QUERY_DURATION", f"The range must not exceed {kind.days} days.", "range")
    wanted = {day: value for day, value in _totals(name).items() if first.date() <= day and wire.midnight(day) < end}
    rows = sorted(wanted.items(), reverse=True)
    return _page(rows, "rollupDataPoints", lambda row: wire.row(kind.key, *row), query, kind.days)


def _bound(query: dict[str, Any], side: str) -> datetime:
    """Closed-open: an `end` of 00:00 leaves that day out, one of 23:59:59 takes it in."""
    try:
        civil = query["range"][side]
        clock = civil.get("time", {})
        time = [clock.get(unit, 0) for unit in ("hours", "minutes", "seconds")]
        return datetime(civil["date"]["year"], civil["date"]["month"], civil["date"]["day"], *time)  # noqa: DTZ001
    except (KeyError, TypeError, ValueError, AttributeError):
        invalid("INVALID_TIME_RANGE", f"Invalid value at 'range.{side}'", f"range.{side}")


def _totals(name: str) -> dict[date, dict[str, Any]]:
    """The value object of every day that has data; the others are absent."""
    world = the_world()
    if name == "total-calories":
        return {day: {"kcalSum": kcal} for day, kcal in world.burned().items()}
    if name == "active-energy-burned":
        return {day: {"kcalSum": round(kcal * (1 - RESTING), 2)} for day, kcal in world.burned().items()}
    if name == "nutrition-log":
        return {day: wire.eaten(sum(kcal)) for day, kcal in _by_day((m.at, m.kcal) for m in world.meals()).items()}
    label = "weightGramsAvg" if name == "weight" else "bodyFatPercentageAvg"
    values = _by_day((sample.at, sample.value) for sample in world.samples(name))
    return {day: {label: round(sum(many) / len(many), 2)} for day, many in values.items()}


def _by_day(values: Iterable[tuple[datetime, float]]) -> dict[date, list[float]]:
    days: dict[date, list[float]] = {}
    for at, value in values:
        days.setdefault(at.date(), []).append(value)
    return days
