"""Asks the updater, by way of Prefect, for a sync right now or at a moment."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any

import requests
from flask import current_app

DEPLOYMENT = "sync/sevenday"
TAG = "by-hand"
PATIENCE = timedelta(minutes=10)
"""A run that was asked for this long ago and has not begun never will: its updater is gone."""

UNDER_WAY = "A sync is under way already."
_one_at_a_time = Lock()


def start() -> str:
    """Begins a run unless one that was asked for is under way, and says in a sentence what is happening."""
    try:
        url = prefect_url()
        with _one_at_a_time:
            if url is None or (deployment := find_deployment(url)) is None:
                return "The updater is not running, so nothing can be synced now."
            if under_way(url):
                return UNDER_WAY
            wishes = {"by_hand": True, "only_if_due": False}
            ask(url, f"deployments/{deployment}/create_flow_run", parameters=wishes, tags=[TAG])
    except (requests.RequestException, ValueError, KeyError) as error:
        current_app.logger.warning("Sync now did not reach Prefect: %s", type(error).__name__)
        return "Prefect, which runs the syncs, does not answer just now."
    return "Sync asked for; it begins within seconds."


def start_at(moment: datetime) -> None:
    """Plans one run for when a rate limit has passed (aware UTC); where no updater serves, there is none to plan."""
    planned = {"type": "SCHEDULED", "state_details": {"scheduled_time": moment.isoformat()}}
    try:
        url = prefect_url()
        if url and (deployment := find_deployment(url)):
            key = f"goes on at {moment.isoformat()}"
            wishes = {"only_if_due": False}
            ask(url, f"deployments/{deployment}/create_flow_run", parameters=wishes, state=planned, idempotency_key=key)
    except (requests.RequestException, ValueError, KeyError) as error:  # the schedule's next run goes on, too
        current_app.logger.warning("The next run could not be planned with Prefect: %s", type(error).__name__)


def prefect_url() -> str | None:
    """The server that is set, or the updater's own, which leaves its address in a file."""
    if current_app.config["PREFECT_API_URL"]:
        return str(current_app.config["PREFECT_API_URL"])
    note = Path(current_app.config["INSTANCE_DIR"]) / "prefect" / "api_url"
    return note.read_text().split()[0] if note.exists() else None


def find_deployment(url: str) -> str | None:
    answer = requests.get(f"{url}/deployments/name/{DEPLOYMENT}", timeout=5)
    if answer.status_code == 404:
        return None
    answer.raise_for_status()
    return str(answer.json()["id"])


def under_way(url: str, since: timedelta = PATIENCE) -> list[str]:
    """The runs that were asked for and have not ended, by their ids in Prefect."""
    waiting = {"type": {"any_": ["SCHEDULED", "PENDING", "RUNNING"]}}
    asked = {"after_": (datetime.now(UTC) - since).isoformat()}
    wanted = {"tags": {"all_": [TAG]}, "state": waiting, "expected_start_time": asked}
    return [run["id"] for run in ask(url, "flow_runs/filter", flow_runs=wanted)]


def forget_lost(url: str) -> None:
    """Ends, for Prefect, what an updater that was killed had under way; the page could ask for nothing else before."""
    lost = {"type": "CRASHED", "message": "Its updater ended."}
    with suppress(requests.RequestException):  # it costs no more than a press that is told that a sync is under way
        for run in under_way(url, timedelta(days=1)):
            ask(url, f"flow_runs/{run}/set_state", state=lost, force=True)


def ask(url: str, path: str, **body: Any) -> Any:
    answer = requests.post(f"{url}/{path}", json=body, timeout=5)
    answer.raise_for_status()
    return answer.json()
