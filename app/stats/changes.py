"""Pure: what is different between the week that was last pushed and the week that is pushed now, in sentences."""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from app import units
from app.stats.cells import headline

SAID = 3
"""A first sync brings dozens of rows at once; more than this are only counted."""

Items = dict[str, list[dict[str, Any]]]
"""The `data` of `stats_vals`."""


class Change(NamedTuple):
    """Which cell is different, and a sentence without its full stop."""

    cell: str
    text: str


def between(old: Items, new: Items, system: str) -> list[Change]:
    """The changes from `old` to `new`, which must be of the same week, by row and day. Burned kcal do not count."""
    return [*of_weights(old, new, system), *of_calories(old, new), *of_activities(old, new, system)]


def said(changes: list[Change], clock: str) -> dict[str, Any]:
    """As the feed carries it: `{"text": "18:02 Run, 8.2 km, added to Friday.", "cells": ["activities-5"]}`."""
    texts = [f"{change.text}." for change in changes[:SAID]]
    if len(changes) > SAID:
        texts.append(f"And {len(changes) - SAID} more.")
    cells = list(dict.fromkeys(change.cell for change in changes))
    return {"text": " ".join([clock, *texts]) if texts else "", "cells": cells}


def of_weights(old: Items, new: Items, system: str) -> Iterator[Change]:
    for before, now in pairs(old["weight"], new["weight"], "date"):
        item = now or before
        cell, day = f"weight-{item['index']}", weekday(item)
        if not before:
            yield Change(cell, f"Weight, {mass(now, system)}, added to {day}")
        elif not now:
            yield Change(cell, f"Weight, {mass(before, system)}, removed from {day}")
        elif before["time"] != now["time"] and (now["time"] or "") > (before["time"] or ""):
            yield Change(cell, f"Weight, {mass(now, system)} at {now['time']}, added to {day}")
        elif mass(before, system) != mass(now, system):
            was, unit = units.weight(before["weight"], system)
            is_now, _ = units.weight(now["weight"], system)
            yield Change(cell, f"Weight on {day} corrected from {was} to {is_now}{units.NBSP}{unit}")


def of_calories(old: Items, new: Items) -> Iterator[Change]:
    eaten_before = [item for item in old["calories"] if item["calories"] is not None]
    eaten_now = [item for item in new["calories"] if item["calories"] is not None]
    for before, now in pairs(eaten_before, eaten_now, "date"):
        item = now or before
        cell, day = f"calories-{item['index']}", weekday(item)
        if not before:
            yield Change(cell, f"Calories, {kcal(now)}, added to {day}")
        elif not now:
            yield Change(cell, f"Calories, {kcal(before)}, removed from {day}")
        elif kcal(before) != kcal(now):
            yield Change(cell, f"Calories on {day} now {kcal(now)}, before {kcal(before)}")


def of_activities(old: Items, new: Items, system: str) -> Iterator[Change]:
    for before, now in pairs(old["activities"], new["activities"], "id"):
        item = now or before
        cell = f"activities-{item['index']}"
        if not before:
            yield Change(cell, f"{named(now, system)}, added to {weekday(now)}")
        elif not now:
            yield Change(cell, f"{named(before, system)}, removed from {weekday(before)}")
        elif before["date"] != now["date"]:
            yield Change(cell, f"{named(now, system)}, moved from {weekday(before)} to {weekday(now)}")
        elif named(before, system) != named(now, system):
            yield Change(cell, f"{named(now, system)}, on {weekday(now)} corrected from {named(before, system)}")
        elif before["name"] != now["name"] and now["name"]:
            yield Change(cell, f"{named(now, system)}, on {weekday(now)} is now called {now['name']}")
        elif before != now:
            yield Change(cell, f"{named(now, system)}, on {weekday(now)} corrected")


def pairs(old: list[Any], new: list[Any], key: str) -> Iterator[tuple[Any, Any]]:
    """Each item before and now, by its key, in the order of the days; None where there is none."""
    before, now = {item[key]: item for item in old}, {item[key]: item for item in new}
    for name in sorted(before.keys() | now.keys(), key=lambda name: (now.get(name) or before[name])["index"]):
        yield before.get(name), now.get(name)


def weekday(item: dict[str, Any]) -> str:
    return f"{date.fromisoformat(item['date']):%A}"


def mass(item: dict[str, Any], system: str) -> str:
    return units.mass(item["weight"], system)


def kcal(item: dict[str, Any]) -> str:
    return units.kcal(item["calories"])


def named(item: dict[str, Any], system: str) -> str:
    return headline(item["activity_type"], item["distance"], item["moving_time"], system)
