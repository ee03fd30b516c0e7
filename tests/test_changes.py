"""What is said of the difference between two pushes."""

from datetime import date
from typing import Any

import pytest

from app.stats import cells, changes

FRIDAY, MONDAY = {"date": "2026-11-27", "index": 5}, {"date": "2026-11-23", "index": 1}


def weight(kilograms: float, time: str | None = "07:02", day: dict[str, Any] = FRIDAY) -> dict[str, Any]:
    return {"weight": kilograms, "fat": None, "bmi": None, "time": time, **day}


def eaten(kcal: float | None, burned: float | None = None, day: dict[str, Any] = FRIDAY) -> dict[str, Any]:
    return {"calories": kcal, "burned": burned, **day}


def run(day: dict[str, Any] = FRIDAY, **what: Any) -> dict[str, Any]:
    known = {"id": 1, "name": "Morning Run", "activity_type": "Run", "distance": 8200.0, "moving_time": 2530}
    return {"speed": 3.2, "cadence": None, "heartrate": 148.0, **known, **day, **what}


def items(**rows: list[dict[str, Any]]) -> changes.Items:
    return {"weight": [], "calories": [], "activities": []} | rows


def told(old: changes.Items, new: changes.Items, system: str = "metric") -> list[tuple[str, str]]:
    return [(one.cell, one.text.replace("\u00a0", " ")) for one in changes.between(old, new, system)]


@pytest.mark.parametrize(
    ("row", "old", "new", "text"),
    [
        ("weight", [], [weight(71.4)], "Weight, 71.4 kg, added to Friday"),
        ("weight", [weight(71.9)], [weight(71.4)], "Weight on Friday corrected from 71.9 to 71.4 kg"),
        ("weight", [weight(71.9)], [weight(71.4, "21:30")], "Weight, 71.4 kg at 21:30, added to Friday"),
        ("weight", [weight(71.9, None)], [weight(71.4, None)], "Weight on Friday corrected from 71.9 to 71.4 kg"),
        ("weight", [weight(71.4, "21:30")], [weight(71.9)], "Weight on Friday corrected from 71.4 to 71.9 kg"),
        ("weight", [weight(71.9)], [], "Weight, 71.9 kg, removed from Friday"),
        ("weight", [weight(71.91)], [weight(71.93)], None),
        ("calories", [], [eaten(1780)], "Calories, 1,780 kcal, added to Friday"),
        ("calories", [eaten(None, 900)], [eaten(1780, 900)], "Calories, 1,780 kcal, added to Friday"),
        ("calories", [eaten(1640)], [eaten(1780)], "Calories on Friday now 1,780 kcal, before 1,640 kcal"),
        ("calories", [eaten(1640)], [eaten(None)], "Calories, 1,640 kcal, removed from Friday"),
        ("calories", [eaten(1640, 900)], [eaten(1640, 950)], None),
        ("activities", [], [run()], "Run, 8.2 km, added to Friday"),
        ("activities", [], [run(distance=0, activity_type="Yoga")], "Yoga, 42 min, added to Friday"),
        ("activities", [run(MONDAY)], [], "Run, 8.2 km, removed from Monday"),
        ("activities", [run(MONDAY)], [run()], "Run, 8.2 km, moved from Monday to Friday"),
        ("activities", [run(distance=8000.0)], [run()], "Run, 8.2 km, on Friday corrected from Run, 8.0 km"),
        ("activities", [run()], [run(name="Canal")], "Run, 8.2 km, on Friday is now called Canal"),
        ("activities", [run()], [run(heartrate=150.0)], "Run, 8.2 km, on Friday corrected"),
        ("activities", [run()], [run()], None),
    ],
)
def test_each_change_is_a_sentence_and_names_its_cell(row, old, new, text):
    index = (new or old)[0]["index"]
    assert told(items(**{row: old}), items(**{row: new})) == ([(f"{row}-{index}", text)] if text else [])


def test_imperial_units_reach_the_sentences():
    old = items(weight=[weight(72.5)])
    new = items(weight=[weight(73.0)], activities=[run()])
    assert [text for _, text in told(old, new, "imperial")] == [
        "Weight on Friday corrected from 159.8 to 160.9 lb",
        "Run, 5.1 mi, added to Friday",
    ]


def test_many_at_once_are_counted():
    many = [run(id=n) for n in range(7)]
    said = changes.said(changes.between(items(), items(activities=many), "metric"), "18:02")
    assert said["text"].replace("\u00a0", " ") == "18:02 " + "Run, 8.2 km, added to Friday. " * 3 + "And 4 more."
    assert said["cells"] == ["activities-5"]


def test_nothing_new_is_nothing_said():
    assert changes.said([], "18:02") == {"text": "", "cells": []}
    assert cells.weekday({"date": date(2026, 11, 27).isoformat()}) == "Friday"
