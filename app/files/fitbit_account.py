"""Reads the export that Fitbit accounts once gave by the month, which converters still write (docs/formats.md 9)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from app.files import plausible, questions
from app.files.days import Orders, stamp
from app.files.numerals import KILOGRAMS, NOTHING, Separators, kilograms, number
from app.files.records import DayCalories, How, Item, Member, Question, Refusal, WeighIn
from app.files.text import Faults, Unreadable, rows

KIND = "fitbit_account"
SECTIONS = {"body": ("weight", "bmi", "fat"), "foods": ("calories in",), "activities": ("calories burned",)}
OTHERS = ("sleep", "food log", "exercises", "heart")
HEADS = ("Body", "Date", "Weight", "BMI", "Fat")
"""What an answer is remembered by."""


def is_one(first: list[str]) -> bool:
    """By its first line, the title of a section."""
    title = first[0].strip().lower() if first else ""
    return not any(cell.strip() for cell in first[1:]) and (title in SECTIONS or title.startswith(OTHERS))


@dataclass
class _Survey:
    orders: Orders = field(default_factory=Orders)
    separators: dict[str, Separators] = field(default_factory=dict)
    example: str = ""


def read(member: Member, how: How) -> Iterator[Item]:
    """Body, Foods and Activities; the unit of weight is the account's and not written, so it is asked."""
    try:
        survey = _surveyed(member)
        order = questions.order(HEADS, member.name, survey.orders, how)
        unit = questions.unit(HEADS, member.name, survey.example, how) if survey.example else "kg"
        yield from (one for one in (order, unit) if isinstance(one, Question))
        if isinstance(order, str):
            yield from _Reading(member.name, survey, order, unit if isinstance(unit, str) else "", how).items(member)
    except Unreadable as error:
        yield Refusal(member.name, str(error))


def _lines(member: Member) -> Iterator[tuple[str, dict[str, str], list[str]]]:
    """Section, cells by their header, and the row, of the sections that matter."""
    section, heads = "", None
    for row in rows(member):
        title = row[0].strip().lower()
        if is_one(row):
            section, heads = title, None
        elif heads is None:
            heads = [head.strip().lower() for head in row]
        elif section in SECTIONS:
            yield section, dict(zip(heads, map(str.strip, row), strict=False)), row


def _surveyed(member: Member) -> _Survey:
    survey = _Survey()
    for section, cells, row in _lines(member):
        survey.orders.see(cells.get("date", ""))
        for name in SECTIONS[section]:
            survey.separators.setdefault(name, Separators()).see(cells.get(name, ""))
        if cells.get("weight", "").lower() not in {*NOTHING, "0", "0.0", "0.00"}:
            survey.example = survey.example or ", ".join(row)
    return survey


class _Reading:
    """The second time through, with the order of dates and the unit known; without a unit the weights wait."""

    def __init__(self, member: str, survey: _Survey, order: str, unit: str, how: How) -> None:
        self.member, self.order, self.unit, self.how = member, order, unit, how
        small = SECTIONS["body"]
        self.decimals = {name: seen.decimal(small=name in small) for name, seen in survey.separators.items()}
        self.faults = Faults(member)
        self.days: dict[date, DayCalories] = {}

    def items(self, member: Member) -> Iterator[Item]:
        for section, cells, row in _lines(member):
            try:
                day = stamp(cells["date"], self.order).day
                weighed = self._weigh_in(cells, day) if section == "body" else None
                figures = self._day(section, cells, day) if section != "body" else None
            except (ValueError, KeyError):
                self.faults.add("a date or a number cannot be read", row)
                continue
            if why := plausible.strange(day, self.how):
                self.faults.add(why, row)
            elif weighed and (whole := plausible.weigh_in(weighed)):
                yield whole
            elif figures:
                self.days[day] = figures
        yield from (one for _, found in sorted(self.days.items()) if (one := plausible.day(found)))
        yield from self.faults.refusals()

    def _weigh_in(self, cells: dict[str, str], day: date) -> WeighIn | None:
        """A day's value without a clock: Fitbit carries a weight over to days without a weigh-in."""
        if not self.unit:
            return None
        weight = kilograms(cells["weight"], KILOGRAMS[self.unit], self.decimals["weight"])
        fat, bmi = (number(cells.get(name, ""), self.decimals[name]) for name in ("fat", "bmi"))
        return (
            WeighIn(KIND, f"{day}", day, weight, None, fat or None, bmi or None, None, self.member) if weight else None
        )

    def _day(self, section: str, cells: dict[str, str], day: date) -> DayCalories:
        """0 calories eaten means that nothing was logged."""
        name = SECTIONS[section][0]
        kcal = number(cells[name], self.decimals[name]) or None
        earlier = self.days.get(day)
        eaten, burned = (earlier.eaten, earlier.burned) if earlier else (None, None)
        if section == "foods":
            return DayCalories(KIND, day, kcal, burned, self.member)
        return DayCalories(KIND, day, eaten, kcal, self.member)
