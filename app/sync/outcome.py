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
class Outcome:
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


def note(outcome: Outcome, item: Item) -> None:
    match item:
        case Refusal(silent=False):
            outcome.counts["refused"] += item.count
            outcome.results.append(result(item.member, item.why))
        case Note():
            outcome.results.append({"member": item.member, "result": "note", "why": item.text})
        case Question():
            outcome.questions.append(item)


def result(member: str, why: str) -> dict[str, str]:
    return {"member": member, "result": "refused", "why": why}


def conclude(row: FileImport, outcome: Outcome) -> None:
    refused_first = sorted(outcome.results, key=lambda one: one["result"] != "refused")
    row.state, row.stage, row.kind, row.finished_at = outcome.state, "", outcome.kind, datetime.now(UTC)
    row.counts, row.results = dict(outcome.counts), refused_first[:MOST_TOLD]
    row.questions = [
        {
            "key": q.key,
            "member": q.member,
            "text": q.text,
            "example": q.example,
            "options": [list(o) for o in q.options],
        }
        for q in outcome.questions
    ]
