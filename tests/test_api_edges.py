"""The API at its edges: rows that only PostgreSQL's calendar has, made-up cursors, tokens in logs and backups."""

import logging
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

import backup
from app.api.reads import cursor
from app.extensions import db
from app.web import tokens
from tests.conftest import execute
from tests.test_api import RUN, WEIGH_IN, Caller, board, phone, problem

__all__ = ["board", "phone"]
DAY = {"date": "2026-11-24", "calories": 1780}
TABLES = {
    "activities": "INSERT INTO strava_activity (id, start_date_local) VALUES (1, %s)",
    "weight": "INSERT INTO fitbit_weight (id, weight, record_date) VALUES (1, 70, %s)",
    "calories": "INSERT INTO fitbit_calories (id, calories, record_date) VALUES (1, 70, %s)",
}
ITEMS: dict[str, Any] = {"weight": WEIGH_IN, "activities": RUN, "calories": DAY}


@pytest.mark.parametrize("when", ["12000-01-01", "0044-01-01 BC", "infinity", "-infinity"])
@pytest.mark.parametrize("path", TABLES)
def test_a_row_of_a_day_that_no_calendar_here_has_hides_no_other(phone: Caller, uri: str, path: str, when: str) -> None:
    execute(uri, TABLES[path], when)
    phone.post(path, ITEMS[path])
    for query in ("", "?limit=1", "?from=0001-01-01&to=9999-12-31", "?from=2026-01-01", "?to=2026-12-31"):
        answer = phone.get(path + query)
        assert answer.status_code == 200, answer.text
        assert [one["date"] for one in answer.json["items"]] == ["2026-11-24"], query
        assert answer.json["next"] is None


@pytest.mark.parametrize("path", ["weight", "activities"])
@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+23:59", "2026-01-01T00:00:00Z", "yesterday", "", 7, None])
def test_a_made_up_cursor_is_refused_with_its_field(phone: Caller, path: str, at: Any) -> None:
    phone.post(path, ITEMS[path])
    assert problem(phone.get(f"{path}?cursor={cursor([at, 1])}"), 422)["field"] == "cursor"


@pytest.mark.parametrize(
    "body", ["[" * 30_000, '{"a":' * 20_000, '{"weight": ' + "9" * 5000 + "}", "\ud800", '"\\ud800"']
)
@pytest.mark.parametrize("path", [*TABLES, "health-auto-export"])
def test_json_that_no_parser_likes_is_the_senders_fault(phone: Caller, path: str, body: str) -> None:
    headers = phone.headers | {"Content-Type": "application/json"}
    data = body.encode(errors="surrogatepass")
    answer = phone.client.post(f"/api/v1/{path}", data=data, headers=headers)
    assert answer.status_code in (400, 422)
    problem(answer, answer.status_code)


@pytest.mark.parametrize("kilograms", [10**400, float("nan"), float("inf"), True, "72,4", [], {}])
def test_what_is_no_number_is_refused_with_its_field(phone: Caller, kilograms: Any) -> None:
    assert problem(phone.post("weight", WEIGH_IN | {"weight": kilograms}), 422)["field"] == "weight"


def test_nothing_of_a_token_is_logged_at_debug_or_stored(
    phone: Caller, uri: str, caplog: pytest.LogCaptureFixture
) -> None:
    secret = phone.token.split("_")[2]
    wrong = {"Authorization": f"Bearer {phone.token}0"}
    with caplog.at_level(logging.DEBUG):
        phone.post("weight", WEIGH_IN)
        phone.post("weight", "nonsense")
        phone.get("week")
        problem(phone.client.get("/api/v1/week", headers=wrong), 401)
    assert secret not in caplog.text
    with db.engine.connect() as connection:
        stored = [backup.copied_out(connection, table.name)[0].decode() for table in db.metadata.sorted_tables]
    assert any(tokens.hashed(secret) in text for text in stored)
    assert not any(secret in text for text in stored)


def test_a_restore_brings_no_revoked_token_back(board: Flask, phone: Caller, tmp_path: Any) -> None:
    board.config["CREDS_DIR"] = str(tmp_path / "creds")
    saved = str(tmp_path / "saved")
    assert backup.save(saved) == 0
    with Session(db.engine) as session, session.begin():
        tokens.revoke(session, tokens.all_of(session)[0].id)
    problem(phone.get("week"), 401)
    assert backup.restore(saved) == 0
    problem(phone.get("week"), 401)
