"""The JSON API: by a token alone, each item once however it came, pages that neither skip nor repeat, problems."""

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.extensions import db
from app.records.models import Weight
from app.web import tokens
from tests.conftest import make_app

PASSWORD = "correct horse battery"
WEIGH_IN = {"weight": 72.4, "fat": 18.5, "at": "2026-11-24T07:10:00+01:00"}
RUN = {"activity_type": "Run", "start": "2026-11-24T07:30:00+01:00", "moving_time": 2530, "distance": 8200}


class Caller:
    """A program with a token."""

    def __init__(self, app: Flask, writes: bool = True) -> None:
        with Session(db.engine) as session, session.begin():
            self.token = tokens.make(session, "a phone", writes)
        self.client, self.headers = app.test_client(), {"Authorization": f"Bearer {self.token}"}

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(f"/api/v1/{path}", headers=self.headers | headers)

    def post(self, path: str, item: Any) -> Any:
        return self.client.post(f"/api/v1/{path}", json=item, headers=self.headers)


@pytest.fixture
def board(uri: str) -> Iterator[Flask]:
    app = make_app(uri, DASHBOARD_PASSWORD=PASSWORD, WTF_CSRF_ENABLED=True)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def phone(board: Flask) -> Caller:
    return Caller(board)


def problem(answer: Any, status: int) -> dict[str, Any]:
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.text
    assert "Set-Cookie" not in answer.headers
    assert "Access-Control-Allow-Origin" not in answer.headers
    said: dict[str, Any] = answer.json
    assert said["title"]
    assert said["detail"]
    return said


def count(model: Any) -> int:
    with Session(db.engine) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.parametrize(
    ("path", "item", "again"),
    [("weight", WEIGH_IN, 200), ("activities", RUN, 200), ("calories", {"date": "2026-11-24", "calories": 1780}, 200)],
)
def test_an_item_sent_twice_is_new_once_and_known_then(phone: Caller, path: str, item: Any, again: int) -> None:
    first = phone.post(path, item)
    assert (first.status_code, first.json["new"], len(first.json["items"])) == (201, 1, 1), first.text
    second = phone.post(path, [item])
    assert (second.status_code, second.json) == (again, {"new": 0, "changed": 0, "known": 1, "items": []})
    assert len(phone.get(path).json["items"]) == 1


def test_a_figure_that_comes_alone_leaves_the_days_other_one(phone: Caller) -> None:
    phone.post("calories", {"date": "2026-11-24", "calories": 1780})
    phone.post("calories", {"date": "2026-11-24", "burned": 2400})
    phone.post("calories", {"date": "2026-11-24", "calories": 1900})
    assert phone.get("calories").json["items"] == [{"date": "2026-11-24", "calories": 1900.0, "burned": 2400.0}]


def test_the_week_has_the_items_of_the_feed(phone: Caller) -> None:
    phone.post("weight", WEIGH_IN)
    week = phone.get("week?day=2026-11-24").json
    assert week.keys() == {"days", "today", "weight", "calories", "activities", "sources"}
    assert len(week["days"]) == 7
    [item] = week["weight"]
    assert (item["weight"], item["fat"], item["date"]) == (72.4, 18.5, "2026-11-24")


def test_an_etag_answers_304_until_something_changes(phone: Caller) -> None:
    tag = phone.get("weight", **{"Accept-Encoding": "gzip"}).headers["ETag"]
    assert phone.get("weight", **{"If-None-Match": tag}).status_code == 304
    phone.post("weight", WEIGH_IN)
    assert phone.get("weight", **{"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(
    ("path", "item", "field"),
    [
        ("weight", {"weight": 724, "at": WEIGH_IN["at"]}, "weight"),
        ("weight", {"weight": 72.4, "at": "2026-11-24T07:10:00"}, "at"),
        ("weight", {"weight": 72.4, "at": "2099-11-24T07:10:00Z"}, "at"),
        ("weight", {"at": WEIGH_IN["at"]}, "weight"),
        ("calories", {"date": "2026-11-24"}, "calories"),
        ("calories", {"date": "2026-11-24", "calories": 20_001}, "calories"),
        ("calories", {"date": "2099-11-24", "calories": 1}, "date"),
        ("activities", RUN | {"name": "a\0b"}, "name"),
        ("activities", RUN | {"start": "yesterday"}, "start"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field_and_nothing_is_stored(
    phone: Caller, path: str, item: Any, field: str
) -> None:
    assert problem(phone.post(path, item), 422)["field"] == field
    good = {"weight": WEIGH_IN, "calories": {"date": "2026-11-24", "calories": 1}, "activities": RUN}[path]
    assert problem(phone.post(path, [good, item]), 422)["field"] == f"1.{field}"
    assert phone.get(path).json["items"] == []


def test_every_error_is_a_problem(phone: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    send, headers = phone.client, phone.headers
    problem(phone.get("nowhere"), 404)
    problem(send.delete("/api/v1/week", headers=headers), 405)
    problem(send.post("/api/v1/weight", data="x", headers=headers), 415)
    problem(send.post("/api/v1/weight", data="{", content_type="application/json", headers=headers), 400)
    problem(send.post("/api/v1/weight", data=" " * 2_000_000, content_type="application/json", headers=headers), 413)
    assert problem(phone.get("weight?limit=0"), 422)["field"] == "limit"
    assert problem(phone.get("weight?cursor=x"), 422)["field"] == "cursor"
    problem(phone.get("week?day=0001-01-01"), 422)
    send.application.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr("app.api.reads.weigh_in", lambda _row: 1 / 0)
    phone.post("weight", WEIGH_IN)
    problem(phone.get("weight"), 500)


def test_a_token_is_wanted_and_a_cookie_is_none(board: Flask, phone: Caller) -> None:
    for path in ("week", "weight", "openapi.json", "nowhere"):
        assert problem(board.test_client().get(f"/api/v1/{path}"), 401)
    browser = board.test_client()
    assert sign_in(browser).status_code == 302
    assert browser.get("/stats/livefeed").status_code == 200
    problem(browser.get("/api/v1/week"), 401)
    assert phone.client.get("/stats/livefeed", headers=phone.headers).status_code == 302


def sign_in(client: FlaskClient) -> Any:
    token = client.get("/login").text.split('name="csrf_token" value="')[1].split('"')[0]
    return client.post("/login", data={"password": PASSWORD, "csrf_token": token})


def test_a_token_that_reads_does_not_write_and_a_revoked_one_does_nothing(board: Flask) -> None:
    reader = Caller(board, writes=False)
    problem(reader.post("weight", WEIGH_IN), 403)
    assert reader.get("weight").status_code == 200
    with Session(db.engine) as session, session.begin():
        [row] = tokens.all_of(session)
        assert row.used_at
        assert reader.token.split("_")[2] not in (row.hash, row.name)
        tokens.revoke(session, row.id)
    problem(reader.get("weight"), 401)


def test_wrong_tokens_are_slowed_down_and_the_right_one_is_not(board: Flask, phone: Caller) -> None:
    wrong = {"Authorization": f"Bearer {phone.token[:-1]}g"}
    codes = [phone.client.get("/api/v1/week", headers=wrong).status_code for _ in range(6)]
    assert codes == [401] * 5 + [429]
    answer = phone.client.get("/api/v1/week", headers=wrong)
    problem(answer, 429)
    assert int(answer.headers["Retry-After"]) > 0
    assert phone.get("week").status_code == 200


def test_twenty_threads_that_send_the_same_two_hundred_make_two_hundred_rows(board: Flask) -> None:
    start = datetime(2026, 1, 1, 6, tzinfo=UTC)
    items = [{"weight": 70 + n % 9, "at": (start + timedelta(days=n)).isoformat()} for n in range(200)]
    callers, codes = [Caller(board) for _ in range(20)], []

    def send(caller: Caller) -> None:
        with board.app_context():
            codes.append(caller.post("weight", items).status_code)

    threads = [threading.Thread(target=send, args=(caller,)) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200] * 19 + [201]
    assert count(Weight) == 200


def test_a_walk_by_cursor_gives_each_row_that_stays_exactly_once(board: Flask, phone: Caller) -> None:
    start = datetime(2026, 1, 1, 6, tzinfo=UTC)
    phone.post("weight", [{"weight": 70, "at": (start + timedelta(days=n)).isoformat()} for n in range(60)])
    stays = set(db.session.scalars(select(Weight.id).where(Weight.record_date != date(2026, 1, 30))).all()[::2])
    gone = select(Weight.id).where(Weight.id.not_in(stays)).order_by(Weight.record_date)
    seen: list[int] = []
    following = ""
    while following is not None:
        answer = phone.get(f"weight?limit=7{f'&cursor={following}' if following else ''}").json
        seen += [item["id"] for item in answer["items"]]
        following = answer["next"]
        db.session.execute(delete(Weight).where(Weight.id.in_(db.session.scalars(gone.limit(2)).all())))
        db.session.commit()
        phone.post("weight", {"weight": 71, "at": (start + timedelta(days=len(seen), hours=3)).isoformat()})
    assert sorted(one for one in seen if one in stays) == sorted(stays)


def test_the_description_names_every_call(phone: Caller) -> None:
    paths = phone.get("openapi.json").json["paths"]
    assert {path: set(calls) - {"parameters"} for path, calls in paths.items()} == {
        "/api/v1/week": {"get"},
        "/api/v1/activities": {"get", "post"},
        "/api/v1/weight": {"get", "post"},
        "/api/v1/calories": {"get", "post"},
    }
