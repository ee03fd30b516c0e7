"""Pure: the order of the board's rows as the page of settings changes it, a row up or down at a time."""

from collections.abc import Iterable

from app.records.preferences import ordered

STEPS = {"up": -1, "down": 1}


def moved(rows: Iterable[str], move: str) -> list[str]:
    """All rows, after what a button says: `calories up`. What it cannot mean, and a row at its end, moves nothing."""
    found = ordered(rows)
    row, _, way = move.partition(" ")
    if row not in found or way not in STEPS:
        return found
    place = found.index(row)
    there = min(max(place + STEPS[way], 0), len(found) - 1)
    found.insert(there, found.pop(place))
    return found
