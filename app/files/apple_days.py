"""Apple Health's days: of several sources that counted the same, one a day (docs/formats.md 7.4)."""

import math
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from xml.etree.ElementTree import Element

from app.files import plausible
from app.files.apple_values import instant, kilocalories, source
from app.files.records import DayCalories, How, Item, Note

KIND = "apple"
ACTIVE, BASAL, EATEN = "ActiveEnergyBurned", "BasalEnergyBurned", "DietaryEnergyConsumed"
Sums = dict[date, dict[str, float]]


class Days:
    """Sums kcal by day and source while the records go by."""

    def __init__(self, how: How, member: str) -> None:
        self.how, self.member = how, member
        self.sums: dict[str, Sums] = {kind: defaultdict(lambda: defaultdict(float)) for kind in (ACTIVE, BASAL, EATEN)}
        self.summaries: dict[date, float] = {}
        self.exported: date | None = None
        """The export's own day, which was not over."""

    def add(self, kind: str, record: Element) -> None:
        """A record over midnight goes to the day of its start. Raises ValueError, KeyError."""
        kcal = kilocalories(record.attrib["value"], record.attrib["unit"])
        if not math.isfinite(kcal) or kcal < 0:
            raise ValueError(record.attrib["value"][:40])
        day = instant(record.attrib["startDate"]).astimezone(self.how.zone).date()
        self.sums[kind][day][source(record.get("sourceName", ""))] += kcal

    def add_summary(self, summary: Element) -> None:
        """Apple's own active energy of a local day, without what two devices counted. Raises ValueError, KeyError."""
        day = date.fromisoformat(summary.attrib["dateComponents"])
        kcal = kilocalories(summary.attrib["activeEnergyBurned"], summary.get("activeEnergyBurnedUnit", "kcal"))
        if 0 < kcal < 50_000:
            self.summaries[day] = kcal

    def items(self) -> Iterator[Item]:
        burned = {day: kcal for day in self.sums[BASAL] if (kcal := self._burned(day)) is not None}
        eaten = {day: max(sources.values()) for day, sources in self.sums[EATEN].items()}
        for day in sorted({*burned, *eaten}):
            found = DayCalories(KIND, day, _rounded(eaten.get(day)), _rounded(burned.get(day)), self.member)
            if not plausible.strange(day, self.how) and (whole := plausible.day(found)):
                yield whole
        twice = sum(len(sources) > 1 for sources in self.sums[EATEN].values())
        if twice:
            yield Note(self.member, f"Days with food of several apps, of which the one with most was taken: {twice:,}.")
        if len(alone := {*self.sums[ACTIVE], *self.summaries} - set(self.sums[BASAL])):
            text = f"Days with active energy but no resting energy, whose whole burn stays unknown: {len(alone):,}."
            yield Note(self.member, text)

    def _burned(self, day: date) -> float | None:
        """Active and resting; without either, or before the day was over, unknown."""
        active = self.summaries.get(day) or max(self.sums[ACTIVE].get(day, {}).values(), default=0.0)
        basal = max(self.sums[BASAL][day].values())
        return active + basal if active and basal and day != self.exported else None


def _rounded(kcal: float | None) -> float | None:
    return None if kcal is None else round(kcal, 3)
