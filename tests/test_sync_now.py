"""The page's button: a press is a run of the Prefect deployment, and its stages appear where it was pressed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Select, func, select

from app.extensions import db
from app.records.models import Activity, SyncState, Weight
from app.sync import sync_now
from simulator.world import World
from tests.browsing import is_same_page, remember_this_page
from tests.conftest import ROOT, execute, fresh, make_app
from tests.mirror import minutes_ago
from tests.serving import PATIENCE, serving, viewing, wait_until
from tests.updating import AUTH, Accounts, ask_prefect, connected

BY_HAND = {"tags": {"all_": ["by-hand"]}}


@pytest.fixture(scope="module")
def own_uri(server: str, template: str) -> Iterator[str]:
    yield from fresh(server, template)


@pytest.fixture(scope="module")
def updater(own_uri: str, prefect_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accounts]:
    """The updater on a schedule that leaves time for nothing but what the button asks for."""
    folder = tmp_path_factory.mktemp("sync-now")
    with connected(World.empty(tz="UTC"), own_uri, prefect_url, folder) as accounts:
        accounts.world.add_activity(distance=5000.0, start_date_local=minutes_ago(3))
        environment = {**os.environ, **accounts.settings, "SYNC_INTERVAL_MINUTES": "600"}
        with (folder / "updater.log").open("wb") as log:
            process = subprocess.Popen([sys.executable, "tasks.py"], cwd=ROOT, env=environment, stdout=log, stderr=log)
        api = accounts.prefect
        wait_until(lambda: sync_now.find_deployment(api))
        yield accounts
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=PATIENCE)


def test_ten_presses_are_one_run_whose_stages_and_result_appear_on_the_page(
    updater: Accounts, own_uri: str, page: Page, tmp_path: Path
) -> None:
    url = updater.settings["PREFECT_API_URL"]
    before = {run["id"] for run in ask_prefect(url, "flow_runs/filter", flow_runs=BY_HAND)}
    own = {"PREFECT_API_URL": url, "PREFECT_API_AUTH_STRING": AUTH}
    with serving(own_uri, tmp_path / "web.log", TIMEZONE="UTC", **own) as board:
        page.goto(f"{board.url}/stats/livefeed")
        expect(page.locator("#live")).to_have_text("Live")
        remember_this_page(page)
        updater.world.add_activity(distance=8200.0, start_date_local=minutes_ago(1))
        with viewing(board) as viewer:
            for _ in range(10):
                page.locator("#sync-now").click()
            expect(page.locator("#stage")).to_contain_text("Strava activities 1 added")
            told = [payload["text"] for event, payload in list(viewer.heard.queue) if event == "sync"]
        assert "Reading strava activities" in told
        assert "Reading fitbit burned" in told
        expect(page.locator("td.today").nth(2)).to_contain_text("Run, 8.2")
        assert is_same_page(page)
        page.goto("about:blank")
    runs = [run for run in ask_prefect(url, "flow_runs/filter", flow_runs=BY_HAND) if run["id"] not in before]
    assert len(runs) == 1


def test_an_account_is_read_within_seconds_of_being_connected(updater: Accounts, own_uri: str) -> None:
    token_file = updater.creds / "strava.json"
    token_file.unlink()
    execute(own_uri, "TRUNCATE strava_activity")
    with make_app(own_uri).app_context():
        wait_until(lambda: sync_now.under_way(updater.prefect))  # it has noticed that the file is gone
        wait_until(lambda: not sync_now.under_way(updater.prefect))
        updater.connect("strava")
        # Its schedule would come in ten hours.
        wait_until(lambda: db.session.scalar(select(func.count()).select_from(Activity)))
        db.session.remove()
        db.engine.dispose()


def test_a_run_that_met_a_limit_goes_on_as_soon_as_that_has_passed_and_not_at_the_next_turn(
    updater: Accounts, own_uri: str
) -> None:
    updater.world.add_weight(71.9, minutes_ago(1))
    updater.world.fail("weight/dataPoints", status=429, headers={"Retry-After": "8"})
    with make_app(own_uri, PREFECT_API_URL=updater.prefect.url, PREFECT_API_AUTH_STRING=AUTH).app_context():
        wait_until(lambda: not sync_now.under_way(updater.prefect))
        assert sync_now.start() == "Sync asked for; it begins within seconds."
        state = select(SyncState.state).where(SyncState.metric == "weight")
        wait_until(lambda: told(state) == "waiting")
        wait_until(lambda: told(state) == "ok")
        assert told(select(func.count()).select_from(Weight)) == 1
        db.engine.dispose()


def told(question: Select[Any]) -> Any:
    with db.engine.connect() as connection:
        return connection.scalar(question)


def test_without_an_updater_the_button_says_so(uri: str, prefect_url: str, tmp_path: Path) -> None:
    instance = str(tmp_path / "instance")
    with serving(uri, tmp_path / "a.log", INSTANCE_DIR=instance) as board, viewing(board) as viewer:
        viewer.say("sync_now", {})
        assert viewer.until("sync")["text"] == "The updater is not running, so nothing can be synced now."
        viewer.say("sync_now", "please")
        assert viewer.until("problem")["error"] == "sync_now takes an object such as {}, not 'please'."
    with serving(uri, tmp_path / "b.log", PREFECT_API_URL="http://127.0.0.1:1/api") as board, viewing(board) as viewer:
        viewer.say("sync_now", {})
        assert viewer.until("sync")["text"] == "Prefect, which runs the syncs, does not answer just now."
