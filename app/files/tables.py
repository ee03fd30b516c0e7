"""Reads any table of weights or calories: a scale's, a diary's, or one made by hand (files.md 8)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from app.files import plausible, questions
from app.files.days import Orders, Stamp, stamp
from app.files.numerals import KILOCALORIES, KILOGRAMS, NOTHING, Separators, kilograms, number
from app.files.numerals import unit as cell_unit
from app.files.records import DayCalories, How, Item, Member, Question, Refusal, WeighIn
from app.files.table_columns import Columns, columns, workouts
from app.files.text import Faults, Unreadable, clean, rows

KIND = "table"
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
    example: str = ""
    timed: set[tuple[date, int]] = field(default_factory=set)


def read(member: Member, how: How) -> Iterator[Item]:
    """The rows of a table, or the questions that they wait for."""
    try:
        yield from _read(member, how)
    except Unreadable as error:
        yield Refusal(member.name, str(error))


def _read(member: Member, how: How) -> Iterator[Item]:
    survey = _header(member)
    if survey is None:
        yield Refusal(member.name, _unknown(member))
        return
    for row in _body(member, survey):
        _see(row, survey)
    asked = [
        questions.order(survey.heads, member.name, survey.orders, how),
        questions.person(survey.heads, member.name, survey.people, how),
        _unit(survey, member.name, how),
    ]
    if waiting := [one for one in asked if isinstance(one, Question)]:
        yield from waiting
        return
    yield from _Rows(member.name, survey, how, *(str(one) for one in asked)).items(_body(member, survey))


def _header(member: Member) -> Survey | None:
    """The first line that names a date and a value; lines before it may say the unit (Libra) or the app (Samsung)."""
    unit = ""
    for skip, row in zip(range(PREAMBLE), rows(member), strict=False):
        if found := columns(row):
            names = {head.strip() for head in row}
            known = any(signature <= names for signature in IN_KILOGRAMS)
            return Survey(row, found, skip + 1, found.get("weight", found["date"]).unit or ("kg" if known else unit))
        text = row[0].strip().lower()
        unit = "kg" if text.startswith("com.samsung") else text.rpartition(":")[2].strip() if "units:" in text else unit
    return None


def _unknown(member: Member) -> str:
    first = next(rows(member), [])
    shown = clean(", ".join(first), 150)
    if not any(cell.strip() for cell in first) or shown.lower() == "no data":
        return "There is nothing in this table."
    if workouts(first):
        return f"A list of workouts in a form that is not known; bring their FIT, GPX or TCX files. It begins: {shown}"
    return f"No column of dates beside one of weight or calories was found; name them in its first line. It is: {shown}"


def _body(member: Member, survey: Survey) -> Iterator[list[str]]:
    for count, row in enumerate(rows(member)):
        if count > MOST:
            raise Unreadable(f"A table of over {MOST:,} rows; bring it in parts.")
        if count >= survey.skip:
            yield row


def _cell(row: Sequence[str], survey: Survey, name: str) -> str:
    column = survey.columns.get(name)
    return row[column.at].strip() if column and column.at < len(row) else ""


def _see(row: Sequence[str], survey: Survey) -> None:
    survey.orders.see(_cell(row, survey, "date"))
    for name in VALUES:
        survey.separators[name].see(_cell(row, survey, name))
    weight = _cell(row, survey, "weight")
    if weight.lower() not in NOTHING:
        survey.weights = True
        survey.units.add(cell_unit(weight))
        survey.example = survey.example or ", ".join(row)
    person = clean(_cell(row, survey, "user"), 60)
    if person and "weight" in survey.columns and len(survey.people) <= questions.MOST_PEOPLE:
        survey.people.add(person)


def _unit(survey: Survey, member: str, how: How) -> str | Question:
    """Asked only where neither the header, the cells, the app nor a line says it."""
    if not survey.weights or survey.unit in KILOGRAMS:
        return survey.unit
    if survey.units and survey.units <= KILOGRAMS.keys():
        return next(iter(survey.units))
    return questions.unit(survey.heads, member, survey.example, how)


class _Rows:
    """Reads the rows for good, with everything known."""

    def __init__(self, member: str, survey: Survey, how: How, order: str, person: str, unit: str) -> None:
        self.member, self.survey, self.how = member, survey, how
        self.order, self.person = order, person
        self.factor = KILOGRAMS.get(unit, 1.0)
        self.decimals = {
            name: survey.separators[name].decimal(small=name in ("weight", "fat", "fat_mass", "bmi")) for name in VALUES
        }
        self.faults = Faults(member)
        self.eaten: dict[date, float] = {}
        self.burned: dict[date, float] = {}
        self.untimed: dict[tuple[date, int], WeighIn] = {}

    def items(self, body: Iterator[list[str]]) -> Iterator[Item]:
        """Weigh-ins as they come; sums of days, and weigh-ins without a clock, at the end."""
        timed: set[tuple[date, int]] = set()
        for row in body:
            if not (weighed := self._row(row)):
                continue
            mark = (weighed.date, round(weighed.weight * 100))
            if weighed.time is None:
                self.untimed.setdefault(mark, weighed)
            else:
                timed.add(mark)
                yield weighed
        # Apps put a placeholder at midnight beside the weigh-in that it repeats.
        yield from (weighed for mark, weighed in self.untimed.items() if mark not in timed)
        yield from self._days()
        yield from self.faults.refusals()

    def _row(self, row: list[str]) -> WeighIn | None:
        """Adds up a day's calories; returns the weigh-in, if it is one."""
        if self.person and clean(_cell(row, self.survey, "user"), 60) != self.person:
            return None
        try:
            moment = self._moment(row)
            weighed = self._weigh_in(row, moment)
            figures = [self._energy(row, name) for name in ("eaten", "burned")]
        except ValueError:
            if not any("total" in cell.lower() for cell in row[:3]):
                self.faults.add("a date or a number cannot be read", row)
            return None
        if why := plausible.strange(moment.day, self.how):
            self.faults.add(why, row)
            return None
        for sums, kcal in zip((self.eaten, self.burned), figures, strict=True):
            if kcal:
                sums[moment.day] = sums.get(moment.day, 0.0) + kcal
        if weighed and not (weighed := plausible.weigh_in(weighed)):
            self.faults.add("no person weighs that", row)
        return weighed

    def _moment(self, row: list[str]) -> Stamp:
        text, clock = _cell(row, self.survey, "date"), _cell(row, self.survey, "time")
        found = stamp(f"{text} {clock}" if clock and ":" not in text else text, self.order)
        if offset := _cell(row, self.survey, "offset"):
            return _shifted(found, offset)
        return found.local(self.how.zone)

    def _number(self, row: list[str], name: str) -> float | None:
        return number(_cell(row, self.survey, name), self.decimals[name])

    def _energy(self, row: list[str], name: str) -> float | None:
        text = _cell(row, self.survey, name)
        column = self.survey.columns.get(name)
        value = self._number(row, name)
        factor = KILOCALORIES.get(cell_unit(text)) or KILOCALORIES.get(column.unit if column else "", 1.0)
        return value * factor if value and value > 0 else None

    def _weigh_in(self, row: list[str], moment: Stamp) -> WeighIn | None:
        weight = kilograms(_cell(row, self.survey, "weight"), self.factor, self.decimals["weight"])
        if not weight:
            return None
        clock = moment.clock if moment.clock != time() else None
        at = moment.instant(self.how.zone) if moment.offset is not None and clock else None
        key = f"{moment.day} {clock or weight}"
        return WeighIn(KIND, key, moment.day, weight, clock, self._fat(row, weight), self._bmi(row), at, self.member)

    def _fat(self, row: list[str], weight: float) -> float | None:
        """Percent, also where the table has the mass of it."""
        if (percent := self._number(row, "fat")) is not None:
            return percent or None
        column = self.survey.columns.get("fat_mass")
        if not column:
            return None
        mass = kilograms(
            _cell(row, self.survey, "fat_mass"), KILOGRAMS.get(column.unit, self.factor), self.decimals["fat_mass"]
        )
        return round(mass / weight * 100, 2) if mass else None

    def _bmi(self, row: list[str]) -> float | None:
        return self._number(row, "bmi") or None

    def _days(self) -> Iterator[Item]:
        for day in sorted({*self.eaten, *self.burned}):
            eaten, burned = self.eaten.get(day), self.burned.get(day)
            found = DayCalories(KIND, day, _rounded(eaten), _rounded(burned), self.member)
            if whole := plausible.day(found):
                yield whole


def _rounded(kcal: float | None) -> float | None:
    return None if kcal is None else round(kcal, 2)


def _shifted(found: Stamp, offset: str) -> Stamp:
    """UTC and a column like `UTC+0200`."""
    said = stamp(f"2000-01-01 00:00 {offset.upper().replace('UTC', '')}").offset or timedelta()
    here = datetime.combine(found.day, found.clock or time()) + said
    return Stamp(here.date(), here.time(), said)
