"""Pure: what the weight's line comes to, as the table beside it: changes, extremes, and how far the goal is."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app import units
from app.records.preferences import Preferences
from app.records.rows import WeightRow
from app.trends import figures
from app.trends.axes import Span
from app.units import NBSP

MINUS = "\N{MINUS SIGN}"
DAYS_OF_PACE = 28
"""The pace that leads to the goal is that of four weeks: a single week says too little."""
FARTHEST = timedelta(days=730)
"""Who needs longer is told no day: nobody keeps a pace for years."""


@dataclass(frozen=True)
class Trend:
    """The smoothed line: its days and kilograms, oldest first."""

    days: list[date]
    line: list[float]
    today: date

    @property
    def now(self) -> float | None:
        return self.line[-1] if self.line else None

    @property
    def pace(self) -> float | None:
        """Kilograms a week over the last four weeks; None with too few weigh-ins in them."""
        return figures.slope(self.days, self.line, self.today, DAYS_OF_PACE)

    def at(self, day: date) -> float | None:
        """The line on a day, as the last weigh-in up to it left it; None before the first."""
        place = bisect_right(self.days, day)
        return self.line[place - 1] if place else None

    def since(self, day: date) -> float | None:
        """How the line has changed from a day until now."""
        before = self.at(day)
        return None if before is None or self.now is None else self.now - before


def trend(rows: Sequence[WeightRow], today: date) -> Trend:
    return Trend([row.date for row in rows], figures.smoothed([(row.date, row.weight) for row in rows]), today)


def table(found: Trend, weighed: Sequence[float], span: Span, chosen: Preferences) -> list[tuple[str, str]]:
    """Labels and figures; `weighed` are the span's weigh-ins in kilograms."""
    if found.now is None:
        return []
    system, today, first = chosen.units, span.last, max(span.first, found.days[0])
    changes = [
        ("This week", found.since(today - timedelta(days=7))),
        ("4 weeks", found.since(today - timedelta(days=28))),
        (f"Since {named(first, today)}", found.since(first)),
    ]
    return [
        ("Trend today" if found.days[-1] == today else "Trend", units.mass(found.now, system)),
        *((label, signed(kilograms, system)) for label, kilograms in changes if kilograms is not None),
        *([("Lowest, highest", extremes(weighed, system))] if weighed else []),
        *goal(found, chosen),
    ]


def named(day: date, today: date) -> str:
    return f"{day.day} {day:%B}" if (today - day).days < 330 else f"{day.day} {day:%b} {day.year}"


def signed(kilograms: float, system: str) -> str:
    """`−0.2 kg`, `+0.2 kg`, and `0.0 kg` without a sign."""
    text = units.mass(abs(kilograms), system)
    return text if text.startswith(f"0.0{NBSP}") else f"{MINUS if kilograms < 0 else '+'}{text}"


def extremes(weighed: Sequence[float], system: str) -> str:
    return f"{units.weight(min(weighed), system)[0]}, {units.mass(max(weighed), system)}"


def goal(found: Trend, chosen: Preferences) -> list[tuple[str, str]]:
    """How far the goal is from the trend, and when it is reached at the pace of the last four weeks."""
    if not chosen.goal_weight or found.now is None:
        return []
    away = chosen.goal_weight - found.now
    far = units.mass(abs(away), chosen.units)
    label = f"To the goal of {units.weight(chosen.goal_weight, chosen.units)[0]}"
    if far.startswith(f"0.0{NBSP}"):
        return [(label, "reached")]
    return [(label, far), ("At this pace by", arrival(away, found.pace, found.today))]


def arrival(away: float, pace: float | None, today: date) -> str:
    """`early February` for so many kilograms (signed) at so many a week."""
    if pace is None:
        return "too few weigh-ins"
    if pace * away <= 0:
        return "not at this pace"
    weeks = away / pace
    if weeks > FARTHEST / timedelta(weeks=1):
        return "over two years"
    day = today + timedelta(weeks=weeks)
    part = "early" if day.day <= 10 else "mid" if day.day <= 20 else "late"
    return f"{part} {day:%B}" + ("" if (day - today).days < 300 else f" {day.year}")
