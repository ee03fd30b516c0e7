"""Both clients from the consent to the last page, against the simulator that the demo runs on."""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from app.sources import fitbit, strava
from app.sources.errors import GiveUp, Reconnect, Retry, WaitUntil
from app.sources.oauth import Access, Token, TokenFile, authorize_url, exchange_code, revoke
from simulator.server import serve
from simulator.world import World
from tests.serving import PATIENCE

NOW = datetime(2026, 11, 22, 10, 7, 30, tzinfo=UTC).timestamp()
TODAY = date(2026, 11, 22)
SPAN = (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC))
CALLBACK = "http://localhost:5000/connect/back"
WEIGHT_AND_CALORIES = (*fitbit.SCOPES, fitbit.NUTRITION_SCOPE)


@pytest.fixture
def served():
    with serve(World(clock=lambda: NOW)) as served:
        yield served


def strava_app(served):
    return strava.oauth_app("1", "s", served.env()["STRAVA_OAUTH_BASE"])


def google_app(served):
    return fitbit.oauth_app("1", "s", *[served.env()[f"GOOGLE_{name}_URL"] for name in ("AUTH", "TOKEN", "REVOKE")])


def sign_in(app, file, scopes):
    """The browser's part of the consent, by one request that is not followed."""
    url = authorize_url(app, CALLBACK, "st", scopes, "v" * 43)
    back = requests.get(url, allow_redirects=False, timeout=PATIENCE).headers["Location"]
    answer = {key: value for key, (value,) in parse_qs(urlsplit(back).query).items()}
    assert answer["state"] == "st"
    token = exchange_code(app, answer["code"], CALLBACK, verifier="v" * 43, granted=answer["scope"])
    file.save(token)
    return token


def strava_client(served, folder, token=None):
    file, app = TokenFile(folder / "strava.json"), strava_app(served)
    if token:
        file.save(Token.from_json(token))
    else:
        sign_in(app, file, strava.SCOPES)
    access = Access(app, file, now=lambda: NOW)
    return strava.Strava(served.env()["STRAVA_API_BASE"], access, lambda: NOW)


def fitbit_client(served, folder, scopes=WEIGHT_AND_CALORIES):
    file, app = TokenFile(folder / "fitbit.json"), google_app(served)
    sign_in(app, file, scopes)
    access = Access(app, file, now=lambda: NOW)
    return fitbit.Fitbit(served.env()["GOOGLE_HEALTH_BASE"], access, lambda: NOW)


def test_after_the_consent_every_activity_of_the_span_is_read(served, tmp_path):
    client = strava_client(served, tmp_path)
    found = list(client.activities(datetime(2020, 1, 1, tzinfo=UTC), SPAN[1]))
    assert {activity.id for activity in found} == {activity["id"] for activity in served.world.activities()}
    assert (client.unusable, len(found) > 200, {activity.owner for activity in found}) == (
        0,
        True,
        {client.identity()},
    )
    assert set(client.rates) == {"overall", "read"}


def test_a_page_that_runs_short_loses_nothing_after_it(served, tmp_path):
    served.world.short_page = 63
    found = list(strava_client(served, tmp_path).activities(datetime(2020, 1, 1, tzinfo=UTC), SPAN[1]))
    assert len(found) == len(served.world.activities()) - 63


def test_a_rotated_refresh_token_is_kept_and_the_old_one_is_dead(served, tmp_path):
    served.world.rotate_refresh_tokens = True
    first = served.world.issue("strava", expires_in=60)
    client = strava_client(served, tmp_path, first)
    assert client.identity()
    assert client.access.file.read().refresh_token != first["refresh_token"]
    client.access.file.save(Token.from_json(first))
    with pytest.raises(Reconnect):
        client.identity()


def test_a_deleted_activity_is_gone_and_a_corrupt_one_is_not(served, tmp_path):
    kept, gone, corrupt = (served.world.add_activity(name=name) for name in ("a", "b", "c"))
    served.world.delete_activity(gone)
    served.world.broken_ids = {corrupt}
    client = strava_client(served, tmp_path)
    assert [client.exists(number) for number in (kept, gone, corrupt)] == [True, False, True]
    served.world.empty_404 = True
    assert not client.exists(gone)


def test_strava_refusals_reach_the_caller_as_what_they_are(served, tmp_path):
    client = strava_client(served, tmp_path)
    served.world.fail("/athlete/activities", truncate=True)
    with pytest.raises(Retry):
        list(client.activities(*SPAN))
    served.world.subscription_inactive = True
    with pytest.raises(GiveUp, match="subscription"):
        list(client.activities(*SPAN))
    served.world.subscription_inactive = False
    served.world.strava_limits = ((1, 2000), (1, 1000))
    with pytest.raises(WaitUntil) as caught:
        list(client.activities(*SPAN))
    assert caught.value.until == datetime(2026, 11, 22, 10, 15, 5, tzinfo=UTC)


def test_an_unticked_activity_permission_is_named(served, tmp_path):
    served.world.granted_scopes = {"strava": "read"}
    with pytest.raises(Reconnect, match="activity:read"):
        list(strava_client(served, tmp_path).activities(*SPAN))


def test_a_month_of_fitbit_data_arrives_on_its_days(served, tmp_path):
    client, first = fitbit_client(served, tmp_path), TODAY - timedelta(days=29)
    served.world.set_eaten(TODAY, 1986.5)
    served.world.set_eaten(TODAY - timedelta(days=1), None)
    served.world.set_burned(TODAY - timedelta(days=2), None)
    served.world.add_weight(81.65, datetime(2026, 11, 20, 7, 4, 31, 749348, tzinfo=UTC), fat=25.8)
    assert client.identity()
    weighed = next(found for found in client.weights(first, TODAY) if found.weight == 81.65)
    assert (weighed.record_date, weighed.fat, client.unread_fields) == (date(2026, 11, 20), 25.8, set())
    assert weighed.bmi
    eaten = {day.record_date: day.value for day in client.days("nutrition-log", first, TODAY)}
    assert eaten[TODAY] == 1986.5
    assert TODAY - timedelta(days=1) not in eaten
    assert TODAY - timedelta(days=2) not in {day.record_date for day in client.days("total-calories", first, TODAY)}
    assert len(client.days("total-calories", first, TODAY)) == 29
    assert client.unusable == 0


def test_civil_days_are_the_same_when_google_leaves_the_civil_time_out(served, tmp_path):
    client = fitbit_client(served, tmp_path)
    with_it = client.weights(TODAY - timedelta(days=60), TODAY)
    served.world.omit_civil_time = True
    assert client.weights(TODAY - timedelta(days=60), TODAY) == with_it != []


def test_a_permission_that_was_not_given_costs_only_its_metric(served, tmp_path):
    client = fitbit_client(served, tmp_path, fitbit.SCOPES[:1])
    assert client.weights(TODAY - timedelta(days=30), TODAY)
    with pytest.raises(Reconnect, match="activity and fitness"):
        client.days("total-calories", TODAY, TODAY)


def test_after_disconnecting_the_sign_in_is_dead(served, tmp_path):
    for client, call in (
        (strava_client(served, tmp_path), lambda client: client.identity()),
        (fitbit_client(served, tmp_path), lambda client: client.identity()),
    ):
        revoke(client.access.app, client.access.file.read())
        with pytest.raises(Reconnect):
            call(client)
