"""Imports from the page's form to the tables and out again, against a real PostgreSQL."""

import io
import os
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.extensions import db
from app.records.models import FileImport
from app.sync import imports
from tests.conftest import at, execute, make_app
from tests.test_store import CONTRACT
from tests.updating import python_readied

ROUTE = "<gpx xmlns='http://www.topografix.com/GPX/1/1'><rte><rtept lat='52.5' lon='13.4'/></rte></gpx>"
TABLES = ("strava_activity", "fitbit_weight", "fitbit_calories")


def track(day: str = "2026-11-20", points: int = 40, name: str = "Canal") -> bytes:
    """A run in Berlin at 10 km/h, a point each ten seconds from 07:00 UTC on."""
    laid = "".join(
        f"<trkpt lat='{52.5 + n * 0.00025:.6f}' lon='13.4'>"
        f"<time>{day}T07:{n * 10 // 60:02}:{n * 10 % 60:02}Z</time></trkpt>"
        for n in range(points)
    )
    head = "<gpx version='1.1' creator='test' xmlns='http://www.topografix.com/GPX/1/1'><trk>"
    return f"{head}<name>{name}</name><type>running</type><trkseg>{laid}</trkseg></trk></gpx>".encode()


WEIGHTS = b"date,weight (kg),fat (%)\n2026-11-18,72.4,18.1\n2026-11-19,72.2,18.0\n"


@pytest.fixture
def client(app: Flask, tmp_path: Path) -> FlaskClient:
    app.config["INBOX_DIR"] = str(tmp_path / "inbox")
    return app.test_client()


def sent(client: FlaskClient, *files: tuple[str, bytes], **headers: str) -> Any:
    data = {"file": [(io.BytesIO(content), name) for name, content in files]}
    return client.post("/files/", data=data, content_type="multipart/form-data", headers=headers)


def taken() -> list[FileImport]:
    return imports.import_all(lambda _: None)


def content(uri: str) -> list[list[tuple[Any, ...]]]:
    """All that is in the tables but what only time and place decide."""
    with make_app(uri).app_context(), db.engine.connect() as connection:
        names = {
            "strava_activity": "account, activity_type, name, distance, moving_time, elapsed_time, average_speed,"
            " average_cadence, average_heartrate, max_speed, max_heartrate, total_elevation_gain, upload_id,"
            " utc_offset, start_date, start_date_local",
            "fitbit_weight": "account, point, weight, bmi, fat, record_date, record_time",
            "fitbit_calories": "account, calories, burned, record_date",
        }
        found = [
            [tuple(row) for row in connection.execute(text(f"SELECT {columns} FROM {table} ORDER BY {columns}"))]
            for table, columns in names.items()
        ]
        db.engine.dispose()
    return found


def test_three_files_become_rows_and_one_is_refused_with_a_reason(client: FlaskClient, session: Session) -> None:
    answer = sent(client, ("run.gpx", track()), ("weights.csv", WEIGHTS), ("plan.gpx", ROUTE.encode()))
    assert answer.status_code == 302
    run, weights, plan = taken()
    assert (run.state, run.counts["new"], run.kind) == ("done", 1, "GPX track")
    assert (weights.state, weights.counts["new"]) == ("done", 2)
    assert (plan.state, plan.counts["refused"]) == ("refused", 1)
    page = client.get(f"/files/{plan.id}").text
    assert "route" in page.lower()
    assert plan.results[0]["why"] in page.replace("&#39;", "'").replace("&#34;", '"')
    assert session.scalar(text("SELECT start_date_local FROM strava_activity")).hour == 8  # Berlin's clock
    assert session.scalar(text("SELECT count(*) FROM fitbit_weight")) == 2
    assert list(Path(client.application.config["INBOX_DIR"], imports.UPLOADS).iterdir()) == []


def test_importing_twice_changes_nothing_and_taking_back_restores(client: FlaskClient, session: Session) -> None:
    sent(client, ("run.gpx", track()))
    (first,) = taken()
    before = [tuple(row) for row in session.execute(text("SELECT xmin::text, * FROM strava_activity"))]
    session.rollback()
    sent(client, ("again.gpx", track()))
    (second,) = taken()
    assert {name: second.counts.get(name, 0) for name in imports.COUNTED} == {
        "new": 0, "changed": 0, "known": 1, "refused": 0,
    }  # fmt: skip
    assert [tuple(row) for row in session.execute(text("SELECT xmin::text, * FROM strava_activity"))] == before
    session.rollback()
    for number, left in ((first.id, 1), (second.id, 0)):
        assert client.post(f"/files/{number}/undo").status_code == 302
        assert session.scalar(text("SELECT count(*) FROM strava_activity")) == left
        session.rollback()
    assert "Taken back" in client.get(f"/files/{second.id}").text


def test_a_question_waits_for_its_answer_while_the_rest_goes_on(client: FlaskClient, session: Session) -> None:
    body = b'Body\n"Date","Weight","BMI","Fat"\n"2026-11-18","72.4","22.0","18"\n'
    sent(client, ("fitbit_export.csv", body), ("run.gpx", track()))
    asking, run = taken()
    assert (asking.state, run.state) == ("asking", "done")
    page = client.get(f"/files/{asking.id}").text
    question = asking.questions[0]
    assert question["text"] in page.replace("&#39;", "'")
    client.post(f"/files/{asking.id}/answer", data={question["key"]: "no such answer"})
    assert taken() == []
    kilograms = next(value for value, label in question["options"] if "kg" in value.lower() or "kilo" in label.lower())
    client.post(f"/files/{asking.id}/answer", data={question["key"]: kilograms})
    (done,) = taken()
    assert done.state == "done"
    assert session.scalar(text("SELECT weight FROM fitbit_weight")) == 72.4


def test_files_in_the_folder_are_taken_once_whole_and_put_aside(client: FlaskClient, session: Session) -> None:
    inbox = Path(client.application.config["INBOX_DIR"])
    inbox.mkdir()
    (inbox / "run.gpx").write_bytes(track())
    (inbox / "plan.gpx").write_text(ROUTE)
    (inbox / ".hidden").write_text("x")
    assert not imports.is_any_waiting()  # somebody may still be copying
    for path in inbox.iterdir():
        os.utime(path, (time.time() - 60, time.time() - 60))
    assert imports.is_any_waiting()
    taken()
    assert (inbox / "done" / "run.gpx").exists()
    assert (inbox / "refused" / "plan.gpx").exists()
    assert (inbox / ".hidden").exists()
    assert not imports.is_any_waiting()


def test_an_import_that_was_killed_is_taken_up_again(client: FlaskClient, session: Session) -> None:
    sent(client, ("run.gpx", track()))
    session.execute(text("UPDATE file_import SET state = 'running', attempts = 1"))
    session.commit()
    (row,) = taken()
    assert (row.state, row.counts["new"]) == ("done", 1)


def test_a_file_at_which_the_process_dies_is_put_aside(client: FlaskClient, session: Session) -> None:
    sent(client, ("run.gpx", track()))
    session.execute(text(f"UPDATE file_import SET state = 'running', attempts = {imports.MOST_TRIES}"))
    session.commit()
    (row,) = taken()
    assert row.state == "refused"
    assert "put aside" in row.results[0]["why"]


def test_the_first_import_ends_the_demo(client: FlaskClient, session: Session) -> None:
    session.execute(text("INSERT INTO sync_state (source, metric, account, state, last_attempt)"
                         " VALUES ('strava', 'activities', 'demo', 'ok', now())"))  # fmt: skip
    session.execute(text("INSERT INTO fitbit_weight (weight, record_date, account) VALUES (80, now(), 'demo')"))
    session.commit()
    sent(client, ("run.gpx", track()))
    taken()
    assert session.scalars(
        text("SELECT account FROM fitbit_weight UNION SELECT account FROM strava_activity")
    ).all() == ["file:gpx"]


def test_the_export_comes_back_the_same_into_an_empty_installation(
    client: FlaskClient, session: Session, uri: str, server: str, template: str, tmp_path: Path
) -> None:
    for table, row in CONTRACT.items():
        execute(uri, f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})", *row.values())
    execute(uri, "INSERT INTO strava_activity (name, start_date_local, start_date, account) VALUES"
                 " ('=1+1, \"x\"\nß 🚲', '2026-10-25 02:30', '2026-10-25 00:30Z', 'strava:7')")  # fmt: skip
    execute(uri, "INSERT INTO fitbit_calories (burned, record_date, account) VALUES (2500.5, '2026-01-02', 'fitbit:9')")
    execute(uri, "INSERT INTO fitbit_weight (weight, record_date, account) VALUES (80, '2026-01-02', 'demo')")
    archive = client.get("/files/export.zip")
    assert archive.status_code == 200
    saved = tmp_path / "export.zip"
    saved.write_bytes(archive.data)
    assert sorted(zipfile.ZipFile(saved).namelist()) == [
        "activities.csv",
        "calories.csv",
        "manifest.json",
        "weight.csv",
    ]
    execute(server, f"CREATE DATABASE second TEMPLATE {template}")
    second = at(server, "second")
    settings = {"SQLALCHEMY_DATABASE_URI": second, "DEMO": "0", "INSTANCE_DIR": str(tmp_path / "second")}
    done = python_readied("tasks.py", "--import", str(saved), **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    execute(uri, "DELETE FROM fitbit_weight WHERE account = 'demo'")
    assert content(second) == content(uri)
    again = python_readied("tasks.py", "--import", str(saved), **settings)
    assert "0 new, 0 changed, 5 known, 0 refused" in again.stdout
    execute(server, "DROP DATABASE second WITH (FORCE)")


def test_the_same_export_changes_nothing_where_it_came_from(client: FlaskClient, session: Session, uri: str) -> None:
    sent(client, ("run.gpx", track()), ("weights.csv", WEIGHTS))
    taken()
    before = content(uri)
    sent(client, ("export.zip", client.get("/files/export.zip").data))
    (row,) = taken()
    assert (row.counts.get("new", 0), row.counts.get("changed", 0)) == (0, 0)
    assert content(uri) == before


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:1", "null"])
def test_a_page_of_another_site_cannot_bring_files(client: FlaskClient, session: Session, origin: str) -> None:
    assert sent(client, ("run.gpx", track()), Origin=origin).status_code == 403
    assert session.scalars(select(FileImport)).all() == []


def test_what_is_too_large_is_refused_before_it_is_read(client: FlaskClient, session: Session) -> None:
    client.application.config["MAX_UPLOAD_MB"] = 1
    large = {"CONTENT_LENGTH": "1200000", "CONTENT_TYPE": "multipart/form-data; boundary=x"}
    answer = client.post("/files/", environ_overrides=large)
    assert answer.status_code == 413
    assert "MAX_UPLOAD_MB" in answer.text
    assert session.scalars(select(FileImport)).all() == []


def test_an_upload_without_its_token_leaves_nothing(client: FlaskClient, session: Session) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = True
    assert sent(client, ("run.gpx", track())).status_code == 400
    assert session.scalars(select(FileImport)).all() == []
    assert list(Path(client.application.config["INBOX_DIR"], imports.UPLOADS).iterdir()) == []


def test_a_full_disk_is_said_and_leaves_nothing(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.importing.upload.LEAST_FREE", 1 << 62)
    answer = sent(client, ("run.gpx", track()))
    assert answer.status_code == 507
    assert "full" in answer.text
    assert list(Path(client.application.config["INBOX_DIR"], imports.UPLOADS).iterdir()) == []


@pytest.mark.parametrize(
    "address", ["/files/9", "/files/99999999999999999999", "/files/progress?id=x&id=99999999999999999999"]
)
def test_what_is_not_there_is_said(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code in (200, 404)


def test_tables_of_spreadsheets_hold_no_formula(client: FlaskClient, session: Session, uri: str) -> None:
    execute(uri, "INSERT INTO strava_activity (name, start_date_local) VALUES ('=cmd|x', '2026-11-20 10:00')")
    assert "'=cmd|x" in client.get("/files/activities.csv").text
    assert client.get("/files/weight-for-garmin.csv").text.startswith("Body\r\nDate,Weight,BMI,Fat")


def test_an_empty_board_says_how_to_begin_until_something_is_there(client: FlaskClient, uri: str) -> None:
    assert "How to begin" in client.get("/stats/livefeed").text
    assert "How to begin" not in client.get("/stats/livefeed?wall=1").text
    execute(uri, "INSERT INTO fitbit_calories (calories, record_date) VALUES (2000, '2020-01-01')")
    assert "How to begin" not in client.get("/stats/livefeed").text


@pytest.mark.parametrize(("answer", "left"), [("yes", 1), ("no", 0)])
def test_another_athletes_export_than_the_connected_ones_is_asked_about(
    client: FlaskClient, session: Session, answer: str, left: int
) -> None:
    session.execute(text("INSERT INTO sync_state (source, metric, account, state, last_attempt)"
                         " VALUES ('strava', 'activities', 'strava:7', 'ok', now())"))  # fmt: skip
    session.commit()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("profile.csv", "Athlete ID,Sex\n8,F\n")
        archive.writestr(
            "activities.csv",
            "Activity ID,Activity Date,Activity Name,Activity Type,Activity Description,Elapsed Time,Distance,Max Heart"
            " Rate,Relative Effort,Commute,Activity Private Note,Activity Gear,Filename\n"
            '77,"Nov 20, 2026, 7:00:00 AM",Run,Run,,2600,8.20,,,false,,,\n',
        )
    sent(client, ("export_8.zip", packed.getvalue()))
    (asking,) = taken()
    assert asking.state == "asking"
    assert "athlete 8" in client.get(f"/files/{asking.id}").text
    client.post(f"/files/{asking.id}/answer", data={"athlete": answer})
    taken()
    assert session.scalar(text("SELECT count(*) FROM strava_activity")) == left
