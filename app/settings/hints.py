"""What the page of settings says beside its fields: how the choices read, and how far the goals are."""

from datetime import timedelta
from statistics import median

from sqlalchemy.orm import Session

from app import units
from app.records import queries
from app.records.rows import Preferences
from app.stats import payload, week
from app.stats.smoothing import MEMORY, smoothed

KILOGRAMS, METRES, SECONDS = 72.4, 8200.0, 2526
USUAL = timedelta(days=28)


def example(chosen: Preferences) -> list[str]:
    """`72.4 kg`, `8.2 km, 5:08 /km`, `22 to 28 November`, `now 18:04`."""
    today = payload.today(chosen)
    run = f"{units.distance(METRES, chosen.units)}, {units.effort('Run', METRES, SECONDS, chosen.units)}"
    return [
        units.mass(KILOGRAMS, chosen.units),
        run,
        week.title(week.days(today, chosen.week_start), today),
        f"now {payload.clock(chosen)}",
    ]


def burned(session: Session, chosen: Preferences) -> str:
    """`Burned on a usual day: 2,540.`, the median of four weeks; '' where nothing is known."""
    today = payload.today(chosen)
    present = [row.burned for row in queries.calories(session, today - USUAL, today) if row.burned and row.date < today]
    return f"Burned on a usual day: {median(present):,.0f}." if present else ""


def distance(session: Session, chosen: Preferences) -> str:
    """`2.0 kg from the trend, 73.0 kg.`; '' without a weigh-in of the last four weeks."""
    today = payload.today(chosen)
    weighed = [(row.date, row.weight) for row in queries.weights(session, today - MEMORY, today)]
    if not weighed or weighed[-1][0] < today - USUAL:
        return ""
    trend = smoothed(weighed)[-1]
    now = units.mass(trend, chosen.units)
    if chosen.goal_weight is None:
        return f"The trend is at {now}."
    return f"{units.mass(abs(trend - chosen.goal_weight), chosen.units)} from the trend, {now}."
