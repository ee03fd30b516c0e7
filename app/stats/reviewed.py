"""Which week in review the board leads to: the last one until somebody has opened it, and in a past week its own."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from app.records.rows import WeekRows
from app.stats import week


@dataclass(frozen=True)
class ReviewLink:
    week: date
    text: str


def link(days: list[date], today: date, before: WeekRows, opened: bool) -> ReviewLink | None:
    """Of the board of `days`; `before` is what there is of the week before, without which that has no review; `opened`
    says whether somebody has opened it."""
    if days[-1] < today:
        return ReviewLink(days[0], "This week in review")
    last: Any = week.earlier(days)
    has_any = any(vars(before).values())
    if today < days[0] or last is None or not has_any or opened:
        return None
    return ReviewLink(last, "Last week in review")
