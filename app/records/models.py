"""The three tables that the board shows, what the sync remembers of itself, and what the person chose."""

from dataclasses import fields
from datetime import date, datetime, time
from typing import Any, ClassVar, NamedTuple

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Identity,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    false,
    func,
    text,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from app.extensions import db
from app.records.account import DEMO as DEMO
from app.records.rows import CaloriesRow

ROW_IDS_BEGIN = 10**12
ROW_IDS = Identity(start=ROW_IDS_BEGIN)
"""Our own row ids begin high, so that a row entered by hand with an id of its own never meets one of the sync's."""


class Provenance:
    """Columns of every table of records: whose row it is (account.py), and when its content last changed."""

    CALLED: ClassVar[str]
    """What one of its rows is, in words."""
    account: Mapped[str] = mapped_column(String, server_default="")
    last_time: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Activity(Provenance, db.Model):  # type: ignore[name-defined]
    """A workout as Strava has it: metres, seconds, m/s, bpm; cadence in rpm (one leg for runs)."""

    __tablename__ = "strava_activity"
    CALLED = "activity"
    __table_args__ = (
        Index("ix_strava_activity_account", "account", "start_date_local"),
        Index("ix_strava_activity_highest_heartrate", text("greatest(max_heartrate, average_heartrate)")),
    )

    id: Mapped[int] = mapped_column(BigInteger, ROW_IDS, primary_key=True)
    owner: Mapped[int | None] = mapped_column(BigInteger)
    activity_type: Mapped[str | None]
    distance: Mapped[float | None]
    elapsed_time: Mapped[int | None]
    average_speed: Mapped[float | None]
    average_cadence: Mapped[float | None]
    average_heartrate: Mapped[float | None]
    name: Mapped[str | None]
    utc_offset: Mapped[float | None]
    max_speed: Mapped[float | None]
    max_heartrate: Mapped[float | None]
    total_elevation_gain: Mapped[float | None]
    upload_id: Mapped[int | None] = mapped_column(BigInteger)
    moving_time: Mapped[int | None]
    start_date: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), index=True)
    start_date_local: Mapped[datetime] = mapped_column(DateTime(timezone=False), index=True)


class Weight(Provenance, db.Model):  # type: ignore[name-defined]
    """A weigh-in: kilograms, percent body fat, kg/m2, on the person's own calendar and clock."""

    __tablename__ = "fitbit_weight"
    CALLED = "weigh-in"
    __table_args__ = (
        UniqueConstraint("account", "point"),
        Index("ix_fitbit_weight_record_date", "record_date", "record_time"),
        Index("ix_fitbit_weight_account", "account", "record_date"),
    )

    id: Mapped[int] = mapped_column(BigInteger, ROW_IDS, primary_key=True)
    weight: Mapped[float]
    bmi: Mapped[float | None]
    fat: Mapped[float | None]
    record_date: Mapped[date]
    record_time: Mapped[time | None]
    point: Mapped[str | None]
    """The provider's stable name of the weigh-in."""


class Calories(Provenance, db.Model):  # type: ignore[name-defined]
    """One day's kcal: `calories` eaten and `burned` in all. Two figures that are never added."""

    __tablename__ = "fitbit_calories"
    CALLED = "day of calories"
    __table_args__ = (
        UniqueConstraint("record_date", "account"),
        Index("ix_fitbit_calories_account", "account", "record_date"),
    )

    id: Mapped[int] = mapped_column(BigInteger, ROW_IDS, primary_key=True)
    calories: Mapped[float | None]
    burned: Mapped[float | None]
    record_date: Mapped[date]


RECORDS: tuple[type[Activity] | type[Weight] | type[Calories], ...] = (Activity, Weight, Calories)
"""The tables of records, each with its account."""
OF_DAYS: tuple[Any, ...] = tuple(model for model in RECORDS if hasattr(model, "record_date"))
"""Those whose rows are of a day of the person's calendar; an activity is of a moment."""
FIGURES: dict[str, InstrumentedAttribute[float | None]] = {"eaten": Calories.calories, "burned": Calories.burned}
"""The column that holds a metric which is one figure a day, `record_date`; a table may have several of them."""


class OfDays(NamedTuple):
    """A row of the board that is made of days' figures: its plain row, whose fields are the day and the columns of its
    table."""

    row: type[Any]
    model: Any

    @property
    def columns(self) -> tuple[InstrumentedAttribute[float | None], ...]:
        return tuple(getattr(self.model, field.name) for field in fields(self.row) if field.name != "date")


ROWS_OF_DAYS = {"calories": OfDays(CaloriesRow, Calories)}
"""By the names of the board's rows (rows.py)."""


def figure(metric: str) -> InstrumentedAttribute[float | None]:
    """A metric's column; ValueError for one that is no day's figure."""
    if metric not in FIGURES:
        raise ValueError(f"{metric} is no day's figure: those are {', '.join(FIGURES)} (FIGURES in records/models.py)")
    return FIGURES[metric]


class FileImport(db.Model):  # type: ignore[name-defined]
    """One file that somebody gave, and what became of it."""

    __tablename__ = "file_import"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str]
    path: Mapped[str | None]
    """Where its bytes lie while they are still needed."""
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str | None]
    kind: Mapped[str] = mapped_column(server_default="")
    """What it turned out to be, in words."""
    state: Mapped[str] = mapped_column(server_default="waiting")
    """waiting, running, asking (for an answer), done, refused (nothing of it could be read) or undone."""
    stage: Mapped[str] = mapped_column(server_default="")
    attempts: Mapped[int] = mapped_column(server_default="0")
    """How often it was begun: a file at which the process dies is put aside after some."""
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    counts: Mapped[dict[str, int]] = mapped_column(JSON, server_default="{}")
    """How many records were new, changed, known and refused; and how many of each table are new."""
    results: Mapped[list[dict[str, str]]] = mapped_column(JSON, server_default="[]")
    """`{"member": ..., "result": refused or note, "why": ...}`, the refused ones first."""
    questions: Mapped[list[dict[str, Any]]] = mapped_column(JSON, server_default="[]")
    answers: Mapped[dict[str, str]] = mapped_column(JSON, server_default="{}")


class Origin(db.Model):  # type: ignore[name-defined]
    """One way by which a row came, with all that it said; a row that came by one account alone has none."""

    __tablename__ = "origin"
    __table_args__ = (
        UniqueConstraint("record", "way", "key", name="uq_origin_record"),
        Index("ix_origin_row", "record", "row_id"),
        Index("ix_origin_key", "record", "key"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    record: Mapped[str]
    """The table of the row."""
    row_id: Mapped[int] = mapped_column(BigInteger)
    way: Mapped[str]
    """The account, as a row's column `account` has it, or `import:<id>`."""
    kind: Mapped[str]
    """What decides which way knows better (origins.RANK): `api`, `hand`, or a file's format."""
    key: Mapped[str]
    """The same each time the same record comes by the same kind of way."""
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The row's columns as this way has them; instants and days in ISO 8601."""


class Choice(db.Model):  # type: ignore[name-defined]
    """What the person said of two records, by their names (origins.name_of), the lesser one first."""

    __tablename__ = "choice"
    __table_args__ = (UniqueConstraint("record", "one", "other", name="uq_choice_record"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    record: Mapped[str]
    """The table of the rows."""
    one: Mapped[str]
    other: Mapped[str]
    same: Mapped[bool]


class Review(db.Model):  # type: ignore[name-defined]
    """A week in review that somebody has opened, by its first day."""

    __tablename__ = "review"

    week: Mapped[date] = mapped_column(primary_key=True)
    opened_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class SyncState(db.Model):  # type: ignore[name-defined]
    """How the last attempts at one metric of one source went."""

    __tablename__ = "sync_state"

    source: Mapped[str] = mapped_column(primary_key=True)
    metric: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(server_default="")
    sign_in: Mapped[str] = mapped_column(server_default="")
    """The one under which it was last read (Token.sign_in)."""
    state: Mapped[str]
    """running (at first), ok, failed, waiting (until `resume_at`), reconnect, ungranted, misconfigured or refused;
    disconnected while there is no token file."""
    message: Mapped[str] = mapped_column(server_default="")
    last_attempt: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    last_success: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    newest: Mapped[date | None]
    """The day of the newest record that the source gave."""
    resume_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    requests_left: Mapped[int | None]
    """How many calls the provider's window still allows, where it says so."""
    cursor: Mapped[str | None]
    """Where the reading of the whole history goes on; None while none is under way."""
    oldest: Mapped[date | None]
    """The oldest day that the reading of the history has reached."""
    full_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When the whole history was last read to its beginning."""


class StoredPreferences(db.Model):  # type: ignore[name-defined]
    """The one row of what the person chose; NULL stands for the default."""

    __tablename__ = "preferences"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False, server_default="1")
    units: Mapped[str | None]
    timezone: Mapped[str | None]
    week_start: Mapped[str | None]
    calorie_goal: Mapped[int | None]
    """Kcal eaten a day."""
    goal_weight: Mapped[float | None]
    """Kilograms."""
    hidden_rows: Mapped[list[str]] = mapped_column(JSON, server_default="[]")
    row_names: Mapped[dict[str, str]] = mapped_column(JSON, server_default="{}")
    """The board's rows that have another name, each with it."""
    row_order: Mapped[list[str]] = mapped_column(JSON, server_default="[]")
    """The board's rows from top to bottom; those that it does not name come after these."""
    theme: Mapped[str | None]
    """`light` or `dark`; NULL is as the device."""
    night_from: Mapped[time | None]
    night_until: Mapped[time | None]
    """Between these, on the person's clock, a screen on the wall dims; both NULL where it never does."""
    quiet_from: Mapped[time | None]
    """From then to `quiet_to`, by the person's clock, nothing is told (app/notify)."""
    quiet_to: Mapped[time | None]
    week_review: Mapped[bool] = mapped_column(server_default=false())
