"""What all rows of a table together say: its header, signs, order of dates, units and people (docs/formats.md 8.1)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from app.files.days import Orders
from app.files.numerals import NOTHING, Separators
from app.files.numerals import unit as cell_unit
from app.files.questions import MOST_PEOPLE
from app.files.records import Member
from app.files.table_columns import Columns, columns
from app.files.text import Unreadable, clean, rows

PREAMBLE = 15
"""Lines in front of the header, at most."""
MOST = 500_000
VALUES = ("weight", "fat", "fat_mass", "bmi", "eaten", "burned")
IN_KILOGRAMS = ({"dateTime", "weight", "fat", "water"}, {"DATE", "TIME", "WEIGHT"}, {"time", "weight", "fatRate"})
"""Headers of apps that always write kilograms without saying so: openScale, old and new, and Zepp Life."""


@dataclass
class Survey:
    """What all rows together say of a table, read once before it is read for good."""

    heads: list[str]
    columns: Columns
    skip: int
    unit: str = ""
    orders: Orders = field(default_factory=Orders)
    separators: dict[str, Separators] = field(default_factory=lambda: {name: Separators() for name in VALUES})
    people: set[str] = field(default_factory=set)
    units: set[str] = field(default_factory=set)
    weights: bool = False
    line: str = ""
    """The first row, as an example."""
    example: str = ""
    """The first row with a weight."""


def header(member: Member) -> Survey | None:
    """The first line that names a date and a value; lines before it may say the unit (Libra) or the app (Samsung)."""
    unit = ""
    for skip, row in zip(range(PREAMBLE), rows(member), strict=False):
        if found := columns(row):
            names = {head.strip() for head in row}
            in_kg = any(signature <= names for signature in IN_KILOGRAMS)
            return Survey(row, found, skip + 1, found.get("weight", found["date"]).unit or ("kg" if in_kg else unit))
        text = row[0].strip().lower()
        unit = "kg" if text.startswith("com.samsung") else text.rpartition(":")[2].strip() if "units:" in text else unit
    return None


def body(member: Member, survey: Survey) -> Iterator[list[str]]:
    for count, row in enumerate(rows(member)):
        if count > MOST:
            raise Unreadable(f"A table of over {MOST:,} rows; bring it in parts.")
        if count >= survey.skip:
            yield row


def cell(row: Sequence[str], survey: Survey, name: str) -> str:
    column = survey.columns.get(name)
    return row[column.at].strip() if column and column.at < len(row) else ""


def see(row: Sequence[str], survey: Survey) -> None:
    survey.line = survey.line or ", ".join(row)
    survey.orders.see(cell(row, survey, "date"))
    for name in VALUES:
        survey.separators[name].see(cell(row, survey, name))
    weight = cell(row, survey, "weight")
    if weight.lower() not in NOTHING:
        survey.weights = True
        survey.units.add(cell_unit(weight))
        survey.example = survey.example or ", ".join(row)
    person = clean(cell(row, survey, "user"), 60)
    if person and "weight" in survey.columns and len(survey.people) <= MOST_PEOPLE:
        survey.people.add(person)
