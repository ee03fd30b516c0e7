"""What the page of one day shows: its week above, the line of the day, and its figures."""

from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.records import one_day, queries
from app.records.rows import DayRows, Preferences
from app.stats import day, payload, pictures, week
from app.stats.numbers import Number
from app.stats.rows import ROWS, calories
from app.stats.smoothing import MEMORY


def view(session: Session, chosen: Preferences, asked: date, today: date) -> dict[str, Any]:
    rows = one_day.read(session, asked, payload.back(asked, MEMORY.days))
    shown = [row for row in ROWS if row.NAME in chosen.rows]
    days = week.days(asked, chosen.week_start)
    parts = day.in_order(part for row in shown for part in row.parts(rows, chosen.units))
    return {
        "title": day.title(asked, today),
        "strip": day.strip(days, today, queries.efforts(session, days[0], days[-1])),
        "parts": parts,
        "figures": {
            row.NAME: drawn(row.NAME, row.of_day(chosen.rows[row.NAME], rows, asked == today, chosen), rows, chosen)
            for row in shown
        },
        "from_strava": any(part.address for part in parts),
    }


def drawn(name: str, number: Number, rows: DayRows, chosen: Preferences) -> Number:
    """The figure of the calories with its bar."""
    row = rows.calories[-1] if name == calories.NAME and rows.calories else None
    if row is None or row.calories is None:
        return number
    scale = max(pictures.ROOM * (chosen.calorie_goal or 0), row.calories, row.burned or 0)
    if not scale:
        return number
    return replace(number, pictures=(pictures.meter(row.calories, row.burned, chosen.calorie_goal, scale),))
