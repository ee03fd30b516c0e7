"""Pure: what each sport comes to in a span, the most time first."""

from collections.abc import Sequence
from dataclasses import dataclass

from app import units
from app.stats.numbers import time as duration
from app.trends import figures
from app.trends.figures import OTHER_SPORTS, Effort


@dataclass(frozen=True)
class Total:
    """`share` is percent of the sport with the most time, `kind` and `icon` its colour and its drawing."""

    name: str
    kind: str
    icon: str
    note: str
    time: str
    share: float


def totals(efforts: Sequence[Effort], system: str) -> list[Total]:
    names = figures.sports(efforts)
    of: dict[str, list[Effort]] = {name: [] for name in names}
    for effort in efforts:
        name = units.sport(effort.sport_type)
        of[name if name in of else OTHER_SPORTS].append(effort)
    most = max((seconds(some) for some in of.values()), default=0)
    return [total(name, some, most, system) for name, some in of.items()]


def seconds(efforts: Sequence[Effort]) -> int:
    return sum(effort.seconds for effort in efforts)


def total(name: str, efforts: Sequence[Effort], most: int, system: str) -> Total:
    look = "other" if name == OTHER_SPORTS else units.sport_classes(efforts[0].sport_type)
    metres = sum(effort.metres for effort in efforts)
    count = sum(effort.count for effort in efforts)
    times = "once" if count == 1 else f"{count:,} times"
    return Total(
        name,
        look.split()[0],
        look.split()[-1],
        ", ".join([times, *([units.distance(metres, system)] if metres else [])]),
        duration(seconds(efforts)),
        round(100 * seconds(efforts) / most, 1) if most else 0.0,
    )
