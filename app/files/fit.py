"""FIT, what watches and bike computers write: each session becomes an activity, a scale's files weigh-ins."""

from collections.abc import Iterator
from itertools import chain

from app.files import fit_container as container
from app.files import sports
from app.files.fit_container import FILE_ID, SESSION, WEIGHT_SCALE, Fields, Part
from app.files.fit_recording import Recording
from app.files.fit_session import SESSION_FIELDS, activity, lacking
from app.files.fit_weight import WEIGHT_FIELDS, weigh_ins
from app.files.records import Activity, How, Item, Member, Note, Refusal

_ACTIVITY, _WEIGHT = 4, 9
_OTHERS = {
    1: "a list of what a device can do",
    2: "a device's settings",
    3: "a sport's settings",
    5: "a planned workout",
    6: "a planned course, a way to follow",
    7: "a training plan",
    10: "a device's totals",
    14: "blood pressure",
    15: "daily monitoring",
    20: "the summary of an activity",
    28: "daily monitoring",
    32: "daily monitoring",
    34: "a segment, a way to race on",
}
_SUMMARY = {FILE_ID: frozenset({0, 1})} | SESSION_FIELDS | WEIGHT_FIELDS


def read(member: Member, how: How) -> Iterator[Item]:
    """Activities or weigh-ins of a FIT file; of a broken one what can be read."""
    with member.open() as stream:
        data = stream.read()
    if not container.is_fit(data):
        yield Refusal(member.name, "This is not a FIT file: copy it from the watch, or download it, once more.")
    else:
        yield from _items(data, member.name, how)


def _items(data: bytes, name: str, how: How) -> Iterator[Item]:
    parts = list(container.parts(data, _SUMMARY, _OTHERS))
    kinds = [fields[0] for part in parts for fields in part.all(FILE_ID) if 0 in fields]
    sessions = list(chain.from_iterable(part.all(SESSION) for part in parts))
    if _WEIGHT in kinds or (not sessions and any(part.all(WEIGHT_SCALE) for part in parts)):
        yield from weigh_ins(parts, name, how)
    elif not sessions and kinds and kinds[0] in _OTHERS:
        yield Refusal(name, f"This is {_OTHERS[kinds[0]]}: it holds no workout, so there is nothing to take from it.")
    else:
        yield from _activities(Recording(data, name, how, parts, _workouts(sessions)), kinds, bool(sessions))


def _workouts(sessions: list[Fields]) -> list[Fields]:
    """The sessions that are activities, in the order of their starts; one empty one where there are none at all."""
    single = [fields for fields in sessions if fields.get(5) != sports.FIT_MULTISPORT] or sessions
    once = {(fields.get(2), fields.get(5), fields.get(9)): fields for fields in single}
    legs = [fields for fields in once.values() if fields.get(5) != sports.FIT_TRANSITION]
    return sorted(legs, key=lambda fields: fields.get(2, 0)) if sessions else [{}]


def _activities(recording: Recording, kinds: list[int], summed_up: bool) -> Iterator[Item]:
    recording.lacking = [lacking(recording, fields) for fields in recording.sessions]
    found: dict[str, Activity] = {}
    notes: list[Note] = []
    for number in range(len(recording.sessions)):
        made, said = activity(recording, number)
        if made:
            found.setdefault(made.key, made)
            notes += said
    yield from found.values()
    if found:
        yield from notes
        yield from _state(recording.parts, recording.name, summed_up)
    else:
        yield Refusal(recording.name, _nothing(kinds, recording.parts))


def _nothing(kinds: list[int], parts: list[Part]) -> str:
    """Why a file without a workout is one."""
    if kinds and kinds[0] != _ACTIVITY:
        return f"This is one of a watch's own files (type {kinds[0]}): it holds no workout."
    if any(part.cut for part in parts):
        return "This FIT file is cut off before anything of the workout: copy it from the watch once more."
    return "This FIT file holds no workout: it has neither a summary nor points with a date."


def _state(parts: list[Part], name: str, summed_up: bool) -> Iterator[Note]:
    if not summed_up:
        yield Note(name, "The file ends before its own summary: the figures are made of its points.")
    elif any(part.cut for part in parts):
        yield Note(name, "The file is cut off or damaged at its end: what could be read was taken.")
    elif not all(part.checksum for part in parts):
        yield Note(name, "The file's checksum is wrong, so a byte of it may have changed: it was read all the same.")
