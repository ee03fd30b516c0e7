"""An account with a little of everything, and the tables in a form that can be compared with it."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.records import models
from simulator.world import World, point_name

Rows = dict[tuple[str, Any], tuple[Any, ...]]
"""Records by what they are known by: the kind, and an id, a point's name or a day."""


def noon(days_ago: int) -> datetime:
    """Naive, in the athlete's zone, which is UTC."""
    return datetime.combine(datetime.now(UTC).date() - timedelta(days=days_ago), time(12))


def minutes_ago(minutes: float) -> datetime:
    """Naive, in the athlete's zone, which is UTC; never before today."""
    now = datetime.now(UTC).replace(tzinfo=None)
    return max(now - timedelta(minutes=minutes), datetime.combine(now, time()))


def rows(session: Session) -> Rows:
    """All that the tables hold, by what a row is known by."""
    runs = {("activity", row.id): run_of(row) for row in session.scalars(select(models.Activity))}
    weights = session.scalars(select(models.Weight))
    figures = session.scalars(select(models.Calories))
    return (
        runs
        | {("weight", row.point): (row.weight, moment(row), row.fat) for row in weights}
        | {("day", row.record_date): (row.calories, row.burned) for row in figures}
    )


def moment(row: models.Weight) -> datetime:
    return datetime.combine(row.record_date, row.record_time or time())


def run_of(row: models.Activity) -> tuple[Any, ...]:
    measured = (row.distance, row.moving_time, row.elapsed_time, row.average_heartrate, row.average_speed)
    return (row.name, row.activity_type, row.start_date_local, row.start_date, row.upload_id, *measured)


def holds(world: World) -> Rows:
    """The same of the account, straight from the world and not by way of the wire."""
    fats = {(s.number, s.at): s.value for s in world.samples("body-fat")}
    eaten: dict[Any, float] = {}
    for meal in world.meals():
        eaten[meal.at.date()] = eaten.get(meal.at.date(), 0) + meal.kcal
    burned = world.burned()
    return (
        {("activity", a["id"]): activity_of(a) for a in world.activities()}
        | {
            ("weight", point_name("weight", s.number)): (
                s.value / 1000,
                s.at.replace(tzinfo=None),
                fats.get((s.number, s.at)),
            )
            for s in world.samples("weight")
        }
        | {("day", day): (eaten.get(day), burned.get(day)) for day in eaten.keys() | burned.keys()}
    )


def activity_of(a: dict[str, Any]) -> tuple[Any, ...]:
    local, start = datetime.fromisoformat(a["start_date_local"][:19]), datetime.fromisoformat(a["start_date"])
    measured = (a["distance"], a["moving_time"], a["elapsed_time"], a.get("average_heartrate"), a["average_speed"])
    return (a["name"], a["sport_type"], local, start, a["upload_id"], *measured)


def fill(world: World) -> None:
    """Three figures of some days of the last fortnight, and of one day that only the history reaches."""
    for back in (1, 3, 5, 8, 40):
        world.add_activity(id=9_000_000_000 + back, name=f"Run of day {back}", start_date_local=noon(back))
        world.add_weight(70 + back / 8, noon(back), fat=18.5)
        world.set_eaten(noon(back).date(), 2000 + back)
        world.set_burned(noon(back).date(), 2500 + back)


def change(world: World) -> None:
    """Something new, something late, something edited and something deleted of everything."""
    world.add_activity(id=9_000_000_100, name="Late upload", start_date_local=noon(6))
    world.edit_activity(9_000_000_003, name="Renamed", distance=4321.5)
    world.delete_activity(9_000_000_008)
    world.edit_weight(point(world, 3), 69.125)
    world.delete_weight(point(world, 8))
    world.add_weight(71.5, noon(6))
    for figure in (world.set_eaten, world.set_burned):
        figure(noon(1).date(), 2222)
        figure(noon(6).date(), 2333)
        figure(noon(8).date(), None)


def point(world: World, days_ago: int) -> str:
    """The name of that day's weigh-in."""
    day = noon(days_ago).date()
    return next(point_name("weight", sample.number) for sample in world.samples("weight") if sample.at.date() == day)


def identities(found: Rows) -> set[tuple[Any, ...]]:
    """What rows there are, and for a day, which of its two figures."""
    days = [(key, row) for key, row in found.items() if key[0] == "day"]
    figures = {(*key, figure) for key, row in days for figure in (0, 1) if row[figure] is not None}
    return figures | {key for key in found if key[0] != "day"}
