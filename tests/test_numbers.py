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


ONE = "Average of 1 weigh-in, none last week."


@pytest.mark.parametrize(
    ("ours", "before", "system", "goal", "says"),
    [
        ([], [], "metric", None, ("No weigh-in",)),
        ([], [72.8], "metric", 71.0, ("No weigh-in", "Last week's average was 72.8 kg.")),
        ([72.4], [], "metric", None, ("72.4 kg", ONE)),
        ([72.4, 72.8], [72.9], "metric", None, ("72.6 kg", "Average of 2 weigh-ins, 0.3 kg less than last week.")),
        ([73.0], [72.8], "metric", None, ("73.0 kg", "Average of 1 weigh-in, 0.2 kg more than last week.")),
        ([72.82], [72.8], "metric", None, ("72.8 kg", "Average of 1 weigh-in, as last week.")),
        ([72.4], [], "metric", 71.0, ("72.4 kg", ONE, "1.4 kg above your goal of 71.0 kg.")),
        ([70.4], [], "metric", 71.0, ("70.4 kg", ONE, "0.6 kg below your goal of 71.0 kg.")),
        ([71.0], [], "metric", 71.0, ("71.0 kg", ONE, "At your goal of 71.0 kg.")),
        ([71.0], [], "metric", 0, ("71.0 kg", ONE)),
        ([72.5], [73.0], "imperial", None, ("159.8 lb", "Average of 1 weigh-in, 1.1 lb less than last week.")),
    ],
)  # fmt: skip
def test_the_weights_average_its_change_and_its_goal(ours, before, system, goal, says):
    assert (
        plain(weight.number("Weight", weighed(*ours), weighed(*before), TUESDAY, chosen(system, goal_weight=goal)))
        == says
    )


def eaten(*kcal: float | None, burned: float | None = None) -> list[CaloriesRow]:
    return [CaloriesRow(SUNDAY + timedelta(days=n), one, burned) for n, one in enumerate(kcal)]


GOAL = "Goal 2,400 kcal:"
TWO = "Average of 2 logged days."
TUESDAY = SUNDAY + timedelta(days=2)


@pytest.mark.parametrize(
    ("rows", "goal", "says"),
    [
        ([], 2400, ("No full day logged",)),
        (eaten(None, None, burned=2500), 2400, ("No full day logged",)),
        (eaten(None, None, 640), 2400, ("No full day logged", "Today so far 640 kcal.")),
        (eaten(2000, None, 640), None, ("2,000 kcal a day", "Average of 1 logged day.", "Today so far 640 kcal.")),
        (eaten(2610, 2240, burned=2480), None, ("2,425 kcal a day", "Average of 2 logged days, burned 2,480 kcal.")),
        (eaten(2610, 2240), 2400, ("2,425 kcal a day", TWO, f"{GOAL} 50 kcal over in all, 1 day over, 1 under.")),
        (eaten(2400, 2400), 2400, ("2,400 kcal a day", TWO, f"{GOAL} even in all, 0 days over, 2 under.")),
        (eaten(0, 0), 0, ("0 kcal a day", "Average of 2 logged days.")),
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
        ([activity(None, None, None)], "metric", ("1 activity", "Workout: once")),
        ([activity("Yoga", 0, 2700)], "metric", ("45 min", "Yoga: 45 min")),
        (
            [activity("Ride", 6400, 1300), activity("Run", 10_000, 3000), activity("Run", 8200, 2530)],
            "metric",
            ("24.6 km, 1 h 54 min", "Run: 18.2 km, 1 h 32 min, 2 times", "Ride: 6.4 km, 22 min"),
        ),
        ([activity("Run", 16_093.44, 3600)], "imperial", ("10.0 mi, 1 h 00 min", "Run: 10.0 mi, 1 h 00 min")),
        (
            [activity(sport, 1000, n) for n, sport in enumerate(("Run", "Ride", "Swim", "Walk", "Hike"), 600)],
            "metric",
            ("5.0 km, 50 min", *(f"{name}: 1.0 km, 10 min" for name in ("Hike", "Walk", "Swim")), "And 2 more sports."),
        ),
    ],
)  # fmt: skip
def test_activities_are_summed_in_all_and_by_sport(rows, system, says):
    assert plain(activities.number("Activities", rows, [], TUESDAY, chosen(system))) == says


@pytest.mark.parametrize(
    ("compared", "says"),
    [
        (Pace(0, 0, 0, 0, 0, NOON), ("No usual week yet", "It takes 3 earlier weeks; so far there are 0.")),
        (Pace(0, 0, 0, 0, 1, NOON), ("No usual week yet", "It takes 3 earlier weeks; so far there is 1.")),
        (
            Pace(11_400, 24_600, 9_600, 21_900, 8, NOON),
            ("30 min more", "So far 3 h 10 min, usually 2 h 40 min by Thursday 12:00.", "24.6 km, usually 21.9 km."),
        ),
        (Pace(0, 0, 9_600, 0, 3, NOON), ("2 h 40 min less", "So far 0 min, usually 2 h 40 min by Thursday 12:00.")),
        (Pace(0, 0, 0, 0, 3, NOON), ("As usual", "So far 0 min, usually 0 min by Thursday 12:00.")),
        (Pace(9_630, 0, 9_600, 0, 3, None), ("As usual", "In all 2 h 40 min, usually 2 h 40 min in a week.")),
    ],
)
def test_the_pace_in_words(compared, says):
    assert plain(numbers.pace(compared, "metric")) == says


def test_the_pace_in_miles():
    assert plain(numbers.pace(Pace(60, 16_093.44, 60, 1609.344, 3, NOON), "imperial"))[-1] == "10.0 mi, usually 1.0 mi."


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
