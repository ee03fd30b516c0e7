"""Pure: what the page of one day is made of, as texts."""

from dataclasses import dataclass
from datetime import date

Facts = tuple[tuple[str, str], ...]
"""Labels with their values; what is not known is left out."""


@dataclass(frozen=True)
class Part:
    """One record, or a day's figures: its facts under a title, '' where it needs none.

    `name` is one that the person gave, `kind` a style, `address` its page at Strava, '' where it has none.
    """

    facts: Facts
    title: str = ""
    name: str = ""
    kind: str = ""
    address: str = ""


def title(day: date, today: date) -> str:
    """`Today, Wednesday 25 November`; the year only where it is not this one."""
    year = "" if day.year == today.year else f" {day.year}"
    return f"{'Today, ' if day == today else ''}{day:%A} {day.day} {day:%B}{year}"


def facts(*labelled: tuple[str, str]) -> Facts:
    return tuple(fact for fact in labelled if fact[1])
