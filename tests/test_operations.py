"""What somebody who looks after a Sevenday reads: its metrics and its logs, from the real web server and updater."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families as parse

from tests.conftest import execute, python
from tests.logged import objects
from tests.serving import PATIENCE, free_port, serving, viewing, wait_until
from tests.updating import Accounts


def scraped(port: int) -> dict[str, float]:
    """Every sample by its name and labels: `sevenday_sync_state{activities strava ok}`."""
    answer = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE)
    assert answer.status_code == 200
    samples = [sample for family in parse(answer.text) for sample in family.samples]
    return {
        f"{sample.name}{{{' '.join(sample.labels.values())}}}" if sample.labels else sample.name: sample.value
        for sample in samples
    }


@pytest.mark.parametrize("mode", ["eventlet", "gevent"])
def test_the_web_process_counts_its_viewers_and_pushes_on_a_port_of_its_own(
    uri: str, mode: str, tmp_path: Path
) -> None:
    port = free_port()
    settings = {"SOCKETIO_ASYNC_MODE": mode, "DASHBOARD_PASSWORD": "", "METRICS_PORT": str(port)}
    with serving(uri, tmp_path / "log", **settings) as board:
        assert scraped(port)["sevenday_viewers"] == 0
        with viewing(board) as one, viewing(board, "polling") as other:
            one.settle(), other.settle()
            before = scraped(port)
            assert before["sevenday_viewers"] == 2
            execute(uri, "INSERT INTO fitbit_weight (weight, record_date) VALUES (70, current_date)")
            one.until("stats_vals")
            after = scraped(port)
        assert after["sevenday_push_seconds_count"] == before["sevenday_push_seconds_count"] + 1
        assert 0 < after["sevenday_push_seconds_sum"] - before["sevenday_push_seconds_sum"] < 1
        wait_until(lambda: scraped(port)["sevenday_viewers"] == 0)
        # Neither port does the other's work, whatever a request says of itself.
        forged = {"Host": f"127.0.0.1:{port}", "X-Forwarded-Port": str(port)}
        assert "sevenday_viewers" not in requests.get(f"{board.url}/metrics", headers=forged, timeout=PATIENCE).text
        assert "sevenday_viewers" in requests.get(f"http://127.0.0.1:{port}/stats/livefeed", timeout=PATIENCE).text


def test_the_metrics_say_how_each_sync_went_and_when(accounts: Accounts, uri: str, tmp_path: Path) -> None:
    port = free_port()
    (accounts.creds / "strava.json").write_text("damaged")
    assert accounts.sync()[0] == 1
    with serving(uri, tmp_path / "log", METRICS_PORT=str(port)):
        found = scraped(port)
        assert found["sevenday_database_up"] == 1
        assert found["sevenday_sync_state{weight fitbit ok}"] == 1
        assert found["sevenday_sync_state{activities strava reconnect}"] == 1
        now = datetime.now(UTC).timestamp()
        assert 0 <= now - found["sevenday_sync_last_success_timestamp_seconds{weight fitbit}"] < 60
        assert 0 <= now - found["sevenday_sync_last_attempt_timestamp_seconds{activities strava}"] < 60
        assert "sevenday_sync_last_success_timestamp_seconds{activities strava}" not in found


def test_without_its_database_the_metrics_say_that(uri: str, tmp_path: Path) -> None:
    port = free_port()
    with serving(uri, tmp_path / "log", METRICS_PORT=str(port)):
        execute(uri, "ALTER TABLE sync_state RENAME TO away")
        assert scraped(port)["sevenday_database_up"] == 0
        execute(uri, "ALTER TABLE away RENAME TO sync_state")


def test_with_log_format_json_every_line_of_the_web_server_is_an_object(uri: str, tmp_path: Path) -> None:
    with serving(uri, tmp_path / "log", LOG_FORMAT="json") as board:
        with viewing(board) as viewer:
            viewer.say("no_such_event", {})
            viewer.until("problem")
        execute(uri, "ALTER TABLE fitbit_weight RENAME TO away")
        assert requests.get(f"{board.url}/stats/livefeed", timeout=PATIENCE).status_code == 503
        execute(uri, "ALTER TABLE away RENAME TO fitbit_weight")
    found = objects(board.log)
    assert {"gunicorn.error"} < {one["logger"] for one in found}
    assert any(one["level"] == "WARNING" and "no_such_event" in one["message"] for one in found)


def test_with_log_format_json_every_line_of_the_updater_is_an_object(accounts: Accounts) -> None:
    accounts.world.fail("/athlete/activities", status=500)  # which is tried again
    (accounts.creds / "fitbit.json").write_text("damaged")  # which is not, and fails the run
    done = python("tasks.py", "--once", **accounts.settings, LOG_FORMAT="json")
    said = objects(done.stdout) + objects(done.stderr)
    assert {"sync", "prefect.flow_runs"} <= {one["logger"] for one in said}


def test_a_metrics_port_that_is_taken_or_the_boards_own_is_said_in_one_line(tmp_path: Path) -> None:
    same = python("run.py", PORT="5999", METRICS_PORT="5999")
    assert same.stderr == "Sevenday cannot start: METRICS_PORT is '5999'; it takes a port other than PORT's.\n"
