"""Pure: in very long spans a month stands for its days."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from statistics import fmean

from app.trends.axes import Span

Weighed = tuple[date, float, float]
"""A day, its weigh-in and the smoothed line there, in kilograms."""


def by_month(days: Sequence[Weighed], span: Span) -> list[Weighed]:
    """The mean of each month's weigh-ins, and the smoothed line at its last one."""
    months = groupby(days, key=lambda one: max(span.first, one[0].replace(day=1)))
    return [
        (first, fmean(weighed for _, weighed, _ in some), some[-1][2])
        for first, some in ((first, list(group)) for first, group in months)
    ]
