"""Which reader reads which kind of file or export; each is imported when the first of its kind comes."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

from app.files.records import Activity, How, Item, Member, Refusal

Single = Callable[[Member, How], Iterable[Item]]
"""Reads a member of an archive, whatever it is."""
OfFile = Callable[[Member, How, Single], Iterable[Item]]
OfExport = Callable[[Sequence[Member], How, Single], Iterable[Item]]

_NO_JSON = "JSON that is not known here: bring the whole export that it comes from, or a table (CSV)."
_COPY = re.compile(r" ?\(\d+\)(?=\.\w+$)")  # what a browser adds to the name of a second download
_UPLOAD = re.compile(r"(?:^|/)(\d{9,11})\.(?:fit|gpx|tcx)(?:\.gz)?$", re.IGNORECASE)
_TRACKS = (".fit", ".gpx", ".tcx", ".fit.gz", ".gpx.gz", ".tcx.gz")


def _module(name: str) -> Any:
    return import_module(f"app.files.{name}")


def _plain(name: str) -> OfFile:
    """A reader that needs no other."""
    return lambda member, how, _: _module(name).read(member, how)


def _track(name: str) -> OfFile:
    return lambda member, how, _: (_uploaded(item, member.name) for item in _module(name).read(member, how))


def _uploaded(item: Item, name: str) -> Item:
    """With the upload's number that Strava names the files of its export by; by itself it proves nothing."""
    number = _UPLOAD.search(name)
    if not number or not isinstance(item, Activity) or item.strava_id or item.upload_id:
        return item
    return replace(item, upload_id=int(number[1]))


def _table(member: Member, how: How, single: Single) -> Iterable[Item]:
    return _module("csvs").read(_named(member), how, single)


def _json(member: Member, how: How, single: Single) -> Iterator[Item]:
    plain = _named(member)
    if _module("takeout").kind(plain.name):
        yield from _module("takeout").read([plain], how, single)
    elif _module("garmin_account").is_wanted(plain.name):
        yield from _module("garmin_account").read(plain, how)
    else:
        yield Refusal(member.name, _NO_JSON)


def _named(member: Member) -> Member:
    return replace(member, name=_COPY.sub("", member.name))


def _takeout(members: Sequence[Member], how: How, single: Single) -> Iterator[Item]:
    """Fitbit's part by its own reader, and the tracks of Google's other products as the files that they are."""
    takeout = _module("takeout")
    yield from takeout.read(members, how, single)
    for member in members:
        if member.name.lower().endswith(_TRACKS) and not takeout.kind(member.name):
            yield from single(member, how)


def _garmin(members: Sequence[Member], how: How, single: Single) -> Iterator[Item]:
    """The archives of what was uploaded, and of thousands of JSON files the few with weights or a day's energy."""
    account = _module("garmin_account")
    for member in members:
        if not member.name.lower().endswith(".json"):
            yield from single(member, how)
        elif account.is_wanted(member.name):
            yield from account.read(member, how)


def _loose(members: Sequence[Member], how: How, single: Single) -> Iterator[Item]:
    for member in members:
        yield from single(member, how)


FILES: dict[str, OfFile] = {
    "fit": _track("fit"),
    "gpx": _track("gpx"),
    "tcx": _track("tcx"),
    "sqlite": _plain("databases"),
    "table": _table,
    "json": _json,
    "apple": lambda member, how, _: _module("apple").read([member], how),
}
EXPORTS: dict[str, OfExport] = {
    "strava": lambda members, how, single: _module("strava_export").read(members, how, single),
    "takeout": _takeout,
    "apple": lambda members, how, _: _module("apple").read(members, how),
    "own": lambda members, how, _: _module("own").read(members, how),
    "garmin": _garmin,
    "files": _loose,
}
