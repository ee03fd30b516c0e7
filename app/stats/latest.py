"""Pure: the latest records of each table as rows of texts for the index page."""

from collections.abc import Iterable

from app import units
from app.records.models import Activity, Calories, Weight
from app.records.queries import finite


def activities(records: Iterable[Activity], system: str) -> list[list[str]]:
    return [
        [
            f"{record.start_date_local:%Y-%m-%d %H:%M}",
            units.sport(record.activity_type),
            record.name or "",
            units.distance(record.distance, system) if record.distance and finite(record.distance) else "",
            units.clock(record.moving_time),
        ]
        for record in records
    ]


def weights(records: Iterable[Weight], system: str) -> list[list[str]]:
    return [
        [
            record.record_date.isoformat(),
            f"{record.record_time:%H:%M}" if record.record_time else "",
            " ".join(units.weight(record.weight, system)) if finite(record.weight) is not None else "",
            f"{record.fat:.1f} %" if finite(record.fat) is not None else "",
            f"{record.bmi:.1f}" if finite(record.bmi) is not None else "",
        ]
        for record in records
    ]


def calories(records: Iterable[Calories]) -> list[list[str]]:
    return [[record.record_date.isoformat(), kcal(record.calories), kcal(record.burned)] for record in records]


def kcal(value: float | None) -> str:
    return f"{value:,.0f} kcal" if finite(value) is not None else ""
