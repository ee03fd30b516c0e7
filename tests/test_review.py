"""A week in review: its figures against the median of eight, what was best in a year, its goal days and its trend."""

from datetime import date, datetime, time, timedelta

import pytest

from app.records.rows import ActivityRow, CaloriesRow, EffortRow, Preferences, WeightRow
from app.stats import review, review_words
from app.stats.review import Best, Compared, Figures, Records

FIRST = date(2026, 11, 15)
LAST = date(2026, 11, 21)
TODAY = date(2026, 11, 26)
CHOSEN = Preferences("metric", "UTC", "sunday", 2400, 71.0)


def weighed(day: date, kilograms: float) -> WeightRow:
    return WeightRow(day, time(7), kilograms, None, None)


def moved(day: date, minutes: int, metres: float = 0) -> EffortRow:
    return EffortRow(datetime.combine(day, time(18)), minutes * 60, metres)


def outing(number: int, sport: str, metres: float | None, minutes: int = 30) -> ActivityRow:
    return ActivityRow(FIRST, number, f"Number {number}", sport, None, None, None, metres, minutes * 60)


def records(**found: object) -> Records:
    nothing: dict[str, object] = {"weights": [], "calories": [], "efforts": [], "oldest": date(2020, 1, 1)}
    return Records(**nothing | found)  # type: ignore[arg-type]


def test_a_weeks_figures_are_of_its_own_days_and_today_is_not_over():
    days = [FIRST - timedelta(days=1), FIRST, LAST, LAST + timedelta(days=1)]
    found = records(
        weights=[weighed(day, 70 + n) for n, day in enumerate(days)],
        calories=[CaloriesRow(day, 2000 + 100 * n, None) for n, day in enumerate(days)],
        efforts=[moved(day, 10 * (n + 1), 1000 * (n + 1)) for n, day in enumerate(days)],
    )
    assert review.of_week(found, FIRST, TODAY) == Figures(71.5, 2150, None, 3000, 5000, 2, 2)
    assert review.of_week(found, FIRST, LAST).eaten == 2100
    assert review.of_week(found, FIRST, LAST, timedelta(days=3)).activities == 1


@pytest.mark.parametrize(("oldest", "seconds"), [(FIRST, 0), (LAST, 0), (LAST + timedelta(days=1), None), (None, None)])
def test_a_week_before_the_first_activity_of_all_has_none_to_count(oldest, seconds):
    assert review.of_week(records(oldest=oldest), FIRST, TODAY).seconds == seconds


@pytest.mark.parametrize(
    ("before", "usual"),
    [
        ([], None),
        ([10, 20], None),
        ([10, 20, 30], 20),
        ([10, None, 20, None, 30], 20),
        ([0, 0, 0, 50], 0),
        ([1, 2, 3, 4, 5, 6, 7, 8, 900, 900], 4.5),
    ],
)
def test_usual_is_the_median_of_the_eight_weeks_before_that_have_the_figure(before, usual):
    compared = review.compare(Figures(seconds=60), [Figures(seconds=value) for value in before])
    [found] = [one for one in compared if one.measure == "seconds"]
    assert (found.value, found.usual) == (60, usual)


@pytest.mark.parametrize(
    ("now", "before", "best"),
    [
        (50, [10, 20, 30], True),
        (30, [10, 20, 30], False),
        (50, [10, 20], False),
        (50, [0, 0, 0, 0], False),
        (0, [0, 0, 0], False),
        (None, [1, 2, 3], False),
        (50, [None, 1, 2, 3], True),
    ],
)
def test_a_figure_is_best_of_the_year_when_no_week_reached_it(now, before, best):
    found = review.best_figures(Figures(metres=now), [Figures(metres=value) for value in before])
    assert [(one.measure, one.value) for one in found] == ([("metres", now)] if best else [])


def test_the_longest_of_a_sport_needs_three_others_and_is_one():
    before = [outing(n, "Run", 5000) for n in range(3)] + [outing(n, "Ride", 9000) for n in range(2)]
    before += [outing(n, "Yoga", None, 40) for n in range(3)]
    week = [outing(10, "Run", 6000), outing(11, "Run", 7000), outing(12, "Ride", 99000), outing(13, "Yoga", None, 45)]
    found = review.longest(week, before)
    assert [(one.activity.id, one.measure, one.value) for one in found] == [
        (11, "distance", 7000),
        (13, "moving_time", 2700),
    ]


def test_the_trend_is_the_boards_smoothing_before_the_week_and_at_its_end():
    rows = [weighed(FIRST - timedelta(days=1), 80), weighed(FIRST, 70)]
    assert review.trend(rows, FIRST) == (80, 79)
    assert review.trend(rows[:1], FIRST) == (80, 80)
    assert review.trend(rows[1:], FIRST) == (None, 70)
    assert review.trend([], FIRST) == (None, None)


@pytest.mark.parametrize(
    ("kilograms", "goal", "best"),
    [
        ([74, 73.5, 73, 72], 71, True),
        ([72, 72.5, 73, 74], 71, False),
        ([66, 66.5, 67, 68], 71, True),
        ([74, 73.5, 73, 72], None, False),
        ([74, 72], 71, False),
    ],
)
def test_the_trend_is_best_when_it_was_never_nearer_to_the_goal(kilograms, goal, best):
    days = [FIRST - timedelta(days=3 - n) for n in range(3)][-(len(kilograms) - 1) :]
    rows = [weighed(day, kg) for day, kg in zip([*days, LAST], kilograms, strict=True)]
    assert bool(review.best_trend(rows, FIRST, goal)) == best


def test_nothing_weighed_in_the_week_is_no_best():
    rows = [weighed(FIRST - timedelta(days=n), 72 - n) for n in range(4, 0, -1)]
    assert review.best_trend(rows, FIRST, 71) is None


@pytest.mark.parametrize(
    ("kcal", "day", "state"),
    [
        (2400, LAST, "met"),
        (0, LAST, "met"),
        (2400.5, LAST, "over"),
        (None, LAST, "none"),
        (100, TODAY, "running"),
        (100, TODAY + timedelta(days=1), "future"),
    ],
)
def test_a_day_meets_the_goal_when_no_more_was_eaten(kcal, day, state):
    [found] = review.goal_days([CaloriesRow(day, kcal, None)], [day], TODAY, 2400)
    assert found.state == state


def test_goal_days_are_told_of_those_that_were_logged():
    days = review.goal_days([CaloriesRow(FIRST, 2000, None)], [FIRST, LAST], TODAY, 2400)
    assert review_words.goal_words(days, 2400) == "1 of 1\u00a0logged day met the goal of 2,400\u00a0kcal"
    assert [mark.words for mark in review_words.marks(days)] == ["met", "not logged"]
    assert review_words.goal_words([], 2400).startswith("No full day was logged")


@pytest.mark.parametrize(
    ("measure", "value", "usual", "said"),
    [
        ("weight", 73.0, 73.6, "0.6 kg less"),
        ("weight", 73.04, 73.01, "as usual"),
        ("eaten", 2377.6, 2453.4, "75 kcal less"),
        ("seconds", 7260, 3600, "1 h 01 min more"),
        ("seconds", 0, 3600, "1 h 00 min less"),
        ("metres", 21200.0, 22000.0, "800 m less"),
        ("active_days", 4, 3.5, "0.5 more"),
        ("activities", 4, None, "after 3 weeks"),
        ("weight", None, 73.0, "not known"),
    ],
)
def test_a_difference_is_said_in_words(measure, value, usual, said):
    line = review_words.line(Compared(measure, value, usual, 8), "metric")
    assert line.difference.replace("\u00a0", " ") == said


def test_lines_are_of_the_rows_that_are_shown_and_imperial_where_wanted():
    compared = [Compared("weight", 72.575, 72.575, 8), Compared("burned", None, None, 0), Compared("metres", 0, 0, 8)]
    shown = Preferences("imperial", "UTC", "sunday", rows={"weight": "Weight"})
    assert [(one.label, one.now) for one in review_words.lines(compared, shown)] == [
        ("Weight, average", "160.0\u00a0lb")
    ]
    assert [one.label for one in review_words.lines(compared, CHOSEN)] == ["Weight, average", "Distance"]


def test_a_best_names_its_sport_day_and_own_name():
    told = review_words.best(Best("distance", 21100, outing(1, "Walk", 21100)), "metric")
    assert (told.what, told.kind, told.day, told.name) == ("Longest walk in a year", "run walk", "Sunday", "Number 1")
    assert review_words.best(Best("seconds", 3600), "metric").what == "Most moving time in a year"
