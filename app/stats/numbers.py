"""Pure: the week's own figure at the head of a row, and how its moving time stands against the usual week."""

from dataclasses import dataclass
from typing import Any

from app import units
from app.stats.pace import ENOUGH, Pace


@dataclass(frozen=True)
class Number:
    """What it is about, its figure, notes below, and what is drawn under them (`pictures`)."""

    title: str
    head: str
    notes: tuple[str, ...] = ()
    pictures: tuple[Any, ...] = ()


def pace(compared: Pace) -> str:
    """`44 min ahead of your usual` up to now, or for a week that is over against the whole of the usual one."""
    if compared.weeks < ENOUGH:
        return f"your usual week shows after {ENOUGH} weeks"
    difference = compared.seconds - round(compared.usual_seconds)
    running = compared.until is not None
    if abs(difference) < 60:
        return "as usual by now" if running else "as in a usual week"
    if running:
        return f"{time(abs(difference))} {'ahead of' if difference > 0 else 'behind'} your usual"
    return f"{time(abs(difference))} {'more' if difference > 0 else 'less'} than your usual"


def time(seconds: int) -> str:
    return units.duration(seconds) or f"0{units.NBSP}min"


def counted(number: int, one: str, many: str = "") -> str:
    return f"{number}{units.NBSP}{one if number == 1 else many or one + 's'}"
