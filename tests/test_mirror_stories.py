"""A short story of each kind that `test_mirror_property.py` makes up by the dozen: these are told with every run."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.sources import strava
from app.sync import history, readings
from tests.conftest import execute
from tests.faults import in_steps
from tests.test_mirror_property import ALL_KINDS, BEFORE, SMALL_SPANS, Story

ALL = set(ALL_KINDS)


@pytest.fixture
def story(uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Story]:
    in_steps(monkeypatch, **SMALL_SPANS)
    monkeypatch.setattr(history, "EMPTY_YEARS", timedelta(days=60))
    monkeypatch.setattr(strava, "PER_PAGE", 3)
    monkeypatch.setattr(readings, "MAX_MISSING", 3)
    kind: Any = type("Told", (Story,), {"uri": uri, "folders": iter([tmp_path])})
    story = kind()
    story.an_evening(0)
    yield story
    story.updater.end()


def hands(route: str, nth: int) -> Callable[[Story], None]:
    def change(story: Story) -> None:
        story.a_week_passes()
        story.somebody_else_signs_in_during_a_sync(route, nth, 3, ALL, 4000)
        assert story.strangers == 1

    return change


def two_accounts(story: Story) -> None:
    story.somebody_else_signs_in()
    story.almost_everything_is_deleted(0)
    story.a_day_is_recorded(2, ALL, 4000)


def re_dated(away: int, back: int | None = None) -> Callable[[Story], None]:
    """Of the newest activity and weigh-in."""

    def change(story: Story) -> None:
        run, point = story.world.activities()[-1]["id"], f"/{story.world.samples('weight')[0].number}"
        for days in (away, *([] if back is None else [back])):
            story.world.edit_activity(run, start_date_local=story.moment(days))
            story.world.move_weight(point, story.moment(days))
            story.a_clean_sync()

    return change


def paused(years: int) -> Callable[[Story], None]:
    def change(story: Story) -> None:
        story.a_day_before_a_pause_of_years_comes_to_light(years, ALL)
        execute(story.uri, "UPDATE sync_state SET full_at = NULL, cursor = NULL")

    return change


def mass_deletion(story: Story) -> None:
    """More of one page than is asked for by itself at a time."""
    for days in range(20, 40, 2):
        story.a_day_is_recorded(days, {"activity"}, 5000)
    story.a_week_passes()
    story.updater.sync_to_the_end()
    story.almost_everything_is_deleted(0)


KINDS: dict[str, Callable[[Story], None]] = {
    "1: hands change before the last days are read": hands("list of activities", 1),
    "1: between the weigh-ins and their body fats": hands("body fat", 1),
    "2: two accounts": two_accounts,
    "3: out of the last days": re_dated(30),
    "3: far away and back": re_dated(400, 1),
    "6: a pause of five years": paused(5),
    "9: all of many pages": mass_deletion,
}


@pytest.mark.parametrize("kind", KINDS)
def test_after_the_next_clean_sync_the_tables_are_the_accounts(story: Story, kind: str) -> None:
    for nth in range(5):
        story.a_day_is_recorded(7 * nth, ALL, 2001 + nth)
    story.updater.sync_to_the_end()
    KINDS[kind](story)
    story.a_clean_week_later()
    story.nothing_that_the_account_still_has_ever_vanished()
    story.nothing_of_those_before_is_touched()
    assert not kind.startswith("2") or story.updater.rows(f"SELECT 1 FROM fitbit_weight WHERE account LIKE '%{BEFORE}'")
