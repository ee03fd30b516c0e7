"""The computations behind the trends, by table."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.records.preferences import Preferences
from app.records.rows import CaloriesRow, WeightRow
from app.stats import week
from app.trends import charts, figures
from app.trends.axes import Span, day_ticks, ticks
from app.trends.calendar import calendar
from app.trends.figures import Effort

TODAY = date(2026, 11, 25)
MONDAY, SATURDAY, SUNDAY = 0, 5, 6
SPAN = Span(date(2026, 11, 16), TODAY)
METRIC = Preferences("metric", "Europe/Berlin", "monday")
IMPERIAL = Preferences("imperial", "Europe/Berlin", "monday", calorie_goal=2200, goal_weight=70.0)


def back(days: int) -> date:
    return TODAY - timedelta(days=days)


def spaced(row: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text.replace("\N{NO-BREAK SPACE}", " ") for text in row)


def weigh_ins(*pairs: tuple[int, float]) -> list[WeightRow]:
    """(days ago, kg), oldest first."""
    return [WeightRow(back(days), None, kg, None, None) for days, kg in pairs]


def effort(days: int = 0, sport: str | None = "Run", metres: float = 10_000, heart: float | None = None) -> Effort:
    return Effort(back(days), sport, metres, 3600, heart)


@pytest.mark.parametrize(
    ("weights", "line"),
    [
        ([], []),
        ([(0, 72.0)], [72.0]),
        ([(1, 72.0), (0, 73.0)], [72.0, 72.1]),
        ([(2, 72.0), (1, 73.0), (0, 73.0)], [72.0, 72.1, 72.19]),
        ([(2, 72.0), (0, 73.0)], [72.0, 72.19]),
        ([(14, 72.0), (0, 73.0)], [72.0, 72.771232]),
    ],
)
def test_the_smoothed_line_goes_a_tenth_of_the_way_each_day_also_over_a_gap(weights, line):
    assert figures.smoothed([(back(days), kg) for days, kg in weights]) == pytest.approx(line)


@pytest.mark.parametrize(
    ("days", "line", "rise"),
    [
        ([], [], None),
        ([0], [72.0], None),
        ([6, 3, 0], [72.6, 72.3, 72.0], None),
        ([8, 7, 3, 1, 0], [73.0, 72.9, 72.3, 72.1, 72.0], None),
        ([6, 3, 1, 0], [72.6, 72.3, 72.1, 72.0], -0.7),
        ([30, 6, 5, 1, 0], [99.0, 72.0, 72.1, 72.5, 72.6], 0.7),
        ([3, 2, 1, 0], [72.0, 72.0, 72.0, 72.0], 0.0),
    ],
)
def test_the_slope_needs_weigh_ins_on_four_of_the_last_seven_days(days, line, rise):
    found = figures.slope([back(n) for n in days], line, TODAY)
    assert found == (rise if rise is None else pytest.approx(rise))


@pytest.mark.parametrize(
    ("weights", "chosen", "facts"),
    [
        (weigh_ins(), METRIC, ""),
        (weigh_ins((0, 72.0)), METRIC, "Smoothed 72.0 kg on 25 November 2026."),
        (weigh_ins((0, 72.0)), IMPERIAL, "Smoothed 158.7 lb on 25 November 2026. 4.4 lb above the goal of 154.3 lb."),
        (weigh_ins((0, 70.0)), IMPERIAL, "Smoothed 154.3 lb on 25 November 2026. At the goal of 154.3 lb."),
        (weigh_ins((0, 69.0)), IMPERIAL, "Smoothed 152.1 lb on 25 November 2026. 2.2 lb below the goal of 154.3 lb."),
        (
            weigh_ins((3, 72.0), (2, 72.0), (1, 72.0), (0, 72.0)),
            METRIC,
            "Smoothed 72.0 kg on 25 November 2026. Steady.",
        ),
        (
            weigh_ins((3, 72.0), (2, 73.0), (1, 74.0), (0, 75.0)),
            METRIC,
            "Smoothed 72.6 kg on 25 November 2026. Rising by 1.3 kg a week.",
        ),
    ],
)
def test_the_weight_in_words(weights, chosen, facts):
    assert " ".join(spaced(charts.weight(weights, SPAN, chosen).facts)) == facts


@pytest.mark.parametrize(
    ("weights", "drawn", "lacking", "rows"),
    [
        (weigh_ins(), False, "No weigh-in in this span.", 0),
        (weigh_ins((100, 72.0)), False, "No weigh-in in this span.", 0),
        (weigh_ins((100, 72.0), (0, 71.0)), False, "One weigh-in in this span: a line needs two.", 1),
        (weigh_ins((1, 72.0), (0, float("inf"))), False, "One weigh-in in this span: a line needs two.", 1),
        (weigh_ins((1, 72.0), (0, 71.0)), True, None, 2),
    ],
)
def test_too_few_weigh_ins_are_said_and_not_drawn(weights, drawn, lacking, rows):
    chart = charts.weight(weights, SPAN, METRIC)
    assert (chart.spec is not None, len(chart.rows)) == (drawn, rows)
    assert drawn or chart.lacking == lacking


@given(st.lists(st.tuples(st.integers(1, 400), st.floats(20, 500)), min_size=1, max_size=20), st.integers(0, 2000))
def test_what_is_older_than_its_memory_moves_the_smoothed_line_by_nothing(gaps, since):
    ages = list(accumulate((gap for gap, _ in gaps), initial=0))[:-1]
    weights = [(back(age), kg) for age, (_, kg) in zip(reversed(ages), gaps, strict=True)]
    first = back(since) - figures.MEMORY
    recent = [(day, kg) for day, kg in weights if day >= first]
    whole = dict(zip((day for day, _ in weights), figures.smoothed(weights), strict=True))
    for (day, _), kg in zip(recent, figures.smoothed(recent), strict=True):
        assert day < back(since) or kg == pytest.approx(whole[day], abs=1e-11)


def test_the_smoothed_line_of_a_span_comes_from_the_weigh_ins_before_it():
    chart = charts.weight(weigh_ins((10, 72.0), (9, 73.0)), SPAN, METRIC)
    assert [spaced(row) for row in chart.rows] == [("16 November 2026", "73.0 kg", "72.1 kg")]


def test_a_goal_weight_is_a_line_of_its_own_in_the_persons_units():
    chart = charts.weight(weigh_ins((1, 72.0), (0, 71.0)), SPAN, IMPERIAL)
    assert chart.heads == ("Day", "Weight", "Smoothed", "Goal")
    assert spaced(chart.rows[0]) == ("25 November 2026", "156.5 lb", "158.5 lb", "154.3 lb")
    assert [one["label"] for one in chart.spec["series"]] == ["Weight", "Smoothed", "Goal"]
    assert chart.spec["series"][2]["values"] == [154.32, 154.32]


@pytest.mark.parametrize(
    ("heart", "highest", "load"),
    [(None, 190, None), (141, None, None), (142.5, 190, 45), (190, 190, 60), (200, 190, 60)],
)
def test_the_load_is_minutes_by_heart_rate_and_unknown_without_one(heart, highest, load):
    assert figures.load(effort(heart=heart), highest) == load


def test_activities_without_a_heart_rate_are_counted_and_not_taken_for_nothing():
    efforts = [effort(heart=142.5), effort(1), effort(2)]
    load = charts.measures("metric", 190)[2]
    chart = charts.weekly(load, efforts, SPAN, charts.load_facts(efforts, 190))
    assert chart.facts[-1] == "2 of 3 activities had no heart rate and are left out."
    assert chart.rows[0] == ("23 November 2026, so far", "45", "45")
    nothing = charts.weekly(charts.measures("metric", None)[2], efforts[1:], SPAN, charts.load_facts(efforts[1:], None))
    assert (nothing.spec, nothing.facts) == (None, ("2 of 2 activities had no heart rate and are left out.",))
    assert "No activity with a heart rate" in nothing.lacking


@pytest.mark.parametrize(
    ("day", "start", "first"),
    [
        ("2026-11-25", MONDAY, "2026-11-23"),
        ("2026-11-25", SATURDAY, "2026-11-21"),
        ("2026-11-25", SUNDAY, "2026-11-22"),
        ("2026-11-21", SATURDAY, "2026-11-21"),
        ("2026-10-25", MONDAY, "2026-10-19"),  # the day that has 25 hours
        ("2026-03-29", MONDAY, "2026-03-23"),  # the day that has 23
    ],
)
def test_an_activity_is_in_the_week_of_its_day(day, start, first):
    assert figures.week_of(date.fromisoformat(day), start) == date.fromisoformat(first)


def test_weeks_around_a_clock_change_are_seven_days_and_lose_nothing():
    first = date(2026, 10, 19)
    weeks = figures.weeks(first, date(2026, 11, 1))
    assert weeks == [first, date(2026, 10, 26)]
    efforts = [Effort(first + timedelta(days=n), "Run", 1000, 60, None) for n in range(14)]
    assert figures.weekly(efforts, weeks, lambda one: one.metres) == {"Run": [7000, 7000]}


def test_today_is_the_persons_day_while_the_clock_changes():
    assert week.today(datetime(2026, 10, 24, 22, 30, tzinfo=UTC), "Europe/Berlin") == date(2026, 10, 25)
    assert week.today(datetime(2026, 10, 25, 22, 30, tzinfo=UTC), "Europe/Berlin") == date(2026, 10, 25)


@pytest.mark.parametrize(
    ("types", "names"),
    [
        ([], []),
        ([None], ["Workout"]),
        (["UnderwaterHockey", "Run", "Run"], ["Run", "Underwater hockey"]),
        (["A", "B", "C", "D", "E"], ["A", "B", "C", "D", "E"]),
        (["A", "A", "B", "B", "C", "C", "D", "D", "E", "F"], ["A", "B", "C", "D", "Other sports"]),
    ],
)
def test_sports_are_named_by_time_and_the_least_of_many_together(types, names):
    efforts = [effort(sport=sport) for sport in types]
    assert figures.sports(efforts) == names
    assert sum(sum(sums) for sums in figures.weekly(efforts, [back(6)], lambda _: 1).values()) == len(types)


def test_weekly_distance_by_sport_in_miles_with_a_week_of_rest():
    span = Span(date(2026, 11, 9), TODAY)
    efforts = [effort(metres=16_093.44), effort(1, "Ride", 40_000), effort(1, "Yoga", 0), effort(16, metres=1609.344)]
    chart = charts.weekly(charts.measures("imperial", None)[0], efforts, span, ())
    assert chart.heads == ("Week of", "Run", "Ride", "All")
    assert [spaced(row) for row in chart.rows] == [
        ("23 November 2026, so far", "10.0 mi", "24.9 mi", "34.9 mi"),
        ("16 November 2026", "–", "–", "–"),
        ("9 November 2026", "1.0 mi", "–", "1.0 mi"),
    ]
    assert chart.spec["x"]["places"] == [3, 10, 17]
    assert [one["values"] for one in chart.spec["series"]] == [[1, 0, 10], [0, 0, 24.85]]
    assert [one["look"] for one in chart.spec["series"]] == ["solid", "slanted"]


@pytest.mark.parametrize("measure", charts.measures("metric", 190))
def test_no_activities_are_said_and_not_drawn(measure):
    chart = charts.weekly(measure, [], SPAN, charts.load_facts([], 190))
    assert (chart.spec, chart.rows, chart.facts) == (None, [], ())
    assert chart.lacking.startswith("No activity")


def test_eaten_and_burned_are_means_of_the_days_that_have_them_and_never_added():
    rows = [
        CaloriesRow(date(2026, 11, 16), 2000, 2500),
        CaloriesRow(date(2026, 11, 17), None, 2700),
        CaloriesRow(date(2026, 11, 18), 0, None),
        CaloriesRow(date(2026, 11, 24), None, 2900),
        CaloriesRow(TODAY, 300, 900),
    ]
    by_week = charts.calories(rows, SPAN, IMPERIAL, lambda day: figures.week_of(day, MONDAY))
    assert by_week.heads == ("Week of", "Eaten", "Burned", "Goal", "Days logged")
    assert [spaced(row) for row in by_week.rows] == [
        ("23 November 2026", "–", "2,900 kcal", "2,200 kcal", "0"),
        ("16 November 2026", "1,000 kcal", "2,600 kcal", "2,200 kcal", "2"),
    ]
    by_day = charts.calories(rows, SPAN, METRIC, None)
    assert by_day.heads == ("Day", "Eaten", "Burned")
    assert [row[0] for row in by_day.rows] == [f"{day} November 2026" for day in (24, 18, 17, 16)]
    assert by_day.spec["series"][0]["values"] == [2000, None, 0, None]


def test_nothing_eaten_or_burned_is_said():
    for rows in ([], [CaloriesRow(TODAY, 300, 900)], [CaloriesRow(back(1), None, None)]):
        chart = charts.calories(rows, SPAN, IMPERIAL, None)
        assert (chart.spec, chart.rows) == (None, [])
        assert chart.lacking == "Nothing eaten or burned is known in this span."


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [("2026-11-25", "2025-12-01", "2026-11-01"), ("2026-12-31", "2026-01-01", "2026-12-01")],
)
def test_the_calendar_has_twelve_months_to_todays(today, first, last):
    months = figures.calendar([], date.fromisoformat(today), MONDAY)
    assert [months[0].first.isoformat(), months[-1].first.isoformat(), len(months)] == [first, last, 12]


@pytest.mark.parametrize("start", [MONDAY, SATURDAY, SUNDAY])
def test_a_leap_day_is_in_the_calendar_once_on_its_weekday(start):
    months = figures.calendar([date(2024, 2, 29)], date(2024, 3, 1), start)
    days = [day for month in months for row in month.weeks for day in row if day]
    assert Counter(day.date for day in days).most_common(1)[0][1] == 1
    assert len(days) == 366  # from April 2023 to the end of March 2024
    (row,) = [row for row in months[-2].weeks if any(day and day.date == date(2024, 2, 29) for day in row)]
    assert row[(3 - start) % 7] == figures.Day(date(2024, 2, 29), 1)
    assert [month.active for month in months] == [0] * 10 + [1, 0]


def test_the_calendar_says_what_was_done_and_leaves_days_to_come_open():
    shown = calendar([back(1), back(1), TODAY, date(2025, 12, 1)], TODAY, SATURDAY)
    assert shown.fact == "3 active days since December 2025."
    assert shown.weekdays[0] == ("Sat", "Saturday")
    assert shown.months[-1].fact == "2 active days"
    last = [day for row in shown.months[-1].weeks for day in row if day]
    assert [(day.number, day.words, day.state) for day in last[22:26]] == [
        (23, "", "quiet"),
        (24, "2 activities", "active"),
        (25, "1 activity", "active"),
        (26, "", "future"),
    ]


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([0], ["0", "0.2"]),
        ([0, 7], ["0", "2", "4", "6", "8"]),
        ([0, 58], ["0", "20", "40", "60"]),
        ([72.1, 73.4], ["72", "72.5", "73", "73.5"]),
        ([72.0, 72.0], ["72", "72.2"]),
        ([1990, 3050], ["1500", "2000", "2500", "3000", "3500"]),
    ],
)
def test_ticks_are_round_and_hold_every_value(values, labels):
    scale = ticks(values, lambda value: f"{value:g}")
    assert scale[0][0] <= min(values) <= max(values) <= scale[-1][0]
    assert [label for _, label in scale] == labels


@pytest.mark.parametrize(
    ("first", "labels"),
    [
        (date(2026, 11, 9), ["9 Nov", "16 Nov", "23 Nov"]),
        (date(2026, 6, 1), ["Jun 2026", "Jul 2026", "Aug 2026", "Sep 2026", "Oct 2026", "Nov 2026"]),
        (date(2022, 1, 2), ["2023", "2024", "2025", "2026"]),
    ],
)
def test_days_are_marked_by_weeks_months_or_years(first, labels):
    assert [label for _, label in day_ticks(Span(first, TODAY))] == labels
