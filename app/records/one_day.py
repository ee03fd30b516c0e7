"""Reads everything of one day, for its page."""

import math
import re
from contextlib import suppress
from datetime import date, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.records import origins, queries, shown
from app.records.account import MEALS, preference
from app.records.models import ROWS_OF_DAYS, Activity, Calories, Weight
from app.records.rows import ActivityDetail, DayRows, EatenDetail, MealRow, WeighInDetail, WeightRow
from app.records.shown import ROW_OF_BOARD, activity_row, end, finite, is_shown

CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*(?:([ap])\.?m\.?)?")


def read(session: Session, day: date, since: date) -> DayRows:
    """All of its weigh-ins, with one a day `since`, its figures, and its activities with their details."""
    return DayRows(
        weights=weigh_ins(session, day),
        weighed=queries.weights(session, since, day),
        **{name: queries.of_days(session, name, day, day) for name in ROWS_OF_DAYS},
        eaten=eaten(session, day),
        meals=meals(session, day),
        activities=[detail(row) for row in session.scalars(shown.started((Activity,), day, end(day)))],
    )


def weigh_ins(session: Session, day: date) -> list[WeighInDetail]:
    weighed = select(Weight).where(Weight.record_date == day, Weight.weight != math.nan, is_shown(Weight))
    return [
        WeighInDetail(
            WeightRow(day, row.record_time, row.weight, finite(row.fat), finite(row.bmi)), row.id, row.account
        )
        for row in session.scalars(weighed.order_by(Weight.record_time.nulls_first(), Weight.id))
    ]


def eaten(session: Session, day: date) -> list[EatenDetail]:
    inside = (Calories.record_date == day, is_shown(Calories))
    ranked = (preference(Calories.account), Calories.last_time.desc().nulls_last(), Calories.id)
    rows = session.scalars(select(Calories).where(*inside).order_by(*ranked))
    figures = ((row, finite(row.calories)) for row in rows)
    return [EatenDetail(kcal, row.id, row.account) for row, kcal in figures if kcal is not None]


def meals(session: Session, day: date) -> list[MealRow]:
    rows = list(session.scalars(select(Calories.id).where(Calories.record_date == day)))
    ways = (way for row_ways in origins.of_rows(session, Calories, rows).values() for way in row_ways)
    return [meal(way) for way in ways if way.way == MEALS]


def meal(way: origins.Origin) -> MealRow:
    said = way.content
    return MealRow(float(said["calories"]), clock(said.get("at")), said.get("name") or "", way.key.partition(":")[2])


def clock(text: str | None) -> time | None:
    """`12:30`, or `7:10 pm` as meals were kept before; None for what is no clock."""
    found = CLOCK.fullmatch((text or "").lower())
    if not found:
        return None
    hour = int(found[1]) % 12 + 12 * (found[3] == "p") if found[3] else int(found[1])
    with suppress(ValueError):
        return time(hour, int(found[2]))
    return None


def detail(row: Activity) -> ActivityDetail:
    return ActivityDetail(
        row=activity_row(*(getattr(row, column.key) for column in ROW_OF_BOARD)),
        start=row.start_date_local,
        elapsed_time=row.elapsed_time,
        max_heartrate=finite(row.max_heartrate),
        climb=finite(row.total_elevation_gain),
        account=row.account,
    )
