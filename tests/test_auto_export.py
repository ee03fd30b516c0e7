"""Health Auto Export's own posts: what of them is taken, in which units, and that no form of them is a fault."""

import json
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.api import auto_export
from app.files.records import Activity, DayCalories, WeighIn
from tests.test_api import Caller, board, phone, problem

__all__ = ["board", "phone"]
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
MORNING = "2026-11-24 07:10:00 +0100"


def read(metrics: Any = (), workouts: Any = ()) -> auto_export.Read:
    return auto_export.read({"data": {"metrics": list(metrics), "workouts": list(workouts)}}, NOW)


def metric(name: str, units: str, *points: tuple[str, Any]) -> dict[str, Any]:
    return {"name": name, "units": units, "data": [{"date": when, "qty": qty} for when, qty in points]}


@pytest.mark.parametrize(
    ("qty", "units", "kilograms"), [(72.4, "kg", 72.4), (160, "lb", 72.575), ("72.4", "kg", 72.4), (11.4, "st", 72.393)]
)
@pytest.mark.parametrize("when", [MORNING, "2026-11-24T07:10:00+01:00", "2026-11-24 7:10:00\u202fAM +0100"])
def test_a_weigh_in_has_the_phones_clock_and_the_fat_of_its_moment(when, qty, units, kilograms):
    fat = metric("body_fat_percentage", "%", (when, 0.185))
    [found] = read([metric("weight_body_mass", units, (when, qty)), fat]).records
    assert isinstance(found, WeighIn)
    assert (found.date, found.time, found.weight, found.fat) == (date(2026, 11, 24), time(7, 10), kilograms, 18.5)


@pytest.mark.parametrize("when", ["2026-11-24 00:00:00 +0100", "2026-11-24"])
def test_a_figure_of_a_whole_day_has_no_clock(when):
    [found] = read([metric("weight_body_mass", "kg", (when, 72.4))]).records
    assert isinstance(found, WeighIn)
    assert (found.date, found.time) == (date(2026, 11, 24), None)


def test_a_days_energy_is_its_sum_in_kcal_and_burned_is_active_and_resting_together():
    day, later = "2026-11-24 00:00:00 +0100", "2026-11-24 18:00:00 +0100"
    eaten = metric("dietary_energy", "kJ", (day, 4184), (later, 2092))
    active = metric("active_energy", "kcal", (day, 600), ("2026-11-23 09:00:00 +0100", 500))
    basal = metric("basal_energy_burned", "kcal", (day, 1800))
    found = read([eaten, active, basal]).records
    assert found == [DayCalories("phone", date(2026, 11, 24), 1500.0, 2400.0)]


def test_several_sources_of_one_day_are_not_added_up():
    points = [{"date": MORNING, "qty": qty, "source": name} for name, qty in (("a", 900), ("b", 1000), ("b", 100))]
    [found] = read([{"name": "dietary_energy", "units": "kcal", "data": points}]).records
    assert isinstance(found, DayCalories)
    assert found.eaten == 1100


@pytest.mark.parametrize(
    ("name", "sport"),
    [("Outdoor Run", "Run"), ("Running", "Run"), ("Cycling", "Ride"), ("Yoga", "Yoga"), ("Outdoor Walk", "Walk"),
     ("Traditional Strength Training", "WeightTraining"), ("Pool Swim", "Swim"), ("Something new", "Workout"),
     (None, "Workout")],
)  # fmt: skip
def test_a_workout_is_an_activity_in_stravas_words(name, sport):
    workout = {"name": name, "start": MORNING, "end": "2026-11-24 07:55:00 +0100", "duration": 2530}
    measures = {"distance": {"qty": 5, "units": "mi"}, "heartRate": {"avg": {"qty": 148}, "max": {"qty": 171}}}
    [found] = read(workouts=[workout | measures]).records
    assert isinstance(found, Activity)
    assert (found.activity_type, found.moving_time, found.elapsed_time) == (sport, 2530, 2700)
    assert (found.distance, found.average_heartrate, found.max_heartrate) == (8046.72, 148, 171)
    assert (found.start, found.offset) == (datetime(2026, 11, 24, 6, 10, tzinfo=UTC), 3600)


def test_what_cannot_be_is_counted_and_hides_nothing_else():
    wrong = [
        (MORNING, 0),
        (MORNING, None),
        (MORNING, True),
        (MORNING, "NaN"),
        (MORNING, 1e400),
        (MORNING, 10**400),
        ("yesterday", 72),
    ]
    late = [("2026-11-26 07:10:00 +0100", 72), ("1901-01-01 07:10:00 +0100", 72), (None, 72)]
    found = read(
        [metric("weight_body_mass", "kg", *wrong, *late, (MORNING, 72.4)), metric("weight_body_mass", "", (MORNING, 1))]
    )
    assert [record.weight for record in found.records if isinstance(record, WeighIn)] == [72.4]
    assert found.refused == len(wrong) + len(late) + 1
    assert read([metric("step_count", "count", (MORNING, 9000))]).refused == 0
    assert read(workouts=[{"name": "Run", "start": MORNING}, {"start": "x"}, {}]).refused == 3


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just(MORNING),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["data", "metrics", "workouts", "name", "units", "date", "qty", "start", "end", "duration",
                         "distance", "heartRate", "avg", "source"]), inner, max_size=6),
    max_leaves=25,
)  # fmt: skip
POINTS = st.dictionaries(st.sampled_from(["date", "qty", "source"]), JSON)
METRICS = st.fixed_dictionaries(
    {"name": st.sampled_from(["weight_body_mass", "dietary_energy"]), "units": JSON, "data": st.lists(POINTS) | JSON}
)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.lists(METRICS | JSON, max_size=3), JSON)
def test_no_form_of_a_body_is_a_fault(found, workouts):
    auto_export.read(
        {"data": {"metrics": found, "workouts": workouts if isinstance(workouts, list) else [workouts]}}, NOW
    )


@pytest.mark.parametrize("body", [[], {}, 7, None, {"data": []}, {"data": {}}, {"data": {"metrics": 7}}])
def test_another_body_is_refused_with_what_to_do(phone: Caller, body: Any) -> None:
    answer = phone.client.post("/api/v1/health-auto-export", data=json.dumps(body), headers=phone.headers | JSON_TYPE)
    assert "Choose JSON" in problem(answer, 422)["detail"]


JSON_TYPE = {"Content-Type": "application/json"}


def test_the_same_export_sent_again_adds_nothing_and_meets_what_a_shortcut_sent(phone: Caller) -> None:
    body = {"data": {"metrics": [metric("weight_body_mass", "kg", (MORNING, 72.4))],
                     "workouts": [{"name": "Run", "start": MORNING, "duration": 2530}]}}  # fmt: skip
    phone.post("weight", {"weight": 72.4, "at": "2026-11-24T07:10:00+01:00"})
    first = phone.post("health-auto-export", body)
    assert (first.status_code, first.json) == (201, {"new": 1, "changed": 0, "known": 1, "refused": 0}), first.text
    again = phone.post("health-auto-export", body)
    assert (again.status_code, again.json) == (200, {"new": 0, "changed": 0, "known": 2, "refused": 0})
    assert len(phone.get("weight").json["items"]) == 1


def test_it_wants_a_token_that_may_write(board: Any) -> None:
    problem(board.test_client().post("/api/v1/health-auto-export", json={}), 401)
    problem(Caller(board, writes=False).post("health-auto-export", {}), 403)
