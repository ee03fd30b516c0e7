"""Pure: what an import did, as texts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app import units
from app.records.models import RECORDS, FileImport

WORDS = {model.__tablename__: model.CALLED for model in RECORDS}
STATES = {
    "waiting": "Waiting for the updater",
    "running": "Being read",
    "asking": "Needs an answer",
    "done": "Imported",
    "refused": "Not imported",
    "undone": "Taken back",
}
UNDER_WAY = ("waiting", "running")
SLOW_SECONDS = 60


@dataclass(frozen=True)
class Import:
    """One import for the page; `counts` are how many records were new, changed, known and refused."""

    id: int
    name: str
    kind: str
    state: str
    word: str
    made: str
    said: str
    brought: str
    counts: dict[str, int]
    results: list[dict[str, str]]
    questions: list[dict[str, Any]]

    @property
    def under_way(self) -> bool:
        return self.state in UNDER_WAY


def shown(row: FileImport, zone: str, now: datetime) -> Import:
    local = row.made_at.astimezone(ZoneInfo(zone))
    year = "" if local.year == now.year else f" {local.year}"
    counts = {name: row.counts.get(name, 0) for name in ("new", "changed", "known", "refused")}
    return Import(
        id=row.id,
        name=row.name,
        kind=row.kind,
        state=row.state,
        word=STATES.get(row.state, row.state),
        made=f"{local.day} {local:%B}{year}, {local:%H:%M}",
        said=said(row, counts, now),
        brought=brought(row.counts),
        counts=counts,
        results=row.results,
        questions=row.questions if row.state == "asking" else [],
    )


def said(row: FileImport, counts: dict[str, int], now: datetime) -> str:
    """`1,182 new, 55 known, 3 refused`; while it is under way, how far it has come."""
    if row.state == "waiting" and (now - row.made_at).total_seconds() > SLOW_SECONDS:
        return "Waiting for the updater, which is not running or busy. The file is kept, and read as soon as it can be."
    if row.state in UNDER_WAY:
        return row.stage or STATES[row.state]
    told = [f"{count:,} {name}" for name, count in counts.items() if count]
    return ", ".join(told) or "nothing in it"


def brought(counts: dict[str, int]) -> str:
    """`1,132 activities and 50 weigh-ins`, of what was new."""
    found = [(counts.get(f"new {table}", 0), word) for table, word in WORDS.items()]
    return units.counts({word: count for count, word in found if count})
