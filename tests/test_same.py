"""What is one and the same outing or weigh-in, by start, sport, length and distance alone; and whose a row is."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.records import same
from app.records.account import Account
from app.records.same import Outing, WeighIn

START = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
RUN = Outing(1, "Run", START, 2530.0, 2600.0, 8200.0)
SPORTS = [sport for sports in same.FAMILIES.values() for sport in sports.split()] + ["Workout", "", "Kite buggy"]


def later(seconds: float, **what: object) -> Outing:
    return replace(RUN, id=2, start=START + timedelta(seconds=seconds), **what)


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        (later(40), True),  # a watch and a phone
        (later(119, moving=2290.0, elapsed=2700.0, distance=None), True),  # lengths within 10 %
        (later(60, moving=None, elapsed=None, distance=8000.0), True),  # by distance alone
        (later(224), True),  # a copy saved again with another clock: it overlaps
        (later(600, activity_type="Ride"), False),
        (later(40, activity_type="TrailRun"), True),
        (later(40, activity_type="Workout"), True),  # a device that does not know the sport
        (later(40, activity_type="Walk"), False),  # 3.2 m/s is no walk
        (later(40, activity_type="Walk", distance=4000.0), False),
        (later(2700), False),  # the next run
        (later(1200, moving=500.0, elapsed=500.0), False),  # one within the other
        (later(7200), False),  # a wrong clock: told, but not joined
        (later(0, moving=700.0, elapsed=700.0, distance=2000.0), False),  # a warm-up that began with it
    ],
)
def test_copies_of_an_outing_are_the_same_and_neighbours_are_not(other: Outing, is_same: bool) -> None:
    assert same.same_outing(RUN, other) is is_same
    assert same.same_outing(other, RUN) is is_same


def test_slow_runs_and_walks_may_be_one_outing() -> None:
    slow = replace(RUN, distance=4000.0)
    assert same.same_outing(slow, later(40, activity_type="Walk", distance=4000.0))


def test_two_ids_of_strava_are_two_activities_however_alike() -> None:
    assert not same.same_outing(replace(RUN, strava=1), later(0, strava=2))
    assert same.same_outing(replace(RUN, strava=1), later(9000, strava=1))


def test_a_pause_that_was_forgotten_for_days_swallows_no_other_outing() -> None:
    forgotten = replace(RUN, elapsed=2_412_583.0, moving=7373.0)
    assert forgotten.seconds == 7373.0
    assert not same.same_outing(forgotten, later(86_400))


@pytest.mark.parametrize(
    ("seconds", "shifted"), [(3600, True), (900, True), (50_400, True), (51_300, False), (3700, False)]
)
def test_a_wrong_clock_is_told_from_a_second_run(seconds: float, shifted: bool) -> None:
    assert same.shifted(RUN, later(seconds)) is shifted


OUTINGS = st.builds(
    Outing,
    st.integers(1, 9),
    st.sampled_from(SPORTS),
    st.datetimes(datetime(2026, 11, 23), datetime(2026, 11, 25), timezones=st.just(UTC)),  # noqa: DTZ001
    st.none() | st.floats(0, 1e6),
    st.none() | st.floats(0, 1e7),
    st.none() | st.floats(0, 1e6),
    st.none() | st.integers(1, 3),
)


@given(OUTINGS, OUTINGS)
def test_being_the_same_has_no_direction(one: Outing, other: Outing) -> None:
    assert same.same_outing(one, other) == same.same_outing(other, one)
    assert same.shifted(one, other) == same.shifted(other, one)


@given(OUTINGS, st.lists(OUTINGS, max_size=6))
def test_the_match_is_the_closest_of_those_that_are_the_same(one: Outing, others: list[Outing]) -> None:
    found = same.match(one, others)
    alike = [other for other in others if same.same_outing(one, other)]
    assert (found in alike) if alike else (found is None)
    assert all(abs(found.start - one.start) <= abs(other.start - one.start) for other in alike if found)


DAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        (WeighIn(2, DAY, time(7, 2, 59), 72.44), True),
        (WeighIn(2, DAY, time(7, 2), 72.46), False),
        (WeighIn(2, DAY, time(7, 3), 72.4), False),
        (WeighIn(2, DAY, None, 72.5), True),
        (WeighIn(2, DAY, None, 72.51), False),
        (WeighIn(2, DAY + timedelta(days=1), None, 72.4), False),
    ],
)
def test_a_weigh_in_is_known_by_its_minute_or_where_that_is_missing_by_its_day(other: WeighIn, is_same: bool) -> None:
    mine = WeighIn(1, DAY, time(7, 2), 72.4)
    assert same.same_weigh_in(mine, other) is is_same
    assert same.same_weigh_in(other, mine) is is_same


@pytest.mark.parametrize("text", ["strava:7", "fitbit:a:b", "fitbit", "file:fit", "file:health_connect", "demo", ""])
def test_an_account_comes_back_from_its_text(text: str) -> None:
    assert str(Account.parse(text)) == text


def test_an_account_says_the_way_in() -> None:
    assert [Account.parse(text).way for text in ("strava:7", "file:fit", "demo", "")] == ["api", "file", "demo", "hand"]
