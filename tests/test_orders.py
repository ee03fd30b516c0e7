"""An account and the export of it end in the same tables, whichever comes first, also when both come at once."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from simulator import strava_export
from simulator.world import World
from tests.conftest import ROOT, execute, fresh
from tests.test_imports import content
from tests.test_mirror_property import Updater

NEWEST = 25
ORDERS = {"account, file": "en", "file, account": "de", "both at once": "en"}
"""Each with the language of its export."""


def diary() -> list[dict[str, Any]]:
    """The last activities of the made-up athlete, and two that Strava itself keeps apart though they are alike."""
    newest = World(tz="Europe/Berlin", years=1).activities()[-NEWEST:]
    twin = next(activity for activity in newest if activity["upload_id"])
    more = {"id": twin["id"] + 1, "upload_id": twin["upload_id"] + 1, "name": "The same on another watch"}
    return [*newest, twin | more]


def bring(updater: Updater, file: Path) -> "subprocess.Popen[str]":
    settings = {"SQLALCHEMY_DATABASE_URI": updater.uri, "DEMO": "0", "TIMEZONE": updater.world.tz}
    settings |= {"INSTANCE_DIR": str(file.parent / "instance")}
    command = [sys.executable, "tasks.py", "--import", str(file)]
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, stdout=subprocess.PIPE, text=True)


@contextmanager
def updating(uri: str, folder: Path, activities: list[dict[str, Any]]) -> Iterator[Updater]:
    world = World.empty(tz="Europe/Berlin")
    world._activities = {activity["id"]: activity for activity in activities}
    updater = Updater(uri, folder, world)
    try:
        yield updater
    finally:
        updater.end()


def told(order: str, updater: Updater, file: Path) -> list[Any]:
    steps: dict[str, Callable[[], Any]] = {
        "account": updater.sync_to_the_end,
        "file": lambda: bring(updater, file).communicate(timeout=120),
    }
    if order == "both at once":
        program = bring(updater, file)
        updater.sync_to_the_end()
        assert program.wait(120) == 0
        program.communicate()
    for step in order.split(", ") if "," in order else ():
        steps[step]()
        updater.a_week_passes()  # so that all of the account is read anew
    return [content(updater.uri), updater.rows("SELECT id FROM strava_activity ORDER BY id")]


def test_whichever_comes_first_the_tables_are_the_same(server: str, template: str, tmp_path: Path) -> None:
    found, activities = {}, diary()
    for order, language in ORDERS.items():
        for uri in fresh(server, template):
            folder = tmp_path / order.replace(", ", "-")
            with updating(uri, folder, activities) as updater:
                file = folder / "export.zip"
                file.write_bytes(
                    strava_export.archive(updater.world.activities(), language, heartrate=language == "en")
                )
                found[order] = told(order, updater, file)
    (rows, *_), ids = found["account, file"]
    assert len(ids) == NEWEST + 1
    assert {row[0] for row in rows} == {"strava:134815"}
    for order in ORDERS:
        differing = [(one, other) for one, other in zip(found[order][0][0], rows, strict=True) if one != other]
        assert differing == [], order
        assert found[order] == found["account, file"], order


def test_what_the_export_alone_brought_is_what_the_account_says(uri: str, tmp_path: Path) -> None:
    with updating(uri, tmp_path, diary()) as updater:
        file = tmp_path / "export.zip"
        file.write_bytes(strava_export.archive(updater.world.activities(), "de"))
        bring(updater, file).communicate(timeout=120)
        shown = "SELECT id, activity_type, start_date, start_date_local, moving_time, elapsed_time, name, upload_id"
        exported = updater.rows(f"{shown} FROM strava_activity ORDER BY id")
        execute(uri, "TRUNCATE strava_activity, origin")
        updater.sync_to_the_end()
        assert updater.rows(f"{shown} FROM strava_activity ORDER BY id") == exported
