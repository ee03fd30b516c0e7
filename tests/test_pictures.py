"""What is drawn beside the figures: nothing spills, nothing is cut, and the pieces of the weight's line meet."""

import re
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.records.rows import CaloriesRow, Preferences, WeightRow
from app.stats import pictures
from app.stats.cells import Cell, Entry
from app.stats.numbers import Number
from app.stats.pace import Pace
from app.stats.pictures import Bar, Line, Meter

SUNDAY = date(2026, 11, 22)
DAYS = [SUNDAY + timedelta(days=n) for n in range(7)]
TUESDAY = DAYS[2]
NOON = datetime.fromisoformat("2026-11-24 12:00")
CHOSEN = Preferences("metric", "UTC", "sunday", 2400, 71.0)
CELLS = [Cell("value", (Entry("1", "kcal"),))] * 7


def weighed(*shown: tuple[int, float]) -> list[WeightRow]:
    return [WeightRow(SUNDAY + timedelta(days=n), None, kilograms, None, None) for n, kilograms in shown]


def drawn(rows: list[WeightRow], today: date = TUESDAY) -> tuple[list[Line], Number]:
    cells, head = pictures.weights(CELLS, Number("Weight", "72.0 kg"), rows, DAYS, today, CHOSEN)
    return [cell.picture for cell in cells], head


def test_the_pieces_of_the_line_meet_from_day_to_day_and_end_at_the_last_weigh_in():
    lines, head = drawn(weighed((-20, 74.0), (-3, 73.0), (0, 72.8), (2, 72.4)))
    before, so_far = head.pictures
    pieces = [before, *lines[:3]]
    for left, right in pairwise(pieces):
        assert left.trend.split("L")[-1].split()[1] == right.trend.removeprefix("M").split("L")[0].split()[1]
    assert lines[2].trend.split("L")[-1].startswith("50.0 ")
    assert (lines[2].now != "", lines[3:]) == (True, [None] * 4)
    assert so_far.now
    assert head.notes == ("trend 72.9, 1.9 above the goal",)


def test_a_week_without_any_weigh_in_ever_has_no_line():
    assert drawn([])[0] == [None] * 7


@given(
    st.lists(st.tuples(st.integers(-400, 2), st.floats(1, 600)), min_size=1, max_size=20, unique_by=lambda one: one[0])
)
def test_no_weight_is_drawn_outside_its_picture(shown):
    lines, head = drawn(weighed(*sorted(shown)))
    texts = " ".join(line.trend + line.dots for line in [*head.pictures, *lines[:3]])
    heights = [float(height) for height in re.findall(r"[\d.]+ (-?[\d.]+)", texts)]
    assert all(0 <= height <= 40 for height in heights)


@pytest.mark.parametrize("goal", [None, 0, 1, 2400, 9000])
@pytest.mark.parametrize(("eaten", "burned"), [(0, None), (2610, 2480), (8000, 9000), (640, 100)])
def test_no_bar_of_calories_is_longer_than_its_place(goal, eaten, burned):
    rows = [CaloriesRow(day, eaten, burned) for day in DAYS]
    cells, _ = pictures.meals(CELLS, Number("Calories", ""), rows, DAYS, TUESDAY, goal)
    for picture in (cell.picture for cell in cells if cell.picture):
        assert isinstance(picture, Meter)
        assert picture.eaten + picture.over <= 100.1
        assert max(picture.burned or 0, picture.goal or 0) <= 100
        assert bool(picture.over) == bool(goal and eaten > goal)


@pytest.mark.parametrize(
    ("seconds", "usual", "whole", "bar"),
    [
        (3600, 1800, 7200, (50.0, 100.0, 25.0)),
        (7200, 1800, 3600, (100.0, 50.0, 25.0)),
        (0, 0, 3600, (0.0, 100.0, 0.0)),
        (0, 0, 0, None),
    ],
)
def test_the_bar_of_the_usual_week_holds_this_week_and_the_tick_of_now(seconds, usual, whole, bar):
    now = Pace(seconds, 0, usual, 0, 8, NOON)
    found = pictures.pace(Number("Activities", ""), now, Pace(seconds, 0, whole, 0, 8, None)).pictures
    assert [(one.done, one.track, one.usual) for one in found if isinstance(one, Bar)] == ([bar] if bar else [])
