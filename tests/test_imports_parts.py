"""Files that say the same in parts, worse or better: parts of one Takeout are one, and a list worsens nothing."""

import io
import json
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.records.models import FileImport
from app.sync import parts
from tests.conftest import make_app
from tests.test_files_takeout import LEGACY, TABLES, TYPED, minutes
from tests.test_imports import client as client
from tests.test_imports import content, sent, taken, track
from tests.updating import python_readied

MEMBERS = {
    f"{LEGACY}/weight-2026-05-01.json": json.dumps([{**TYPED, "time": "06:00:00", "logId": 1}]),
    f"{LEGACY}/calories-2026-05-01.json": json.dumps(minutes("2026-05-04", 2880, "1.00")),
    f"{LEGACY}/food_logs-2026-05-01.json": json.dumps(
        [{"logId": 1, "logDate": "2026-05-05", "loggedFood": {"calories": 350}}]
    ),
    f"{TABLES}/Weight/weight.csv": "timestamp,weight grams\n2026-05-05T00:15:00Z,74980\n",
    f"{LEGACY}/food_logs-2026-05-31.json": json.dumps(
        [{"logId": 2, "logDate": "2026-05-05", "loggedFood": {"calories": 420}}]
    ),
}
"""A weigh-in on a journey in either tree, and the food of a day in two files."""


def rows_of(days: list[str]) -> str:
    """CSVs of minutes, one a day of UTC, so that each day of the person's lies in two of them."""
    begun = [datetime.fromisoformat(day) + timedelta(minutes=n) for day in days for n in range(1440)]
    return "timestamp,calories,data source\n" + "".join(f"{at:%Y-%m-%dT%H:%M:%SZ},1.5,Fitbit App\n" for at in begun)


for number in (3, 4, 5, 6):
    MEMBERS[f"{TABLES}/Calories/calories_2026-05-0{number}.csv"] = rows_of([f"2026-05-0{number}"])


def packed(names: list[str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, MEMBERS[name])
    return made.getvalue()


def part(number: int) -> tuple[str, bytes]:
    """Every third of the members, from the one of this number on."""
    return f"takeout-20260601T101500Z-1-00{number + 1}.zip", packed(sorted(MEMBERS)[number::3])


@pytest.fixture
def whole(client: FlaskClient, session: Session, uri: str) -> Any:
    """What is in the tables when all came in one piece."""
    sent(client, ("takeout.zip", packed(sorted(MEMBERS))))
    taken()
    return content(uri)


def forget(session: Session) -> None:
    session.execute(text("TRUNCATE strava_activity, fitbit_weight, fitbit_calories, origin, file_import"))
    session.commit()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_parts_of_one_takeout_count_as_one(
    client: FlaskClient, session: Session, uri: str, whole: Any, order: tuple[int, ...]
) -> None:
    assert len(whole[1]) == 1
    assert {row[3].isoformat(): row[1:3] for row in whole[2]}["2026-05-05"] == (770.0, 2160.0)
    forget(session)
    sent(client, *map(part, order))
    finished = taken()
    assert content(uri) == whole
    assert [row.state for row in finished] == ["done"]
    states = session.execute(text("SELECT state, results::text FROM file_import ORDER BY id")).all()
    assert [state for state, _ in states] == ["done"] * 3
    assert ["read together" in said for _, said in states] == [False, True, True]
    uploads = Path(client.application.config["INBOX_DIR"], "uploads")
    assert list(uploads.iterdir()) == []


def test_the_command_reads_them_together_too(
    client: FlaskClient, session: Session, uri: str, whole: Any, tmp_path: Path
) -> None:
    forget(session)
    paths = []
    for number in (1, 0, 2):
        name, data = part(number)
        (tmp_path / name).write_bytes(data)
        paths.append(str(tmp_path / name))
    zone = client.application.config["TIMEZONE"]
    done = python_readied("tasks.py", "--import", *paths, SQLALCHEMY_DATABASE_URI=uri, DEMO="0", TIMEZONE=zone)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == [Path(path).name for path in paths]
    assert content(uri) == whole


def test_a_broken_part_stops_no_other(client: FlaskClient, session: Session) -> None:
    (first, _), second = part(0), part(1)
    sent(client, (first, b"PK\x03\x04 and no more"), second)
    (row,) = taken()
    assert row.state == "done"
    assert row.results[0]["result"] == "refused"


@pytest.mark.parametrize(
    ("name", "series"),
    [
        ("takeout-20260601T101500Z-001.zip", "takeout-20260601t101500z"),
        ("takeout-20260601T101500Z-1-002 (1).zip", "takeout-20260601t101500z-1"),
        ("Takeout-20260601T101500Z-001.tgz", "takeout-20260601t101500z"),
        ("takeout.zip", ""),
        ("export_1.zip", ""),
    ],
)
def test_parts_are_known_by_their_names(name: str, series: str) -> None:
    assert parts.series(name) == series


LIST = (
    "Activity Type,Date,Favorite,Title,Distance,Calories,Time,Avg HR,Max HR,Avg Run Cadence,Max Run Cadence,Avg Pace,"
    "Best Pace,Total Ascent,Total Descent,Avg Stride Length,Moving Time,Elapsed Time\n"
    'Running,2026-11-20 08:00:04,false,"A list","{}","99","00:06:33",0,0,170,180,10:00,9:00,--,--,0.9,00:06:33,'
    "00:06:33\n"
)


@pytest.mark.parametrize("list_first", [True, False])
@pytest.mark.parametrize("kilometres", ["1.09", "1.1"])
def test_a_list_never_worsens_a_better_row(
    client: FlaskClient, session: Session, list_first: bool, kilometres: str
) -> None:
    files = [("run.gpx", track()), ("Activities.csv", LIST.format(kilometres).encode())]
    sent(client, files[0])
    taken()
    columns = "name, activity_type, distance, moving_time, start_date, start_date_local, utc_offset, account"
    before = session.execute(text(f"SELECT {columns} FROM strava_activity")).all()
    forget(session)
    for file in reversed(files) if list_first else files:
        sent(client, file)
        for row in taken():
            for question in row.questions:
                answer(client, row, question)
        taken()
    assert session.execute(text(f"SELECT {columns} FROM strava_activity")).all() == before
    assert session.scalar(text("SELECT average_cadence FROM strava_activity")) == 85.0


def answer(client: FlaskClient, row: FileImport, question: dict[str, Any]) -> None:
    value = next(value for value, label in question["options"] if "km" in value or "kilo" in label.lower())
    client.post(f"/files/{row.id}/answer", data={question["key"]: value})


def test_a_replica_shows_the_progress_of_what_another_took(
    app: Flask, client: FlaskClient, uri: str, tmp_path: Path
) -> None:
    other = make_app(uri, INBOX_DIR=app.config["INBOX_DIR"]).test_client()
    (number,) = sent(client, ("run.gpx", track()), Accept="application/json").json["imports"]
    assert [(one["id"], one["state"]) for one in other.get("/files/progress").json] == [(number, "waiting")]
    assert f'data-import="{number}"' in other.get("/files/").text
    taken()
    assert [one["state"] for one in other.get(f"/files/progress?id={number}").json] == ["done"]
