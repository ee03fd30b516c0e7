"""What the live feed carries: the week's figures by the contract's names, and what the page shows of them."""

import hashlib
import json
from collections.abc import Hashable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, current_app, get_template_attribute
from werkzeug.routing import Map

import stats_con
from app.records import snapshot
from app.records.models import DEMO, SyncState
from app.records.rows import Preferences, WeekRows
from app.records.snapshot import Snapshot, Span
from app.stats import freshness, pace, pictures, reasons, reviewed, week
from app.stats.freshness import Fresh
from app.stats.numbers import Number
from app.stats.rows import ROWS, activities, calories, weight
from app.stats.smoothing import MEMORY
from app.sync import standing
from app.web import assets, prefix

END = datetime.combine(date.max, time.min)
"""After every week: by then it is over, whichever it is."""
NOTHING_SYNCED = standing.Link("late", "No account has synced yet")


def now() -> datetime:
    return datetime.now(UTC)


def today(chosen: Preferences) -> date:
    return week.today(now(), chosen.timezone)


def dates(chosen: Preferences, today: date) -> dict[str, Any]:
    """The `dates` event: the seven days of the week that holds `today`."""
    return {"data": [day.isoformat() for day in week.days(today, chosen.week_start)], "today": today.isoformat()}


def stats_vals(chosen: Preferences, today: date, day: date | None = None) -> dict[str, Any]:
    """The `stats_vals` event without its count, of the week that holds `day` (the current one when there is none).

    Figures in `data`; for the page what stands in each cell and card. Raises OperationalError while the database does
    not answer.
    """
    view = page(chosen, day or today, today)
    return {
        "data": figures(view["rows"], view["days"]),
        "week": view["days"][0].isoformat(),
        "title": view["board"].title,
        "demo": view["demo"],
        "sources": [link.text for link in view["chain"]],
        "chain": painted("chain", tuple(view["chain"])),
        "fresh": painted("fresh", tuple(view["fresh"])),
        "cells": cells(view["board"], view["days"], list(chosen.rows)),
        "numbers": cards(view["numbers"]),
        "earlier": address("stats.livefeed", week=view["earlier"]) if view["earlier"] else None,
        "review": review(view["review"]),
        "changes": {"text": "", "cells": []},
        "version": version(chosen),
        "clock": clock(chosen),
    }


def version(chosen: Preferences) -> str:
    """Changes with what a push cannot bring to an open page: its own files, the rows, the goal, light and dark."""
    names = json.dumps([chosen.rows, chosen.calorie_goal, chosen.theme, chosen.night], default=str)
    return f"{assets.version()}{hashlib.sha256(names.encode()).hexdigest()[:6]}"


def clock(chosen: Preferences) -> str:
    """The time of day where the person is, `18:04`."""
    return f"{now().astimezone(ZoneInfo(chosen.timezone)):%H:%M}"


def news(stats: dict[str, Any], last: dict[str, Any]) -> dict[str, Any]:
    """The same event with those cells and cards only that are not as they were in `last`."""
    kept = {
        part: {name: shown for name, shown in stats[part].items() if last[part].get(name) != shown}
        for part in ("cells", "numbers")
    }
    return stats | kept


def page(chosen: Preferences, day: date, today: date) -> dict[str, Any]:
    """Everything that the page of the week of `day` shows, read at one moment."""
    days = week.days(day, chosen.week_start)
    moment = now()
    found = snapshot.read(
        Span(
            weights=back(days[0], pictures.DAYS_BEFORE + MEMORY.days),
            days=back(days[0], 7),
            activities=back(days[0], 7 * pace.WEEKS),
            last=days[-1],
        ),
        moment,
    )
    rows, before = within(found.rows, days[0], days[-1]), within(found.rows, back(days[0], 7), back(days[0], 1))
    statuses = reasons.statuses(
        found.states, moment, chosen.timezone, standing.NAMES, stats_con.kept_days(current_app.config)
    )
    cards_shown = week_in_numbers(found, chosen, rows, before, days, today)
    board = draw(found, week.board(rows, days, today, chosen, statuses), cards_shown, rows, days, today, chosen)
    return {
        "rows": rows,
        "days": days,
        "board": board,
        "numbers": cards_shown,
        "demo": any(state.account == DEMO for state in found.states),
        "from_strava": is_from_strava(found.states),
        "chain": standing.links(found.states, moment, chosen.timezone, sign_in_ends()) or [NOTHING_SYNCED],
        "fresh": fresh(found.states, moment, chosen),
        "review": reviewed.link(days, today, before, found.reviewed),
        "earlier": week.earlier(days),
        "later": week.later(days, today),
    }


def sign_in_ends() -> dict[str, datetime]:
    folder = current_app.config["CREDS_DIR"]
    return ends_at(folder, tuple(written(Path(folder, f"{source}.json")) for source in stats_con.SOURCES))


@lru_cache(maxsize=4)
def ends_at(folder: str, _versions: tuple[Hashable, ...]) -> dict[str, datetime]:
    """Read anew where a file is another one, as a push has no time to read two files."""
    return stats_con.sign_in_ends({"CREDS_DIR": folder})


def written(file: Path) -> Hashable:
    """Another one after each writing, None where there is no file."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def within(rows: WeekRows, first: date, last: date) -> WeekRows:
    """Those of the days `first` to `last`."""
    return WeekRows(
        **{name: [row for row in records if first <= row.date <= last] for name, records in vars(rows).items()}
    )


def week_in_numbers(
    found: Snapshot, chosen: Preferences, rows: WeekRows, before: WeekRows, days: list[date], today: date
) -> dict[str, Number]:
    """A card for each row that is shown, and the pace where activities are; nothing for a week to come."""
    if today < days[0]:
        return {}
    by_name = {row.NAME: row for row in ROWS}
    so_far = within(rows, date.min, today)
    numbers = {
        name: by_name[name].number(title, getattr(so_far, name), getattr(before, name), today, chosen)
        for name, title in chosen.rows.items()
    }
    if activities.NAME in chosen.rows:
        clock = datetime.combine(today, now().astimezone(ZoneInfo(chosen.timezone)).time())
        compared, whole = (pace.compare(found.efforts, days[0], until, found.oldest) for until in (clock, END))
        numbers[activities.NAME] = pictures.pace(numbers[activities.NAME], compared, whole)
    return numbers


def draw(
    found: Snapshot,
    board: week.Board,
    heads: dict[str, Number],
    rows: WeekRows,
    days: list[date],
    today: date,
    chosen: Preferences,
) -> week.Board:
    """The board with its pictures; those of the rows' heads are put into `heads`."""
    drawn = dict(board.rows)
    if weight.NAME in heads:
        drawn[weight.NAME], heads[weight.NAME] = pictures.weights(
            board.rows[weight.NAME], heads[weight.NAME], found.rows.weight, days, today, chosen
        )
    if calories.NAME in heads:
        drawn[calories.NAME], heads[calories.NAME] = pictures.meals(
            board.rows[calories.NAME], heads[calories.NAME], rows.calories, days, today, chosen.calorie_goal
        )
    return replace(board, rows=drawn)


def fresh(states: list[SyncState], moment: datetime, chosen: Preferences) -> list[Fresh]:
    metrics = {chosen.rows[row.NAME]: row.METRIC for row in ROWS if row.NAME in chosen.rows}
    minutes = current_app.config["SYNC_INTERVAL_MINUTES"]
    return freshness.table(metrics, standing.NAMES, states, moment, chosen.timezone, minutes)


def back(day: date, days: int) -> date:
    """That many days earlier, at the earliest the calendar's first."""
    return day - timedelta(days=days) if (day - date.min).days >= days else date.min


def is_from_strava(states: list[SyncState]) -> bool:
    """Whether a real Strava account's data are on the page, which Strava wants said."""
    return any(state.source == "strava" and state.account not in ("", DEMO) for state in states)


def figures(rows: WeekRows, days: list[date]) -> dict[str, list[dict[str, Any]]]:
    """SI figures, JSON-ready. `index` is the place of the item's day in the week, 0 to 6."""
    return {
        row.NAME: [
            {"index": days.index(record.date), **row.item(record), "date": record.date.isoformat()}
            for record in getattr(rows, row.NAME)
        ]
        for row in ROWS
    }


def cells(board: week.Board, days: list[date], shown: list[str]) -> dict[str, dict[str, str]]:
    """`{"weight-0": {"class": ..., "html": ...}}` for heads and cells, by the macros that paint the page first."""
    heads = {
        f"head-{n}": {"class": week.looks(head), "html": painted("head", head, address("stats.day", day=days[n]))}
        for n, head in enumerate(board.heads)
    }
    inside = {
        f"{row}-{n}": {"class": week.looks(board.heads[n], cell), "html": painted("cell", cell, f"{row}-{n}")}
        for row in shown
        for n, cell in enumerate(board.rows[row])
    }
    return heads | inside


def cards(shown: dict[str, Number]) -> dict[str, str]:
    """What stands in each card of the week in numbers, by the macro that paints it first."""
    return {name: painted("card", number) for name, number in shown.items()}


@lru_cache(maxsize=1024)
def painted(name: str, *shown: Hashable, template: str = "stats/_board.html") -> str:
    """By a macro of the page, which makes the same of the same: only what is different is painted again."""
    return str(get_template_attribute(template, name)(*shown))


def review(link: reviewed.ReviewLink | None) -> str:
    """The way to the week in review, '' where the board leads to none."""
    return painted("link", link, address("stats.review", day=link.week) if link else "", template="stats/_review.html")


def address(endpoint: str, **values: Any) -> str:
    """The path of a page; unlike `url_for` it needs no request, of which the feed has none."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return built(app.url_map, prefix.of(app) or "/", endpoint, **values)


@lru_cache(maxsize=256)
def built(pages: Map, start: str, endpoint: str, **values: Any) -> str:
    return pages.bind("localhost", script_name=start).build(endpoint, values)
