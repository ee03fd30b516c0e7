"""Calories out of the Google Health API, and what each of Google's refusals means, against real sockets."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.sources.errors import GiveUp, Reconnect, Retry, WaitUntil
from app.sources.records import DayFigure
from tests.wire import NOW, Say, Seen, fitbit_client, google_fault

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)


@pytest.fixture
def client(wire, tmp_path):
    return fitbit_client(wire, tmp_path, NOW)


def ymd(day):
    return {"date": {"year": day.year, "month": day.month, "day": day.day}}


def day_of(parts):
    return date(parts["date"]["year"], parts["date"]["month"], parts["date"]["day"])


def burned(day, kcal):
    return {"civilStartTime": {**ymd(day), "time": {}}, "totalCalories": {"kcalSum": kcal}}


def eaten(day, **energy):
    return {"civilStartTime": ymd(day), "nutritionLog": {"energy": energy, "totalFat": {"gramsSum": 60}}}


def test_thirty_days_of_burned_calories_take_three_calls_and_stray_rows_are_dropped(wire, client):
    def every_day_and_one_too_many(seen: Seen) -> Say:
        start, end = (day_of(seen.json["range"][bound]) for bound in ("start", "end"))
        days = [end - timedelta(days=back) for back in range((end - start).days + 1)]
        return Say({"rollupDataPoints": [burned(day, 2000 + day.day) for day in days if day.day != 9]})

    wire.answer = every_day_and_one_too_many
    found = client.days("total-calories", FIRST, LAST)
    spans = [[day_of(seen.json["range"][bound]).day for bound in ("start", "end")] for seen in wire.seen]
    assert spans == [[1, 14], [14, 27], [27, 1]]
    assert [record.record_date.day for record in found] == [day for day in range(1, 31) if day != 9]
    assert found[0] == DayFigure(date(2026, 11, 1), 2001.0)
    assert wire.paths()[0] == "/v4/users/me/dataTypes/total-calories/dataPoints:dailyRollUp"
    assert wire.seen[0].json == {"range": {"start": ymd(FIRST), "end": ymd(date(2026, 11, 14))}, "windowSizeDays": 1}


def test_todays_value_is_what_the_last_reading_said(wire, client):
    wire.says({"rollupDataPoints": [burned(LAST, 900)]}, {"rollupDataPoints": [burned(LAST, 2411.37)]})
    assert [client.days("total-calories", LAST, LAST)[0].value for _ in range(2)] == [900.0, 2411.37]


def test_days_on_which_nothing_was_logged_have_no_record(wire, client):
    rows = [eaten(LAST, kcalSum=1986), eaten(date(2026, 11, 29)), eaten(date(2026, 11, 28), kcalSum=0)]
    wire.says({"rollupDataPoints": rows}, {"rollupDataPoints": [burned(LAST, 0)]})
    assert client.days("nutrition-log", FIRST, LAST) == [DayFigure(LAST, 1986.0)]
    assert client.unusable == 0
    assert client.days("total-calories", LAST, LAST) == [DayFigure(LAST, 0.0)]


def test_eaten_calories_take_eighty_nine_days_a_call(wire, client):
    wire.says({}, {})
    assert client.days("nutrition-log", date(2026, 9, 1), LAST) == []
    assert [seen.json["range"]["end"]["date"]["day"] for seen in wire.seen] == [29, 1]
    assert client.days("nutrition-log", LAST, FIRST) == []


@pytest.mark.parametrize("broken", [burned(LAST, "much"), burned(LAST, -4), {"totalCalories": {"kcalSum": 5}}, None])
def test_a_broken_day_is_skipped_and_counted(wire, client, broken):
    wire.says({"rollupDataPoints": [broken, burned(FIRST, "2000.5")]})
    assert client.days("total-calories", FIRST, FIRST + timedelta(days=12)) == [DayFigure(FIRST, 2000.5)]
    assert client.unusable == 1


def test_the_number_of_pages_is_bounded(wire, client, monkeypatch):
    monkeypatch.setattr("app.sources.fitbit.client.PAGE_CAP", 3)
    wire.says(*[{"nextPageToken": f"p{number}"} for number in range(9)])
    with pytest.raises(Retry):
        client.days("total-calories", LAST, LAST)
    assert [seen.json.get("pageToken") for seen in wire.seen] == [None, "p0", "p1"]


# Refusals


def test_the_account_is_known_by_its_health_user_id(wire, client):
    wire.says({"healthUserId": "111122223333444455", "legacyUserId": "A1B2C3"}, {})
    assert client.identity() == "111122223333444455"
    assert wire.paths() == ["/v4/users/me/identity"]
    with pytest.raises(GiveUp):
        client.identity()


def test_a_refused_token_is_renewed_once_and_then_given_up(wire, client):
    wire.says(Say({}, 401), {"access_token": "access-2", "expires_in": 3599}, {"healthUserId": "1"})
    assert client.identity() == "1"
    wire.says(Say({}, 401), {"access_token": "access-3", "expires_in": 3599}, Say({}, 401))
    with pytest.raises(Reconnect, match="connect Fitbit again"):
        client.identity()
    assert [seen.headers["Authorization"] for seen in wire.seen if seen.path != "/token"][-2:] == [
        "Bearer access-2",
        "Bearer access-3",
    ]


LINK = "The account is not linked to Google Health."
OLD = "The caller does not have permission. Could not mint UberMint from GaiaMint"
OFF = "Google Health API has not been used in project 5. Enable it at https://console.developers.google.com/x"
SCOPES = "Request had insufficient authentication scopes."


@pytest.mark.parametrize(
    ("say", "error", "sentence"),
    [
        (google_fault(403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"), Reconnect, "“activity and fitness” is missing"),
        (google_fault(403, "MISSING_OAUTH_SCOPE"), Reconnect, "activity and fitness"),
        (Say({"error": {"message": SCOPES}}, 403), Reconnect, "activity and fitness"),
        (google_fault(403, "SERVICE_DISABLED", OFF), GiveUp, "Enable it at https://console"),
        (Say({"error": {"message": OLD, "details": None}}, 403), Reconnect, "move your Fitbit account to Google"),
        (Say("<html>", 403), Retry, "403"),
        (google_fault(400, "ACCOUNT_NOT_LINKED", LINK), GiveUp, r"fitbit\.google\.com/auth/signup"),
        (google_fault(412, "X", "Precondition check failed."), GiveUp, r"fitbit\.google\.com/auth/signup"),
        (
            google_fault(400, "INVALID_ROLLUP_QUERY_DURATION", "Range too long."),
            GiveUp,
            "Google answered HTTP 400: Range too long",
        ),
        (Say("<html>Not Found</html>", 404), GiveUp, "HTTP 404"),
        (Say("gone", 410), GiveUp, "switched off"),
        (Say("", 500), Retry, "500"),
        (Say({}, 503), Retry, "503"),
        (Say('{"rollupDataPoints": [', 200), Retry, "not its usual answer"),
        (Say([], 200), Retry, "not its usual answer"),
        (Say({}, cut=True), Retry, "broke off"),
        (Say({}, silent=True), Retry, "in time"),
        (Say({"error": "flat"}, 400), GiveUp, "HTTP 400"),
    ],
)
def test_every_refusal_says_what_to_do(wire, client, say, error, sentence):
    wire.says(say)
    with pytest.raises(error, match=sentence):
        client.days("total-calories", LAST, LAST)
    assert len(wire.seen) == 1


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [
        ({}, 60),
        ({"Retry-After": "17"}, 17),
        ({"Retry-After": "Sun, 22 Nov 2026 10:09:30 GMT"}, 120),
        ({"Retry-After": "Sun, 22 Nov 2020 10:09:30 GMT"}, 0),
        ({"Retry-After": "later"}, 60),
        ({"Retry-After": "inf"}, 60),
        ({"Retry-After": "9999999"}, 86400),
    ],
)
def test_a_rate_limit_says_when_to_come_back(wire, client, sent, seconds):
    wire.says(Say({"error": {"status": "RESOURCE_EXHAUSTED"}}, 429, sent), {})
    with pytest.raises(WaitUntil) as caught:
        client.days("nutrition-log", FIRST, LAST)
    assert caught.value.until == datetime.fromtimestamp(NOW + seconds, UTC)
    assert client.days("nutrition-log", FIRST, LAST) == []


def test_a_metric_without_its_permission_leaves_the_others_alone(wire, client):
    wire.answer = lambda seen: google_fault(403, "X", SCOPES) if "nutrition-log" in seen.path else Say({})
    with pytest.raises(Reconnect, match="“nutrition”"):
        client.days("nutrition-log", FIRST, LAST)
    assert (client.days("total-calories", FIRST, LAST), client.weights(FIRST, LAST)) == ([], [])
