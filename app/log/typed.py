"""What was typed in of a day, for the day's page: each entry with its words, and what edits it."""

from dataclasses import dataclass
from datetime import date, time
from typing import Any

from sqlalchemy import Date, cast, select
from sqlalchemy.orm import Session

from app import units
from app.extensions import db
from app.records import models, origins, preferences
from app.records.account import HAND, MEALS

DAYS: dict[str, Any] = {
    "weight": models.Weight.record_date,
    "calories": models.Calories.record_date,
    "activity": models.Activity.start_date_local,
}
"""Of each kind of entry the column that says its day."""


@dataclass(frozen=True)
class Entry:
    """`name` for the forms; `edit` are the fields of the form that it came by."""

    name: str
    text: str
    edit: dict[str, str]


def of_day(day: str) -> dict[str, Entry]:
    """The entries by their names."""
    found, system = date.fromisoformat(day), preferences.read().units
    with Session(db.engine) as session:
        entries = [*weights(session, found, system), *calories(session, found), *activities(session, found, system)]
    return {entry.name: entry for entry in entries}


def fields_of(name: str) -> dict[str, str]:
    """The fields of the form that brings an entry back once it is gone; none where there is no such entry."""
    day = day_of(name)
    found = of_day(day).get(name) if day else None
    return found.edit | {"day": "other", "date": day, "back": "day"} if found and day else {}


def day_of(name: str) -> str | None:
    kind, _, key = name.partition("-")
    with Session(db.engine) as session:
        if kind == "meal":
            meal = select(models.Origin.content).where(
                models.Origin.way == MEALS, models.Origin.key == f"{MEALS}:{key}"
            )
            content = session.scalar(meal)
            return str(content["record_date"]) if content else None
        usable = kind in DAYS and key.isascii() and key.isdecimal() and len(key) < 19
        at = session.scalar(select(DAYS[kind]).where(DAYS[kind].class_.id == int(key))) if usable else None
        return at.isoformat()[:10] if at else None


def by_hand(session: Session, model: Any, which: Any, way: str = HAND) -> list[tuple[Any, models.Origin]]:
    rows = {row.id: row for row in session.scalars(select(model).where(which))}
    ways_by_row = origins.of_rows(session, model, list(rows))
    return [(rows[number], one) for number, ways in ways_by_row.items() for one in ways if one.way == way]


def exactly(figure: float) -> str:
    """`72.4`, `72.44`: as it was typed, so that what is edited or brought back is what it was."""
    return f"{figure:.2f}".rstrip("0").rstrip(".")


def clock(at: time | None) -> str:
    return f"{at:%H:%M}" if at else ""


def weights(session: Session, day: date, system: str) -> list[Entry]:
    return [
        Entry(
            f"weight-{row.id}",
            f"{units.mass(row.weight, system)} {clock(row.record_time)}".strip(),
            {
                "kind": "weight",
                "weight": exactly(row.weight / (units.KG_PER_POUND if system == "imperial" else 1)),
                "fat": f"{row.fat:g}" if row.fat else "",
                "time": clock(row.record_time),
            },
        )
        for row, _ in by_hand(session, models.Weight, models.Weight.record_date == day)
    ]


def calories(session: Session, day: date) -> list[Entry]:
    of_the_day = models.Calories.record_date == day
    totals = [
        Entry(
            f"calories-{row.id}",
            f"{units.kcal(row.calories or 0)}, the whole day",
            {"kind": "calories", "calories": f"{row.calories or 0:g}", "how": "total"},
        )
        for row, _ in by_hand(session, models.Calories, of_the_day)
    ]
    return totals + [meal(one) for _, one in by_hand(session, models.Calories, of_the_day, MEALS)]


def meal(one: models.Origin) -> Entry:
    said = one.content
    text = " ".join(
        filter(None, (units.kcal(said["calories"]), said.get("at"), units.isolated(said.get("name") or "")))
    )
    edit = {"kind": "calories", "calories": f"{said['calories']:g}", "time": said.get("at", "")}
    return Entry(f"meal-{one.key.partition(':')[2]}", text, edit | {"name": said.get("name", "")})


def activities(session: Session, day: date, system: str) -> list[Entry]:
    length = units.METRES_PER_MILE if system == "imperial" else 1000.0
    return [
        Entry(
            f"activity-{row.id}",
            " ".join(
                filter(
                    None,
                    (units.sport(row.activity_type), units.duration(row.moving_time), units.isolated(row.name or "")),
                )
            ),
            {
                "kind": "activity",
                "sport": row.activity_type or "Workout",
                "exact": units.clock(row.moving_time),
                "distance": exactly(row.distance / length) if row.distance else "",
                "name": row.name or "",
                "time": clock(row.start_date_local.time()),
            },
        )
        for row, _ in by_hand(session, models.Activity, cast(models.Activity.start_date_local, Date) == day)
    ]
