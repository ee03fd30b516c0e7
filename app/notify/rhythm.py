"""Pure: whether a source is silent, by the rhythm in which it brought something until then."""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise
from math import ceil

LOOKED_BACK = timedelta(days=182)
FEWEST = 8
"""Of fewer days no rhythm can be told."""
GRACE = 2
"""Days: a scale or a watch may come late, and today is not over."""
NO_NEWS = timedelta(days=90)
"""What has been silent for longer was given up, and that is no news."""


def usual_gap(days: Iterable[date]) -> int | None:
    """The longest usual distance in days between two days that had something, without the longest tenth, as a holiday
    is not usual; None where the half year before the newest one has too few."""
    ordered = sorted(set(days))
    recent = [day for day in ordered if day >= ordered[-1] - LOOKED_BACK]
    if len(recent) < FEWEST:
        return None
    gaps = sorted((after - before).days for before, after in pairwise(recent))
    return gaps[ceil(0.9 * len(gaps)) - 1]


def silent_since(days: Iterable[date], today: date) -> date | None:
    """The newest day that had something, where that is longer ago than half more than the usual gap, and GRACE."""
    past = [day for day in days if day <= today]
    usual = usual_gap(past) if past else None
    if usual is None:
        return None
    away = today - max(past)
    return max(past) if timedelta(days=1.5 * usual + GRACE) < away <= NO_NEWS else None
