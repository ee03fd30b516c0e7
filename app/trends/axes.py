"""Pure: the shape of a chart, and the scales that it is drawn on, with every tick already in words."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

MOST_STEPS = 5
WEEKS_AS_TICKS, MONTHS_AS_TICKS = timedelta(days=100), timedelta(days=1100)
"""The longest spans whose ticks are weeks, and months; longer ones have years."""

Ticks = list[tuple[float, str]]


@dataclass(frozen=True)
class Series:
    """One line or one set of bars: `label` in the legend, a colour of frame.css, and a look that tells it from the
    others without colour (drawing.py). `values` are a figure for each row of the table, oldest first."""

    label: str
    color: str
    look: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Chart:
    """A chart and the table behind it, newest row first: column n + 1 holds in words what series n draws.

    `spec` is what drawing.py draws, None where there is too little data, which `lacking` then says. `note` says what
    the marks are, `level` is a figure that all of them are held against, with its words.
    """

    key: str
    title: str
    facts: tuple[str, ...]
    caption: str
    heads: tuple[str, ...]
    rows: list[tuple[str, ...]]
    spec: dict[str, Any] | None
    lacking: str = ""
    note: str = ""
    level: tuple[float, str] | None = None


@dataclass(frozen=True)
class Span:
    """The days that the charts show, both included; `first` begins a `step`: a `week`, in very long spans a `month`."""

    first: date
    last: date
    step: str = "week"

    def place(self, day: date) -> int:
        return (day - self.first).days

    def starts(self) -> list[date]:
        """The first days of its weeks or months, oldest first."""
        if self.step == "week":
            return [self.first + timedelta(days=n) for n in range(0, self.place(self.last) + 1, 7)]
        return months_of(self)

    def name(self, start: date) -> str:
        return day_name(start) if self.step == "week" else f"{start:%B} {start.year}"

    @property
    def width(self) -> int:
        """About how many days a step has."""
        return 7 if self.step == "week" else 30

    @property
    def head(self) -> str:
        return "Week of" if self.step == "week" else "Month"


def spec(span: Span, days: Sequence[date], series: Sequence[Series], scale: Ticks, width: int) -> dict[str, Any]:
    """What is drawn; `width` is how many days a point stands for, from its day on."""
    return {
        "x": {
            "min": -0.5,
            "max": span.place(span.last) + width - 0.5,
            "ticks": day_ticks(span),
            "places": [span.place(day) + (width - 1) / 2 for day in days],
            "width": width,
        },
        "y": {"min": scale[0][0], "max": scale[-1][0], "ticks": scale},
        "series": [
            {
                "label": one.label,
                "color": one.color,
                "look": one.look,
                "values": [None if value is None else round(value, 2) for value in one.values],
            }
            for one in series
        ],
    }


def ticks(values: Iterable[float], label: Callable[[float], str]) -> Ticks:
    """Round figures around `values`: steps of 1, 2 or 5 times a power of ten."""
    low, high = min(values := list(values)), max(values)
    rough = (max(high - low, abs(high) / 100) or 1) / MOST_STEPS
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [(round(n * step, 6), label(round(n * step, 6))) for n in range(first, max(last, first + 1) + 1)]


def day_ticks(span: Span) -> Ticks:
    """Weeks as `22 Nov`, months as `Nov 2026`, years as `2026`: by how long the span is."""
    length = span.last - span.first
    if length <= WEEKS_AS_TICKS:
        weeks = (span.first + timedelta(days=n) for n in range(0, length.days + 1, 7))
        return [(span.place(day), f"{day.day} {day:%b}") for day in weeks]
    if length <= MONTHS_AS_TICKS:
        months = (day for day in months_of(span) if day >= span.first)
        return [(span.place(day), f"{day:%b} {day.year}") for day in months]
    years = (date(year, 1, 1) for year in range(span.first.year, span.last.year + 1))
    return [(span.place(day), str(day.year)) for day in years if day >= span.first]


def months_of(span: Span) -> list[date]:
    """The first days of the months that the span touches, oldest first."""
    begin, end = (day.year * 12 + day.month - 1 for day in (span.first, span.last))
    return [date(month // 12, month % 12 + 1, 1) for month in range(begin, end + 1)]


def day_name(day: date) -> str:
    """`22 November 2026`."""
    return f"{day.day} {day:%B} {day.year}"
