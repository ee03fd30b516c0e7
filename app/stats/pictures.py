"""Pure: what is drawn beside the figures, as attributes of SVG: the weight's line, the calories' bar and the pace's."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from statistics import fmean
from typing import ClassVar

from app import units
from app.records.rows import CaloriesRow, Preferences, WeightRow
from app.stats import numbers
from app.stats.cells import Cell
from app.stats.numbers import Number
from app.stats.pace import ENOUGH, Pace
from app.stats.rows import weight
from app.stats.smoothing import smoothed

DAYS_BEFORE = 28
"""How many days of weight the head of its row shows before the week."""
TOP, BOTTOM = 4, 36
"""Between these the weight's line stays, in a picture 40 high and 100 wide."""
ROOM = 4 / 3
"""How far a bar of calories goes beyond the goal, as a multiple of it."""


@dataclass(frozen=True)
class Line:
    """Paths; `words` say the same, '' where the figures beside it do."""

    trend: str = ""
    dots: str = ""
    stem: str = ""
    now: str = ""
    kind: str = ""
    words: str = ""
    shape: ClassVar[str] = "line"


@dataclass(frozen=True)
class Meter:
    """Percent of one scale; None for what there is not."""

    eaten: float
    over: float
    burned: float | None
    goal: float | None
    key: str = ""
    shape: ClassVar[str] = "meter"


@dataclass(frozen=True)
class Bar:
    """The week's moving time on the bar of the usual week, percent; `usual` is the tick of this hour."""

    done: float
    track: float
    usual: float | None
    whole: str
    words: str
    shape: ClassVar[str] = "pace"


class Trend:
    """The smoothed weight from `first` on, through the middles of the days; of at least one weigh-in, oldest first."""

    def __init__(self, weighed: Sequence[WeightRow], first: date) -> None:
        line = smoothed([(row.date, row.weight) for row in weighed])
        begin = max(0, bisect_left(weighed, first, key=lambda row: row.date) - 1)  # the one before, for the edge
        drawn = zip(weighed[begin:], line[begin:], strict=True)
        self.points = [(row.date.toordinal() + 0.5, row.weight, kg) for row, kg in drawn]
        self.moments = [at for at, *_ in self.points]
        edge = self.at(first.toordinal())
        inside = [kg for at, *masses in self.points if at >= first.toordinal() for kg in masses]
        shown = [*inside, *([edge] if edge is not None else [])] or [line[-1]]
        self.low, self.span = min(shown), max(max(shown) - min(shown), 0.5)

    def at(self, moment: float) -> float | None:
        """Kilograms at a moment in days; None before the first weigh-in and after the last."""
        after = bisect_right(self.moments, moment)
        if not after:
            return None
        a, _, from_kg = self.points[after - 1]
        if a == moment or after == len(self.points):
            return from_kg if a == moment else None
        b, _, to_kg = self.points[after]
        return from_kg + (to_kg - from_kg) * (moment - a) / (b - a)

    def y(self, kilograms: float) -> float:
        return round(BOTTOM - (kilograms - self.low) / self.span * (BOTTOM - TOP), 1)

    def piece(self, first: float, last: float, kind: str = "", end: bool = False) -> Line:
        """The line from one moment to another; `end` marks the last weigh-in of all where it is inside."""

        def x(moment: float) -> float:
            return round(100 * (moment - first) / (last - first), 1)

        inside = self.points[bisect_left(self.moments, first) : bisect_left(self.moments, last)]
        edges = [(at, kg) for at in (first, last) if (kg := self.at(at)) is not None]
        path = sorted({*edges, *((at, kg) for at, _, kg in inside)})
        newest = self.points[-1]
        return Line(
            trend="M" + "L".join(f"{x(at)} {self.y(kg)}" for at, kg in path) if len(path) > 1 else "",
            dots="".join(f"M{x(at)} {self.y(weighed)}h0" for at, weighed, _ in inside),
            stem="" if kind else "".join(f"M{x(at)} {self.y(weighed)}V{self.y(kg)}" for at, weighed, kg in inside),
            now=f"M{x(newest[0])} {self.y(newest[2])}h0" if end and newest in inside else "",
            kind=kind,
        )


def weights(
    cells: Sequence[Cell],
    number: Number,
    weighed: Sequence[WeightRow],
    days: list[date],
    today: date,
    chosen: Preferences,
) -> tuple[tuple[Cell, ...], Number]:
    """The row with its line: through the four weeks before in its head, then on through its days."""
    if not weighed:
        return tuple(cells), number
    begin = days[0].toordinal()
    line = Trend(weighed, date.fromordinal(max(1, begin - DAYS_BEFORE)))
    current = today in days
    pieces = [line.piece(begin + n, begin + n + 1, end=current) for n in range(7)]
    drawn = [
        replace(cell, picture=piece) if day <= today else cell
        for cell, piece, day in zip(cells, pieces, days, strict=True)
    ]
    now = line.points[-1][2]
    if current and number.head:
        drawn = [with_trend(cell, now, chosen) if day == today else cell for cell, day in zip(drawn, days, strict=True)]
    until = min(today, days[-1]).toordinal() + 1
    heads = (before(line, begin, chosen), line.piece(until - DAYS_BEFORE, until, "four-weeks", end=True))
    notes = (*number.notes, weight.trend(now, chosen.goal_weight, chosen.units))
    return tuple(drawn), replace(number, notes=notes, pictures=heads)


def before(line: Trend, begin: int, chosen: Preferences) -> Line:
    piece = line.piece(begin - DAYS_BEFORE, begin, "before")
    inside = [kg for at, _, kg in line.points if begin - DAYS_BEFORE <= at < begin]
    if not inside:
        return piece
    said = [units.mass(kg, chosen.units) for kg in (inside[0], inside[-1])]
    return replace(piece, words=f"The four weeks before, smoothed: from {said[0]} to {said[1]}")


def with_trend(cell: Cell, now: float, chosen: Preferences) -> Cell:
    """Today's weigh-in says what the trend makes of it."""
    if not cell.entries:
        return cell
    entry = cell.entries[0]
    trend = weight.trend(now, None, chosen.units)
    return replace(cell, entries=(replace(entry, extra=", ".join(filter(None, [entry.extra, trend]))),))


def meals(
    cells: Sequence[Cell], number: Number, rows: Sequence[CaloriesRow], days: list[date], today: date, goal: int | None
) -> tuple[tuple[Cell, ...], Number]:
    """The row with its bars, all on one scale: somewhat more than the goal, or the week's largest figure."""
    by_day = {row.date: row for row in rows}
    largest = max((kcal for row in rows for kcal in (row.calories, row.burned) if kcal), default=0.0)
    scale = max(ROOM * (goal or 0), largest)
    if not scale:
        return tuple(cells), number
    drawn = tuple(
        replace(cell, picture=meter(by_day[day].calories or 0, by_day[day].burned, goal, scale))
        if cell.entries
        else cell
        for cell, day in zip(cells, days, strict=True)
    )
    full = [row for row in rows if row.calories is not None and row.date != today]
    if not full:
        return drawn, number
    burned = [row.burned for row in rows if row.burned is not None and row.date != today]
    mean_eaten = fmean(row.calories or 0 for row in full)
    own = meter(mean_eaten, fmean(burned) if burned else None, goal, scale)
    return drawn, replace(number, pictures=(replace(own, key=f"goal {goal:,}" if goal else "no goal"),))


def meter(eaten: float, burned: float | None, goal: int | None, scale: float) -> Meter:
    def share(kcal: float) -> float:
        return round(100 * kcal / scale, 1)

    within = min(eaten, goal) if goal else eaten
    return Meter(share(within), share(eaten - within), share(burned) if burned else None, share(goal) if goal else None)


def pace(number: Number, now: Pace, whole: Pace) -> Number:
    """The head of the activities with its bar: `now` up to this hour, `whole` to the end of the week."""
    told = replace(number, notes=(*number.notes, numbers.pace(now)))
    usual = round(whole.usual_seconds)
    if now.weeks < ENOUGH or not (usual or now.seconds):
        return told
    scale = max(usual, now.seconds) / 100
    week = f"usual week {numbers.time(usual)}"
    until = f"; usual by now is {numbers.time(round(now.usual_seconds))}" if now.until else ""
    bar = Bar(
        done=round(now.seconds / scale, 1),
        track=round(usual / scale, 1),
        usual=round(now.usual_seconds / scale, 1) if now.until else None,
        whole=week,
        words=f"{numbers.time(now.seconds)} of a {week}{until}",
    )
    return replace(told, pictures=(bar,))
