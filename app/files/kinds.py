"""Which export an archive is, by the names in it; people pack the same export in many ways."""

import re
from collections.abc import Callable, Sequence

from app.files import takeout
from app.files.export import COLUMNS, MANIFEST
from app.files.records import Member
from app.files.text import base, head

KIND = {
    "strava": "Strava export",
    "takeout": "Fitbit data from Google",
    "fitbit_account": "Fitbit account export",
    "apple": "Apple Health export",
    "garmin": "Garmin account export",
    "garmin_list": "Garmin Connect list of activities",
    "garmin_weight": "Garmin Connect list of weights",
    "health_connect": "Health Connect export",
    "openscale": "openScale database",
    "own": "Sevenday export",
    "files": "archive of files",
    "fit": "FIT file",
    "gpx": "GPX track",
    "tcx": "TCX file",
    "table": "table",
    "json": "JSON file",
    "sqlite": "database of an app",
    "": "nothing that is read here",
}
"""How each kind is called in the result of an import."""

VAGUE = {"table", "json", "sqlite"}
"""What only its records tell more exactly."""

OFFICE = (
    ("xl/workbook.xml", "An Excel file: open it and save it as CSV."),
    ("xl/workbook.bin", "An Excel file: open it and save it as CSV."),
    ("Index/Document.iwa", "A file of Numbers or Pages: export it as CSV."),
    ("content.xml", "An office document: open it and save it as CSV."),
    ("word/document.xml", "A Word document: save what is in it as CSV."),
    ("AndroidManifest.xml", "A program for Android: export the data from within the app instead."),
)
"""What is a zip only within, by a member's name."""

_TAKEOUT = re.compile(
    r"(^|/)(takeout|global export data|physical activity_googledata|health fitness data_googledata|user-site-export"
    r"|myfitbitdata)/",
    re.IGNORECASE,
)


def of_archive(members: Sequence[Member]) -> str:
    """`files` for what is no export that is known as a whole."""
    return next((kind for kind, test in _TESTS if test(members)), "files")


def _is_own(members: Sequence[Member]) -> bool:
    names = {base(member.name) for member in members}
    return MANIFEST in names and bool(names & COLUMNS.keys())


def _is_strava(members: Sequence[Member]) -> bool:
    """Garmin's list has the name of Strava's too, but nothing beside it; alone either is told by its header."""
    beside = {base(member.name) for member in members} & {"profile.csv", "general_preferences.csv", "bikes.csv"}
    folder = any("activities/" in member.name for member in members)
    return bool(beside or folder) and any(base(member.name) == "activities.csv" for member in members)


def _is_apple(members: Sequence[Member]) -> bool:
    texts = [member for member in members if base(member.name).endswith(".xml")]
    return any(b"<HealthData" in begin or b"<!DOCTYPE HealthData" in begin for begin in (head(m, 4096) for m in texts))


def _is_garmin(members: Sequence[Member]) -> bool:
    return any("di_connect/" in f"/{member.name}".lower() for member in members)


def _is_takeout(members: Sequence[Member]) -> bool:
    names = (member.name for member in members if member.name.lower().endswith(".json"))
    return any(_TAKEOUT.search(member.name) for member in members) or any(map(takeout.kind, names))


_TESTS: tuple[tuple[str, Callable[[Sequence[Member]], bool]], ...] = (
    ("own", _is_own),
    ("garmin", _is_garmin),
    ("takeout", _is_takeout),
    ("strava", _is_strava),
    ("apple", _is_apple),
)
