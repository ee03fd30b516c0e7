"""Members and settings for the tests of app/files: bytes go in, items come out."""

import gzip
import io
import json
from collections.abc import Iterable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from app.files.records import Activity, DayCalories, How, Item, Member, Note, Question, Refusal, WeighIn

BERLIN = How(ZoneInfo("Europe/Berlin"), date(2026, 11, 24))


def answering(zone: str = "Europe/Berlin", **answers: str) -> How:
    return How(ZoneInfo(zone), date(2026, 11, 24), answers)


def member(name: str, content: str | bytes | Any) -> Member:
    """Text and bytes as they are, anything else as JSON."""
    if not isinstance(content, str | bytes):
        content = json.dumps(content)
    data = content.encode() if isinstance(content, str) else content
    return Member(name, len(data), lambda: io.BytesIO(data))


def zipped(name: str, data: bytes) -> Member:
    return member(name, gzip.compress(data))


def of(kind: type, items: Iterable[Item]) -> list[Any]:
    return [item for item in items if isinstance(item, kind)]


def records(items: Iterable[Item]) -> list[Any]:
    return [item for item in items if isinstance(item, Activity | WeighIn | DayCalories)]


def said(items: Iterable[Item]) -> str:
    """All sentences to the person, one a line."""
    return "\n".join(
        item.why if isinstance(item, Refusal) else item.text
        for item in items
        if isinstance(item, Refusal | Note | Question)
    )
