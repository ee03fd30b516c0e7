"""Makes records of the rows of a table of which everything is known (docs/formats.md 8)."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from app.files import plausible
from app.files.days import Stamp, stamp
from app.files.numerals import KILOCALORIES, KILOGRAMS, kilograms, number
from app.files.numerals import unit as cell_unit
from app.files.records import DayCalories, How, Item, WeighIn
from app.files.table_survey import VALUES, Survey, cell
from app.files.text import Faults, clean

KIND = "table"


class Rows:
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
        if self.person and clean(cell(row, self.survey, "user"), 60) != self.person:
            return None
        try:
            moment = self._moment(row)
            weighed = self._weigh_in(row, moment)
            figures = [self._energy(row, name) for name in ("eaten", "burned")]
        except ValueError:
            if not any("total" in text.lower() for text in row[:3]):
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
        text, clock = cell(row, self.survey, "date"), cell(row, self.survey, "time")
        found = stamp(f"{text} {clock}" if clock and ":" not in text else text, self.order)
        if offset := cell(row, self.survey, "offset"):
            return _shifted(found, offset)
        return found.local(self.how.zone)

    def _number(self, row: list[str], name: str) -> float | None:
        return number(cell(row, self.survey, name), self.decimals[name])

    def _energy(self, row: list[str], name: str) -> float | None:
        text = cell(row, self.survey, name)
        column = self.survey.columns.get(name)
        value = self._number(row, name)
        factor = KILOCALORIES.get(cell_unit(text)) or KILOCALORIES.get(column.unit if column else "", 1.0)
        return value * factor if value and value > 0 else None

    def _weigh_in(self, row: list[str], moment: Stamp) -> WeighIn | None:
        weight = kilograms(cell(row, self.survey, "weight"), self.factor, self.decimals["weight"])
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
            cell(row, self.survey, "fat_mass"), KILOGRAMS.get(column.unit, self.factor), self.decimals["fat_mass"]
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
