"""Pure: what a cell of the board holds, and the texts that all rows share."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Entry:
    """One thing in a cell: `text` with its `unit`, what else is known of it in `note`; `kind` is only a style.

    `extra` is what a narrow cell leaves out.
    """

    text: str
    unit: str = ""
    note: str = ""
    name: str = ""
    kind: str = ""
    extra: str = ""


@dataclass(frozen=True)
class Cell:
    """What stands in one cell. `state`: value, partial (today so far), or one of `reasons.Reason`.

    `why` is the sentence behind `word`, `total` the day's moving time and distance, `picture` one of `pictures`.
    """

    state: str
    entries: tuple[Entry, ...] = ()
    word: str = ""
    note: str = ""
    why: str = ""
    total: tuple[str, ...] = ()
    picture: Any = None


def joined(parts: Iterable[str]) -> str:
    return ", ".join(part for part in parts if part)


def figure(value: float | None, form: str) -> str:
    """`value` by a format such as `{:.1f} %`; '' for what is not known or no finite number."""
    return form.format(value) if value is not None and math.isfinite(value) else ""


def weekday(item: dict[str, Any]) -> str:
    """The day of an item of `stats_vals`: `Friday`."""
    return f"{date.fromisoformat(item['date']):%A}"
