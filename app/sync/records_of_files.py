"""Pure: the rows that the records of a file would be, by the columns of their tables."""

from dataclasses import asdict
from typing import Any

from app.files import zones
from app.files.records import Activity, Day, How, Record, WeighIn
from app.records import models
from app.records.account import DEMO
from app.records.filing import OWN, Incoming

SAME_NAMES = (
    *("distance", "average_speed", "max_speed", "average_cadence", "average_heartrate", "max_heartrate"),
    *("total_elevation_gain", "upload_id"),
)


def incoming(item: Record, how: How) -> Incoming | None:
    """None for a row of the demo's, which is nobody's."""
    if item.account == DEMO:
        return None
    if isinstance(item, Activity):
        return activity(item, how)
    return weigh_in(item) if isinstance(item, WeighIn) else figures(item)


def activity(item: Activity, how: How) -> Incoming:
    local = zones.local(item, how.zone)
    said = asdict(item)
    values: dict[str, Any] = {name: said[name] for name in SAME_NAMES} | {
        "activity_type": item.activity_type or None,
        "name": item.name or None,
        "start_date": item.start,
        "start_date_local": local.start,
        "utc_offset": local.offset,
        "moving_time": whole(item.moving_time),
        "elapsed_time": whole(item.elapsed_time),
    }
    values |= {"account": item.account, "utc_offset": item.offset} if item.kind == OWN else concluded(values)
    return Incoming(models.Activity, item.kind, item.key, values, item.strava_id, local.assumed)


def concluded(values: dict[str, Any]) -> dict[str, Any]:
    """What follows of what a file says: one time where it knows only the other, and the speed of these."""
    moving, elapsed, metres = values["moving_time"], values["elapsed_time"], values["distance"]
    moving, elapsed = elapsed if moving is None else moving, moving if elapsed is None else elapsed
    speed = values["average_speed"]
    if speed is None and metres and moving:
        speed = round(metres / moving, 3)
    return {"moving_time": moving, "elapsed_time": elapsed, "average_speed": speed}


def weigh_in(item: WeighIn) -> Incoming:
    at = item.time.isoformat() if item.time else ""
    key = item.key or f"{item.date}T{at} {item.weight}"
    values = {
        "weight": item.weight,
        "fat": item.fat,
        "bmi": item.bmi,
        "record_date": item.date,
        "record_time": item.time,
        "point": item.key or None if item.kind == OWN else key,
    }
    return Incoming(models.Weight, item.kind, f"{item.account} {key}".strip(), values | owned(item))


def figures(item: Day) -> Incoming:
    """A file may tell a day's figures in several places, of which none is another's repetition."""
    said = {column: getattr(item, metric) for metric, column in models.FIGURES.items() if hasattr(item, metric)}
    model = next(iter(said)).class_
    values = {"record_date": item.date} | {column.key: value for column, value in said.items()}
    told = [metric for metric, column in models.FIGURES.items() if said.get(column) is not None]
    only = told[0] if len(told) == 1 < len(said) else ""
    return Incoming(model, item.kind, f"{item.account} {item.date} {only}".strip(), values | owned(item))


def owned(item: Record) -> dict[str, Any]:
    return {"account": item.account} if item.kind == OWN else {}


def whole(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds)
