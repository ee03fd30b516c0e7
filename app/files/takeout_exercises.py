"""Takeout's exercises: a CSV with offsets, a JSON without, and tracks where GPS was on (docs/formats.md 6.7)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from app.files import plausible, sports
from app.files.days import stamp
from app.files.numerals import METRES, number
from app.files.records import Activity, How, Item, Member, Note, Question
from app.files.strava_export import ReadSingle
from app.files.text import BAD, Faults, Unreadable, base, clean, entries, rows
from app.files.utc_tables import UTC_ZONE

KIND = "takeout"
AUTO = "takeout_auto_detected"
GAPS = ("distance", "moving_time", "average_heartrate", "max_heartrate", "total_elevation_gain", "offset", "position")
UNITS = {"kilometer": METRES["km"], "mile": METRES["mi"], "meter": METRES["m"], "yard": METRES["yd"]}


def exercises(
    tables: Sequence[Member], legacy: Sequence[Member], tracks: Sequence[Member], how: How, single: ReadSingle
) -> Iterator[Item]:
    """Those of the CSV, filled by the JSON of the same start, then the JSON's own, each with its track."""
    faults = [Faults(member.name) for member in (*tables, *legacy)]
    old = [
        one for member, fault in zip(legacy, faults[len(tables) :], strict=True) for one in _legacy(member, how, fault)
    ]
    by_start = {one.start.replace(microsecond=0): one for one in old}
    files = {base(member.name).removesuffix(".tcx"): member for member in tracks}
    found: dict[str, Activity] = {}
    for member, fault in zip(tables, faults, strict=False):
        for one in _table(member, how, fault):
            twin = _twin(one, by_start)
            if twin:
                del by_start[twin.start.replace(microsecond=0)]
            found.setdefault(one.key, _with_track(_filled(one, twin), twin, files, how, single))
    for one in by_start.values():
        found.setdefault(one.key, _with_track(one, one, files, how, single))
    for fault in faults:
        yield from fault.refusals()
    yield from _wanted(list(found.values()), how)
    for member in files.values():
        yield from single(member, how)


def _wanted(found: list[Activity], how: How) -> Iterator[Item]:
    """Short walks that the tracker guessed wait for an answer; `source` marks them."""
    guessed = [one for one in found if one.source == "AUTO_DETECTED"]
    answer = how.answers.get(AUTO)
    if guessed and answer is None:
        one = guessed[0]
        text = f"Your tracker noticed {len(guessed):,} exercises by itself, mostly short walks. Are they activities?"
        yield Question(AUTO, one.member, text, f"{one.start:%Y-%m-%d %H:%M} {one.name}", (("yes", "Yes"), ("no", "No")))
    for one in found:
        if one.source != "AUTO_DETECTED" or answer == "yes":
            yield plausible.activity(replace(one, source=""))
    if guessed and answer == "no":
        yield Note(
            guessed[0].member, f"Exercises that the tracker only guessed, left out as you chose: {len(guessed):,}."
        )


def _table(member: Member, how: How, faults: Faults) -> Iterator[Activity]:
    try:
        lines = rows(member, ",")
        heads = [head.strip().lower() for head in next(lines, [])]
        for row in lines:
            cells = dict(zip(heads, map(str.strip, row), strict=False))
            if one := _row(cells, member.name, how, faults):
                yield one
    except Unreadable as error:
        faults.end = str(error)


def _row(cells: dict[str, str], name: str, how: How, faults: Faults) -> Activity | None:
    try:
        start = stamp(cells["exercise_start"]).instant(UTC_ZONE)
        elapsed = (stamp(cells["exercise_end"]).instant(UTC_ZONE) - start).total_seconds()
    except (KeyError, ValueError):
        faults.add("the start or the end cannot be read", cells)
        return None
    if why := plausible.strange(start.date(), how):
        faults.add(why, cells)
        return None
    word = clean(cells.get("activity_name"), 80)
    return Activity(
        KIND,
        clean(cells.get("exercise_id"), 60) or start.isoformat(),
        sports.of_word(word) or word or sports.WORKOUT,
        start,
        word,
        distance=_milli(cells, "tracker_total_distance_mm") or _milli(cells, "manually_logged_total_distance_mm"),
        elapsed_time=elapsed,
        average_speed=_milli(cells, "tracker_avg_speed_mm_per_second"),
        max_speed=_milli(cells, "tracker_peak_speed_mm_per_second"),
        average_heartrate=_number(cells.get("tracker_avg_heart_rate")),
        max_heartrate=_number(cells.get("tracker_peak_heart_rate")),
        total_elevation_gain=_milli(cells, "tracker_total_altitude_mm"),
        offset=_offset(cells.get("utc_offset", "")),
        member=name,
        source="AUTO_DETECTED" if cells.get("log_type", "").upper() == "AUTO_DETECTED" else "",
    )


def _number(value: Any) -> float | None:
    """0 stands for not measured."""
    try:
        return number(str(value)) or None if value is not None else None
    except ValueError:
        return None


def _milli(cells: dict[str, str], field: str) -> float | None:
    value = _number(cells.get(field))
    return value / 1000 if value else None


def _offset(text: str) -> int | None:
    found = re.fullmatch(r"([-+]?)(\d{1,2}):(\d\d)(?::\d\d)?", text)
    seconds = int(found[2]) * 3600 + int(found[3]) * 60 if found else None
    if seconds is None or seconds > 14 * 3600:
        return None
    return -seconds if found and found[1] == "-" else seconds


def _legacy(member: Member, how: How, faults: Faults) -> Iterator[Activity]:
    for entry in entries(member, faults):
        try:
            one = _entry(entry, member.name)
        except BAD:
            faults.add("the exercise cannot be read", entry)
            continue
        if why := plausible.strange(one.start.date(), how):
            faults.add(why, entry)
        else:
            yield one


def _entry(entry: dict[str, Any], name: str) -> Activity:
    """`startTime` is UTC without saying so; durations are milliseconds."""
    word = clean(entry.get("activityName"), 80)
    distance, moving = _number(entry.get("distance")), _number(entry.get("activeDuration"))
    elapsed = _number(entry.get("duration"))
    factor = UNITS.get(str(entry.get("distanceUnit", "Kilometer")).lower(), METRES["km"])
    return Activity(
        KIND,
        clean(entry.get("logId"), 60) or str(entry["startTime"]),
        sports.of_word(word) or word or sports.WORKOUT,
        stamp(str(entry["startTime"]), "mdy").instant(UTC_ZONE),
        word,
        distance=distance * factor if distance else None,
        moving_time=moving / 1000 if moving else None,
        elapsed_time=elapsed / 1000 if elapsed else None,
        average_heartrate=_number(entry.get("averageHeartRate")),
        total_elevation_gain=_number(entry.get("elevationGain")),
        member=name,
        source="AUTO_DETECTED" if str(entry.get("logType")).lower() == "auto_detected" else "",
    )


def _twin(one: Activity, by_start: dict[Any, Activity]) -> Activity | None:
    whole = one.start.replace(microsecond=0)
    near = sorted(range(-60, 61), key=abs)
    return next((by_start[at] for step in near if (at := whole + timedelta(seconds=step)) in by_start), None)


def _filled(one: Activity, other: Activity | None) -> Activity:
    """The gaps filled, then what can be computed."""
    if other:
        one = replace(one, **{name: getattr(other, name) for name in GAPS if getattr(one, name) is None})
    one = one if one.moving_time else replace(one, moving_time=one.elapsed_time)
    if one.average_speed is None and one.distance and one.moving_time:
        return replace(one, average_speed=one.distance / one.moving_time)
    return one


def _with_track(
    one: Activity, named: Activity | None, files: dict[str, Member], how: How, single: ReadSingle
) -> Activity:
    """`Activities/<logId>.tcx` says where it began."""
    track = files.pop(named.key, None) if named else None
    inside = single(track, how) if track else ()
    return _filled(one, next((item for item in inside if isinstance(item, Activity)), None))
