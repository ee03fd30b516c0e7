"""Pure: the smoothed line of the weight, by which a single day does not count for much."""

from collections.abc import Sequence
from datetime import date, timedelta

ALPHA = 0.1
"""How much of the way to a new weigh-in the smoothed line goes in one day (The Hacker's Diet)."""
MEMORY = timedelta(days=366)
"""What was weighed longer ago than this moves the line by less than a microgram, so it need not be read."""


def smoothed(weights: Sequence[tuple[date, float]]) -> list[float]:
    """The exponentially smoothed line at each (day, kg), oldest first.

    After a gap it goes as far as it would have gone had the new weight been there on every day of the gap.
    """
    line: list[float] = []
    for n, (day, weight) in enumerate(weights):
        if n == 0:
            line.append(weight)
        else:
            keep = (1 - ALPHA) ** (day - weights[n - 1][0]).days
            line.append(weight + (line[-1] - weight) * keep)
    return line
