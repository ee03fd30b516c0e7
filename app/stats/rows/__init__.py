"""Pure: the rows of the board, a module each. A new one is a module beside these, its place in ROWS, and its name."""

from datetime import date
from typing import Any, Protocol

from app.records.rows import DayRows, Preferences
from app.stats.cells import Cell
from app.stats.day import Part
from app.stats.numbers import Number
from app.stats.rows import activities, calories, weight


class Row(Protocol):
    """What each module declares. `records` are plain rows of its own kind (app/records/rows.py), oldest first."""

    NAME: str
    """As in ROW_NAMES, the fields of WeekRows, and `data` of the live feed."""
    METRIC: tuple[str, str]
    """The source and the metric that it comes from."""
    DEVICE: tuple[str, str] | None
    """The source and the metric that a device fills by itself, by which one sees until when it has synced."""
    EMPTY: str
    """What its cell says of a day that is over and has none."""
    NOTHING: str
    """What the page of such a day says."""
    GROWS: bool
    """Whether today's figure is one so far."""
    KEY: str
    """By what an item of the live feed is the same as before."""
    HEADS: tuple[str, ...]
    """Of its table of latest records."""

    def cell(self, records: Any, partial: bool, age: str, chosen: Preferences, /) -> Cell:
        """What there is of a day, at least one record; no entries where that is nothing. `age` says how old it is."""

    def number(self, title: str, records: Any, before: Any, today: date, chosen: Preferences, /) -> Number:
        """The card of a week's records; `before` are those of the week before."""

    def item(self, record: Any, /) -> dict[str, Any]:
        """The figures of a record in SI units, JSON-ready."""

    def change(self, before: dict[str, Any] | None, now: dict[str, Any] | None, system: str, /) -> str:
        """What has become of an item, as a sentence without its full stop; '' where nothing is to be said."""

    def parts(self, rows: DayRows, system: str, /) -> tuple[Part, ...]:
        """What happened on a day, for its page."""

    def of_day(self, title: str, rows: DayRows, partial: bool, chosen: Preferences, /) -> Number:
        """The figure of a day, for its page; NOTHING where there is none."""

    def latest(self, record: Any, system: str, /) -> list[str]:
        """A record of its table, as its models have it, under HEADS."""


ROWS: tuple[Row, ...] = (weight, calories, activities)
"""In the board's order, which is that of ROW_NAMES."""

PAGES: tuple[Row, ...] = (activities, *(row for row in ROWS if row is not activities))
"""In the order of the pages that tell of single records, where activities have most to say."""
