"""Reads Apple Health's `export.zip`, or the XML alone: weigh-ins, days and workouts (docs/formats.md 7)."""

from collections.abc import Iterator, Mapping, Sequence
from xml.etree.ElementTree import Element

from app.files import plausible
from app.files.apple_days import ACTIVE, BASAL, EATEN, Days
from app.files.apple_elements import Elements
from app.files.apple_values import instant
from app.files.apple_weight import WeighIns
from app.files.apple_workouts import workouts
from app.files.records import Activity, How, Item, Member, Note, Refusal
from app.files.text import Faults, base, head

ENERGIES = {ACTIVE, BASAL, EATEN}


def is_export(begin: bytes) -> bool:
    """By its first bytes: the file's name is in the phone's language."""
    return b"<HealthData" in begin or b"<!DOCTYPE HealthData" in begin


def read(members: Sequence[Member], how: How) -> Iterator[Item]:
    """Workouts as they come, days and weigh-ins at the end, when all sources are known."""
    exports = [m for m in members if base(m.name).endswith(".xml") and is_export(head(m, 1 << 12))]
    routes = {base(member.name): member for member in members if base(member.name).endswith(".gpx")}
    for export in exports or members[:1]:
        begin = head(export)
        if b"<!ENTITY" in begin.partition(b"<HealthData")[0]:
            yield Refusal(export.name, "It declares entities, which no export of Apple Health does; export it anew.")
        elif not is_export(begin):
            yield Refusal(export.name, "It holds no health data of Apple; bring the export.zip as the phone made it.")
        else:
            yield from _Export(export.name, routes, how).items(export)


class _Export:
    """One reading of an export: what is collected until its end."""

    def __init__(self, name: str, routes: Mapping[str, Member], how: How) -> None:
        self.name, self.routes, self.how = name, routes, how
        self.faults = Faults(name)
        self.days = Days(how, name)
        self.weighed = WeighIns(how, name)

    def items(self, export: Member) -> Iterator[Item]:
        with export.open() as stream:
            elements = Elements(stream)
            for element in elements:
                yield from self._one(element)
        yield from self.days.items()
        yield from self.weighed.items()
        yield from self.faults.refusals()
        if elements.broken:
            yield Refusal(
                self.name, f"Entries that are broken and were left out: {elements.broken:,}.", count=elements.broken
            )
        if not elements.whole:
            yield Note(self.name, "The end is cut off; what came before was read. Export it anew for the rest.")

    def _one(self, element: Element) -> Iterator[Activity]:
        try:
            if element.tag == "Workout":
                yield from self._workouts(element)
            elif element.tag == "Record":
                self._record(element)
            elif element.tag == "ActivitySummary":
                self.days.add_summary(element)
            elif element.tag == "ExportDate":
                self.days.exported = instant(element.attrib["value"]).astimezone(self.how.zone).date()
        except (ValueError, KeyError, OverflowError):
            # Summaries without a day are Apple's own, and say nothing.
            if element.tag in ("Workout", "Record"):
                self.faults.add("a date, number or unit cannot be read", dict(element.attrib))

    def _workouts(self, element: Element) -> Iterator[Activity]:
        for found in workouts(element, self.routes, self.name):
            if why := plausible.strange(found.start.date(), self.how):
                self.faults.add(why, dict(element.attrib))
            else:
                yield found

    def _record(self, element: Element) -> None:
        kind = element.attrib["type"].removeprefix("HKQuantityTypeIdentifier")
        if kind in ENERGIES:
            self.days.add(kind, element)
        else:
            self.weighed.add(kind, element)
