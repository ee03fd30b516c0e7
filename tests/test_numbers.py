"""The week in numbers and its pace against the person's own usual week, by table."""

from datetime import date, datetime, timedelta

import pytest

from app.records.rows import ActivityRow, CaloriesRow, EffortRow, Preferences, WeightRow
from app.stats import numbers, pace
from app.stats.pace import Pace
from app.stats.rows import activities, calories, weight

SUNDAY = date(2026, 11, 22)
at = datetime.fromisoformat
NOON = at("2026-11-26 12:00")  # a Thursday
WEEK = timedelta(days=7)


def plain(number: numbers.Number) -> tuple[str, ...]:
    """Head and notes with ordinary spaces."""
    return tuple(text.replace("\u00a0", " ") for text in (number.head, *number.notes))


def chosen(system: str = "metric", **goals: float | None) -> Preferences:
    return Preferences(system, "Europe/Berlin", "sunday", **goals)


def weighed(*kilograms: float) -> list[WeightRow]:
    return [WeightRow(SUNDAY + timedelta(days=n), None, weight, None, None) for n, weight in enumerate(kilograms)]


@pytest.mark.parametrize(
    ("ours", "before", "system", "says"),
    [
        ([], [], "metric", ("No weigh-in",)),
        ([], [72.8], "metric", ("No weigh-in", "last week 72.8 kg")),
        ([72.4], [], "metric", ("72.4 kg", "none last week")),
        ([72.4, 72.8], [72.9], "metric", ("72.6 kg", "0.3 kg less than last week")),
        ([73.0], [72.8], "metric", ("73.0 kg", "0.2 kg more than last week")),
        ([72.82], [72.8], "metric", ("72.8 kg", "as last week")),
        ([72.5], [73.0], "imperial", ("159.8 lb", "1.1 lb less than last week")),
    ],
)  # fmt: skip
def test_the_weights_average_and_its_change(ours, before, system, says):
    assert plain(weight.number("Weight", weighed(*ours), weighed(*before), TUESDAY, chosen(system))) == says


@pytest.mark.parametrize(
    ("trend", "goal", "system", "says"),
    [
        (72.4, None, "metric", "trend 72.4"),
        (72.4, 0, "metric", "trend 72.4"),
        (72.4, 71.0, "metric", "trend 72.4, 1.4 above the goal"),
        (70.4, 71.0, "metric", "trend 70.4, 0.6 below the goal"),
        (71.0, 71.0, "metric", "trend 71.0, at the goal"),
        (72.4, 71.0, "imperial", "trend 159.6, 3.1 above the goal"),
    ],
)
def test_the_goal_is_measured_from_the_trend(trend, goal, system, says):
    assert weight.trend(trend, goal, system) == says


def eaten(*kcal: float | None, burned: float | None = None) -> list[CaloriesRow]:
    return [CaloriesRow(SUNDAY + timedelta(days=n), one, burned) for n, one in enumerate(kcal)]


TUESDAY = SUNDAY + timedelta(days=2)


@pytest.mark.parametrize(
    ("rows", "goal", "says"),
    [
        ([], 2400, ("No full day logged", "goal 2,400")),
        ([], None, ("No full day logged",)),
        (eaten(None, None, burned=2500), 2400, ("No full day logged", "goal 2,400")),
        (eaten(None, None, 640), None, ("No full day logged", "today so far 640 kcal")),
        (eaten(2000, None, 640), None, ("2,000 kcal a day", "1 full day")),
        (eaten(2610, 2240, burned=2480), None, ("2,425 kcal a day", "2 full days", "burned 2,480")),
        (eaten(2610, 2240), 2400, ("2,425 kcal a day", "2 full days, 25 over the goal")),
        (eaten(2000, 2240), 2400, ("2,120 kcal a day", "2 full days, 280 under the goal")),
        (eaten(2400, 2400), 2400, ("2,400 kcal a day", "2 full days, at the goal")),
        (eaten(0, 0), 0, ("0 kcal a day", "2 full days")),
    ],
)  # fmt: skip
def test_calories_are_averaged_over_the_logged_days_that_are_over(rows, goal, says):
    assert plain(calories.number("Calories", rows, [], TUESDAY, chosen(calorie_goal=goal))) == says


def activity(sport: str | None, metres: float | None, seconds: int | None) -> ActivityRow:
    return ActivityRow(SUNDAY, 1, None, sport, None, None, None, metres, seconds)


@pytest.mark.parametrize(
    ("rows", "system", "says"),
    [
        ([], "metric", ("No activity",)),
        ([activity(None, None, None)], "metric", ("1 activity",)),
        ([activity("Yoga", 0, 2700)], "metric", ("45 min", "1 activity")),
        ([activity("Run", 8200, None)], "metric", ("8.2 km", "1 activity")),
        (
            [activity("Ride", 6400, 1300), activity("Run", 10_000, 3000), activity("Run", 8200, 2530)],
            "metric",
            ("1 h 54 min", "24.6 km, 3 activities"),
        ),
        ([activity("Run", 16_093.44, 3600)], "imperial", ("1 h 00 min", "10.0 mi, 1 activity")),
    ],
)  # fmt: skip
def test_activities_are_summed(rows, system, says):
    assert plain(activities.number("Activities", rows, [], TUESDAY, chosen(system))) == says


@pytest.mark.parametrize(
    ("compared", "says"),
    [
        (Pace(0, 0, 0, 0, 0, NOON), "your usual week shows after 3 weeks"),
        (Pace(0, 0, 0, 0, 2, NOON), "your usual week shows after 3 weeks"),
        (Pace(11_400, 24_600, 9_600, 21_900, 8, NOON), "30 min ahead of your usual"),
        (Pace(0, 0, 9_600, 0, 3, NOON), "2 h 40 min behind your usual"),
        (Pace(0, 0, 0, 0, 3, NOON), "as usual by now"),
        (Pace(9_630, 0, 9_600, 0, 3, None), "as in a usual week"),
        (Pace(11_400, 0, 9_600, 0, 3, None), "30 min more than your usual"),
        (Pace(0, 0, 9_600, 0, 3, None), "2 h 40 min less than your usual"),
    ],
)
def test_the_pace_in_words(compared, says):
    assert numbers.pace(compared).replace("\u00a0", " ") == says


def effort(start: str, seconds: int | None = 3600, metres: float | None = 10_000.0) -> EffortRow:
    return EffortRow(datetime.fromisoformat(start), seconds, metres)


def every_week(*offsets: timedelta, weeks: int = 8) -> list[EffortRow]:
    """An hour and ten kilometres at each offset from the beginning of each of the weeks before."""
    begin = datetime.combine(SUNDAY, datetime.min.time())
    return [EffortRow(begin - n * WEEK + offset, 3600, 10_000.0) for n in range(1, weeks + 1) for offset in offsets]


def compared(efforts: list[EffortRow], now: datetime = NOON, first: date = SUNDAY) -> Pace:
    oldest = min((one.start.date() for one in efforts), default=None)
    return pace.compare(efforts, first, now, oldest)


BEFORE, AT, AFTER = (timedelta(days=4, hours=12, seconds=n) for n in (-1, 0, 1))


@pytest.mark.parametrize(
    ("efforts", "expected"),
    [
        ([], (0, 0, 0)),
        ([effort("2026-11-23 07:00")], (3600, 0, 0)),
        (every_week(BEFORE), (0, 3600, 8)),
        (every_week(AT), (0, 0, 8)),
        (every_week(AFTER), (0, 0, 8)),
        (every_week(BEFORE, AFTER), (0, 3600, 8)),
        (every_week(BEFORE, weeks=2), (0, 3600, 2)),
        (every_week(BEFORE, weeks=20), (0, 3600, 8)),
        # A fortnight of silence counts as two weeks of nothing; what is before the first record of all does not.
        ([*every_week(BEFORE, weeks=4)[:2], *every_week(BEFORE, weeks=5)[4:]], (0, 3600, 5)),
        ([effort("2026-10-13 07:00")], (0, 0, 6)),
        ([effort("2026-11-23 07:00", None, None)], (0, 0, 0)),
    ],
    ids=[
        "first-week-ever", "only-this-week", "just-before-the-hour", "at-the-hour", "just-after-the-hour", "both",
        "two-weeks", "twenty-weeks", "fortnight-of-silence", "one-run-six-weeks-ago", "unknown-size",
    ],
)  # fmt: skip
def test_the_usual_week_is_the_median_of_the_last_eight_up_to_this_hour(efforts, expected):
    found = compared(efforts)
    assert (found.seconds, found.usual_seconds, found.weeks) == expected


def test_the_median_is_not_moved_by_one_week_of_holidays():
    holiday = [effort("2026-11-16 09:00", 40 * 3600, 400_000.0)]
    found = compared(every_week(BEFORE) + holiday)
    assert (found.usual_seconds, found.usual_metres) == (3600, 10_000)


def test_an_activity_over_midnight_and_a_weeks_end_counts_in_the_week_of_its_start():
    found = compared([effort("2026-11-21 23:30", 7200), effort("2026-11-22 00:00")])
    assert (found.seconds, found.weeks) == (3600, 1)


def test_what_a_traveller_beyond_the_date_line_has_done_on_a_day_still_to_come_here_counts():
    assert compared([effort("2026-11-27 06:00")]).seconds == 3600


def test_a_week_that_is_over_is_compared_with_whole_weeks():
    found = compared(every_week(BEFORE, AFTER), now=at("2026-11-29 00:00"))
    assert (found.usual_seconds, found.until) == (7200, None)


@pytest.mark.parametrize(
    ("first", "now"),
    [
        (date(2026, 3, 29), at("2026-03-29 12:00")),  # Berlin's clocks go forward on this day
        (date(2026, 10, 25), at("2026-10-25 12:00")),  # and back on this one
        (date(2024, 2, 25), at("2024-02-29 12:00")),  # the leap day itself
        (date(2024, 3, 3), at("2024-03-03 12:00")),  # the week after the leap day
    ],
)
def test_noon_is_noon_whatever_the_clocks_and_the_calendar_do(first, now):
    begin = datetime.combine(first, datetime.min.time())
    span = now - begin
    past = [
        EffortRow(begin - n * WEEK + span + at, 60, None) for n in (1, 2, 3) for at in (-WEEK / 10_000, WEEK / 10_000)
    ]
    found = compared([*past, EffortRow(now, 600, None)], now, first)
    assert (found.seconds, found.usual_seconds, found.weeks) == (600, 60, 3)


def test_the_calendars_first_week_has_a_pace():
    assert pace.compare([], date.min, at("0001-01-03 12:00"), date.min).weeks == 0
