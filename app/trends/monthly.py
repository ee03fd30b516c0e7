"""Pure: in very long spans a month stands for its days."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from statistics import fmean

from app.trends.axes import Span

Weighed = tuple[date, float, float]
"""A day, its weigh-in and the smoothed line there, in kilograms."""


def by_month(days: Sequence[Weighed], span: Span) -> list[Weighed]:
    """The mean of each month's weigh-ins, and the smoothed line at its last one, of the span's days, oldest first."""
    starts = span.starts()
    bounds = [bisect_left(days, start, key=lambda one: one[0]) for start in starts] + [len(days)]
    return [
        (start, fmean(weighed for _, weighed, _ in days[begin:end]), days[end - 1][2])
        for start, (begin, end) in zip(starts, pairwise(bounds), strict=True)
        if begin < end
    ]
