"""Reads Fitbit data, which since November 2026 come from the Google Health API v4 (docs/providers.md, Google)."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

from app.sources.errors import GiveUp, Retry, SourceError
from app.sources.google_errors import FilterRefused, failure
from app.sources.oauth import Access
from app.sources.records import DayFigure, Weight, bare
from app.sources.samples import Sample, civil, civil_date, copies, fat_sample, height_sample, join, weight_sample
from app.sources.values import number, text

BODY, ACTIVITY, FOOD = "health metrics and measurements", "activity and fitness", "nutrition"
"""Google's permissions, in its own words."""


class Daily(NamedTuple):
    """A data type that Google sums up by the day: where the sum stands, and how many days a call may ask for.

    `logged`: the person enters it, so that a sum of 0 is of a day on which nothing was.
    """

    permission: str
    path: tuple[str, ...]
    days: int
    logged: bool = False


DAILY = {
    "nutrition-log": Daily(FOOD, ("nutritionLog", "energy", "kcalSum"), 89, logged=True),
    # A day less than may be asked for at once, because an answer that fills its page may announce an empty one.
    "total-calories": Daily(ACTIVITY, ("totalCalories", "kcalSum"), 13),
}
"""Longer spans than these are refused (docs/providers.md, Google 3.7, 3.8)."""
PERMISSIONS = {"weight": BODY, "body-fat": BODY, "height": BODY} | {
    data_type: daily.permission for data_type, daily in DAILY.items()
}
OLDER = {
    "weight": ("weight", "sample_time.civil_time"),
    "nutrition-log": ("nutrition-log", "interval.civil_start_time"),
    "total-calories": ("steps", "interval.civil_start_time"),
}
"""By which list one sees whether there is anything older of a kind, which these give newest first."""
PAGE_SIZE = 1000
PAGE_CAP = 1000
BEGINNING = date(1970, 1, 1)
logger = logging.getLogger(__name__)


class Fitbit:
    """``base`` is GOOGLE_HEALTH_BASE. Methods raise Reconnect, GiveUp, WaitUntil or Retry
    (docs/providers.md, Google 4).

    ``unusable`` counts the points of the last reading that were unusable: while it is not 0, absence proves nothing.
    ``unread_fields`` names the fields of Weight ("fat", "bmi") that could not be read along with the last weights, and
    ``copies`` the weigh-ins, without their prefix, that another of Google's data sources told, too.
    ``refused``: how many of the forms of ``spans`` Google has refused so far.
    """

    def __init__(self, base: str, access: Access, now: Callable[[], float] = time.time) -> None:
        self.base = base.rstrip("/")
        self.access = access
        self.now = now
        self.unusable = 0
        self.unread_fields: set[str] = set()
        self.copies: set[str] = set()
        self.refused = 0

    def identity(self) -> str:
        """The ``healthUserId``; any granted scope will do (docs/providers.md, Google 3.2)."""
        found = self._call("GET", "/users/me/identity", "any").get("healthUserId")
        if not isinstance(found, str | int) or not str(found).strip():
            raise GiveUp("Google did not say whose account this is.")
        return str(found).strip()

    def weights(self, first: date, last: date) -> list[Weight]:
        """The weigh-ins of these days, both included, oldest first (docs/providers.md, Google 3.6).

        Body fat and height are extras: if one is refused or fails, it stays None, and ``unread_fields`` says so.
        """
        self.unread_fields = set()
        self.copies = set()
        weights, self.unusable = self._samples("weight", first, last, weight_sample)
        if not weights:
            return []
        fats = self._extra("fat", "body-fat", first, last, fat_sample)
        heights = self._extra("bmi", "height", BEGINNING, last, height_sample)
        twice = copies(weights)
        self.copies = {bare(name) for name in twice}
        return join([sample for sample in weights if sample.name not in twice], fats, heights)

    def exists(self, point: str) -> bool:
        """False only if Google says that there is no such weigh-in (a 404 with its own words;
        docs/providers.md, Google 3.2, 4)."""
        return self.day_of(point) is not None

    def day_of(self, point: str) -> date | None:
        """The day on which a weigh-in stands by now, `date.min` where that is not known; None if it is gone."""
        _, named, number = point.rpartition("/dataPoints/")
        if not named:
            return date.min  # it has no name of Google's to ask for
        answer = self.access.send("GET", f"{self.base}/users/me/dataTypes/weight/dataPoints/{number}")
        if answer.status == 404:
            return date.min if answer.body is None else None
        if not answer.ok:
            raise failure(answer, PERMISSIONS["weight"], self.now())
        try:
            return weight_sample(answer.body).at.date()
        except ValueError:
            return date.min

    def days(self, kind: str, first: date, last: date) -> list[DayFigure]:
        """The sums of these days, oldest first; a day without any has no record, today's is what it is so far."""
        daily = DAILY[kind]
        self.unusable = 0
        found: dict[date, float] = {}
        for start, end in _chunks(first, last, daily.days):
            # The end is exclusive.
            body = {"range": {"start": _civil(start), "end": _civil(end)}, "windowSizeDays": 1}
            for row in self._pages("POST", kind, ":dailyRollUp", "rollupDataPoints", body):
                found |= self._day(kind, row, _inside(row, *daily.path))
        shown = (day for day in sorted(found) if first <= day <= last)
        return [DayFigure(day, found[day]) for day in shown if found[day] > 0 or not daily.logged]

    def _samples(
        self, kind: str, first: date, last: date, read: Callable[[object], Sample]
    ) -> tuple[list[Sample], int]:
        # By name, because a page that shifts while we read may bring a point twice.
        found: dict[str, Sample] = {}
        broken = 0
        for point in self._listed(kind, first, last):
            try:
                sample = read(point)
            except ValueError as error:
                broken += 1
                logger.warning("Google's %s point %s is skipped: %s", kind, _name(point), error)
            else:
                found.setdefault(bare(sample.name), sample)
        return [sample for sample in found.values() if first <= sample.at.date() <= last], broken

    def _listed(self, kind: str, first: date, last: date) -> list[object]:
        """All points of a list that may be of these days, by the first form of filter that Google takes."""
        forms = spans(f"{kind.replace('-', '_')}.sample_time", first, last)
        while True:
            query = {**forms[self.refused], "pageSize": PAGE_SIZE}
            try:
                return list(self._pages("GET", kind, "", "dataPoints", query))
            except FilterRefused:
                if self.refused + 1 == len(forms):
                    self.refused = 0
                    raise
                self.refused += 1

    def newest_before(self, kind: str, day: date) -> date | None:
        """The last day before `day` of which Google lists anything of a kind; None where it lists nothing older.

        What was burned is no list of its own: where there was a device, it counted steps
        (docs/providers.md, Google 3.3, 3.7).
        """
        listed, member = OLDER[kind]
        path = f"/users/me/dataTypes/{listed}/dataPoints"
        query = {"filter": f'{listed.replace("-", "_")}.{member} < "{day}"', "pageSize": 1}
        body = self._call("GET", path, PERMISSIONS[kind], query)
        points = [point for point in body.get("dataPoints") or [] if isinstance(point, dict)]
        days = [civil(found) for point in points for found in _times(point)]
        if points and not (older := [at.date() for at in days if at and at.date() < day]):
            raise GiveUp(f"Google did not say when its {listed} before {day} was.")
        return max(older) if points else None

    def _extra(self, field: str, kind: str, first: date, last: date, read: Callable[[object], Sample]) -> list[Sample]:
        try:
            return self._samples(kind, first, last, read)[0]
        except SourceError as error:
            logger.warning("Weights are read without %s: %s", field, error)
            self.unread_fields.add(field)
            return []

    def _day(self, kind: str, row: object, value: object) -> dict[date, float]:
        day, total = civil_date(_inside(row, "civilStartTime")), number(value)
        if day is not None and total is not None:
            return {day: round(total, 3)}
        if day is None or value is not None:
            self.unusable += 1
            logger.warning("A day of Google's %s is skipped: no usable %s", kind, "date" if day is None else "sum")
        return {}

    def _pages(self, method: str, kind: str, verb: str, key: str, request: dict[str, Any]) -> Iterator[object]:
        """All rows of all pages, or an error: a reading that stops half-way would look like deletions."""
        path = f"/users/me/dataTypes/{kind}/dataPoints{verb}"
        seen = {""}
        token: dict[str, str] = {}
        for _ in range(PAGE_CAP):
            body = self._call(method, path, PERMISSIONS[kind], {**request, **token})
            rows = body.get(key) or []
            yield from rows if isinstance(rows, list) else [rows]
            following = body.get("nextPageToken") or ""
            if not following:
                return
            if following in seen or not isinstance(following, str):
                break
            seen.add(following)
            token = {"pageToken": following}
        raise Retry(f"Google's pages of {kind} did not come to an end; the next try may succeed.")

    def _call(self, method: str, path: str, permission: str, request: dict[str, Any] | None = None) -> dict[str, Any]:
        what = {"params": request} if method == "GET" else {"payload": request}
        answer = self.access.send(method, self.base + path, **what)
        if not answer.ok:
            raise failure(answer, permission, self.now())
        return answer.expect(dict)


def spans(member: str, first: date, last: date) -> tuple[dict[str, str], ...]:
    """The filters to ask a list with, one after the other: by the person's days, by UTC's with one more on either side
    (docs/providers.md, Google 3.3), and none at all."""
    wider, end = max(first, BEGINNING + timedelta(days=1)) - timedelta(days=1), last + timedelta(days=2)
    civil_form = f'{member}.civil_time >= "{first}" AND {member}.civil_time < "{last + timedelta(days=1)}"'
    at = f"{member}.physical_time"
    return {"filter": civil_form}, {"filter": f'{at} >= "{wider}T00:00:00Z" AND {at} < "{end}T00:00:00Z"'}, {}


def _times(point: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """When a point of any kind was, in the form of `civil`."""
    for content in point.values():
        if isinstance(sampled := _inside(content, "sampleTime"), dict):
            yield sampled
        if isinstance(interval := _inside(content, "interval"), dict):
            keys = {"civilTime": "civilStartTime", "physicalTime": "startTime", "utcOffset": "startUtcOffset"}
            yield {ours: interval[theirs] for ours, theirs in keys.items() if theirs in interval}


def _chunks(first: date, last: date, step: int) -> Iterable[tuple[date, date]]:
    while first <= last:
        end = min(first + timedelta(days=step), last + timedelta(days=1))
        yield first, end
        first = end


def _civil(day: date) -> dict[str, dict[str, int]]:
    return {"date": {"year": day.year, "month": day.month, "day": day.day}}


def _inside(row: object, *keys: str) -> object:
    for key in keys:
        row = row.get(key) if isinstance(row, dict) else None
    return row


def _name(point: object) -> str:
    return text(_inside(point, "name")).rsplit("/", 1)[-1] or "without a name"
