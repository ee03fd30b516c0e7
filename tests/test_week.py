"""Which seven days the week has, wherever the person is and whatever the clocks do, and what stands in each cell."""

import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.records import preferences
from app.records.rows import ROW_NAMES, ActivityRow, CaloriesRow, Preferences, WeekRows, WeightRow
from app.stats import payload, week
from app.stats.cells import Cell, Entry
from tests.conftest import make_app

STARTS = {"monday": 0, "saturday": 5, "sunday": 6}
TODAY = date(2026, 11, 25)  # a Wednesday
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


def activity(day: date = YESTERDAY, **what: Any) -> ActivityRow:
    known = {"id": 1, "name": None, "activity_type": "Run", "distance": 8200.0, "moving_time": 2530, "heartrate": 148.0}
    return ActivityRow(date=day, speed=3.24, cadence=85.0, **(known | what))


def records(**rows: Any) -> WeekRows:
    """Of these rows of the board; the others have none."""
    return WeekRows(**({row: [] for row in ROW_NAMES} | rows))


def cell(row: str, day: date, *, system: str = "metric", **rows: Any) -> Cell:
    """The cell of `day` on the board of the week from Sunday 22 November 2026, looked at on the Wednesday."""
    dates = week.days(TODAY, "sunday")
    chosen = Preferences(system, "Europe/Berlin", "sunday")
    return week.board(records(**rows), dates, TODAY, chosen).rows[row][dates.index(day)]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("day", [date(2026, 11, 22) + timedelta(days=n) for n in range(7)], ids=lambda day: f"{day:%a}")
def test_the_week_holds_its_day_on_every_weekday(day, start):
    days = week.days(day, start)
    assert day in days
    assert days[0].weekday() == STARTS[start]


@pytest.mark.parametrize(
    ("start", "first"), [("sunday", (2026, 11, 22)), ("monday", (2026, 11, 23)), ("saturday", (2026, 11, 21))]
)
def test_the_week_begins_where_it_is_told_to(start, first):
    assert week.days(TODAY, start) == [date(*first) + timedelta(days=n) for n in range(7)]


@given(st.dates(date(1, 1, 8), date(9999, 12, 24)), st.sampled_from(sorted(STARTS)))
def test_any_week_is_seven_days_in_a_row_that_hold_the_day(day, start):
    days = week.days(day, start)
    assert len(days) == 7
    assert all(after - before == timedelta(days=1) for before, after in pairwise(days))
    assert day in days
    assert days[0].weekday() == STARTS[start]


@pytest.mark.parametrize(
    ("day", "start"),
    [
        (date.min, "sunday"),
        (date.min, "saturday"),
        (date.max, "sunday"),
        (date.max, "monday"),
        (date(9999, 12, 27), "monday"),
    ],
)
def test_a_week_that_leaves_the_calendar_is_a_value_error(day, start):
    with pytest.raises(ValueError, match="outside the calendar"):
        week.days(day, start)


def test_the_calendars_first_monday_has_a_week():
    assert week.days(date.min, "monday")[0] == date.min


@pytest.mark.parametrize("server", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(
    ("instant", "timezone", "today"),
    [
        ("2026-11-21T10:59:59", "Pacific/Auckland", "2026-11-21"),
        ("2026-11-21T11:00:00", "Pacific/Auckland", "2026-11-22"),
        ("2026-11-21T23:59:59", "Pacific/Auckland", "2026-11-22"),
        ("2026-11-22T00:00:00", "Pacific/Auckland", "2026-11-22"),
        ("2026-11-21T18:29:59", "Asia/Kolkata", "2026-11-21"),
        ("2026-11-21T18:30:00", "Asia/Kolkata", "2026-11-22"),
        ("2026-11-22T00:00:00", "Asia/Kolkata", "2026-11-22"),
        ("2026-11-22T00:00:00", "America/Los_Angeles", "2026-11-21"),
        ("2026-11-22T07:59:59", "America/Los_Angeles", "2026-11-21"),
        ("2026-11-22T08:00:00", "America/Los_Angeles", "2026-11-22"),
    ],
)
def test_today_is_the_persons_and_among_the_dates_wherever_the_server_is(
    monkeypatch, instant, timezone, today, start, server
):
    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.fromisoformat(f"{instant}+00:00").astimezone(tz)

    monkeypatch.setattr(payload, "datetime", Clock)
    with monkeypatch.context() as machine:
        machine.setenv("TZ", server)
        time.tzset()
        with make_app("postgresql+psycopg2://nowhere/none", TIMEZONE=timezone, WEEK_START=start).app_context():
            chosen = preferences.defaults()
            sent = payload.dates(chosen, payload.today(chosen))
    time.tzset()
    assert sent["today"] == today
    assert today in sent["data"]
    assert sent["data"] == [day.isoformat() for day in week.days(date.fromisoformat(today), start)]


@pytest.mark.parametrize(
    ("timezone", "change", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("America/Los_Angeles", date(2026, 3, 8), 23),
        ("America/Los_Angeles", date(2026, 11, 1), 25),
        ("Pacific/Auckland", date(2026, 9, 27), 23),
        ("Pacific/Auckland", date(2026, 4, 5), 25),
    ],
)
def test_no_day_is_lost_or_doubled_when_the_clocks_change(timezone, change, hours):
    begin = datetime(change.year, change.month, change.day, tzinfo=UTC) - timedelta(days=8)
    todays = [week.today(begin + n * timedelta(minutes=15), timezone) for n in range(16 * 96)]
    assert {after - before for before, after in pairwise(todays)} == {timedelta(0), timedelta(days=1)}
    assert todays.count(change) == hours * 4
    assert todays.count(change - timedelta(days=1)) == todays.count(change + timedelta(days=1)) == 96
    for start in STARTS:
        assert all(day in week.days(day, start) for day in todays)


@pytest.mark.parametrize(
    ("first", "today", "title"),
    [
        ((2026, 11, 22), (2026, 11, 25), "22 to 28 November"),
        ((2026, 11, 29), (2026, 11, 25), "29 November to 5 December"),
        ((2026, 12, 27), (2026, 12, 31), "27 December 2026 to 2 January 2027"),
        ((2026, 12, 27), (2027, 1, 1), "27 December 2026 to 2 January 2027"),
        ((2025, 11, 23), (2026, 11, 25), "23 to 29 November 2025"),
        ((2025, 11, 30), (2026, 11, 25), "30 November to 6 December 2025"),
    ],
)
def test_the_title_says_months_and_years_only_where_needed(first, today, title):
    dates = [date(*first) + timedelta(days=n) for n in range(7)]
    assert week.title(dates, date(*today)) == title


def test_exactly_one_head_is_today():
    chosen = Preferences("metric", "Europe/Berlin", "sunday")
    heads = week.board(records(), week.days(TODAY, "sunday"), TODAY, chosen).heads
    assert [(head.weekday, head.number) for head in heads if head.today] == [("Wednesday", "25")]
    assert heads[0] == week.Head("Sunday", "22", False)


@pytest.mark.parametrize(
    ("row", "past", "today"),
    [
        ("weight", "No weigh-in", "No weigh-in yet"),
        ("calories", "Nothing logged", "Nothing logged yet"),
        ("activities", "No activity", "No activity yet"),
    ],
)
def test_a_missing_past_day_a_day_not_over_and_a_day_to_come_differ(row, past, today):
    assert cell(row, YESTERDAY) == Cell("none", word=past)
    assert cell(row, TODAY) == Cell("none", word=today)
    assert cell(row, TOMORROW) == Cell("future", word="To come")


@pytest.mark.parametrize(
    ("fat", "at", "note", "extra"),
    [
        (18.44, clock(7, 2), "07:02", "fat 18.4\u00a0%"),
        (None, None, "", ""),
        (0.0, None, "", "fat 0.0\u00a0%"),
    ],
)
def test_a_weigh_in_shows_its_unit_its_time_and_its_fat_where_known(fat, at, note, extra):
    weighed = [WeightRow(YESTERDAY, at, 72.44, fat, None)]
    assert cell("weight", YESTERDAY, weight=weighed).entries == (Entry("72.4", "kg", note, extra=extra),)
    assert cell("weight", YESTERDAY, weight=weighed, system="imperial").entries[0].unit == "lb"


@pytest.mark.parametrize(
    ("day", "eaten", "burned", "expected"),
    [
        (YESTERDAY, 2104.4, None, Cell("value", (Entry("2,104", "kcal"),))),
        (YESTERDAY, 2104.4, 2718.0, Cell("value", (Entry("2,104", "kcal", extra="burned 2,718"),))),
        (YESTERDAY, 0.0, None, Cell("value", (Entry("0", "kcal"),))),
        (YESTERDAY, None, 2718.0, Cell("none", word="Nothing logged", note="burned 2,718")),
        (TODAY, 640.0, 900.0, Cell("partial", (Entry("640", "kcal", "so far", extra="burned 900"),))),
        (TODAY, None, 900.0, Cell("none", word="Nothing logged yet", note="burned 900")),
    ],
)
def test_eaten_and_burned_are_two_figures_and_today_is_so_far(day, eaten, burned, expected):
    assert cell("calories", day, calories=[CaloriesRow(day, eaten, burned)]) == expected


def test_one_activity_shows_what_is_known_below_the_days_moving_time():
    shown = cell("activities", YESTERDAY, activities=[activity(name="Morning <b>run</b>")])
    note = "42:10, 5:09\u00a0/km, 148\u00a0bpm"
    entry = Entry("Run, 8.2\u00a0km", "", note, "Morning <b>run</b>", "run")
    assert shown == Cell("value", (entry,), total=("42\u00a0min", "8.2\u00a0km"))


@pytest.mark.parametrize(
    ("sport", "name", "shown"),
    [
        ("Run", "Morning Run", ""),
        ("WeightTraining", "Evening Weight Training", ""),
        ("EBikeRide", "Lunch E-Bike Ride", ""),
        ("Run", None, ""),
        ("Run", "Morning run with Anna", "Morning run with Anna"),
        ("Run", "Morning Ride", "Morning Ride"),
    ],
)
def test_the_name_that_the_person_gave_is_shown_and_stravas_own_is_not(sport, name, shown):
    (entry,) = cell("activities", YESTERDAY, activities=[activity(activity_type=sport, name=name)]).entries
    assert entry.name == shown


def test_an_activity_without_a_distance_shows_its_duration():
    yoga = activity(activity_type="Yoga", distance=0.0, moving_time=2700, heartrate=None)
    assert cell("activities", YESTERDAY, activities=[yoga]).entries == (Entry("Yoga, 45\u00a0min", kind="other yoga"),)


def test_several_activities_of_a_day_are_all_shown_in_order_with_their_sum():
    several = [
        activity(),
        activity(activity_type="Yoga", distance=None, moving_time=2700),
        activity(activity_type="Ride", distance=40_500.0, moving_time=6000),
        activity(TODAY, distance=1000.0),
    ]
    shown = cell("activities", YESTERDAY, activities=several)
    assert [entry.text for entry in shown.entries] == ["Run, 8.2\u00a0km", "Yoga, 45\u00a0min", "Ride, 40.5\u00a0km"]
    assert shown.total == ("3\u00a0h\u00a007\u00a0min", "48.7\u00a0km")


def test_an_activity_of_which_next_to_nothing_is_known_still_shows():
    bare = activity(activity_type=None, distance=None, moving_time=None, heartrate=None)
    assert cell("activities", YESTERDAY, activities=[bare]).entries == (Entry("Workout", kind="other"),)
