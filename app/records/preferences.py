"""How the person wants the week shown; the environment's values are the defaults."""

from collections.abc import Iterable
from typing import Any, TypeGuard
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import select
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError
from sqlalchemy.orm import Session

from app.extensions import autocommit, db
from app.records.models import StoredPreferences
from app.records.rows import ROW_NAMES, Preferences

STORED = str(select(StoredPreferences.__table__).compile(dialect=postgresql.dialect()))
"""Built once, as every push asks for it."""


def defaults() -> Preferences:
    """What counts where the person chose nothing."""
    config = current_app.config
    return Preferences(units=config["UNITS"], timezone=config["TIMEZONE"], week_start=config["WEEK_START"])


def read() -> Preferences:
    """What counts now: one small query, so it may be asked for each push.

    While the database does not answer, what counted last: which days a week has can be told without it.
    """
    try:
        current_app.extensions["preferences"] = merged(stored(), defaults())
    except (OperationalError, InterfaceError, TimeoutError):
        current_app.extensions.setdefault("preferences", defaults())
    last: Preferences = current_app.extensions["preferences"]
    return last


def remembered() -> Preferences:
    """What counted when this process last read it, as the feed does when it is told of a change."""
    last: Preferences | None = current_app.extensions.get("preferences")
    return last or read()


def merged(chosen: StoredPreferences, default: Preferences) -> Preferences:
    return Preferences(
        units=chosen.units or default.units,
        timezone=chosen.timezone if is_timezone(chosen.timezone) else default.timezone,
        week_start=chosen.week_start or default.week_start,
        calorie_goal=chosen.calorie_goal,
        goal_weight=chosen.goal_weight,
        rows={
            row: str(chosen.row_names.get(row) or ROW_NAMES[row])
            for row in ordered(chosen.row_order)
            if row not in chosen.hidden_rows
        },
        theme=chosen.theme or "",
        night=(chosen.night_from, chosen.night_until) if chosen.night_from and chosen.night_until else None,
    )


def ordered(asked: Iterable[str]) -> list[str]:
    """Every row of the board once: those that are `asked` for first, in that order, then the others in theirs."""
    return list(dict.fromkeys([*(row for row in asked if row in ROW_NAMES), *ROW_NAMES]))


def reordered(rows: Iterable[str]) -> bool:
    """Whether the rows that are shown stand in another order than the usual one."""
    shown = list(rows)
    return shown != [row for row in ROW_NAMES if row in shown]


def stored() -> StoredPreferences:
    """What the person chose, detached; nothing at all where somebody removed the row."""
    with autocommit() as connection:
        row = connection.exec_driver_sql(STORED).mappings().first()
    return StoredPreferences(**row or {"hidden_rows": [], "row_names": {}, "row_order": []})


def save(values: dict[str, Any]) -> None:
    """`values` by the table's columns. The table's trigger tells every open page."""
    with Session(db.engine) as session, session.begin():
        session.merge(StoredPreferences(id=1, **values))


def is_timezone(name: str | None) -> TypeGuard[str]:
    """The table cannot check a zone that was entered by hand, and a zone that nobody knows would end every page."""
    try:
        return name is not None and bool(ZoneInfo(name))
    except (ValueError, KeyError, OSError):
        return False
