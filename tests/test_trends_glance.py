"""What stands beside the charts of the trends: four figures, the weight's table, the sports and the year of dots."""

from datetime import date, timedelta

import pytest

from app.records.preferences import Preferences
from app.records.rows import CaloriesRow, WeightRow
from app.trends import calendar, charts, drawing, facts, glance, sports
from app.trends.axes import Span
from app.trends.figures import Effort

TODAY = date(2026, 11, 25)
THIS_WEEK = date(2026, 11, 23)
SPAN = Span(THIS_WEEK - timedelta(weeks=12), TODAY)
METRIC = Preferences("metric", "Europe/Berlin", "monday")
GOALS = Preferences("metric", "Europe/Berlin", "monday", calorie_goal=2400, goal_weight=70.0)


def spaced(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def weighed(*pairs: tuple[int, float]) -> list[WeightRow]:
    """(days ago, kg), oldest first."""
    return [WeightRow(TODAY - timedelta(days=days), None, kg, None, None) for days, kg in pairs]


def falling(days: int, a_day: float = 0.06, now: float = 72.0) -> facts.Trend:
    """A line that comes down to `now` by so much a day."""
    ages = range(days, -1, -1)
    return facts.Trend([TODAY - timedelta(days=n) for n in ages], [now + n * a_day for n in ages], TODAY)


def effort(day: date, seconds: int = 3600, sport: str = "Run", metres: float = 10_000) -> Effort:
    return Effort(day, sport, metres, seconds, None)


def weekly(weeks: range, seconds: int, days: int = 1) -> list[Effort]:
    """Activities of weeks so many weeks ago, on their first days."""
    return [effort(THIS_WEEK - timedelta(weeks=n, days=-d), seconds) for n in weeks for d in range(days)]


def told(figure: glance.Figure) -> tuple[str, str, str]:
    return spaced(figure.head), spaced(figure.note), figure.sign


@pytest.mark.parametrize(
    ("found", "name", "said"),
    [
        (facts.Trend([], [], TODAY), "3 months", ("", "No weigh-in", "")),
        (falling(100), "3 months", ("72.0 kg", "5.2 kg in 3 months, 0.4 a week now", "fall")),
        (falling(100, -0.06), "3 months", ("72.0 kg", "5.2 kg in 3 months, 0.4 a week now", "rise")),
        (falling(100), "", ("72.0 kg", "5.2 kg since 31 August", "fall")),
        (falling(10), "year", ("72.0 kg", "0.6 kg since 15 November, 0.4 a week now", "fall")),
        (falling(100, 0.0), "3 months", ("72.0 kg", "steady in 3 months", "")),
    ],
)
def test_the_weights_trend_is_held_against_the_spans_first_day(found, name, said):
    assert told(glance.weight(found, SPAN, name, "metric")) == said


@pytest.mark.parametrize(
    ("now", "before", "chosen", "said"),
    [
        ([], [], METRIC, ("", "Nothing eaten is known", "")),
        ([(None, 2500)], [], METRIC, ("", "Nothing eaten is known", "")),
        ([(2000, 2500), (2200, None)], [], METRIC, ("2,100 kcal", "400 under burned", "")),
        ([(2000, None)], [(1900, None)], METRIC, ("2,000 kcal", "100 more than the 3 months before", "rise")),
        ([(2000, 2000)], [(2000, 9)], METRIC, ("2,000 kcal", "as the 3 months before, as burned", "tick")),
        ([(2284, 2564)], [], GOALS, ("2,284 kcal", "116 under the goal, 280 under burned", "fall")),
    ],
)
def test_what_was_eaten_is_held_against_the_goal_or_else_the_span_before(now, before, chosen, said):
    rows, earlier = ([CaloriesRow(TODAY, *pair) for pair in some] for some in (now, before))
    assert told(glance.eaten(rows, earlier, chosen, "3 months")) == said


@pytest.mark.parametrize(
    ("efforts", "oldest", "said"),
    [
        ([], None, ("0 min", "0 min in all", "")),
        (weekly(range(26), 3600), THIS_WEEK - timedelta(weeks=30), ("1 h 00 min", "as in the 3 months before", "")),
        (
            weekly(range(1, 13), 5400) + weekly(range(13, 25), 3600),
            date(2020, 1, 1),
            ("1 h 30 min", "30 min more than the 3 months before", "rise"),
        ),
        (weekly(range(13, 25), 3600), date(2020, 1, 1), ("0 min", "1 h 00 min less than the 3 months before", "fall")),
        # Only two weeks are known, and one that runs: neither is watered down by weeks of which nothing is known.
        (weekly(range(3), 3600), THIS_WEEK - timedelta(weeks=2), ("1 h 00 min", "3 h 00 min in all", "")),
        (weekly(range(1), 3600), THIS_WEEK, ("1 h 00 min", "1 h 00 min in all", "")),
    ],
)
def test_moving_time_is_a_mean_week_of_those_that_are_over_against_as_many_before(efforts, oldest, said):
    looked = glance.spans(SPAN, "3 months", oldest, THIS_WEEK)
    assert told(glance.moving(efforts, looked)) == said


def test_of_very_long_spans_every_month_counts_whole():
    span = Span(date(2006, 11, 1), TODAY, "month")
    efforts = [Effort(start, "Run", 8000, 3600, None, 4) for start in span.starts()]
    looked = glance.spans(span, "", date(2006, 11, 30), THIS_WEEK)
    assert told(glance.moving(efforts, looked)) == ("14 min", "241 h 00 min in all", "")


@pytest.mark.parametrize(
    ("efforts", "said"),
    [
        (weekly(range(1, 10), 60, days=3), ("2.2 a week", "9 weeks in a row with 3 or more", "tick")),
        (weekly(range(10), 60, days=3), ("2.2 a week", "10 weeks in a row with 3 or more", "tick")),
        (weekly(range(2, 10), 60, days=3), ("2.0 a week", "2.0 more than the 3 months before", "rise")),
        (weekly(range(1, 13), 60) + weekly(range(13, 25), 60), ("1.0 a week", "as in the 3 months before", "")),
    ],
)
def test_active_days_are_counted_a_week_and_a_run_of_weeks_is_said(efforts, said):
    looked = glance.spans(SPAN, "3 months", date(2020, 1, 1), THIS_WEEK)
    assert told(glance.active({one.date for one in efforts}, looked, THIS_WEEK)) == said


@pytest.mark.parametrize(
    ("found", "weights", "chosen", "rows"),
    [
        (facts.Trend([], [], TODAY), [], GOALS, []),
        (
            falling(100),
            [71.5, 77.0],
            GOALS,
            [
                ("Trend today", "72.0 kg"),
                ("This week", "−0.4 kg"),
                ("4 weeks", "−1.7 kg"),
                ("Since 31 August", "−5.2 kg"),
                ("Lowest, highest", "71.5, 77.0 kg"),
                ("To the goal of 70.0", "2.0 kg"),
                ("At this pace by", "late December"),
            ],
        ),
        (
            falling(3, -0.06),
            [72.0],
            METRIC,
            [("Trend today", "72.0 kg"), ("Since 22 November", "+0.2 kg"), ("Lowest, highest", "72.0, 72.0 kg")],
        ),
    ],
)
def test_what_the_weights_line_comes_to(found, weights, chosen, rows):
    assert [(label, spaced(text)) for label, text in facts.table(found, weights, SPAN, chosen)] == rows


@pytest.mark.parametrize(
    ("away", "pace", "said"),
    [
        (-2.0, -0.2, "early February"),
        (-2.0, -0.35, "early January"),
        (2.0, 0.5, "late December"),
        (-2.0, -0.04, "early November 2027"),
        (-2.0, -0.001, "over two years"),
        (-2.0, 0.2, "not at this pace"),
        (-2.0, 0.0, "not at this pace"),
        (-2.0, None, "too few weigh-ins"),
    ],
)
def test_the_goal_is_reached_at_the_pace_of_four_weeks_or_it_is_said_why_not(away, pace, said):
    assert facts.arrival(away, pace, TODAY) == said


def test_sports_are_told_with_their_times_distances_and_drawings_most_time_first():
    efforts = [effort(TODAY), effort(TODAY, 1800, "Walk", 2500), effort(TODAY, 1800, "Yoga", 0), effort(TODAY, 3600)]
    assert [
        (one.name, one.kind, one.icon, spaced(one.note), spaced(one.time), one.share)
        for one in sports.totals(efforts, "metric")
    ] == [
        ("Run", "run", "run", "2 times, 20.0 km", "2 h 00 min", 100.0),
        ("Walk", "run", "walk", "once, 2.5 km", "30 min", 25.0),
        ("Yoga", "other", "yoga", "once", "30 min", 25.0),
    ]
    assert sports.totals([], "metric") == []
    many = [effort(TODAY, 60 * n, f"Sport{n}") for n in range(1, 9)]
    assert [one.name for one in sports.totals(many, "metric")][-1] == "Other sports"
    assert sum(int(one.time.split("\N{NO-BREAK SPACE}")[0]) for one in sports.totals(many, "metric")) == 36


def test_a_year_has_a_dot_for_each_day_by_its_moving_time_and_says_the_longest_run():
    efforts = [effort(TODAY, 7200), effort(TODAY - timedelta(days=1), 1800), effort(TODAY - timedelta(days=9), 0)]
    year = calendar.year(efforts, TODAY, 0)
    assert {name: path.count("M") for name, path in year.dots.items()} == {
        "none": 360 - 3,
        "little": 1,
        "half": 1,
        "whole": 1,
    }
    assert year.fact == (
        "3 active days since December 2025. The larger the dot, the longer you moved."
        " The longest run of active days: 2, in November."
    )
    assert [name for _, name in year.months][:2] == ["Dec", "Jan 2026"]
    assert calendar.year([], TODAY, 6).fact == "0 active days since December 2025."


def test_many_rows_share_bars_that_are_their_means_and_none_is_lost():
    span = Span(date(2020, 1, 6), TODAY)
    efforts = [effort(week, 3600) for week in span.starts()]
    drawn = drawing.plot(charts.weekly(charts.measures("metric", None)[1], efforts, span, ()))
    bars = next(mark for mark in drawn.marks if mark.look == "solid")
    assert drawn.bundle == 4
    assert bars.path.count("M") == -(-len(span.starts()) // 4) <= drawing.MOST_BARS
    assert len(drawn.reach.split()) == len(span.starts())


def test_what_lies_ahead_of_the_weight_ends_at_the_charts_edge():
    chart = charts.weight(weighed(*((n, 72 + n * 0.1) for n in range(40, -1, -1))), SPAN, METRIC)
    for pace in (-5.0, -0.1, 0.0001, 5.0):
        (ahead,) = [mark for mark in drawing.plot(chart, pace).marks if mark.look == "ahead"]
        x, y = map(float, ahead.path.partition("L")[2].split())
        assert 0 <= x <= drawing.WIDTH
        assert 0 <= y <= drawing.HEIGHT
    assert [mark for mark in drawing.plot(chart).marks if mark.look == "ahead"] == []


def test_a_mean_of_seven_days_needs_three_that_have_a_figure():
    assert drawing.running([0, 1, 2, 9], [1.0, None, 3.0, 5.0]) == [None, None, None, None]
    assert drawing.running([0, 1, 2, 3, 9], [1.0, 2.0, 3.0, None, 9.0]) == [None, None, 2.0, 2.0, None]
