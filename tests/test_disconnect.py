"""Leaving an account: tokens gone in any case, the rows kept or removed as the person says."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.records import queries, store
from tests.conftest import execute, make_app
from tests.test_pages import words
from tests.updating import Accounts

ROWS = """
INSERT INTO strava_activity (id, start_date_local, account) VALUES (1, now(), 'strava:134815'), (2, now(), '');
INSERT INTO fitbit_calories (calories, record_date, account) VALUES (2100, now(), 'fitbit:1')
"""


@pytest.fixture
def client(accounts: Accounts, uri: str) -> FlaskClient:
    """A browser at an installation whose two accounts are connected and have brought a row each."""
    execute(uri, ROWS)
    settings = {name: value for name, value in accounts.settings.items() if name not in ("SQLALCHEMY_DATABASE_URI",)}
    return make_app(uri, **settings).test_client()


def counts(session: Session) -> tuple[int, int]:
    found = [session.execute(queries.select(model.id)).all() for model in store.RECORDS]
    session.rollback()
    return len(found[0]), len(found[2])


def test_disconnecting_revokes_removes_the_tokens_and_keeps_the_rows(
    client: FlaskClient, accounts: Accounts, session: Session
) -> None:
    said = words(client.post("/connect/strava/disconnect", data={"rows": "keep"}, follow_redirects=True).text)
    assert "Strava is disconnected; its rows were kept." in said
    assert "Ready to connect" in said
    assert not (accounts.creds / "strava.json").exists()
    assert (accounts.creds / "fitbit.json").exists()
    assert counts(session) == (2, 1)
    assert [path for _, path, _ in accounts.world.requests] == ["/strava/oauth/revoke"]


def test_disconnecting_can_remove_the_rows_of_that_account_and_of_no_other(
    client: FlaskClient, session: Session
) -> None:
    said = words(client.post("/connect/strava/disconnect", data={"rows": "remove"}, follow_redirects=True).text)
    assert "1 rows removed" in said
    assert counts(session) == (1, 1)


def test_it_is_done_even_when_the_provider_does_not_answer(client: FlaskClient, accounts: Accounts) -> None:
    accounts.world.fail("/revoke", status=503)
    said = words(client.post("/connect/fitbit/disconnect", data={"rows": "keep"}, follow_redirects=True).text)
    assert "Fitbit did not confirm it" in said
    assert not (accounts.creds / "fitbit.json").exists()


def test_while_a_sync_is_under_way_it_asks_to_wait(client: FlaskClient, accounts: Accounts, app: Flask) -> None:
    with store.sole_writer("strava"):
        said = words(client.post("/connect/strava/disconnect", follow_redirects=True).text)
    assert "A sync of Strava is under way." in said
    assert (accounts.creds / "strava.json").exists()


def test_another_page_cannot_press_the_button(uri: str) -> None:
    client = make_app(uri, WTF_CSRF_ENABLED=True).test_client()
    assert client.post("/connect/strava/disconnect", data={"rows": "remove"}).status_code == 400
