"""Pure: what the page of one day is made of, as texts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time

from app import units
from app.files.kinds import KIND
from app.records.account import HAND, MEALS, PHONE, Account
from app.records.rows import EffortRow
from app.sync.standing import NAMES

Facts = tuple[tuple[str, str], ...]
"""Labels with their values; what is not known is left out."""
BY_HAND = "by hand"


@dataclass(frozen=True)
class Part:
    """One thing of the day, at `at` where that is known: its facts under a title.

    `name` is one that the person gave, `drawing` an icon, `kind` the style of an activity, `source` how it came here,
    `address` its page at Strava; each '' where there is none. `entry` is its name where it was typed in.
    """

    at: time | None
    drawing: str
    title: str
    facts: Facts = ()
    name: str = ""
    kind: str = ""
    source: str = ""
    address: str = ""
    entry: str = ""


@dataclass(frozen=True)
class StripDay:
    """A day of the week above: `share` of the most moving time of its days, percent, None for a day to come."""

    date: date
    weekday: str
    number: str
    share: float | None
    words: str


def title(day: date, today: date) -> str:
    """`Today, Wednesday 25 November`; the year only where it is not this one."""
    year = "" if day.year == today.year else f" {day.year}"
    return f"{'Today, ' if day == today else ''}{day:%A} {day.day} {day:%B}{year}"


def facts(*labelled: tuple[str, str]) -> Facts:
    return tuple(fact for fact in labelled if fact[1])


def in_order(parts: Iterable[Part]) -> list[Part]:
    """As they happened; what has no time comes last."""
    return sorted(parts, key=lambda part: (part.at is None, part.at or time.min))


def source(account: str) -> str:
    """How a row of the account came here: `from Strava`, `by hand`, `from a file: FIT file`; '' for the demo's."""
    parsed = Account.parse(account)
    if parsed.way == "file":
        told = {HAND: BY_HAND, MEALS: BY_HAND, PHONE: "from a phone"}
        return told.get(parsed.source) or f"from a file: {KIND.get(parsed.source, parsed.source)}"
    return {"hand": BY_HAND, "api": f"from {NAMES.get(parsed.source, parsed.source)}"}.get(parsed.way, "")


def strip(days: Sequence[date], today: date, efforts: Sequence[EffortRow]) -> list[StripDay]:
    """The days of the week, with how long one moved on each."""
    seconds = [sum(one.moving_time or 0 for one in efforts if one.start.date() == day) for day in days]
    most = max(*seconds, 1)
    return [
        StripDay(
            day,
            "Today" if day == today else f"{day:%a}",
            str(day.day),
            round(100 * moved / most, 1) if day <= today else None,
            f", {units.duration(moved) or 'nothing'} moved" if day <= today else "",
        )
        for day, moved in zip(days, seconds, strict=True)
    ]
