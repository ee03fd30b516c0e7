"""Reads Google's Takeout of Fitbit, one part of it or all, under either of its roots (docs/formats.md 6)."""

import re
from collections.abc import Iterator, Sequence

from app.files.records import How, Item, Member
from app.files.strava_export import ReadSingle
from app.files.takeout_days import burned, eaten
from app.files.takeout_exercises import exercises
from app.files.takeout_weight import weigh_ins
from app.files.text import base

_WANTED = {
    "weight json": r"weight-[\d-]+\.json",
    "weight csv": r"weight(_[\d-]+)?\.csv",
    "fat csv": r"body_?fat(_[\d-]+)?\.csv",
    "calories json": r"calories-[\d-]+\.json",
    "calories csv": r"calories_[\d-]+\.csv|calories\.csv",
    "food json": r"food_logs-[\d-]+\.json",
    "exercise json": r"exercise-\d+\.json",
    "exercise csv": r"userexercises_[\d-]+\.csv",
    "track": r"\d+\.tcx",
}
_PATTERNS = {kind: re.compile(pattern) for kind, pattern in _WANTED.items()}


def kind(name: str) -> str | None:
    """What a member is by its own name; most of a Takeout is None, and is never inflated."""
    return next((kind for kind, pattern in _PATTERNS.items() if pattern.fullmatch(base(name))), None)


def is_table(heads: Sequence[str]) -> bool:
    """Whether a CSV has a header of the tree of CSVs; its name says which of them it is."""
    names = {head.strip().lower() for head in heads}
    return "exercise_start" in names or ("timestamp" in names and bool(names & {"data source", "weight grams"}))


def read(members: Sequence[Member], how: How, single: ReadSingle) -> Iterator[Item]:
    """Weigh-ins, days and exercises; of the trees that overlap each day is taken from one (docs/formats.md 6.2)."""
    found: dict[str, list[Member]] = {kind: [] for kind in _WANTED}
    for member in _once(members):
        if wanted := kind(member.name):
            found[wanted].append(member)
    yield from weigh_ins(found["weight json"], found["weight csv"], found["fat csv"], how)
    yield from burned(found["calories json"], found["calories csv"], how)
    yield from eaten(found["food json"], how)
    yield from exercises(found["exercise csv"], found["exercise json"], found["track"], how, single)


def _once(members: Sequence[Member]) -> Iterator[Member]:
    """Sorted by name, because chunks are named by their first day; the same file in two trees or parts is one."""
    seen: set[tuple[str, int]] = set()
    for member in sorted(members, key=lambda member: base(member.name)):
        mark = (base(member.name), member.size)
        if mark not in seen:
            seen.add(mark)
            yield member
