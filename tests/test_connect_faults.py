"""Connecting where something is in the way: the card says what, and the tokens from before stay as they are."""

import errno
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from flask.testing import FlaskClient

from simulator.server import serve
from simulator.world import World
from tests.conftest import make_app
from tests.serving import PATIENCE
from tests.test_pages import cards, words

OLD = {"access_token": "old", "refresh_token": "old-refresh", "expires_at": 0}
TYPED = {"client_id": "45678", "client_secret": "s"}


@pytest.fixture
def creds(tmp_path: Path) -> Path:
    folder = tmp_path / "creds"
    folder.mkdir()
    return folder


@pytest.fixture
def world() -> World:
    return World.empty(tz="UTC")


@pytest.fixture
def client(uri: str, world: World, creds: Path) -> Iterator[FlaskClient]:
    with serve(world) as served:
        yield make_app(uri, CREDS_DIR=str(creds), **served.env()).test_client()


def post(client: FlaskClient, path: str, **form: str) -> str:
    """What the page says after it."""
    return words(client.post(f"/connect/{path}", data=form, follow_redirects=True).text)


def consent(client: FlaskClient, source: str) -> str:
    """Goes to the provider and back as a browser does, and returns what the page says then."""
    out = client.post(f"/connect/{source}/start").headers["Location"]
    back = urlsplit(requests.get(out, allow_redirects=False, timeout=PATIENCE).headers["Location"])
    return words(client.get(f"{back.path}?{back.query}", follow_redirects=True).text)


def refuse(number: int):
    def fail(*_args: object, **_options: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def test_a_folder_that_cannot_be_written_is_said_before_anybody_is_sent_away(client, creds, world, monkeypatch):
    monkeypatch.setattr(os, "open", refuse(errno.EROFS))
    assert "strava_client.json cannot be written (Read-only file system)" in post(client, "strava/client", **TYPED)
    monkeypatch.undo()
    assert cards(client)[0].startswith("Strava Not configured")
    (creds / "strava_client.json").write_text(json.dumps(TYPED))
    (creds / "strava.json").write_text(json.dumps(OLD))
    monkeypatch.setattr(os, "open", refuse(errno.EACCES))
    said = post(client, "strava/start")
    assert "strava.json cannot be written (Permission denied); free some space or make its folder writable." in said
    assert not world.requests
    assert json.loads((creds / "strava.json").read_text()) == OLD


def test_a_disk_that_fills_up_meanwhile_leaves_the_old_tokens(client, creds, monkeypatch):
    (creds / "strava_client.json").write_text(json.dumps(TYPED))
    (creds / "strava.json").write_text(json.dumps(OLD))
    monkeypatch.setattr(os, "replace", refuse(errno.ENOSPC))
    assert "strava.json cannot be written (No space left on device)" in consent(client, "strava")
    assert json.loads((creds / "strava.json").read_text()) == OLD
    monkeypatch.undo()
    assert "Strava is connected" in consent(client, "strava")


@pytest.mark.parametrize("content", ['{"access_token": "half', "[]", "null", '{"access_token": "only this"}'])
def test_a_token_file_that_another_tool_left_half_written_is_said_kept_and_replaced(client, creds, content):
    (creds / "strava_client.json").write_text(json.dumps(TYPED))
    (creds / "strava.json").write_text(content)
    card = cards(client)[0]
    assert card.startswith("Strava Sign in again")
    assert "strava.json is damaged" in card
    assert (creds / "strava.json").read_text() == content
    assert "Strava is connected" in consent(client, "strava")
    assert cards(client)[0].startswith("Strava Connected, the first sync is about to begin")


def test_a_damaged_client_file_is_said_and_can_be_typed_again(client, creds):
    (creds / "strava_client.json").write_text("{")
    assert "strava_client.json is damaged" in cards(client)[0]
    client.post("/connect/strava/client", data=TYPED)
    assert "Strava is connected" in consent(client, "strava")


def test_a_provider_that_is_down_is_said_and_nothing_is_lost(client, creds, world):
    (creds / "strava_client.json").write_text(json.dumps(TYPED))
    (creds / "strava.json").write_text(json.dumps(OLD))
    world.fail("/oauth/token", status=503)
    assert "Strava cannot answer just now (HTTP 503); the next try may succeed." in consent(client, "strava")
    assert json.loads((creds / "strava.json").read_text()) == OLD
    world.fail("/athlete", status=403, body={"message": "Forbidden", "errors": [INACTIVE]})
    consent(client, "strava")
    assert "Strava has switched off this API app" in post(client, "strava/test")


INACTIVE = {"resource": "Application", "field": "Status", "code": "Inactive"}


@pytest.mark.parametrize("query", ["", "?state=x&code=y", "?error=access_denied&state=", "?code=%00%ff&state=%F0%9F"])
def test_nonsense_on_the_way_back_changes_nothing(client, creds, query):
    (creds / "strava_client.json").write_text(json.dumps(TYPED))
    said = words(client.get(f"/connect/strava/callback{query}", follow_redirects=True).text)
    assert "This sign-in was not begun in this browser, or it is used up, so nothing was changed." in said
    assert [file.name for file in creds.iterdir() if "lock" not in file.name] == ["strava_client.json"]


@pytest.mark.parametrize("address", ["", "hello", "http://[::1", "http://localhost:5000/connect/", "x" * 5000])
def test_what_is_no_address_of_the_way_back_is_said(client, address):
    assert "That is not the address" in post(client, "fitbit/finish", address=address)


def test_what_the_environment_sets_cannot_be_typed(uri, creds):
    own = make_app(uri, STRAVA_CLIENT_ID="1", CREDS_DIR=str(creds)).test_client()
    assert own.post("/connect/strava/client", data=TYPED).status_code == 400
    assert not (creds / "strava_client.json").exists()


def test_a_google_sign_in_that_ends_by_itself_is_told_on_the_card_and_in_its_last_days_on_the_board(
    client, world, creds
):
    world.testing_mode = True
    client.post("/connect/fitbit/client", data={"client_id": "x.apps", "client_secret": "s"})
    assert "Fitbit is connected" in consent(client, "fitbit")
    assert "Google signs this out on" in cards(client)[1]
    token = json.loads((creds / "fitbit.json").read_text())
    for hours, said in ((24 * 6, False), (24, True)):
        token["refresh_token_expires_at"] = int(time.time()) + hours * 3600
        (creds / "fitbit.json").write_text(json.dumps(token))
        assert ("Fitbit syncing; sign in again by" in client.get("/stats/livefeed").text) == said
