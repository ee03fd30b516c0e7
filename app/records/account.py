"""Whose a row is: the account or the kind of file that it came by, as the column `account` holds it."""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, case, or_

Way = Literal["api", "file", "hand", "demo"]
HAND, PHONE, MEALS = "hand", "phone", "meals"
"""What people type in, what programs send, and the meals typed in of a day: rows by these are `file:hand` and so on."""
HAND_ACCOUNT, MEALS_ACCOUNT = f"file:{HAND}", f"file:{MEALS}"
DEMO = "demo"
"""The made-up athlete's account."""


@dataclass(frozen=True)
class Account:
    """`source` is a provider's name, or a file's format; `owner` the provider's id of the person, where that is known.

    As text: `strava:7`, `fitbit:abc` (`fitbit` while the provider did not say whose it is), `file:fit`, `demo`, and ''
    for what somebody entered into the table.
    """

    source: str = ""
    owner: str = ""
    way: Way = "hand"

    @classmethod
    def parse(cls, text: str) -> "Account":
        first, _, rest = text.partition(":")
        if first == "file":
            return cls(rest, way="file")
        if text == DEMO:
            return cls(way="demo")
        return cls(first, rest, "api") if first else cls()

    def __str__(self) -> str:
        if self.way == "file":
            return f"file:{self.source}"
        return {"demo": DEMO, "hand": ""}.get(self.way, ":".join(filter(None, (self.source, self.owner))))


def of_source(column: Any, source: str) -> ColumnElement[bool]:
    """Whether a row came by an account at `source`, whoever's."""
    return or_(column == source, column.startswith(f"{source}:", autoescape=True))


def preference(column: Any) -> ColumnElement[int]:
    """Which row counts where several say the same thing, the lowest first: by hand, an account's, a file's, the demo's.

    When it was written does not matter: a file that is imported today tells nothing newer.
    """
    return case(
        (column.in_(("", HAND_ACCOUNT)), 0),
        (column == DEMO, 3),
        (column.startswith("file:", autoescape=True), 2),
        else_=1,
    )
