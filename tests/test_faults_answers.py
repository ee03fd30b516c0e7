"""What a refusal, or an answer that never comes, does: the person reads which link is at fault, and no row is lost."""

from typing import Any

import pytest

import tasks
from app.sources.http import Http
from tests import faults
from tests.faults import Updater, assert_mended, assert_nothing_lost, shown
from tests.refusals import CREDENTIALS, FAULTS, HTML, LIST, WEIGHT, Fault, google, strava

unread, updater = faults.unread, faults.updater


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_a_refusal_is_told_and_loses_nothing(updater: Updater, fault: Fault) -> None:
    before = updater.stored()
    fault.switch(updater.accounts)
    updater.sync()
    name, other = ("Strava", "Fitbit") if fault.source == "strava" else ("Fitbit", "Strava")
    assert shown(fault.line, updater.line(name)), updater.line(name)
    assert len({message for message in updater.messages() if shown(fault.message, message)}) == 1, updater.messages()
    assert updater.line(other) == f"{other} just now"
    assert_nothing_lost(before, updater)
    assert_rests_if_it_should(updater, fault)
    updater.accounts.connect(fault.source)
    assert_mended(updater)


def assert_rests_if_it_should(updater: Updater, fault: Fault) -> None:
    """The schedule tries passing trouble again, and makes no call that cannot succeed."""
    state = next(state.state for state in updater.states() if shown(fault.message, state.message))
    if state == "waiting":
        updater.world.requests.clear()
        updater.sync()
    else:
        updater.hours_pass(5.9)
        updater.sync(only_if_due=True)
    assert bool(updater.calls(fault.route)) == (state == "failed"), state


@pytest.mark.parametrize(("source", "route"), [("Strava", LIST), ("Fitbit", WEIGHT)])
@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"truncate": True}, "{} could not be reached, or broke off; is this machine online?"),
        ({"delay": 1.2}, "{} did not answer in time; the next try may succeed."),
    ],
    ids=["truncated", "time-out"],
)
def test_an_answer_that_breaks_off_or_never_comes_is_told_and_loses_nothing(
    updater: Updater, monkeypatch: pytest.MonkeyPatch, source: str, route: str, how: dict[str, Any], says: str
) -> None:
    before = updater.stored()
    updater.world.fail(route, times=4, **how)
    with monkeypatch.context() as impatient:
        if "delay" in how:
            impatient.setattr(Http.__init__, "__defaults__", ((5.0, 0.6),))
        updater.sync()
    assert updater.line(source) == f"{source}: sync failing, last synced 3 h ago"
    assert updater.messages() == [says.format({"Fitbit": "Google"}.get(source, source))]
    assert_nothing_lost(before, updater)
    assert_mended(updater)


@pytest.mark.parametrize(("source", "route"), [("Strava", LIST), ("Fitbit", WEIGHT)])
def test_trouble_that_passes_within_three_more_tries_is_noticed_by_nobody(
    updater: Updater, source: str, route: str
) -> None:
    updater.world.fail(route, status=502, body=HTML)
    updater.world.fail(route, truncate=True)
    updater.world.fail(route, status=200, body=HTML)
    updater.sync()
    assert updater.line(source) == f"{source} just now"
    assert (tasks.fetch.task.retries, tasks.fetch.task.retry_delay_seconds) == (3, [2, 10, 30])
    assert_mended(updater)


@pytest.mark.parametrize("source", ["strava", "fitbit"])
def test_an_access_token_refused_before_its_time_is_renewed_and_noticed_by_nobody(
    updater: Updater, source: str
) -> None:
    route, status, body = {
        "strava": (LIST, *strava(401, "Athlete/access_token/invalid", "Authorization Error")),
        "fitbit": (WEIGHT, *google(401, "UNAUTHENTICATED", CREDENTIALS)),
    }[source]
    updater.world.fail(route, status=status, body=body)
    updater.sync()
    assert len(updater.calls("/token")) == 1
    assert_mended(updater)


def test_a_machine_without_a_network_loses_nothing(updater: Updater) -> None:
    before, addresses = updater.stored(), dict(updater.app.config)
    updater.app.config |= {"STRAVA_API_BASE": "http://127.0.0.1:1", "GOOGLE_HEALTH_BASE": "http://127.0.0.1:1"}
    updater.sync()
    assert updater.line("Strava") == "Strava: sync failing, last synced 3 h ago"
    assert updater.line("Fitbit") == "Fitbit: sync failing, last synced 3 h ago"
    assert "Strava could not be reached, or broke off; is this machine online?" in updater.messages()
    assert_nothing_lost(before, updater)
    updater.app.config.update(addresses)
    assert_mended(updater)
