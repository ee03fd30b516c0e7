"""Clocks that are wrong, days to come, refusals in all their forms, and matches that are used once."""

import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.records import queries, store
from app.records.models import SyncState
from app.records.rows import CaloriesRow, Preferences
from app.sources.errors import GiveUp, NotGranted, Reconnect
from app.sources.samples import Sample, copies, join
from app.stats.rows import calories
from app.stats.week import cell
from app.sync import agenda, standing
from tests import wire as wires
from tests.conftest import make_app
from tests.wire import NOW as CLOCK
from tests.wire import Say, Wire, fitbit_client, google_fault

wire = wires.wire


def now() -> datetime:
    return datetime.now(UTC)


def today() -> date:
    return now().date()


# Clocks


AHEAD = timedelta(days=10)


@pytest.mark.parametrize("word", ["ok", "failed", "refused", "waiting", "reconnect", "running"])
def test_no_remembered_moment_after_now_is_believed(uri: str, session: Session, tmp_path: Path, word: str) -> None:
    (tmp_path / "strava.json").write_text("{}")
    app = make_app(uri, STRAVA_CLIENT_ID="42", CREDS_DIR=str(tmp_path))
    then = now() + AHEAD
    moments = dict.fromkeys(("last_attempt", "last_success", "resume_at", "full_at"), then)
    store.remember(session, "strava", "activities", state=word, **moments)
    session.commit()
    with app.app_context():
        assert agenda.due(app.config, True, lambda _: None) == {"strava": ["activities"]}
    with Session(session.get_bind()) as fresh:
        (state,) = queries.sync_states(fresh)
        assert "just now" not in standing.lines([state], now(), "UTC")[0]
        assert state.full_at is None


@pytest.mark.parametrize("ahead", [timedelta(days=2), timedelta(days=400)])
def test_a_limit_that_no_provider_sets_is_not_waited_for(session: Session, ahead: timedelta) -> None:
    store.remember(session, "strava", "activities", state="waiting", last_attempt=now(), resume_at=now() + ahead)
    assert agenda.rate_limited_until(session, "strava") is None


@pytest.mark.parametrize(
    ("state", "hours"), [("ok", 0.25), ("failed", 0.25), ("refused", 6), ("misconfigured", 6), ("reconnect", None)]
)
def test_the_promised_next_sync_is_the_one_that_is_decided(uri: str, tmp_path: Path, state: str, hours: float) -> None:
    (tmp_path / "strava.json").write_text("{}")
    app = make_app(uri, CREDS_DIR=str(tmp_path), SYNC_INTERVAL_MINUTES=15)
    row = SyncState(
        source="strava", metric="activities", state=state, last_attempt=datetime.now(UTC) + timedelta(hours=1)
    )
    following = agenda.next_attempt(app.config, row)
    assert following == (hours and row.last_attempt + timedelta(hours=hours))
    if following:
        assert agenda.must_wait(app.config, row, following - timedelta(minutes=2))
        assert not agenda.must_wait(app.config, row, following)


def test_a_day_to_come_is_never_over_and_never_averaged() -> None:
    chosen, today = Preferences("metric", "UTC", "monday", calorie_goal=2000), date(2026, 11, 25)
    rows = [CaloriesRow(today + timedelta(days=ahead), 2000.0 + 3000 * (ahead > 0), None) for ahead in (-1, 0, 1)]
    shown = cell(calories, [rows[2]], rows[2].date, today, chosen, None)  # type: ignore[arg-type]
    assert (shown.state, shown.entries) == ("future", ())
    card = calories.number("Calories", rows, [], today, chosen)
    assert "2,000" in card.head
    assert "1\xa0full day" in card.notes[0]


# Refusals in all their forms


NESTED = {"error": {"code": 403, "status": "PERMISSION_DENIED", "message": "No."}}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Say({"error": "insufficient_scope"}, 403), NotGranted),
        (Say({"error": "insufficient_scope", "error_description": "More, please"}, 401), NotGranted),
        (google_fault(403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"), NotGranted),
        (google_fault(403, "RESOURCE_PERMISSION_DENIED"), Reconnect),
        (google_fault(403, "USER_PROJECT_DENIED", "Caller does not have required permission"), Reconnect),
        (Say(NESTED, 403), Reconnect),
        (google_fault(403, "SERVICE_DISABLED", "The caller does not have permission"), GiveUp),
        (Say({"error": "invalid_token"}, 401), Reconnect),
    ],
)
def test_a_refusal_is_understood_by_its_reason(wire: Wire, tmp_path: Path, answer: Say, error: type[Exception]) -> None:
    wire.answer = lambda seen: answer if "token" not in seen.path else Say({"error": "invalid_grant"}, 400)
    if answer.status == 401 and error is NotGranted:
        fresh = {"access_token": "new", "expires_in": 3599}
        wire.answer = lambda seen: Say(fresh) if "token" in seen.path else answer
    with pytest.raises(error) as met:
        fitbit_client(wire, tmp_path, CLOCK).weights(today(), today())
    assert type(met.value) is error


@pytest.mark.parametrize("refused", [("civil_time",), ("civil_time", "physical_time")])
def test_a_filter_that_is_refused_is_tried_in_its_other_forms(
    wire: Wire, tmp_path: Path, refused: tuple[str, ...]
) -> None:
    point = {
        "name": "users/me/dataTypes/weight/dataPoints/1",
        "weight": {"sampleTime": {"physicalTime": f"{today()}T12:00:00Z"}, "weightGrams": 70000},
    }
    other = json.loads(json.dumps(point).replace("/1", "/2").replace(str(today()), str(today() - timedelta(days=1))))

    def answer(seen: Any) -> Say:
        asked = seen.query.get("filter", "")
        if any(form in asked for form in refused):
            return google_fault(400, "INVALID_DATA_POINT_FILTER")
        return Say({"dataPoints": [point, other]} if "dataTypes/weight/" in seen.path else {})

    wire.answer = answer
    client = fitbit_client(wire, tmp_path, CLOCK)
    assert [weight.record_date for weight in client.weights(today(), today())] == [today()]
    asked = len(wire.seen)
    client.weights(today(), today())
    assert len(wire.seen) - asked == 3  # the form that was taken is kept


# Matches


def sample(name: str, minute: float, value: float, source: str = "") -> Sample:
    return Sample(name, datetime.combine(today(), time(7)) + timedelta(minutes=minute), value, source)


@pytest.mark.parametrize("minutes", [(0, 4), (4, 0), (0, 9), (0, 0)])
def test_one_body_fat_belongs_to_one_weigh_in(minutes: tuple[float, float]) -> None:
    weights = [sample(f"w{nth}", minute, 70) for nth, minute in enumerate(minutes)]
    for fats in ([sample("f0", 1, 18)], [sample("f0", 1, 18), sample("f1", 3, 19)]):
        found = [weight.fat for weight in join(weights, fats, [])]
        assert sorted(fat for fat in found if fat) == [fat.value for fat in fats]


@pytest.mark.parametrize(
    ("other", "twice"),
    [
        (sample("b", 0, 70, "phone"), True),
        (sample("b", 0.5, 70.05, "phone"), True),
        (sample("b", 0, 70, "scale"), False),
        (sample("b", 0, 71, "phone"), False),
        (sample("b", 30, 70, "phone"), False),
    ],
)
def test_two_copies_of_a_weigh_in_from_two_data_sources_are_one(other: Sample, twice: bool) -> None:
    for order in ([sample("a", 0, 70, "scale"), other], [other, sample("a", 0, 70, "scale")]):
        assert copies(order) == ({"b"} if twice else set())
