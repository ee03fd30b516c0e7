"""Takeout's weigh-ins: pounds in one tree, grams in another, and both are the same weigh-ins (docs/formats.md 6.3)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from app.files import plausible
from app.files.days import stamp
from app.files.numerals import KILOGRAMS, number
from app.files.records import How, Item, Member, Question, WeighIn
from app.files.text import BAD, Faults, clean, entries
from app.files.utc_tables import Reading, readings

KIND = "takeout"
UNIT = "takeout_weight_unit"
UNTIMED = (time(23, 59, 59), time())
"""Clocks that Fitbit writes for a weigh-in that was typed in without one."""
SAME = 0.046
"""Kilograms: a tenth of a pound."""
MINUTE, HALF_DAYS = timedelta(minutes=1), timedelta(hours=14)


def weigh_ins(pounds: Sequence[Member], grams: Sequence[Member], fats: Sequence[Member], how: How) -> Iterator[Item]:
    """Each weigh-in once: the weight of the CSV, the wall clock of the JSON where both have it."""
    local: list[WeighIn] = []
    faults = [Faults(member.name) for member in pounds]
    for member, fault in zip(pounds, faults, strict=True):
        local += _legacy(member, how, fault)
    exact, said = readings(grams, ("weight grams", "weight (grams)", "weight"), how)
    fat, said_fat = readings(fats, ("body fat percentage", "fat percentage"), how)
    for fault in (*faults, *said, *said_fat):
        yield from fault.refusals()
    asked = _question(local, how)
    if asked:
        yield asked
    factor = 1 / KILOGRAMS["lb"] if how.answers.get(UNIT) == "kg" else 1.0
    local = [] if asked else [replace(one, weight=round(one.weight * factor, 3)) for one in local]
    for found in _joined(local, _with_fat(_collapsed(exact), fat, how)):
        if whole := plausible.weigh_in(found):
            yield whole


def _legacy(member: Member, how: How, faults: Faults) -> Iterator[WeighIn]:
    for entry in entries(member, faults):
        try:
            found = _entry(entry, member.name)
        except BAD:
            faults.add("the weigh-in cannot be read", entry)
            continue
        if why := plausible.strange(found.date, how):
            faults.add(why, entry)
        else:
            yield found


def _entry(entry: Any, name: str) -> WeighIn:
    """Pounds whatever the account shows; date and time are the wall clock, month first."""
    printed = stamp(f"{entry['date']} {entry.get('time') or ''}", "mdy")
    clock = None if printed.clock in UNTIMED else printed.clock
    kilograms = float(entry["weight"]) * KILOGRAMS["lb"]
    fat, bmi = (_float(entry.get(field)) for field in ("fat", "bmi"))
    key = clean(entry.get("logId") or f"{printed.day} {printed.clock}", 60)
    return WeighIn(KIND, key, printed.day, kilograms, clock, fat, bmi, member=name)


def _float(value: Any) -> float | None:
    return number(str(value)) if value is not None else None


def _question(local: list[WeighIn], how: How) -> Question | None:
    """Asks only where the BMI says that pounds would make the person's height impossible, and kilograms would not."""
    heights = sorted((one.weight / one.bmi) ** 0.5 for one in local if one.bmi and one.weight > 0 and one.bmi > 0)
    if UNIT in how.answers or not heights:
        return None
    height = heights[len(heights) // 2]
    if 1.2 <= height <= 2.2 or not 1.2 <= height / KILOGRAMS["lb"] ** 0.5 <= 2.2:
        return None
    one = local[0]
    weight = round(one.weight / KILOGRAMS["lb"], 1)
    options = (("kg", f"{weight} kilograms"), ("lb", f"{weight} pounds"))
    text = "Fitbit writes pounds here, but your BMI fits kilograms. Which are they?"
    return Question(UNIT, one.member, text, f"{one.date}: {weight}", options)


def _collapsed(found: list[Reading]) -> list[Reading]:
    """One of each minute and weight (to 10 g): the CSV repeats a weigh-in for every app that passed it on."""
    kept: dict[tuple[datetime, int], Reading] = {}
    for one in sorted(found, key=lambda one: one.at):
        kept.setdefault((one.at.replace(second=0, microsecond=0), round(one.value / 10)), one)
    return list(kept.values())


def _with_fat(found: list[Reading], fats: list[Reading], how: How) -> Iterator[WeighIn]:
    """Fat of the same minute, else of the same day."""
    minutes = {one.at.replace(second=0, microsecond=0): one.value for one in fats}
    days = {one.at.astimezone(how.zone).date(): one.value for one in reversed(fats)}
    for one in found:
        here = one.at.astimezone(how.zone)
        minute = one.at.replace(second=0, microsecond=0)
        near = (minutes.get(minute + shift) for shift in (timedelta(), -MINUTE, MINUTE))
        fat = next((value for value in near if value is not None), days.get(here.date()))
        kilograms, clock = round(one.value / 1000, 3), here.time()
        yield WeighIn(KIND, one.at.isoformat(), here.date(), kilograms, clock, fat, at=one.at, member=one.member)


def _joined(local: list[WeighIn], exact: Iterator[WeighIn]) -> Iterator[WeighIn]:
    """The JSON's rows, each with the CSV's reading of it, then the CSV's own. Timed rows choose first."""
    by_weight: dict[int, list[WeighIn]] = {}
    left = {one.key: one for one in exact}
    for one in left.values():
        by_weight.setdefault(round(one.weight * 20), []).append(one)
    for row in sorted({one.key: one for one in local}.values(), key=lambda one: (one.time is None, one.date)):
        twin = _twin(row, by_weight, left)
        if twin is None:
            yield row
        else:
            del left[twin.key]
            fat = twin.fat if row.fat is None else row.fat
            yield replace(row, weight=twin.weight, at=twin.at, fat=fat)
    yield from left.values()


def _twin(row: WeighIn, by_weight: dict[int, list[WeighIn]], left: dict[str, WeighIn]) -> WeighIn | None:
    bucket = round(row.weight * 20)
    near = [one for step in (-1, 0, 1) for one in by_weight.get(bucket + step, ())]
    fit = [one for one in near if one.key in left and abs(one.weight - row.weight) <= SAME and _same_moment(row, one)]
    return min(fit, key=lambda one: abs((_clock(one) - _clock(row)).total_seconds()), default=None)


def _clock(one: WeighIn) -> datetime:
    return datetime.combine(one.date, one.time or time(12), UTC)


def _same_moment(row: WeighIn, one: WeighIn) -> bool:
    """A wall clock and an instant are the same where a zone could lie between: whole quarter hours."""
    assert one.at is not None
    if row.time is None:
        midnight = datetime.combine(row.date, time(), UTC)
        return midnight - HALF_DAYS <= one.at <= midnight + timedelta(days=1) + HALF_DAYS
    apart = (datetime.combine(row.date, row.time, UTC) - one.at).total_seconds()
    return abs(apart) <= HALF_DAYS.total_seconds() and abs(apart - round(apart / 900) * 900) <= 60
