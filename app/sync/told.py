"""What became of an import: its counts, and what is to be said of single files."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from app.files.records import Item, Note, Question, Refusal
from app.records.models import FileImport

MOST_TOLD = 300
"""Refusals and notes that are kept one by one; more are only counted."""
COUNTED = ("new", "changed", "known", "refused")


@dataclass
class Told:
    """What became of an import so far."""

    counts: Counter[str] = field(default_factory=Counter)
    results: list[dict[str, str]] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    kind: str = ""

    @property
    def state(self) -> str:
        if self.questions:
            return "asking"
        return "done" if any(self.counts[came] for came in ("new", "changed", "known")) else "refused"

    def line(self) -> str:
        """`12 new, 0 changed, 3 known, 1 refused`."""
        return ", ".join(f"{self.counts[came]} {came}" for came in COUNTED)


def tell(told: Told, item: Item) -> None:
    match item:
        case Refusal(silent=False):
            told.counts["refused"] += item.count
            told.results.append(result(item.member, item.why))
        case Note():
            told.results.append({"member": item.member, "result": "note", "why": item.text})
        case Question():
            told.questions.append(item)


def result(member: str, why: str) -> dict[str, str]:
    return {"member": member, "result": "refused", "why": why}


def conclude(row: FileImport, told: Told) -> None:
    refused_first = sorted(told.results, key=lambda one: one["result"] != "refused")
    row.state, row.stage, row.kind, row.finished_at = told.state, "", told.kind, datetime.now(UTC)
    row.counts, row.results = dict(told.counts), refused_first[:MOST_TOLD]
    row.questions = [
        {
            "key": q.key,
            "member": q.member,
            "text": q.text,
            "example": q.example,
            "options": [list(o) for o in q.options],
        }
        for q in told.questions
    ]
