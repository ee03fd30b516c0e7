"""Serves the flow on its schedule, and mends what somebody does to its deployment in Prefect's page.

Without this, one that is deleted or paused there would stop the syncs for good, and nobody would say so.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import copy_context
from datetime import timedelta
from math import inf
from threading import Thread
from typing import Any
from uuid import UUID

import requests
from prefect import Flow
from prefect.exceptions import TerminationSignal
from prefect.runner import Runner

from app.sync import prefect_api
from app.sync.prefect_api import Api
from app.sync.sync_now import DEPLOYMENT

LOOK_SECONDS = 5.0
SET_BACK = 60.0
PARAMETERS = {"only_if_due": True}
Say = Callable[[str], None]


def serve(flow: Flow[Any, Any], every: Callable[[], timedelta], api: Api, say: Say) -> None:
    """Runs the flow on schedule and when it is asked for, one run at a time, until this process is told to end.

    `every` is asked again and again: the schedule follows.
    """
    name = DEPLOYMENT.partition("/")[2]
    runner = Runner(name=name, limit=1, pause_on_shutdown=False)  # that would fail for one that was deleted

    def register() -> UUID:
        return asyncio.run(
            runner.aadd_flow(
                flow, name=name, interval=every(), parameters=PARAMETERS, paused=False, concurrency_limit=None
            )
        )

    watch = (keep_registered, register, register(), every, api, say)
    # In a copy of this context, where Prefect's client finds its settings.
    Thread(target=copy_context().run, args=watch, daemon=True).start()
    try:
        with suppress(KeyboardInterrupt, TerminationSignal):
            asyncio.run(runner.start())
    finally:
        pause(api)


def keep_registered(
    register: Callable[[], UUID], registered: UUID, every: Callable[[], timedelta], api: Api, say: Say
) -> None:
    ahead, pace = time.time() - time.monotonic(), every()
    while True:
        time.sleep(LOOK_SECONDS)
        before, ahead = ahead, time.time() - time.monotonic()
        try:
            # The runs that Prefect has planned by the clock from before would be waited for; registering forgets them.
            set_back = "has runs of a time to come, as the clock was set back" if before - ahead > SET_BACK else None
            if pace != (now := every()):
                set_pace(api, now)
                pace = now
            if wrong := set_back or deployment_fault(api, registered, pace):
                registered = register()
                say(f"Prefect's deployment {DEPLOYMENT} {wrong}; it is registered again.")
        except requests.RequestException:
            continue  # Prefect is away, which the runner sees to
        except Exception as error:  # whatever its client raises: the next look may find it back
            say(f"Prefect's deployment {DEPLOYMENT} could not be registered again ({type(error).__name__}).")


def set_pace(api: Api, every: timedelta) -> None:
    """Of the schedule alone: registering again would forget a run that somebody has just asked for."""
    found = prefect_api.ask(api, "GET", f"deployments/name/{DEPLOYMENT}").json()
    for one in found.get("schedules", ()):
        changed = {"schedule": one["schedule"] | {"interval": every.total_seconds()}}
        prefect_api.ask(api, "PATCH", f"deployments/{found['id']}/schedules/{one['id']}", json=changed)


def deployment_fault(api: Api, registered: UUID, every: timedelta) -> str | None:
    """What would keep the flow from being run as it should; None where nothing does."""
    answer = prefect_api.ask(api, "GET", f"deployments/name/{DEPLOYMENT}")
    if answer.status_code == 404:
        return "was deleted"
    answer.raise_for_status()
    found = answer.json()
    if found["id"] != str(registered):
        return "is another one"
    if found["paused"]:
        return "was paused"
    if not any(is_quick_enough(one, every) for one in found["schedules"]):
        return "has lost its schedule"
    if found.get("work_pool_name") or found.get("work_queue_name"):
        return "was given to a work pool"
    return "was limited" if found.get("global_concurrency_limit") or found.get("concurrency_limit") else None


def is_quick_enough(schedule: Mapping[str, Any], every: timedelta) -> bool:
    """Another updater's may be quicker: two that each wanted their own would push the next run away for ever."""
    return bool(schedule["active"]) and schedule["schedule"].get("interval", inf) <= every.total_seconds()


def pause(api: Api) -> None:
    """While no updater serves it, runs would only pile up."""
    with suppress(requests.RequestException):
        answer = prefect_api.ask(api, "GET", f"deployments/name/{DEPLOYMENT}")
        if answer.ok:
            prefect_api.ask(api, "POST", f"deployments/{answer.json()['id']}/pause_deployment")
