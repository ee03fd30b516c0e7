"""Records that are odd: each is stored and shown as it is, on the person's own day, or left out alone."""

from datetime import UTC, datetime, timedelta, timezone
from html import escape
from typing import Any

import pytest

from tests import faults
from tests.faults import Updater, assert_mended
from tests.mirror import holds, noon, point

unread, updater = faults.unread, faults.updater
KNOWN = 9_000_000_005
MARKUP = "🚴‍♀️ <b>Ride</b> & <script>alert(1)</script> “home”"


def at(days_ago: int, hour: int, minute: int, second: int = 0) -> datetime:
    return noon(days_ago).replace(hour=hour, minute=minute, second=second)


def test_a_broken_record_costs_only_itself_and_not_the_row_that_is_known(updater: Updater) -> None:
    before = updater.stored()
    updater.world.edit_activity(KNOWN, elapsed_time=None)
    updater.sync()
    assert updater.line("Strava") == "Strava just now"
    assert updater.stored()["activity", KNOWN] == before["activity", KNOWN]
    assert ("activity", 9_000_000_100) in updater.stored()
    updater.world.edit_activity(KNOWN, elapsed_time=1800)
    assert_mended(updater)


ODD: dict[str, dict[str, Any]] = {
    "unknown-sport": {"sport_type": "Parkour"},
    "no-heart-rate": {"average_heartrate": None, "max_heartrate": None, "has_heartrate": False},
    "emoji-and-html": {"name": MARKUP},
    "300-characters": {"name": "Long " * 60},
    "id-over-2-to-33": {"id": 2**33 + 7},
    "id-over-2-to-53": {"id": 2**53 + 1},
    "null-upload-id": {"manual": True, "upload_id": None},
    "00:00:01": {"start_date_local": at(2, 0, 0, 1)},
    "23:59:59": {"start_date_local": at(2, 23, 59, 59)},
    "next-day-in-utc": {"start_date_local": at(2, 20, 40), "utc_offset": -25200.0},
    "day-before-in-utc": {"start_date_local": at(2, 0, 30), "utc_offset": 19800.0},
    "first-day-of-the-window": {"start_date_local": at(13, 0, 0, 1), "utc_offset": 50400.0},
}


@pytest.mark.parametrize("fields", ODD.values(), ids=ODD)
def test_an_odd_activity_is_stored_and_shown_as_it_is(updater: Updater, fields: dict[str, Any]) -> None:
    fields = {"name": "Odd one", "start_date_local": noon(2)} | fields
    number = updater.world.add_activity(**fields)
    if fields.get("has_heartrate") is False:
        for absent in ("average_heartrate", "max_heartrate"):
            del updater.world._activities[number][absent]
    updater.sync()
    assert updater.stored() == holds(updater.world)
    day = fields["start_date_local"].date()
    page = updater.app.test_client().get(f"/stats/livefeed?week={day}").text
    assert escape(fields["name"], quote=False).strip() in page
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    "when_local",
    [
        at(2, 0, 0).replace(tzinfo=UTC),
        at(2, 23, 59, 59).replace(tzinfo=timezone(timedelta(hours=-8))),
        at(2, 0, 30).replace(tzinfo=timezone(timedelta(hours=5.5))),
    ],
    ids=["midnight", "next-day-in-utc", "day-before-in-utc"],
)
@pytest.mark.parametrize("omitted", [False, True], ids=["civil-time", "utc-and-offset-only"])
def test_a_weigh_in_at_the_edge_of_a_day_is_on_the_persons_own_day(
    updater: Updater, when_local: datetime, omitted: bool
) -> None:
    updater.world.omit_civil_time = omitted
    updater.world.add_weight(71.25, when_local)
    assert_mended(updater)


def test_a_weight_of_0_is_left_out_and_touches_nothing_else(updater: Updater) -> None:
    before, world = updater.stored(), updater.world
    nothing, edited = world.add_weight(0, noon(2)), point(world, 5)
    world.edit_weight(edited, 0)
    updater.sync()
    assert ("weight", nothing) not in updater.stored()
    assert updater.stored()["weight", edited] == before["weight", edited]
    assert updater.line("Fitbit") == "Fitbit just now"
    world.delete_weight(nothing)
    world.edit_weight(edited, 72.5)
    assert_mended(updater)


def test_todays_figures_are_overwritten_as_they_grow(updater: Updater) -> None:
    today = datetime.now(UTC).date()
    for eaten, burned in ((400, 900), (1900, 2411.37)):
        updater.world.set_eaten(today, eaten)
        updater.world.set_burned(today, burned)
        updater.sync()
        assert updater.stored()["day", today] == (eaten, burned)
    assert_mended(updater)
