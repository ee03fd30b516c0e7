"""Asks the updater, by way of Prefect, for a sync right now or at a moment."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

import requests
from flask import current_app

from app.records.moments import LITTLE
from app.sync import prefect_api
from app.sync.prefect_api import Api

DEPLOYMENT = "sync/sevenday"
TAG = "by-hand"
PATIENCE = timedelta(minutes=10)
"""A run that was asked for this long ago and has not begun never will: its updater is gone."""

UNDER_WAY = "A sync is under way already."
REFUSED = "Prefect, which runs the syncs, does not let us in: PREFECT_API_AUTH_STRING must be the one of its server."
_one_at_a_time = Lock()


def start() -> str:
    """Begins a run unless one that was asked for is under way, and says in a sentence what is happening."""
    try:
        api = prefect_api.find(current_app.config)
        with _one_at_a_time:
            if api is None or (deployment := find_deployment(api)) is None:
                return "The updater is not running, so nothing can be synced now."
            if under_way(api):
                return UNDER_WAY
            wishes = {"by_hand": True, "only_if_due": False}
            ask(api, f"deployments/{deployment}/create_flow_run", parameters=wishes, tags=[TAG])
    except (requests.RequestException, ValueError, KeyError) as error:
        current_app.logger.warning("Sync now did not reach Prefect: %s", reason(error))
        return REFUSED if reason(error) == "401" else "Prefect, which runs the syncs, does not answer just now."
    return "Sync asked for; it begins within seconds."


def start_at(moment: datetime) -> None:
    """Plans one run for when a rate limit has passed (aware UTC); where no updater serves, there is none to plan."""
    planned = {"type": "SCHEDULED", "state_details": {"scheduled_time": moment.isoformat()}}
    try:
        api = prefect_api.find(current_app.config)
        if api and (deployment := find_deployment(api)):
            key = f"goes on at {moment.isoformat()}"
            wishes = {"only_if_due": False}
            ask(api, f"deployments/{deployment}/create_flow_run", parameters=wishes, state=planned, idempotency_key=key)
    except (requests.RequestException, ValueError, KeyError) as error:  # the schedule's next run goes on, too
        current_app.logger.warning("The next run could not be planned with Prefect: %s", reason(error))


def reason(error: Exception) -> str:
    """The status of an answer, else the kind of error; never its words, which may hold an address."""
    answer = getattr(error, "response", None)
    return str(answer.status_code) if answer is not None else type(error).__name__


def find_deployment(api: Api) -> str | None:
    """None while no updater serves it: one that ends leaves it paused."""
    answer = prefect_api.ask(api, "GET", f"deployments/name/{DEPLOYMENT}")
    if answer.status_code == 404:
        return None
    answer.raise_for_status()
    found = answer.json()
    return None if found["paused"] else str(found["id"])


def under_way(api: Api, since: timedelta = PATIENCE) -> list[str]:
    """The runs that were asked for and have not ended, by their ids in Prefect."""
    waiting = {"type": {"any_": ["SCHEDULED", "PENDING", "RUNNING"]}}
    now = datetime.now(UTC)
    asked = {"after_": (now - since).isoformat(), "before_": (now + LITTLE).isoformat()}
    wanted = {"tags": {"all_": [TAG]}, "state": waiting, "expected_start_time": asked}
    return [run["id"] for run in ask(api, "flow_runs/filter", flow_runs=wanted)]


def forget_lost(api: Api) -> None:
    """Ends, for Prefect, what an updater that was killed had under way; the page could ask for nothing else before."""
    lost = {"type": "CRASHED", "message": "Its updater ended."}
    with suppress(requests.RequestException):  # it costs no more than a press that is told that a sync is under way
        for run in under_way(api, timedelta(days=1)):
            ask(api, f"flow_runs/{run}/set_state", state=lost, force=True)


def ask(api: Api, path: str, **body: Any) -> Any:
    answer = prefect_api.ask(api, "POST", path, json=body)
    answer.raise_for_status()
    return answer.json()
