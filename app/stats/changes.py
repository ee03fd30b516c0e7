"""Pure: what is different between the week that was last pushed and the week that is pushed now, in sentences."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from app.stats.rows import ROWS

SAID = 3
"""A first sync brings dozens of rows at once; more than this are only counted."""

Items = dict[str, list[dict[str, Any]]]
"""The `data` of `stats_vals`."""


class Change(NamedTuple):
    """Which cell is different, and a sentence without its full stop."""

    cell: str
    text: str


def between(old: Items, new: Items, system: str) -> list[Change]:
    """The changes from `old` to `new`, which must be of the same week, by row and day."""
    return [
        Change(f"{row.NAME}-{(now or before)['index']}", text)
        for row in ROWS
        for before, now in pairs(old[row.NAME], new[row.NAME], row.KEY)
        if (text := row.change(before, now, system))
    ]


def said(changes: list[Change], clock: str) -> dict[str, Any]:
    """As the feed carries it: `{"text": "18:02 Run, 8.2 km, added to Friday.", "cells": ["activities-5"]}`."""
    texts = [f"{change.text}." for change in changes[:SAID]]
    if len(changes) > SAID:
        texts.append(f"And {len(changes) - SAID} more.")
    cells = list(dict.fromkeys(change.cell for change in changes))
    return {"text": " ".join([clock, *texts]) if texts else "", "cells": cells}


def pairs(old: list[Any], new: list[Any], key: str) -> Iterator[tuple[Any, Any]]:
    """Each item before and now, by its key, in the order of the days; None where there is none."""
    before, now = {item[key]: item for item in old}, {item[key]: item for item in new}
    for name in sorted(before.keys() | now.keys(), key=lambda name: (now.get(name) or before[name])["index"]):
        yield before.get(name), now.get(name)
