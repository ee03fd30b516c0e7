"""The plain records that readers make of files, and what they say where they cannot.

A reader is `read(member, how)`, one for an archive `read(members, how)`; both yield Items one after the other, so that
a file of any size is read in little memory. A reader raises nothing for what a file holds: it yields a Refusal.
"""

from __future__ import annotations  # a field called `time` hides the type of that name

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import BinaryIO, ClassVar, get_args
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Member:
    """A file, or a member of an archive: its name (with `/` between folders) and its inflated size in bytes.

    `open` gives a new stream of its bytes from the beginning, unpacked where they are gzip, and bounded by the limits
    of bounds.py. `path` is where a file lies that is a member of nothing.
    """

    name: str
    size: int
    open: Callable[[], BinaryIO]
    path: Path | None = None


@dataclass(frozen=True)
class How:
    """What a reader must be told: the person's zone and day, and what they answered, by Question.key."""

    zone: ZoneInfo
    today: date
    answers: Mapping[str, str] = field(default_factory=dict)
    scratch: Path | None = None
    """A folder on disk for what a library reads from a file only (SQLite); None is the system's."""


@dataclass(frozen=True)
class Activity:
    """One workout. Metres, seconds, m/s, bpm, kcal; cadence in rpm (one leg for runs). What was not measured is None.

    `start` is aware UTC. `offset` is the local clock's distance from UTC in seconds where the file says it credibly,
    and `position` (latitude, longitude in degrees) where it began, unless that is a virtual place; zones.py makes the
    local start of these. `kind` names the format (`fit`, `gpx`, `strava`, ...), `key` is the same each time the same
    activity is read from the same kind. `strava_id` and `upload_id` are Strava's own where the file says them.
    `local` is the wall clock (naive) where the file says that itself; with `assumed`, `start` was made of it and the
    person's zone, as the file knows no instant. `account` and `source` are a row's of our own export, else empty.
    """

    kind: str
    key: str
    activity_type: str
    start: datetime
    name: str = ""
    distance: float | None = None
    moving_time: float | None = None
    elapsed_time: float | None = None
    average_speed: float | None = None
    max_speed: float | None = None
    average_cadence: float | None = None
    average_heartrate: float | None = None
    max_heartrate: float | None = None
    total_elevation_gain: float | None = None
    offset: int | None = None
    position: tuple[float, float] | None = None
    strava_id: int | None = None
    upload_id: int | None = None
    member: str = ""
    local: datetime | None = None
    assumed: bool = False
    account: str = ""
    source: str = ""


@dataclass(frozen=True)
class WeighIn:
    """Kilograms, percent body fat, kg/m2, on the person's own calendar and clock; `time` is None where only a day is
    known.

    `at` is the instant (aware UTC) where the file says it.
    """

    kind: str
    key: str
    date: date
    weight: float
    time: time | None = None
    fat: float | None = None
    bmi: float | None = None
    at: datetime | None = None
    member: str = ""
    account: str = ""
    source: str = ""


@dataclass(frozen=True)
class DayCalories:
    """One day's kcal, eaten or burned in all or both; the day is the person's own."""

    FILE: ClassVar = "calories.csv"
    COLUMNS: ClassVar = {"eaten_kcal": "eaten", "burned_kcal": "burned"}
    kind: str
    date: date
    eaten: float | None = None
    burned: float | None = None
    member: str = ""
    account: str = ""
    source: str = ""


@dataclass(frozen=True)
class Athlete:
    """Whose Strava export this is, by Strava's athlete id; it comes before the activities."""

    id: int
    member: str = ""


@dataclass(frozen=True)
class Refusal:
    """Why `member` or a part of it became no record: one sentence that a person understands and can act on.

    `silent` ones (a system's own litter) are counted nowhere. `count` is how many rows or members it stands for.
    """

    member: str
    why: str
    silent: bool = False
    count: int = 1


@dataclass(frozen=True)
class Note:
    """Something worth knowing of a member that was read all the same: `the end is cut off`."""

    member: str
    text: str


@dataclass(frozen=True)
class Question:
    """What only the person can tell. The rest of the file waits for the answer, other files do not.

    `key` is by what the answer comes back in How.answers; `options` are (answer, label); `example` is a line of it.
    """

    key: str
    member: str
    text: str
    example: str
    options: tuple[tuple[str, str], ...]


Day = DayCalories
"""A day's figures, each in a field that is named as its metric (app/records/models.py); FILE of our own export has
COLUMNS for these, of which the first is in no other file (docs/formats.md 13.2)."""
DAYS: tuple[type[Day], ...] = get_args(Day) or (Day,)
Record = Activity | WeighIn | Day
Item = Record | Athlete | Refusal | Note | Question
