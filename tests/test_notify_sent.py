"""Every thing is told once: by a real HTTP endpoint and a real mail server, from a real database."""

import json
import logging
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.notify import check, facts, outbox
from app.notify.due import Disk
from app.records import preferences
from tests.conftest import ROOT, execute, make_app
from tests.notifying import SECRET, Inbox, endpoint, mail_server

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def inbox():
    with endpoint() as inbox:
        yield inbox


@pytest.fixture
def board(uri: str, tmp_path: Path, inbox: Inbox, monkeypatch: pytest.MonkeyPatch):
    """An application that tells `inbox`, in UTC, with room on its disks."""
    monkeypatch.setattr(facts, "disks", lambda _: iter(()))
    folders = {name: str(tmp_path / name) for name in ("CREDS_DIR", "INSTANCE_DIR", "INBOX_DIR")}
    app = make_app(uri, NOTIFY_URLS=(inbox.url,), TIMEZONE="UTC", WEEK_START="monday", **folders)
    with app.app_context():
        yield app


def now() -> datetime:
    return datetime.now(UTC)


def sync_state(uri: str, **what: Any) -> None:
    """A metric as the updater writes it down."""
    usual = {"source": "strava", "metric": "activities", "account": "strava:7", "state": "ok", "last_attempt": now()}
    row = usual | {"last_success": now()} | what
    columns, places = ", ".join(row), ", ".join(["%s"] * len(row))
    update = ", ".join(f"{name} = EXCLUDED.{name}" for name in row)
    sql = f"INSERT INTO sync_state ({columns}) VALUES ({places}) ON CONFLICT (source, metric) DO UPDATE SET {update}"
    execute(uri, sql, *row.values())


def token(board: Flask, source: str, **what: Any) -> None:
    path = Path(board.config["CREDS_DIR"]) / f"{source}.json"
    path.parent.mkdir(exist_ok=True)
    usual = {"access_token": "a", "refresh_token": "r", "expires_at": 1, "connected_at": int(now().timestamp() - 9e5)}
    path.write_text(json.dumps(usual | what))


def ended(uri: str, board: Flask) -> None:
    token(board, "strava")
    sync_state(uri, state="reconnect", last_attempt=datetime.now(UTC) + timedelta(seconds=9), last_success=None)


def ends_soon(uri: str, board: Flask) -> None:
    token(board, "fitbit", refresh_token_expires_at=int((now() + 1.5 * DAY).timestamp()))
    sync_state(uri, source="fitbit", metric="weight", account="fitbit:me")


def silent(uri: str, _board: Flask) -> None:
    for ago in range(8, 40, 2):
        execute(
            uri,
            "INSERT INTO strava_activity (account, start_date_local, distance) VALUES ('strava:7', %s, 1)",
            now().replace(tzinfo=None) - ago * DAY,
        )
    sync_state(uri)


def silent_scale(uri: str, _board: Flask) -> None:
    for ago in range(5, 20):
        execute(
            uri,
            "INSERT INTO fitbit_weight (account, record_date, weight) VALUES ('fitbit:me', %s, 70)",
            (now() - ago * DAY).date(),
        )
    sync_state(uri, source="fitbit", metric="weight", account="fitbit:me")


def failed(uri: str, _board: Flask) -> None:
    sync_state(uri, state="failed", message="Strava does not answer.", last_success=now() - 26 * HOUR)


def asks(uri: str, _board: Flask) -> None:
    questions = json.dumps([{"key": "unit", "member": "scale.csv", "text": "Which unit?", "options": []}])
    execute(
        uri, "INSERT INTO file_import (name, size, state, questions) VALUES ('scale.csv', 1, 'asking', %s)", questions
    )


EVENTS = {
    ended: ("Sign in to Strava again", "/connect/"),
    ends_soon: ("The sign-in to Fitbit ends on", "/connect/"),
    silent: ("No activities from Strava since", "/connect/"),
    silent_scale: ("No weight from Fitbit since", "/connect/"),
    failed: ("Strava could not be read for a day", "/connect/"),
    asks: ("An import needs an answer", "/files/1"),
}


def looks(board: Flask, now: datetime | None = None) -> int:
    return check.send_due(board.config, now or datetime.now(UTC))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_each_event_is_told_once_with_a_link(board, uri, inbox, event):
    assert looks(board) == 0
    event(uri, board)
    assert looks(board) == 1
    assert looks(board) == looks(board, datetime.now(UTC) + 2 * HOUR) == 0
    (message,) = inbox.messages
    title, path = EVENTS[event]
    assert message["title"].startswith(title)
    assert message["message"].splitlines()[-1] == f"http://localhost:5000{path}"


def test_a_disk_is_told_again_only_after_there_was_room(board, inbox, monkeypatch):
    for free, titles in ((10, 1), (9, 1), (60, 1), (10, 1), (900, 1), (10, 2)):
        monkeypatch.setattr(facts, "disks", lambda _, free=free: iter([Disk("the database", free, 1000)]))
        looks(board)
        assert inbox.titles == ["The disk is nearly full"] * titles


def test_the_disks_of_all_that_is_kept_are_looked_at(board, tmp_path, monkeypatch):
    monkeypatch.undo()
    (disk,) = facts.disks(board.config)
    assert disk.names == "the sign-ins, the database and imports"
    assert 0 < disk.free < disk.total


def test_the_week_in_review_comes_once_if_it_is_wanted(board, uri, inbox):
    execute(
        uri,
        "INSERT INTO strava_activity (account, start_date_local, distance) VALUES ('', '2026-11-18 08:00', 8200)",
    )
    execute(uri, "INSERT INTO fitbit_weight (record_date, weight) VALUES ('2026-11-20', 72.4)")
    monday = datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert looks(board, monday) == 0
    preferences.save({"week_review": True})
    assert [looks(board, monday), looks(board, monday + HOUR), looks(board, monday + DAY)] == [1, 0, 0]
    assert inbox.titles == ["Your week, 16 November to 22 November"]
    assert inbox.messages[0]["message"].replace("\xa0", " ").splitlines() == [
        "1 activity (8.2 km), last weighed 72.4 kg. The week in review:",
        "http://localhost:5000/stats/week/2026-11-16",
    ]


def test_what_comes_up_in_quiet_hours_is_told_after_them(board, uri, inbox):
    preferences.save({"quiet_from": time(22), "quiet_to": time(7), "timezone": "America/Los_Angeles"})
    asks(uri, board)
    for hour in (6, 8, 14):  # 22:00, 00:00 and 06:00 there
        assert looks(board, datetime(2026, 11, 25, hour, tzinfo=UTC)) == 0
    assert inbox.messages == []
    assert looks(board, datetime(2026, 11, 25, 15, tzinfo=UTC)) == 1
    assert looks(board, datetime(2026, 11, 25, 16, tzinfo=UTC)) == 0


def failed_addresses() -> list[tuple[str, str]]:
    """What is remembered of each: its place, and why."""
    with outbox.Session(outbox.db.engine) as session:
        return [(row.place, row.why) for row in session.query(outbox.FailedAddress)]


def test_mail_is_told_too_and_an_address_that_fails_keeps_no_other(board, uri, inbox):
    with mail_server() as (address, mails):
        board.config["NOTIFY_URLS"] = (address, "ntfy://127.0.0.1:9/topic", inbox.url)
        asks(uri, board)
        assert [looks(board), looks(board, datetime.now(UTC) + DAY)] == [1, 0]
    assert [mail["Subject"] for mail in mails] == inbox.titles == ["An import needs an answer"]
    assert failed_addresses() == [("ntfy on 127.0.0.1", "does not answer")]


def test_what_no_address_took_is_tried_again_more_and_more_rarely_and_then_told_once(board, uri, inbox):
    asks(uri, board)
    inbox.answer = 503
    now = datetime.now(UTC)
    assert looks(board, now) == 0
    assert looks(board, now + timedelta(seconds=30)) == 0
    assert failed_addresses() == [("JSON on 127.0.0.1", "refuses the message (error 503)")]
    inbox.answer = 200
    assert [looks(board, now + timedelta(seconds=70)), looks(board, now + DAY)] == [1, 0]
    assert inbox.titles == ["An import needs an answer"]
    assert failed_addresses() == []


LOOKS = """
import sys
from datetime import UTC, datetime, timedelta
from app.notify import check, facts
from tests.conftest import make_app
facts.disks = lambda _: iter(())
app = make_app(sys.argv[1], NOTIFY_URLS=(sys.argv[2],), CREDS_DIR=sys.argv[3])
with app.app_context():
    print(check.send_due(app.config, datetime.now(UTC) + timedelta(minutes=int(sys.argv[4]))))
"""


def another(uri: str, inbox: Inbox, board: Flask, minutes: int = 0) -> "subprocess.Popen[str]":
    """An updater of its own that looks once, `minutes` from now."""
    words = [sys.executable, "-c", LOOKS, uri, inbox.url, board.config["CREDS_DIR"], str(minutes)]
    return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_two_updaters_at_once_tell_each_thing_once(board, uri, inbox):
    for _ in range(5):
        asks(uri, board)
    with another(uri, inbox, board) as one, another(uri, inbox, board) as two:
        counts = [int(process.communicate()[0]) for process in (one, two)]
    assert sum(counts) == len(inbox.messages) == 5


def test_threads_that_claim_the_same_thing_get_it_once(board):
    now, barrier = datetime.now(UTC), threading.Barrier(8)

    def claim(_: int) -> int:
        with board.app_context(), outbox.Session(outbox.db.engine) as session, session.begin():
            barrier.wait()
            return outbox.claim(session, "one", now)

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(claim, range(8))) == [0] * 7 + [1]


def test_a_process_killed_between_claim_and_answer_loses_nothing(board, uri, inbox):
    asks(uri, board)
    inbox.go.clear()
    inbox.answer = 503  # what was under way reaches nobody
    with another(uri, inbox, board) as process:
        assert inbox.asked.wait(60)
        process.kill()
    inbox.go.set()
    assert looks(board) == 0, "the claim may still be somebody's"
    inbox.answer = 200
    assert looks(board, datetime.now(UTC) + outbox.CLAIM) == 1
    assert looks(board, datetime.now(UTC) + DAY) == 0
    assert inbox.titles == ["An import needs an answer"]


def test_a_claim_of_a_clock_that_was_years_ahead_is_not_waited_for(board, uri, inbox):
    asks(uri, board)
    execute(uri, "INSERT INTO notice (key, next_at) VALUES ('import:1:unit', now() + interval '10 years')")
    assert looks(board) == 1


def test_the_made_up_athlete_has_nothing_to_tell(board, uri, inbox):
    failed(uri, board)
    execute(uri, "UPDATE sync_state SET account = 'demo'")
    preferences.save({"week_review": True})
    assert looks(board) == 0


def test_an_address_is_in_no_log_and_in_no_table(board, uri, inbox, caplog):
    caplog.set_level(logging.DEBUG)
    board.config["NOTIFY_URLS"] = (inbox.url, f"json://127.0.0.1:9/{SECRET}", f"bogus://{SECRET}")
    asks(uri, board)
    assert looks(board) == 1
    kept = outbox.db.session.execute(
        outbox.db.text("SELECT notice::text FROM notice UNION ALL SELECT t::text FROM notice_trouble t")
    )
    assert SECRET not in caplog.text + "".join(kept.scalars())
