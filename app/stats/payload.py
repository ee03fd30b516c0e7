"""What the live feed carries: the week's figures by the contract's names, and the board's cells as shown."""

from datetime import UTC, date, datetime
from typing import Any

from flask import get_template_attribute
from sqlalchemy.orm import Session

from app.extensions import db
from app.stats import queries, sources, week
from app.stats.preferences import Preferences
from app.stats.rows import WeekRows


def today(chosen: Preferences) -> date:
    return week.today(datetime.now(UTC), chosen.timezone)


def dates(chosen: Preferences, today: date) -> dict[str, Any]:
    """The `dates` event: the seven days of the week that holds `today`."""
    return {"data": [day.isoformat() for day in week.days(today, chosen.week_start)], "today": today.isoformat()}


def stats_vals(chosen: Preferences, today: date) -> dict[str, Any]:
    """The `stats_vals` event without its count: figures in `data`, and for the page what stands in each cell.

    Raises OperationalError while the database does not answer.
    """
    view = page(chosen, today, today)
    return {
        "data": figures(view["rows"], view["days"]),
        "title": view["board"].title,
        "demo": view["demo"],
        "sources": view["sources"],
        "cells": cells(view["board"]),
    }


def page(chosen: Preferences, day: date, today: date) -> dict[str, Any]:
    """Everything that the page of the week of `day` shows, read in one session of its own."""
    days = week.days(day, chosen.week_start)
    now = datetime.now(UTC)
    # A session that lives longer goes on answering from its identity map (stack.md), so each snapshot opens its own.
    with Session(db.engine) as session:
        rows = queries.week(session, days[0], days[-1])
        demo = queries.demo_is_on(session)
        lines = sources.lines(queries.sync_states(session), now, chosen.timezone)
    return {
        "rows": rows,
        "days": days,
        "board": week.board(rows, days, today, chosen.units),
        "demo": demo,
        "sources": lines or ["No account has synced yet"],
    }


def figures(rows: WeekRows, days: list[date]) -> dict[str, list[dict[str, Any]]]:
    """SI figures, JSON-ready. `index` is the place of the item's day in the week, 0 to 6."""
    place = {day: index for index, day in enumerate(days)}
    return {
        "weight": [
            {"index": place[r.date], "weight": r.weight, "fat": r.fat, "bmi": r.bmi, "date": r.date.isoformat()}
            for r in rows.weight
        ],
        "calories": [
            {"index": place[r.date], "calories": r.calories, "burned": r.burned, "date": r.date.isoformat()}
            for r in rows.calories
        ],
        "activities": [
            {
                "index": place[r.date],
                "id": r.id,
                "name": r.name,
                "activity_type": r.activity_type,
                "speed": r.speed,
                "cadence": r.cadence,
                "heartrate": r.heartrate,
                "distance": r.distance,
                "moving_time": r.moving_time,
                "date": r.date.isoformat(),
            }
            for r in rows.activities
        ],
    }


def cells(board: week.Board) -> dict[str, dict[str, str]]:
    """`{"weight-0": {"class": ..., "html": ...}}` for heads and cells, by the macros that paint the page first."""
    head_html, cell_html = (get_template_attribute("stats/_board.html", name) for name in ("head", "cell"))
    shown = {
        f"head-{n}": {"class": "today" if head.today else "", "html": str(head_html(head))}
        for n, head in enumerate(board.heads)
    }
    for row, row_cells in board.rows.items():
        for n, cell in enumerate(row_cells):
            shown[f"{row}-{n}"] = {"class": "today" if board.heads[n].today else "", "html": str(cell_html(cell))}
    return shown
