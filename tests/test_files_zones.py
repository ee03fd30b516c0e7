"""An activity's local start is by the best that its file says, and the person's zone is said to be assumed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.files.records import Activity
from app.files.zones import Local, credible, local, zone_at

START = datetime(2026, 1, 17, 23, 30, tzinfo=UTC)
TOKYO = ZoneInfo("Asia/Tokyo")


def started(**more) -> Activity:
    return Activity("fit", "key", "Run", START, **more)


def clock(hours: float) -> datetime:
    return (START + timedelta(hours=hours)).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("more", "right"),
    [
        ({"offset": -12600}, Local(clock(-3.5), -12600, False)),
        ({"offset": 0, "position": (50.08, 14.43)}, Local(clock(0), 0, False)),
        ({"position": (50.08, 14.43)}, Local(clock(1), 3600, False)),
        ({"position": (27.7, 85.3)}, Local(clock(5.75), 20700, False)),
        ({"position": (0.0, 0.0)}, Local(clock(9), 32400, True)),
        ({"position": (200.0, 14.0)}, Local(clock(9), 32400, True)),
        ({}, Local(clock(9), 32400, True)),
        ({"local": clock(2), "assumed": True}, Local(clock(2), 7200, True)),
    ],
)
def test_offset_goes_before_place_and_place_before_the_persons_zone(more, right):
    assert local(started(**more), TOKYO) == right


def test_the_offset_is_that_of_the_instant():
    summer = Activity("gpx", "key", "Run", START.replace(month=7), position=(50.08, 14.43))
    assert local(summer, TOKYO).offset == 7200


def test_a_place_at_sea_has_a_nautical_zone():
    zone = zone_at((0.0, -30.0))
    assert zone is not None
    assert local(started(position=(0.0, -30.0)), TOKYO).offset == -7200


@pytest.mark.parametrize(
    ("seconds", "offset"),
    [
        *((7200, 7200), (7425, 7200), (10_753, 10_800), (20_700, 20_700), (-34_200, -34_200), (0, 0)),
        *((2250, None), (50_400, 50_400), (51_300, None), (-921_171_040, None), (-2_326_109, None)),
    ],
)
def test_only_a_difference_that_a_zone_can_have_is_believed(seconds, offset):
    assert credible(seconds) == offset
