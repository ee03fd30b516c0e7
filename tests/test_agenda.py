"""Who syncs what and when: one writer a source, rests where a call cannot succeed, the history once a week."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

import tasks
from app.records import store
from app.sync import agenda, sync_now
from tests.conftest import make_app
from tests.serving import wait_until
from tests.updating import Accounts

LONG_AGO = -timedelta(days=3)
"""Times are told by their distance from the moment of the test."""


@pytest.fixture
def configured(uri: str, tmp_path: Any) -> Iterator[Flask]:
    """Strava with a client id and a token file that was written two hours ago."""
    file = tmp_path / "strava.json"
    file.write_text("{}")
    os.utime(file, ((datetime.now(UTC) - timedelta(hours=2)).timestamp(),) * 2)
    app = make_app(uri, STRAVA_CLIENT_ID="42", CREDS_DIR=str(tmp_path))
    with app.app_context():
        yield app


def due(app: Flask, session: Session, only_if_due: bool = True, **state: Any) -> bool:
    """Whether Strava's turn has come when the sync remembers `state` of it."""
    store.remember(session, "strava", "activities", **from_now({"last_attempt": LONG_AGO, "state": "ok"} | state))
    session.commit()
    return agenda.due(app.config, only_if_due, lambda _: None) == {"strava": ["activities"]}


def from_now(state: dict[str, Any]) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {name: now + value if isinstance(value, timedelta) else value for name, value in state.items()}


@pytest.mark.parametrize(
    ("state", "scheduled", "asked_for"),
    [
        ({}, True, True),
        ({"last_attempt": -timedelta(minutes=11)}, True, True),
        ({"last_attempt": -timedelta(minutes=2)}, False, True),
        ({"state": "waiting", "resume_at": timedelta(minutes=5)}, False, False),
        ({"state": "waiting", "resume_at": -timedelta(minutes=5)}, True, True),
        # The sign-in is gone: nothing is asked before the token file has changed, unless somebody wants it.
        ({"state": "reconnect", "last_attempt": -timedelta(hours=1)}, False, True),
        ({"state": "reconnect", "last_attempt": -timedelta(hours=3)}, True, True),
        # Refused for good: a few times a day.
        ({"state": "refused", "last_attempt": -timedelta(hours=1)}, False, True),
        ({"state": "refused", "last_attempt": -timedelta(hours=7)}, True, True),
    ],
)
def test_a_source_rests_while_a_call_would_come_early_or_cannot_succeed(
    configured: Flask, session: Session, state: dict[str, Any], scheduled: bool, asked_for: bool
) -> None:
    assert due(configured, session, only_if_due=True, **state) is scheduled
    assert due(configured, session, only_if_due=False, **state) is asked_for


@pytest.mark.parametrize(
    ("state", "wanted"),
    [
        ({"state": "ok"}, True),
        ({"state": "ok", "full_at": -timedelta(days=6)}, False),
        ({"state": "ok", "full_at": -timedelta(days=8)}, True),
        ({"state": "ok", "full_at": -timedelta(days=8), "cursor": "3@1795342050"}, True),
        ({"state": "ok", "full_at": timedelta(), "cursor": "3@1795342050"}, True),
        ({"state": "failed"}, False),
    ],
)
def test_the_history_is_read_once_and_then_once_a_week(session: Session, state: dict[str, Any], wanted: bool) -> None:
    store.remember(session, "strava", "activities", **from_now({"last_attempt": timedelta()} | state))
    assert (agenda.history_due(session, "strava", "activities") is not None) is wanted


def test_two_updaters_at_once_read_a_source_one_after_the_other(accounts: Accounts, uri: str) -> None:
    """The first one hangs in its first call; the second one waits its turn, and the run of a schedule would pass on."""
    accounts.world.fail("/athlete/activities", delay=5)
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(accounts.sync), pool.submit(accounts.sync)]
        wait_until(lambda: any(path.endswith("/athlete/activities") for _, path, _ in accounts.world.requests), 30)
        with make_app(uri).app_context(), store.sole_writer("strava") as mine:
            assert not mine
        listed = [path for _, path, _ in accounts.world.requests if path.endswith("/athlete/activities")]
        assert len(listed) == 1
        assert [run.result()[0] for run in running] == [0, 0]


def test_the_claim_of_a_source_is_free_for_the_next_once_it_ends(app: Flask) -> None:
    with store.sole_writer("strava") as mine, store.sole_writer("strava") as other:
        assert (mine, other) == (True, False)
        with store.sole_writer("fitbit") as fitbit:
            assert fitbit
    with store.sole_writer("strava") as again:
        assert again


@pytest.mark.parametrize(("state", "planned"), [("waiting", True), ("ok", False), ("failed", False)])
def test_what_a_limit_cut_short_goes_on_though_the_limit_passed_before_its_run_ended(
    session: Session, state: str, planned: bool
) -> None:
    past = datetime.now(UTC) - timedelta(seconds=5)
    store.remember(session, "fitbit", "weight", state=state, resume_at=past, last_attempt=past)
    assert agenda.rate_limited_until(session, "fitbit") is None
    assert agenda.goes_on_at(session, "fitbit") == (past if planned else None)


def test_a_limit_that_is_past_keeps_no_later_one_from_being_planned(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, planned = datetime.now(UTC), []
    ends = {"strava": now - timedelta(hours=1), "fitbit": now + timedelta(hours=1)}
    for source, metric in (("strava", "activities"), ("fitbit", "weight")):
        store.remember(session, source, metric, state="waiting", resume_at=ends[source], last_attempt=now)
    session.commit()
    monkeypatch.setattr(tasks, "flask_app", lambda: app)
    monkeypatch.setattr(sync_now, "start_at", planned.append)
    tasks.go_on_later()
    assert planned == [ends["strava"], ends["fitbit"]]
