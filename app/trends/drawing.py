"""Pure: a chart's figures as the paths of one SVG, 1000 wide and as high as its place on the page."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean
from typing import Any

from app.trends.axes import Chart

WIDTH, HEIGHT = 1000, 240
MOST_BARS = 110
"""More rows than this share their bars, each of which is then their mean."""
MOST_STEMS = 100
"""Up to so many weigh-ins each has its stem to the line; more would be a hedge."""
LINES = {"line": "trend", "dashes": "dashes", "dotted-line": "dotted-line"}
PATTERNS = ("slanted", "dotted", "level", "crossed")
DAYS_OF_MEAN, ENOUGH_FOR_MEAN = 7, 3
ROOM_AHEAD = 0.08
"""How much of its width the weight's chart leaves for the days to come."""
DAYS_OF_TICKS = 7
"""How many days or months may be named below a chart; on a phone every other one of them is."""


@dataclass(frozen=True)
class Mark:
    """One path; `look` is its class, `color` a token of frame.css without its dashes, '' where the look has its own."""

    look: str
    path: str
    label: str = ""
    color: str = ""

    @property
    def pattern(self) -> str:
        """The name of what fills a bar; '' where its colour alone does."""
        return f"trends-{self.look}-{self.color}" if self.look in PATTERNS else ""


@dataclass(frozen=True)
class Plot:
    """`lines` are (percent from the top, words) of the ticks, `days` (percent from the left, words, not on a phone)."""

    lines: list[tuple[float, str]]
    days: list[tuple[float, str, bool]]
    marks: list[Mark]
    bundle: int
    """How many rows share a bar."""
    reach: str
    """For the page's script: where the rows are, from the oldest, as their distances in thousandths of the width."""


class Scale:
    """From places and figures to the SVG's units."""

    def __init__(self, spec: dict[str, Any], ahead: float) -> None:
        self.first, last = spec["x"]["min"], spec["x"]["max"]
        self.days = (last - self.first) * (1 + ahead)
        self.low, self.span = spec["y"]["min"], spec["y"]["max"] - spec["y"]["min"]

    def x(self, place: float) -> float:
        return round((place - self.first) / self.days * WIDTH, 1)

    def y(self, figure: float) -> float:
        return round(HEIGHT * (1 - (figure - self.low) / self.span), 1)


def plot(chart: Chart, pace: float | None = None) -> Plot | None:
    """The chart's drawing; `pace` is how its line goes on, in the axis's unit a day."""
    spec = chart.spec
    if spec is None:
        return None
    ahead = ROOM_AHEAD if chart.key == "weight" else 0.0
    scale, places = Scale(spec, ahead), spec["x"]["places"]
    bars = [one for one in spec["series"] if one["look"] not in ("points", *LINES)]
    bundle = math.ceil(len(places) / MOST_BARS) if bars else 1
    marks = [*columns(scale, spec, bars, bundle), *level(scale, chart, spec, bundle)]
    for one in spec["series"]:
        if one["look"] == "points":
            marks += weigh_ins(scale, places, one, spec["series"][1]["values"])
        elif one["look"] in LINES:
            path = line(scale, places, one["values"], across=one["look"] == "dashes")
            marks.append(Mark(LINES[one["look"]], path, one["label"], one["color"].removeprefix("--")))
    if chart.key == "weight":
        marks += end(scale, places[-1], spec["series"][1]["values"][-1], pace)
    if chart.key == "calories" and spec["x"]["width"] == 1:
        marks = daily_means(scale, places, marks, spec["series"])
    return Plot(
        [(round(scale.y(figure) * 100 / HEIGHT, 2), words) for figure, words in spec["y"]["ticks"]],
        days(scale, spec["x"]["ticks"]),
        [mark for mark in marks if mark.path],
        bundle,
        reach(scale, places),
    )


def columns(scale: Scale, spec: dict[str, Any], bars: list[dict[str, Any]], bundle: int) -> list[Mark]:
    """Stacked bars, a path for each series."""
    places, width = spec["x"]["places"], spec["x"]["width"]
    slot = scale.x(width * bundle) - scale.x(0)
    broad = round(slot * (0.72 if len(places) < 60 else 0.86), 1)
    middles = [scale.x(fmean(some)) for some in bundles(places, bundle)]
    floors, marks = [0.0] * len(middles), []
    for one in bars:
        path = []
        for n, values in enumerate(bundles(one["values"], bundle)):
            figure = fmean(some) if (some := [value for value in values if value is not None]) else 0.0
            if figure:
                top = scale.y(floors[n] + figure)
                path.append(f"M{middles[n] - broad / 2:.1f} {scale.y(floors[n])}V{top}h{broad}V{scale.y(floors[n])}z")
            floors[n] += figure
        marks.append(Mark(one["look"], "".join(path), one["label"], one["color"].removeprefix("--")))
    return marks


def bundles(values: Sequence[Any], many: int) -> list[Sequence[Any]]:
    """The newest bundle may be the smaller one."""
    return [values[n : n + many] for n in range(0, len(values), many)]


def level(scale: Scale, chart: Chart, spec: dict[str, Any], bundle: int) -> list[Mark]:
    """The usual week across the chart, and what the running one lacks of it."""
    if not chart.level:
        return []
    figure, words = chart.level
    marks = [Mark("dashes", f"M0 {scale.y(figure)}H{WIDTH}", words)]
    now = sum(one["values"][-1] for one in spec["series"])
    if bundle == 1 and now < figure:
        slot = scale.x(spec["x"]["width"]) - scale.x(0)
        left, broad = scale.x(spec["x"]["places"][-1]) - slot * 0.36, slot * 0.72
        marks.append(Mark("open", f"M{left:.1f} {scale.y(now)}V{scale.y(figure)}h{broad:.1f}V{scale.y(now)}"))
    return marks


def weigh_ins(scale: Scale, places: list[float], one: dict[str, Any], line: list[float]) -> list[Mark]:
    """Rings, with stems to the line where there are few of them; where they would cover one another, one of them."""
    at = list(zip(map(scale.x, places), map(scale.y, one["values"]), map(scale.y, line), strict=True))
    few = len(at) <= MOST_STEMS
    stems = "".join(f"M{x} {weighed}V{smooth}" for x, weighed, smooth in at) if few else ""
    coarse = 1 if few else 4
    spots = dict.fromkeys((round(x / coarse) * coarse, round(y / coarse) * coarse) for x, y, _ in at)
    rings = "".join(f"M{x} {y}h0" for x, y in (((x, y) for x, y, _ in at) if few else spots))
    if not few:
        return [Mark("dots", rings, one["label"])]
    return [Mark("stem", stems), Mark("ring", rings, one["label"]), Mark("hole", rings)]


def line(scale: Scale, places: Sequence[float], values: Sequence[float | None], across: bool = False) -> str:
    """A path with a gap where there is no figure; one point for each unit of the width is enough."""
    if across:
        return f"M0 {scale.y(next(value for value in values if value is not None))}H{WIDTH}"
    pieces = []
    for present, run in groupby(zip(places, values, strict=True), key=lambda point: point[1] is not None):
        if present:
            exact = len(places) <= WIDTH
            spots = {scale.x(at) if exact else round(scale.x(at)): scale.y(figure or 0) for at, figure in run}
            pieces.append("M" + "L".join(f"{x} {y}" for x, y in spots.items()) + ("h0" if len(spots) == 1 else ""))
    return "".join(pieces)


def end(scale: Scale, place: float, figure: float, pace: float | None) -> list[Mark]:
    """The newest point, and how the line goes on if nothing changes: as far as there is room."""
    x, y = scale.x(place), scale.y(figure)
    marks = [Mark("now", f"M{x} {y}h0")]
    if pace:
        room = (scale.low + scale.span - figure if pace > 0 else figure - scale.low) / abs(pace)
        days = max(0.0, min(scale.days + scale.first - place, room))
        goes_on = f"M{x} {y}L{scale.x(place + days)} {scale.y(figure + pace * days)}"
        marks.insert(0, Mark("ahead", goes_on, "At this pace"))
    return marks


def daily_means(scale: Scale, places: list[float], marks: list[Mark], series: list[dict[str, Any]]) -> list[Mark]:
    """Days are told by bars; what they come to is told by the means of seven of them."""
    eaten, burned = (line(scale, places, running(places, one["values"])) for one in series[:2])
    means = [Mark("trend", eaten, "Eaten, 7 days"), Mark("dotted-line", burned, "Burned, 7 days")]
    return [*(mark for mark in marks if mark.label != "Burned"), *means]


def running(places: Sequence[float], values: Sequence[float | None]) -> list[float | None]:
    """The mean of the seven days up to each, None where fewer than three of them have a figure."""
    means: list[float | None] = []
    for n, place in enumerate(places):
        window = range(max(0, n - DAYS_OF_MEAN + 1), n + 1)
        present = [value for m in window if place - places[m] < DAYS_OF_MEAN and (value := values[m]) is not None]
        means.append(fmean(present) if len(present) >= ENOUGH_FOR_MEAN else None)
    return means


def days(scale: Scale, ticks: list[tuple[float, str]]) -> list[tuple[float, str, bool]]:
    """Few enough to stand beside one another."""
    every = math.ceil(len(ticks) / DAYS_OF_TICKS) or 1
    shown = ticks[::every]
    return [(round(scale.x(place) * 100 / WIDTH, 2), words, n % 2 == 1) for n, (place, words) in enumerate(shown)]


def reach(scale: Scale, places: Iterable[float]) -> str:
    spots = [round(scale.x(place)) for place in places]
    return " ".join(str(b - a) for a, b in zip([0, *spots], spots, strict=False))
