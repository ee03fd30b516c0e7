"""Parts of one archive that came as files of their own: Google cuts a Takeout into zips, and a day may be in two."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.records.models import FileImport

_PART = re.compile(r"(takeout-\d{8}t\d{6}z(?:-\d{1,2})?)-\d{3}(?: ?\(\d+\))?\.(?:zip|tgz|tar\.gz)", re.IGNORECASE)
WAITING = ("waiting", "running", "asking")


def series(name: str) -> str:
    """What the names of all parts have in common; '' for what is no part."""
    found = _PART.fullmatch(name)
    return found[1].lower() if found else ""


def grouped(files: Iterable[Any], name: Callable[[Any], str]) -> list[list[Any]]:
    """The files in their order, parts of one beside the first of them."""
    groups: dict[str, list[Any]] = {}
    for number, file in enumerate(files):
        groups.setdefault(series(name(file)) or str(number), []).append(file)
    return list(groups.values())


def others(session: Session, row: FileImport) -> list[FileImport]:
    """The imports that wait for being read with this one, as they are parts of the same."""
    mine = series(row.name)
    if not mine:
        return []
    waiting = select(FileImport).where(FileImport.state.in_(WAITING), FileImport.id != row.id).order_by(FileImport.id)
    return [one for one in session.scalars(waiting) if series(one.name) == mine]


def conclude(part: FileImport, first: FileImport) -> None:
    """What is to be said of a part that was read with `first`."""
    said = f"A part of the same as {first.name}, read together with it: its result is that of both"
    asked = ", and so are its questions" if first.state == "asking" else ""
    part.state, part.stage, part.kind, part.finished_at = first.state, "", first.kind, datetime.now(UTC)
    part.counts, part.questions = {}, []
    part.results = [{"member": part.name, "result": "note", "why": f"{said}{asked}."}]
