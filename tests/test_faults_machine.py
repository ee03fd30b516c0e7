"""Faults of the machine itself: a full disk and a wrong clock."""

import errno
import os
import time
from collections.abc import Callable

import pytest

from tests import faults
from tests.conftest import execute
from tests.faults import OWN_ERROR, Updater, assert_mended, assert_nothing_lost, expire
from tests.mirror import change, fill, holds
from tests.refusals import STRAVA_AGAIN, strava

unread, updater = faults.unread, faults.updater


def full_after(writes: int) -> Callable[[int], None]:
    """In fsync's place: the disk takes so many more files and then no more."""
    left = iter(range(writes))

    def fsync(_: int) -> None:
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return fsync


@pytest.mark.parametrize(("writes", "renewals"), [(0, 0), (1, 1)], ids=["before", "after"])
def test_a_disk_that_is_full_when_a_token_is_saved_costs_no_sign_in(
    updater: Updater, monkeypatch: pytest.MonkeyPatch, writes: int, renewals: int
) -> None:
    """`before` the old token was spent, as is asked first, or `after`: Strava seldom makes a new refresh token."""
    before, file = updater.stored(), updater.accounts.creds / "strava.json"
    expire(updater.accounts, "strava")
    token = file.read_bytes()
    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full_after(writes))
        updater.sync()
    assert updater.line("Strava") == "Strava: sync failing, last synced 3 h ago"
    hint = "free some space or make its folder writable."
    assert updater.messages() == [f"{file} cannot be written (No space left on device); {hint}"]
    assert len(updater.calls("/oauth/token")) == renewals
    assert file.read_bytes() == token
    assert_nothing_lost(before, updater)
    assert_mended(updater)


def test_a_disk_that_fills_up_just_as_strava_changes_the_refresh_token_asks_to_sign_in_again(
    updater: Updater, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = updater.stored()
    updater.world.rotate_refresh_tokens = True
    expire(updater.accounts, "strava")
    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full_after(1))
        updater.sync()
    updater.sync()
    assert updater.line("Strava") == "Strava: sign in again, last synced 3 h ago"
    assert updater.messages() == [STRAVA_AGAIN]
    assert_nothing_lost(before, updater)
    updater.accounts.connect("strava")
    assert_mended(updater)


def test_a_disk_that_is_full_under_the_database_loses_nothing(updater: Updater) -> None:
    before, uri = updater.stored(), updater.accounts.settings["SQLALCHEMY_DATABASE_URI"]
    execute(
        uri,
        "CREATE FUNCTION full_disk() RETURNS trigger AS $$ BEGIN RAISE disk_full; END $$ LANGUAGE plpgsql;"
        "CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON strava_activity FOR EACH ROW EXECUTE FUNCTION full_disk()",
    )
    updater.sync()
    assert updater.line("Strava") == "Strava: sync failing, last synced 3 h ago"
    assert updater.line("Fitbit") == "Fitbit just now"
    assert updater.messages() == [OWN_ERROR]
    assert {key: row for key, row in updater.stored().items() if key[0] == "activity"} == {
        key: row for key, row in before.items() if key[0] == "activity"
    }
    execute(uri, "DROP TRIGGER full_disk ON strava_activity")
    assert_mended(updater)


@pytest.mark.parametrize("hours", [1, -1], ids=["slow", "fast"])
def test_a_clock_an_hour_wrong_changes_nothing(unread: Updater, hours: int) -> None:
    """The providers' clock is moved here, and with it the end of their tokens; that is the same seen from there."""
    world, ahead = unread.world, hours * 3600.0
    world.clock = lambda: time.time() + ahead
    for source in ("strava", "fitbit"):
        unread.accounts.connect(source)
    fill(world)
    unread.sync()
    assert unread.stored() == holds(world)
    ahead += 6.1 * 3600  # the tokens have ended; a slow clock does not know it
    change(world)
    unread.sync()
    assert unread.stored() == holds(world)
    assert unread.line("Strava") == "Strava just now"
    assert unread.messages() == []


@pytest.mark.parametrize("hours", [0.5, 4, 240])
def test_after_a_fast_clock_is_put_right_the_schedule_goes_on_at_once(updater: Updater, hours: float) -> None:
    updater.hours_pass(-hours)
    updater.sync(only_if_due=True)
    assert updater.line("Strava") == "Strava just now"
    assert updater.stored() == holds(updater.world)


def test_after_a_fast_clock_is_put_right_a_new_sign_in_is_taken_up(updater: Updater) -> None:
    status, body = strava(400, "RefreshToken/refresh_token/invalid")
    expire(updater.accounts, "strava")
    updater.world.fail("/oauth/token", status=status, body=body)
    updater.sync()
    updater.hours_pass(-1)
    updater.accounts.connect("strava")
    updater.sync(only_if_due=True)
    assert updater.line("Strava") == "Strava just now"
