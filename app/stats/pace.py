"""Pure: how a week's moving time stands against the person's own usual week at the same weekday and hour."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median

from app.records.rows import EffortRow

WEEKS = 8
"""How many weeks before this one make the usual week."""
ENOUGH = 3
"""With fewer comparable weeks there is no usual one yet."""
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Pace:
    """Seconds and metres of the week, and of the usual week up to `until`; `weeks` are as many as could be compared.

    `until` is by the person's clock; None stands for the end of the week.
    """

    seconds: int
    metres: float
    usual_seconds: float
    usual_metres: float
    weeks: int
    until: datetime | None


def compare(efforts: list[EffortRow], first: date, now: datetime, oldest: date | None) -> Pace:
    """The week that begins on `first`, looked at at `now` (naive, the person's clock).

    An activity counts whole on the day and at the hour of its local start, wherever that was. Weeks that were over
    before `oldest`, the day of the first activity of all, do not count; later weeks without any activity do.
    """
    begin = datetime.combine(first, time.min)
    running = now - begin < WEEK
    span = now - begin if running else WEEK
    seconds, metres = total(efforts, begin, begin + WEEK)
    comparable = range(1, min(WEEKS, weeks_since(oldest, first)) + 1)
    past = [total(efforts, begin - n * WEEK, begin - n * WEEK + span) for n in comparable]
    return Pace(
        seconds=seconds,
        metres=metres,
        usual_seconds=median(one for one, _ in past) if past else 0,
        usual_metres=median(one for _, one in past) if past else 0,
        weeks=len(past),
        until=now if running else None,
    )


def weeks_since(oldest: date | None, first: date) -> int:
    """How many weeks before the one that begins on `first` were not over before the day `oldest`."""
    return max(0, -((oldest - first).days // 7)) if oldest else 0


def total(efforts: list[EffortRow], begin: datetime, end: datetime) -> tuple[int, float]:
    """Seconds and metres of what started from `begin` until before `end`."""
    inside = [effort for effort in efforts if begin <= effort.start < end]
    return sum(effort.moving_time or 0 for effort in inside), sum(effort.distance or 0 for effort in inside)
