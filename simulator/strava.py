"""Strava API v3 as a client sees it: docs/providers.md, Strava 3, 4, 6, 7."""

from datetime import UTC, datetime
from typing import NoReturn

from flask import Blueprint, Response, abort, g, jsonify, request
from flask.typing import ResponseReturnValue

from simulator.consent import now, the_world
from simulator.strava_oauth import athlete as summary
from simulator.strava_oauth import fault
from simulator.tokens import Claims
from simulator.training import DETAIL_ONLY, Activity, stamp

bp = Blueprint("strava", __name__, url_prefix="/strava")
QUARTER, DAY = 900, 86400
SHOES = {"id": "g12345678", "primary": True, "name": "Pegasus 41", "nickname": "Blue"}
BIKE = {"id": "b1234567", "primary": True, "name": "Road", "nickname": "Road"}
WORN = {"resource_state": 2, "retired": False, "distance": 412345, "converted_distance": 412.3}
GEAR = {"g12345678": SHOES | WORN, "b1234567": BIKE | WORN}


def _caller() -> Claims:
    """The token's claims, after everything that Strava refuses before it looks at the request itself."""
    world, token = the_world(), (request.authorization.token if request.authorization else None) or ""
    claims = world.tokens.read(token, "strava", "access")
    if claims is None or claims.expires <= now():
        fault(401, "Authorization Error", "Athlete", "access_token", "invalid")
    _count(claims.client)
    if world.subscription_inactive:
        fault(403, "Forbidden", "Application", "Status", "Inactive")
    return claims


def _count(client: str) -> None:
    """A refused call counts for the day, but no longer for the quarter hour."""
    world = the_world()
    per_quarter, per_day = (min(limits) for limits in zip(*world.strava_limits, strict=True))
    full = world.count(client, QUARTER, 0) >= per_quarter or world.count(client, DAY, 0) >= per_day
    quarter = world.count(client, QUARTER, 0 if full else 1)
    g.usage = f"{quarter},{world.count(client, DAY)}"
    if full:
        fault(429, "Rate Limit Exceeded", "Application", "rate limit", "exceeded")


@bp.after_request
def _limits(response: Response) -> Response:
    """As recorded, 401 and 404 come without the four headers."""
    if "usage" in g and response.status_code not in (401, 404):
        for name, limit in zip(("X-RateLimit", "X-ReadRateLimit"), the_world().strava_limits, strict=True):
            response.headers[f"{name}-Limit"] = "{},{}".format(*limit)
            response.headers[f"{name}-Usage"] = g.usage
    return response


def _sees_activities(claims: Claims) -> set[str]:
    scopes = set(claims.scope.replace(",", " ").split())
    if not scopes & {"activity:read", "activity:read_all"}:
        fault(401, "Authorization Error", "AccessToken", "activity:read_permission", "missing")
    return scopes


def _visible(claims: Claims) -> list[Activity]:
    everything = "activity:read_all" in _sees_activities(claims)
    return [a for a in the_world().activities() if everything or a["visibility"] != "only_me"]


def _number(name: str, default: int) -> int:
    text = request.args.get(name, "")
    if text and not text.isdecimal():
        fault(400, "Bad Request", "Application", name, "invalid")
    return int(text) if text else default


@bp.post("/oauth/deauthorize")
def deauthorize() -> ResponseReturnValue:
    the_world().tokens.kill(_caller().grant)
    return jsonify(access_token=request.authorization.token if request.authorization else None)


@bp.get("/api/v3/athlete")
def athlete() -> ResponseReturnValue:
    if "profile:read_all" not in _caller().scope.split(","):
        return jsonify(summary())
    private = {
        "blocked": False,
        "can_follow": False,
        "follower_count": 5,
        "friend_count": 5,
        "mutual_friend_count": 0,
        "athlete_type": 1,
        "date_preference": "%m/%d/%Y",
        "measurement_preference": "meters",
        "clubs": [],
        "postable_clubs_count": 0,
        "ftp": None,
        "bikes": [GEAR["b1234567"]],
        "shoes": [GEAR["g12345678"]],
    }
    return jsonify(summary() | {"resource_state": 3} | private)


@bp.get("/api/v3/athlete/activities")
def activities() -> ResponseReturnValue:
    found = _visible(_caller())
    after, before = _number("after", -1), _number("before", -1)
    page, size = _number("page", 1), _number("per_page", 30)
    if after > now():
        fault(400, "Bad Request", "Application", "after", "future")
    if not 1 <= size <= 200 or page < 1:
        fault(400, "Bad Request", "Application", "page" if page < 1 else "per_page", "invalid")
    if after >= 0:
        found = [a for a in found if a["start_date"] > _instant(after)]
    if before >= 0:
        found = [a for a in found if a["start_date"] < _instant(before)]
    if after < 0 or before >= 0:
        found.reverse()
    shown = found[(page - 1) * size : page * size]
    if page == 2 and len(found) > page * size:
        shown = shown[: size - the_world().short_page]
    return jsonify([{key: value for key, value in a.items() if key not in DETAIL_ONLY} for a in shown])


def _instant(epoch: int) -> str:
    """In the form of start_date, which sorts as text; a number beyond any date is beyond any activity."""
    try:
        return stamp(datetime.fromtimestamp(epoch, UTC))
    except (ValueError, OverflowError):
        return "9999"


@bp.get("/api/v3/activities/<int:number>")
def activity(number: int) -> ResponseReturnValue:
    found = next((a for a in _visible(_caller()) if a["id"] == number), None)
    if number in the_world().broken_ids:
        return jsonify(message="error"), 500
    return _gone() if found is None else jsonify(_detail(found))


def _gone() -> NoReturn:
    if the_world().empty_404:
        abort(Response(status=404))
    fault(404, "Record Not Found", "Activity", "id", "invalid")


def _detail(found: Activity) -> Activity:
    line = found["map"]["summary_polyline"]
    route = {"id": found["map"]["id"], "polyline": line, "resource_state": 3, "summary_polyline": line}
    gear = GEAR.get(found["gear_id"])
    return {
        **found,
        "resource_state": 3,
        "description": found.get("description"),
        "perceived_exertion": None,
        "prefer_perceived_exertion": False,
        "private_note": "",
        "hide_from_home": False,
        "embed_token": f"{found['id']:x}",
        "map": route,
        **({"gear": gear} if gear else {}),
        "photos": {"primary": None, "count": 0},
        "stats_visibility": [{"type": "heart_rate", "visibility": "everyone"}],
        "available_zones": ["heartrate", "pace"] if found["has_heartrate"] else [],
        "segment_efforts": [],
        "best_efforts": [],
        "splits_metric": [],
        "splits_standard": [],
        "laps": [_lap(found)],
    }


def _lap(found: Activity) -> Activity:
    lap = {"id": found["id"] + 36_000_000_000, "resource_state": 2, "name": "Lap 1"}
    lap["activity"] = {"id": found["id"], "resource_state": 1}
    shared = ("athlete", "elapsed_time", "moving_time", "start_date", "start_date_local", "distance")
    lap |= {key: found[key] for key in (*shared, "average_speed", "max_speed")}
    return lap | {"lap_index": 1, "split": 1, "total_elevation_gain": found["total_elevation_gain"]}
