"""What programs send and ask for, as marshmallow checks it and the description shows it."""

from datetime import datetime, timedelta
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validates_schema
from marshmallow.validate import Length, Range, Regexp

from app.records.rows import ROW_NAMES

MOST_ITEMS = 1000
EARLIEST = datetime(1970, 1, 1).date()  # noqa: DTZ001
PRINTABLE = Regexp(r"^[^\x00-\x1f\x7f\ud800-\udfff]*$", error="Send printable text.")


class Instant(fields.AwareDateTime):
    """ISO 8601 with its distance from UTC, which says whose day it is, too."""

    def __init__(self, **how: Any) -> None:
        super().__init__(format="iso", **how)
        self.error_messages["invalid_awareness"] = "Add the distance from UTC, as in 2026-11-24T07:10:00+01:00."
        self.error_messages["invalid"] = "Send an instant such as 2026-11-24T07:10:00+01:00."

    def _deserialize(self, value: Any, attr: str | None, data: Any, **how: Any) -> datetime:
        found: datetime = super()._deserialize(value, attr, data, **how)
        if not EARLIEST.year < found.year < 9998:
            raise ValidationError("Send an instant after 1970.")
        return found.replace(microsecond=0)


class Strict(Schema):
    class Meta:
        unknown = RAISE


class WeightIn(Strict):
    weight = fields.Float(required=True, validate=Range(20, 500), metadata={"description": "kilograms"})
    fat = fields.Float(allow_none=True, load_default=None, validate=Range(1, 75), metadata={"description": "percent"})
    at = Instant(required=True)


class CaloriesIn(Strict):
    date = fields.Date(required=True)
    calories = fields.Float(
        allow_none=True, load_default=None, validate=Range(0, 20_000), metadata={"description": "kcal eaten that day"}
    )
    burned = fields.Float(allow_none=True, load_default=None, validate=Range(0, 20_000))

    @validates_schema
    def one_figure(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("calories") is None and data.get("burned") is None:
            raise ValidationError("Send calories, burned or both.", "calories")


def figure(low: float, high: float, what: str) -> fields.Float:
    return fields.Float(allow_none=True, load_default=None, validate=Range(low, high), metadata={"description": what})


class ActivityIn(Strict):
    activity_type = fields.String(
        required=True, validate=Regexp(r"^[A-Za-z]{1,40}$"), metadata={"description": "Strava's word, such as Run"}
    )
    start = Instant(required=True)
    moving_time = figure(1, 31 * 86400, "seconds")
    elapsed_time = figure(1, 31 * 86400, "seconds")
    distance = figure(0, 2e7, "metres")
    name = fields.String(allow_none=True, load_default="", validate=[Length(max=200), PRINTABLE])
    average_speed = figure(0, 400, "m/s")
    max_speed = figure(0, 400, "m/s")
    average_cadence = figure(0, 400, "rpm")
    average_heartrate = figure(1, 300, "bpm")
    max_heartrate = figure(1, 300, "bpm")
    total_elevation_gain = figure(0, 1e5, "metres")

    @validates_schema
    def one_time(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("moving_time") is None and data.get("elapsed_time") is None:
            raise ValidationError("Send moving_time, elapsed_time or both.", "moving_time")


class Span(Schema):
    first = fields.Date(data_key="from")
    last = fields.Date(data_key="to")
    limit = fields.Integer(load_default=100, strict=False, validate=Range(1, 1000))
    cursor = fields.String(validate=Length(max=200), metadata={"description": "`next` of the page before"})


class Week(Schema):
    day = fields.Date()


class Page(Schema):
    items = fields.List(fields.Dict(), required=True)
    next = fields.String(required=True, allow_none=True)


class WeekHead(Schema):
    days = fields.List(fields.String(), required=True)
    today = fields.String(required=True)
    sources = fields.List(fields.String(), required=True)


WeekOut = WeekHead.from_dict({row: fields.List(fields.Dict(), required=True) for row in ROW_NAMES}, name="WeekOut")
"""With the records of each row of the board."""


class Stored(Schema):
    new = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    known = fields.Integer(required=True)
    items = fields.List(fields.Dict(), required=True, metadata={"description": "what is new or changed"})


def is_past(at: datetime, now: datetime) -> bool:
    """A phone's clock may be a little ahead."""
    return at <= now + timedelta(minutes=10)
