"""The simulator must be as strict as the providers, or every other test proves nothing."""

import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
import requests

from simulator.athlete import SLOT, account
from simulator.faults import GOOGLE_PREFIX
from simulator.server import Serving, serve
from simulator.training import finish
from simulator.world import World
from tests.serving import PATIENCE

ZONE = "Europe/Berlin"
NOW = datetime(2026, 11, 22, 10, 7, 30, tzinfo=UTC).timestamp()
CIVIL = 'weight.sample_time.civil_time >= "2026-11-20"'
WEIGHT = f"{GOOGLE_PREFIX}health_metrics_and_measurements.readonly"
Get = Callable[..., requests.Response]


class Clock:
    now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def running(clock: Clock) -> Iterator[Serving]:
    with serve(World.empty(tz=ZONE, clock=clock)) as serving:
        yield serving


@pytest.fixture
def world(running: Serving) -> World:
    return running.world


@pytest.fixture
def strava(running: Serving) -> Get:
    return caller(f"{running.url}/strava/api/v3", running.world.issue("strava"))


@pytest.fixture
def google(running: Serving) -> Get:
    return caller(f"{running.url}/google/v4/users/me", running.world.issue("google"))


def caller(base: str, tokens: dict[str, Any]) -> Get:
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}

    def call(path: str, body: Any = None, **params: Any) -> requests.Response:
        method = "GET" if body is None else "POST"
        return requests.request(method, base + path, params=params, json=body, headers=headers, timeout=PATIENCE)

    return call


def consent(running: Serving, path: str, **query: str) -> dict[str, str]:
    sent = {"client_id": "7", "redirect_uri": "http://localhost:5000/back?x=1", "response_type": "code", "state": "s"}
    answer = requests.get(running.url + path, params=sent | query, allow_redirects=False, timeout=PATIENCE)
    assert answer.status_code == 302, answer.text
    assert answer.headers["Location"].startswith("http://localhost:5000/back?x=1&")
    return {key: values[0] for key, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def post(running: Serving, path: str, **form: str) -> requests.Response:
    return requests.post(running.url + path, data={"client_id": "7", "client_secret": "x"} | form, timeout=PATIENCE)


def at(*parts: int) -> datetime:
    """A naive local time, as a test that lives in the athlete's zone wants it."""
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


def rollup(first: date, end: date, **more: Any) -> dict[str, Any]:
    sides = {
        name: {"date": {"year": d.year, "month": d.month, "day": d.day}} for name, d in (("start", first), ("end", end))
    }
    return {"range": sides, "windowSizeDays": 1, **more}


def reason(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["details"][0]["reason"]


# The athlete


def test_two_worlds_with_the_same_seed_and_clock_answer_the_same(clock: Clock) -> None:
    one, other = World(tz=ZONE, clock=clock), World(tz=ZONE, clock=clock)
    assert json.dumps(one.activities()) == json.dumps(other.activities())
    assert (one.samples("weight"), one.meals(), one.burned()) == (
        other.samples("weight"),
        other.meals(),
        other.burned(),
    )
    assert one.activities() != World(seed="another", tz=ZONE, clock=clock).activities()


def test_history_is_the_same_a_day_later() -> None:
    today, tomorrow = (account("s", NOW + days * 86400, ZONE) for days in (0, 1))
    assert today.activities[:-20] == tomorrow.activities[: len(today.activities) - 20]
    assert today.weights[:-10] == tomorrow.weights[: len(today.weights) - 10]


def test_two_believable_years_lie_behind_the_athlete() -> None:
    past = account("sevenday", NOW, ZONE)
    assert 500 < len(past.activities) < 800
    assert {"Run", "Ride", "GravelRide", "TrailRun", "Yoga", "Parkour"} <= {a["sport_type"] for a in past.activities}
    assert len({a["id"] for a in past.activities}) == len(past.activities)
    assert min(a["id"] for a in past.activities) > 2**33
    assert any("<b>" in a["name"] for a in past.activities)
    assert any("🏃" in a["name"] for a in past.activities)
    assert any(type(a["max_speed"]) is int and a["max_speed"] for a in past.activities)
    assert any(a["start_date_local"].endswith("T00:00:01Z") for a in past.activities)
    assert {19800.0, 3600.0, 7200.0} == {a["utc_offset"] for a in past.activities}
    assert {int, float} == {type(sample.value) for sample in past.weights}
    assert 77_000 < past.weights[0].value < 79_500
    assert 71_500 < past.weights[-1].value < 73_500
    missing = len(past.burned) - len({sample.at.date() for sample in past.weights})
    assert 0.1 < missing / len(past.burned) < 0.25
    assert 2150 < min(list(past.burned.values())[:-1]) < max(past.burned.values()) < 3000


def seen(now: float) -> str:
    """What a board of today and yesterday could show, without the calories burned that grow all the time."""
    known, today = account("sevenday", now, ZONE), datetime.fromtimestamp(now, ZoneInfo(ZONE)).date()
    days = (today - timedelta(1), today)
    trained = [
        (a["name"], a["distance"]) for a in known.activities if date.fromisoformat(a["start_date_local"][:10]) in days
    ]
    weights = [round(sample.value / 1000, 1) for sample in known.weights if sample.at.date() in days]
    return repr((trained, weights, [meal.kcal for meal in known.meals if meal.at.date() in days]))


@pytest.mark.parametrize("start", ["2026-11-22T08:00", "2026-11-22T22:30", "2027-03-28T00:00", "2026-10-25T00:00"])
def test_life_changes_something_every_minute_and_stays_within_bounds(start: str) -> None:
    first = datetime.fromisoformat(start).replace(tzinfo=UTC).timestamp()
    views = []
    for now in (first + n * SLOT for n in range(3 * 180)):
        views.append(seen(now))
        stays_believable(now)
    assert all(len(set(views[n : n + 4])) > 1 for n in range(len(views) - 4))


def stays_believable(now: float) -> None:
    quiet, known = account("sevenday", now, ZONE, life=False), account("sevenday", now, ZONE)
    moment = datetime.fromtimestamp(now, ZoneInfo(ZONE))
    assert len(known.activities) - len(quiet.activities) in (4, 5)
    assert max(finish(a) for a in known.activities[-20:]) <= moment
    assert max(sample.at for sample in (*known.weights, *known.fats)) <= moment
    assert max(meal.at for meal in known.meals) <= moment
    days = {meal.at.date() for meal in known.meals[-30:]}
    assert max(sum(meal.kcal for meal in known.meals[-60:] if meal.at.date() == day) for day in days) <= 3200
    assert all(70_000 < sample.value < 76_000 for sample in known.weights[-9:])


def test_a_monday_at_ten_past_midnight_is_not_empty() -> None:
    now = datetime(2026, 11, 23, 0, 1, 20, tzinfo=ZoneInfo(ZONE))
    known, today = account("sevenday", now.timestamp(), ZONE), now.date()
    assert [sample for sample in known.weights if sample.at.date() == today]
    assert [meal for meal in known.meals if meal.at.date() == today]
    assert 0 < known.burned[today] < 10
    later = account("sevenday", now.timestamp() + 25 * 60, ZONE)
    assert [a for a in later.activities if a["start_date_local"].startswith("2026-11-23")]


def test_a_long_history_is_listed_quickly(clock: Clock) -> None:
    world = World(tz=ZONE, clock=clock, years=15)
    with serve(world) as running:
        strava = caller(f"{running.url}/strava/api/v3", world.issue("strava"))
        assert len(strava("/athlete/activities", per_page=200, page=20).json()) == 200
        clock.now += SLOT
        assert strava("/athlete/activities", per_page=200).elapsed < timedelta(seconds=0.25)


# Strava


def test_strava_consent_gives_tokens_once_per_code(running: Serving) -> None:
    back = consent(running, "/strava/oauth/authorize", scope="read,activity:read_all")
    assert list(back) == ["x", "state", "code", "scope"]
    answer = post(running, "/strava/oauth/token", code=back["code"], grant_type="authorization_code")
    keys = ["token_type", "expires_at", "expires_in", "refresh_token", "access_token", "scope", "athlete"]
    assert list(answer.json()) == keys
    assert (answer.json()["scope"], answer.json()["expires_in"]) == ("read activity:read_all", 21600)
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert not [name for name in answer.headers if "ratelimit" in name.lower()]
    again = post(running, "/strava/oauth/token", code=back["code"], grant_type="authorization_code")
    assert again.json()["errors"] == [{"resource": "AuthorizationCode", "field": "code", "code": "invalid"}]


def test_a_strava_refresh_keeps_the_access_token_while_more_than_an_hour_is_left(
    running: Serving, clock: Clock
) -> None:
    tokens = running.world.issue("strava")
    clock.now += 21600 - 3601
    kept = post(
        running, "/strava/oauth/token", grant_type="refresh_token", refresh_token=tokens["refresh_token"]
    ).json()
    assert kept == {"token_type": "Bearer", **tokens, "expires_in": 3601}
    clock.now += 1
    new = post(running, "/strava/oauth/token", grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json()
    assert (new["expires_in"], new["refresh_token"]) == (21600, tokens["refresh_token"])
    for token in (tokens, new):
        assert caller(f"{running.url}/strava/api/v3", token)("/athlete").status_code == 200


def test_a_rotated_strava_refresh_token_is_dead_at_once(running: Serving) -> None:
    running.world.rotate_refresh_tokens = True
    old = running.world.issue("strava")["refresh_token"]
    new = post(running, "/strava/oauth/token", grant_type="refresh_token", refresh_token=old).json()["refresh_token"]
    answers = [post(running, "/strava/oauth/token", grant_type="refresh_token", refresh_token=t) for t in (old, new)]
    assert [answer.status_code for answer in answers] == [400, 200]
    assert answers[0].json() == {
        "message": "Bad Request",
        "errors": [{"resource": "RefreshToken", "field": "refresh_token", "code": "invalid"}],
    }


def test_strava_takes_credentials_from_the_form_only_and_knows_its_clients(running: Serving) -> None:
    running.world.clients = {"7": "right"}
    basic = requests.post(f"{running.url}/strava/oauth/token", auth=("7", "right"), timeout=PATIENCE)
    assert basic.json()["errors"][0]["field"] == "client_id"
    assert post(running, "/strava/oauth/token").json()["errors"][0]["field"] == "client_secret"
    assert post(running, "/strava/oauth/token", client_id="8").json()["errors"][0]["field"] == "client_id"


def test_strava_revoke_kills_the_pair_and_answers_empty_even_for_strangers(running: Serving) -> None:
    tokens = running.world.issue("strava")
    for token in ("stranger", tokens["refresh_token"]):
        answer = requests.post(
            f"{running.url}/strava/oauth/revoke", auth=("7", "x"), data={"token": token}, timeout=PATIENCE
        )
        assert (answer.status_code, answer.content) == (200, b"")
    refused = caller(f"{running.url}/strava/api/v3", tokens)("/athlete")
    assert refused.json()["errors"] == [{"resource": "Athlete", "field": "access_token", "code": "invalid"}]


def test_deauthorize_returns_the_token_with_rate_headers_and_kills_it(strava: Get, running: Serving) -> None:
    tokens = running.world.issue("strava")
    gone = caller(f"{running.url}/strava/oauth", tokens)("/deauthorize", body={})
    assert gone.json() == {"access_token": tokens["access_token"]}
    assert gone.headers["X-ReadRateLimit-Usage"] == "1,1"
    assert caller(f"{running.url}/strava/api/v3", tokens)("/athlete").status_code == 401


def test_a_denied_or_narrowed_consent_reaches_the_product(running: Serving) -> None:
    running.world.granted_scopes = {"strava": "read", "google": WEIGHT}
    assert consent(running, "/strava/oauth/authorize", scope="read,activity:read_all")["scope"] == "read"
    assert consent(running, "/google/auth", scope=" ".join(running.world.google_scopes))["scope"] == WEIGHT
    running.world.deny = {"strava", "google"}
    for path, scope in (("/strava/oauth/authorize", "read"), ("/google/auth", WEIGHT)):
        assert consent(running, path, scope=scope) == {"x": "1", "state": "s", "error": "access_denied"}


def test_a_summary_has_the_keys_of_a_real_one_in_their_order(strava: Get, world: World) -> None:
    run = world.add_activity(name="Lunch <b>", start_date_local=at(2026, 7, 18, 6, 5, 10), distance=10012.4)
    yoga = world.add_activity(sport_type="Yoga", start_date_local="2026-07-17T20:40:00Z", visibility="only_me")
    summary, manual = strava("/athlete/activities").json()
    assert " ".join(summary) == (
        "resource_state athlete name distance moving_time elapsed_time total_elevation_gain type sport_type "
        "workout_type device_name id start_date start_date_local timezone utc_offset location_city location_state "
        "location_country achievement_count kudos_count comment_count athlete_count photo_count map trainer commute "
        "manual private visibility flagged gear_id start_latlng end_latlng average_speed max_speed average_cadence "
        "average_temp has_heartrate average_heartrate max_heartrate heartrate_opt_out display_hide_heartrate_option "
        "elev_high elev_low upload_id upload_id_str external_id from_accepted_tag pr_count total_photo_count "
        "has_kudoed suffer_score"
    )
    assert (summary["id"], summary["start_date"], summary["utc_offset"]) == (run, "2026-07-18T04:05:10Z", 7200.0)
    assert summary["timezone"] == "(GMT+01:00) Europe/Berlin"
    absent = "workout_type device_name average_cadence average_temp average_heartrate max_heartrate elev_high elev_low "
    assert " ".join(key for key in summary if key not in manual) == absent + "upload_id_str suffer_score"
    assert (manual["id"], manual["private"], manual["upload_id"], manual["gear_id"]) == (yoga, True, None, None)
    assert (manual["start_latlng"], manual["map"]["summary_polyline"], manual["max_speed"]) == ([], "", 0)


def test_activities_are_filtered_by_start_and_ordered_by_the_parameters(strava: Get, world: World) -> None:
    ids = [world.add_activity(start_date_local=f"2026-11-{day:02d}T08:00:00Z") for day in (1, 2, 3)]
    after = int(datetime(2026, 11, 1, 12, tzinfo=UTC).timestamp())

    def listed(**query: int) -> list[int]:
        return [a["id"] for a in strava("/athlete/activities", **query).json()]

    assert listed() == listed(before=int(NOW)) == ids[::-1]
    assert listed(after=after) == ids[1:]
    assert listed(after=after, before=int(NOW)) == ids[:0:-1]
    assert listed(page=2) == []
    future = strava("/athlete/activities", after=int(NOW * 1000))
    assert future.json()["errors"] == [{"resource": "Application", "field": "after", "code": "future"}]
    assert strava("/athlete/activities", per_page=201).status_code == 400


def test_only_me_and_missing_scopes_are_respected(running: Serving, world: World) -> None:
    hidden = world.add_activity(visibility="only_me")
    base = f"{running.url}/strava/api/v3"
    narrow = caller(base, world.issue("strava", scope="read,activity:read"))
    assert narrow("/athlete/activities").json() == []
    assert narrow(f"/activities/{hidden}").json()["message"] == "Record Not Found"
    refused = caller(base, world.issue("strava", scope="read"))("/athlete/activities")
    expected = {"resource": "AccessToken", "field": "activity:read_permission", "code": "missing"}
    assert (refused.status_code, refused.json()["errors"]) == (401, [expected])
    assert narrow("/athlete").json()["resource_state"] == 2


def test_the_detail_has_calories_and_a_short_page_is_not_the_last(strava: Get, world: World) -> None:
    ids = [world.add_activity(start_date_local=at(2026, 11, 1, hour), calories=500.5) for hour in range(6)]
    detail = strava(f"/activities/{ids[0]}").json()
    assert (detail["calories"], detail["resource_state"], detail["laps"][0]["lap_index"]) == (500.5, 3, 1)
    assert "calories" not in strava("/athlete/activities").json()[0]
    world.short_page = 1
    assert [len(strava("/athlete/activities", per_page=2, page=n).json()) for n in (1, 2, 3, 4)] == [2, 1, 2, 0]
    world.broken_ids = {ids[0]}
    assert strava(f"/activities/{ids[0]}").json() == {"message": "error"}
    world.empty_404 = True
    world.delete_activity(ids[1])
    assert (strava(f"/activities/{ids[1]}").status_code, strava(f"/activities/{ids[1]}").content) == (404, b"")


def test_strava_limits_count_by_quarter_hour_and_day_and_refused_calls_for_the_day(
    strava: Get, world: World, clock: Clock
) -> None:
    world.strava_limits = ((200, 2000), (2, 5))
    answers = [strava("/athlete") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert answers[3].headers["X-RateLimit-Limit"] == "200,2000"
    assert [answer.headers["X-ReadRateLimit-Usage"] for answer in answers] == ["1,1", "2,2", "2,3", "2,4"]
    assert "Retry-After" not in answers[3].headers
    clock.now += 450
    assert strava("/athlete").headers["X-ReadRateLimit-Usage"] == "1,5"
    assert strava("/athlete").status_code == 429
    clock.now += 14 * 3600
    world.subscription_inactive = True
    inactive = {"resource": "Application", "field": "Status", "code": "Inactive"}
    world.revoke_all()
    assert strava("/athlete").status_code == 401
    with_new = caller(strava("/athlete").url.removesuffix("/athlete"), world.issue("strava"))
    assert with_new("/athlete").json() == {"message": "Forbidden", "errors": [inactive]}


# Google


def test_google_consent_with_pkce_gives_a_refresh_token_only_when_asked_for_offline(running: Serving) -> None:
    running.world.testing_mode = True
    challenge = base64.urlsafe_b64encode(hashlib.sha256(b"verifier").digest()).decode().rstrip("=")
    asked = {"scope": WEIGHT, "code_challenge": challenge, "code_challenge_method": "S256", "prompt": "consent"}
    form = {"grant_type": "authorization_code", "redirect_uri": "http://localhost:5000/back?x=1"}
    code = consent(running, "/google/auth", **asked, access_type="offline")["code"]
    full = post(running, "/google/token", **form, code=code, code_verifier="verifier").json()
    assert " ".join(full) == "access_token expires_in refresh_token refresh_token_expires_in scope token_type"
    assert (full["expires_in"], full["refresh_token_expires_in"], full["scope"]) == (3599, 604_799, WEIGHT)
    code = consent(running, "/google/auth", **asked)["code"]
    assert post(running, "/google/token", **form, code=code, code_verifier="wrong").json()["error"] == "invalid_grant"
    code = consent(running, "/google/auth", **asked)["code"]
    online = post(running, "/google/token", **form, code=code, code_verifier="verifier").json()
    assert list(online) == ["access_token", "expires_in", "scope", "token_type"]


def test_google_refreshes_without_a_new_refresh_token_until_it_is_revoked(running: Serving) -> None:
    refresh = {"grant_type": "refresh_token", "refresh_token": running.world.issue("google")["refresh_token"]}
    answer = post(running, "/google/token", **refresh).json()
    assert list(answer) == ["access_token", "expires_in", "scope", "token_type"]
    assert caller(f"{running.url}/google/v4/users/me", answer)("/identity").json()["legacyUserId"] == "A1B2C3"
    assert post(running, "/google/revoke", token=refresh["refresh_token"]).json() == {}
    assert post(running, "/google/revoke", token=refresh["refresh_token"]).status_code == 400
    dead = {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
    assert post(running, "/google/token", **refresh).json() == dead
    running.world.clients = {"7": "right"}
    unknown = post(running, "/google/token", **refresh)
    assert (unknown.status_code, unknown.json()["error"]) == (401, "invalid_client")


def test_tokens_survive_a_restart_of_the_simulator(running: Serving, clock: Clock) -> None:
    elsewhere = World.empty(clock=clock)
    assert caller(f"{running.url}/strava/api/v3", elsewhere.issue("strava"))("/athlete").status_code == 200
    foreign = World.empty(seed="other", clock=clock)
    assert caller(f"{running.url}/strava/api/v3", foreign.issue("strava"))("/athlete").status_code == 401


def test_a_weight_point_is_in_grams_with_three_kinds_of_time(google: Get, world: World) -> None:
    name = world.add_weight(72.45, at(2026, 11, 20, 0, 30, 0, 749348), fat=18.5)
    world.add_weight(73, at(2026, 11, 19))
    late, early = google("/dataTypes/weight/dataPoints").json()["dataPoints"]
    civil = {"date": {"year": 2026, "month": 11, "day": 20}, "time": {"minutes": 30, "nanos": 749348000}}
    moment = {"physicalTime": "2026-11-19T23:30:00.749348Z", "utcOffset": "3600s", "civilTime": civil}
    assert late == {
        "name": name,
        "dataSource": {"recordingMethod": "MANUAL", "platform": "FITBIT"},
        "weight": {"sampleTime": moment, "weightGrams": 72450},
    }
    assert early["weight"]["sampleTime"]["civilTime"]["time"] == {}
    fat = google("/dataTypes/body-fat/dataPoints").json()["dataPoints"][0]
    assert fat["bodyFat"] == {"sampleTime": moment, "percentage": 18.5}
    world.edit_weight(name, 72.0001)
    world.omit_civil_time = True
    edited = google("/dataTypes/weight/dataPoints").json()["dataPoints"][0]
    assert (edited["name"], edited["weight"]["weightGrams"]) == (name, 72000.1)
    assert "civilTime" not in edited["weight"]["sampleTime"]
    world.delete_weight(name)
    assert len(google("/dataTypes/weight/dataPoints").json()["dataPoints"]) == 1


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (CIVIL, 1),
        ('weight.sample_time.civil_time >= "2026-11-19" AND weight.sample_time.civil_time < "2026-11-20T00:30:00"', 1),
        ('weight.sample_time.physical_time >= "2026-11-19T23:30:00Z"', 1),
        ('weight.sample_time.physical_time < "2026-11-20T00:30:01+01:00"', 2),
    ],
)
def test_a_filter_selects_by_civil_or_physical_time(google: Get, world: World, text: str, count: int) -> None:
    for day, minute in ((19, 0), (20, 30)):
        world.add_weight(72, at(2026, 11, day, 0, minute))
    assert len(google("/dataTypes/weight/dataPoints", filter=text).json()["dataPoints"]) == count


@pytest.mark.parametrize(
    ("data_type", "text", "detail"),
    [
        ("weight", 'weight.sample_time.civil_time <= "2026-11-20"', "RESTRICTION_COMPARATOR"),
        ("weight", 'weight.interval.civil_start_time >= "2026-11-20"', "DATA_TYPE_MEMBER"),
        ("weight", 'body_fat.sample_time.civil_time >= "2026-11-20"', "DATA_TYPE_RESTRICTION"),
        ("nutrition-log", 'nutrition_log.sample_time.civil_time >= "2026-11-20"', "DATA_TYPE_MEMBER"),
        ("exercise", 'exercise.interval.start_time >= "2026-11-20T00:00:00Z"', "DATA_TYPE_MEMBER"),
        ("weight", "weight.sample_time.civil_time >= 2026-11-20", None),
        ("weight", 'weight.sample_time.civil_time >= "2026-11-20Z"', None),
        ("weight", 'weight.sample_time.civil_time >= "2026-1-1" and x', None),
        ("weight", f'{CIVIL} AND weight.sample_time.physical_time < "2026-11-20T00:00:00Z"', "MIXED_TIME_RESTRICTIONS"),
    ],
)
def test_a_wrong_filter_is_refused(google: Get, data_type: str, text: str, detail: str | None) -> None:
    answer = google(f"/dataTypes/{data_type}/dataPoints", filter=text)
    assert reason(answer) == (400, "INVALID_DATA_POINT_FILTER")
    reasons = answer.json()["error"]["details"][0].get("metadata", {}).get("detailedReasons")
    assert reasons == (detail and f"INVALID_DATA_POINT_FILTER_{detail}")


def test_pages_end_with_an_empty_object_and_a_token_fits_its_own_filter_only(google: Get, world: World) -> None:
    assert google("/dataTypes/weight/dataPoints").json() == {}
    for day in (1, 2, 3, 4):
        world.add_weight(72 + day / 10, at(2026, 11, day, 7))
    first = google("/dataTypes/weight/dataPoints", pageSize=2).json()
    second = google("/dataTypes/weight/dataPoints", pageSize=2, pageToken=first["nextPageToken"]).json()
    grams = [point["weight"]["weightGrams"] for point in first["dataPoints"] + second["dataPoints"]]
    assert grams == [72400, 72300, 72200, 72100]
    assert google("/dataTypes/weight/dataPoints", pageSize=2, pageToken=second["nextPageToken"]).json() == {}
    assert google("/dataTypes/weight/dataPoints", pageSize=3, pageToken=first["nextPageToken"]).status_code == 400


def test_a_daily_roll_up_is_closed_open_newest_first_and_leaves_absent_days_out(google: Get, world: World) -> None:
    for day, kcal in ((18, 2302.5), (20, 2411.37), (21, 999)):
        world.set_burned(date(2026, 11, day), kcal)
        world.set_eaten(date(2026, 11, day), 1986)
    world.set_eaten(date(2026, 11, 18), None)
    asked = rollup(date(2026, 11, 18), date(2026, 11, 21))
    rows = google("/dataTypes/total-calories/dataPoints:dailyRollUp", asked).json()["rollupDataPoints"]
    assert rows[0] == {
        "civilStartTime": {"date": {"year": 2026, "month": 11, "day": 20}, "time": {}},
        "civilEndTime": {"date": {"year": 2026, "month": 11, "day": 21}, "time": {}},
        "totalCalories": {"kcalSum": 2411.37},
    }
    assert [row["civilStartTime"]["date"]["day"] for row in rows] == [20, 18]
    eaten = google("/dataTypes/nutrition-log/dataPoints:dailyRollUp", asked).json()["rollupDataPoints"]
    assert [row["nutritionLog"]["energy"] for row in eaten] == [{"kcalSum": 1986}]
    civil = 'nutrition_log.interval.civil_start_time >= "2026-11-20"'
    meals = google("/dataTypes/nutrition-log/dataPoints", filter=civil).json()["dataPoints"]
    assert [meal["nutritionLog"]["energy"]["kcal"] for meal in meals] == [1986, 1986]
    assert google("/dataTypes/weight/dataPoints:dailyRollUp", asked).json() == {}


def test_a_roll_up_that_is_too_long_or_unknown_is_refused(google: Get, running: Serving) -> None:
    first, path = date(2026, 9, 1), "/dataTypes/{}/dataPoints:dailyRollUp"
    for name, days in (("total-calories", 14), ("nutrition-log", 90), ("weight", 90), ("active-energy-burned", 90)):
        assert google(path.format(name), rollup(first, first + timedelta(days))).status_code == 200
        too_long = google(path.format(name), rollup(first, first + timedelta(days + 1)))
        assert reason(too_long) == (400, "INVALID_ROLLUP_QUERY_DURATION")
    assert reason(google(path.format("weight"), rollup(first, first))) == (400, "INVALID_TIME_RANGE")
    assert reason(google(path.format("calories"), rollup(first, first))) == (400, "INVALID_PARENT_DATA_TYPE_COLLECTION")
    assert google("/dataTypes/total-calories/dataPoints").status_code == 400
    token = {"Authorization": f"Bearer {running.world.issue('google')['access_token']}"}
    form = requests.post(
        f"{running.url}/google/v4/users/me{path.format('weight')}", data={"a": 1}, headers=token, timeout=5
    )
    assert form.status_code == 400
    assert google("/dataTypes/weight/points").text.startswith("<!DOCTYPE html>")


def test_google_refuses_by_token_scope_service_and_account(running: Serving, world: World, clock: Clock) -> None:
    base = f"{running.url}/google/v4/users/me"
    nobody = requests.get(f"{base}/identity", timeout=PATIENCE)
    assert reason(nobody) == (401, "CREDENTIALS_MISSING")
    expired = caller(base, world.issue("google", expires_in=0))("/identity")
    assert (expired.status_code, expired.json()["error"]["status"]) == (401, "UNAUTHENTICATED")
    assert 'error="invalid_token"' in expired.headers["WWW-Authenticate"]
    narrow = caller(base, world.issue("google", scope=WEIGHT))
    assert reason(narrow("/dataTypes/total-calories/dataPoints")) == (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT")
    assert reason(narrow("/settings")) == (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT")
    world.account_not_linked = True
    assert reason(narrow("/identity")) == (400, "ACCOUNT_NOT_LINKED")
    world.service_disabled = True
    assert reason(narrow("/identity")) == (403, "SERVICE_DISABLED")
    world.google_limit = 0
    assert reason(narrow("/identity")) == (429, "RATE_LIMIT_EXCEEDED")


def test_settings_and_profile_tell_the_time_zone_but_no_weight(google: Get) -> None:
    settings = google("/settings").json()
    assert (settings["timeZone"], settings["utcOffset"]) == (ZONE, "3600s")
    assert list(google("/profile").json()) == ["name", "age", "membershipStartDate"]


# Faults and the program


def test_each_fault_replaces_the_next_answers_of_its_route_only(
    strava: Get, google: Get, world: World, running: Serving
) -> None:
    world.fail("/athlete", status=502, body="<html>502</html>", headers={"X-Cache": "Error"}, times=2)
    for _ in range(2):
        bad = strava("/athlete")
        assert (bad.status_code, bad.text, bad.headers["X-Cache"]) == (502, "<html>502</html>", "Error")
    assert (google("/identity").status_code, strava("/athlete").status_code) == (200, 200)
    world.fail("/identity", status=500, body={"message": "error"})
    assert google("/identity").json() == {"message": "error"}
    world.fail("/identity", body="{not json")
    with pytest.raises(requests.exceptions.JSONDecodeError):
        google("/identity").json()
    world.fail("/identity", delay=0.05)
    assert google("/identity").elapsed >= timedelta(seconds=0.05)
    world.fail("/identity", delay=0.3)
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.get(f"{running.url}/google/v4/users/me/identity", timeout=0.05)
    world.fail("/identity", truncate=True)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        google("/identity")


def test_every_request_is_kept_for_assertions(strava: Get, google: Get, world: World) -> None:
    strava("/athlete/activities", per_page=2)
    google("/dataTypes/weight/dataPoints:dailyRollUp", {"windowSizeDays": 1})
    kept = list(world.requests)
    assert kept[0] == ("GET", "/strava/api/v3/athlete/activities", {"per_page": "2"})
    assert kept[1][2] == {"windowSizeDays": 1}


def test_the_program_prints_its_address_and_ends_with_its_standard_input() -> None:
    command = [sys.executable, "-m", "simulator", "--timezone", ZONE]
    root = Path(__file__).parent.parent
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=root, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as program:
        assert program.stdin
        assert program.stdout
        line = program.stdout.readline()
        assert line.startswith("Simulator on http://127.0.0.1:")
        assert requests.get(line.split()[-1], timeout=PATIENCE).json() == {"simulator": "sevenday"}
        assert program.communicate(timeout=PATIENCE) == ("", "")
    assert program.returncode == 0
