"""The tables of records in the form of an export (docs/formats.md 13.2): plain rows, without the demo's."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.extensions import db
from app.records.account import DEMO, Account
from app.records.models import Activity, Calories, Weight

BATCH = 500
NAMES: dict[str, tuple[Any, dict[str, str]]] = {
    "activities.csv": (
        Activity,
        {
            "id": "id",
            "start_utc": "start_date",
            "start_local": "start_date_local",
            "utc_offset_s": "utc_offset",
            "type": "activity_type",
            "name": "name",
            "distance_m": "distance",
            "moving_s": "moving_time",
            "elapsed_s": "elapsed_time",
            "average_speed_mps": "average_speed",
            "max_speed_mps": "max_speed",
            "average_heartrate_bpm": "average_heartrate",
            "max_heartrate_bpm": "max_heartrate",
            "average_cadence_rpm": "average_cadence",
            "elevation_gain_m": "total_elevation_gain",
            "upload_id": "upload_id",
        },
    ),
    "weight.csv": (
        Weight,
        {
            "date": "record_date",
            "time": "record_time",
            "weight_kg": "weight",
            "fat_percent": "fat",
            "bmi": "bmi",
            "point": "point",
        },
    ),
    "calories.csv": (Calories, {"date": "record_date", "eaten_kcal": "calories", "burned_kcal": "burned"}),
}
"""Each file's columns and those of its table, besides `account` and `source`."""
ORDER: dict[Any, tuple[Any, ...]] = {
    Activity: (Activity.start_date_local, Activity.id),
    Weight: (Weight.record_date, Weight.record_time.nulls_first(), Weight.id),
}


def rows(name: str) -> Iterator[Mapping[str, Any]]:
    model, columns = NAMES[name]
    statement: Select[Any] = select(model).where(model.account != DEMO).order_by(*order(model))
    with Session(db.engine) as session:
        for row in session.scalars(statement.execution_options(yield_per=BATCH)):
            said = {column: getattr(row, own) for column, own in columns.items()}
            yield said | {"account": row.account, "source": Account.parse(row.account).source}


def order(model: Any) -> tuple[Any, ...]:
    return ORDER.get(model) or (model.record_date, model.account)


def weights() -> Iterator[Mapping[str, Any]]:
    return rows("weight.csv")


READERS: dict[str, Callable[[], Iterator[Mapping[str, Any]]]] = {name: partial(rows, name) for name in NAMES}
