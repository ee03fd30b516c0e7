"""Pure: what a card of the week in numbers is, and the one of the pace."""

from dataclasses import dataclass

from app import units
from app.stats.pace import ENOUGH, Pace


@dataclass(frozen=True)
class Number:
    """One card: what it is about, its figure, and sentences below."""

    title: str
    head: str
    notes: tuple[str, ...] = ()


def pace(compared: Pace, system: str) -> Number:
    """The moving time against the usual week up to now, or in all for a week that is over."""
    title = "Against your usual week"
    if compared.weeks < ENOUGH:
        there = f"there {'is' if compared.weeks == 1 else 'are'} {compared.weeks}"
        return Number(title, "No usual week yet", (f"It takes {ENOUGH} earlier weeks; so far {there}.",))
    usual, ours = round(compared.usual_seconds), compared.seconds
    head = "As usual"
    if abs(ours - usual) >= 60:
        head = f"{time(abs(ours - usual))} {'more' if ours > usual else 'less'}"
    until = compared.until
    so_far, by = ("So far", f"by {until:%A %H:%M}") if until else ("In all", "in a week")
    notes = [f"{so_far} {time(ours)}, usually {time(usual)} {by}."]
    if compared.metres or compared.usual_metres:
        notes.append(f"{length(compared.metres, system)}, usually {length(compared.usual_metres, system)}.")
    return Number(title, head, tuple(notes))


def time(seconds: int) -> str:
    return units.duration(seconds) or f"0{units.NBSP}min"


def length(metres: float, system: str) -> str:
    return units.distance(metres, system)


def counted(number: int, one: str, many: str = "") -> str:
    return f"{number}{units.NBSP}{one if number == 1 else many or one + 's'}"


def sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
