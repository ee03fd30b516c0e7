"""What is due to be told, decided on plain facts: rhythms, quiet hours, sign-ins, failures, disks and weeks."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.notify import due, rhythm
from app.notify.due import Asking, Disk, Facts, Source
from app.records.models import SyncState

TODAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def every(step: int, ago: int, count: int = 30) -> list[date]:
    """Days with something, the newest one `ago`."""
    return [TODAY - timedelta(days=ago + step * n) for n in range(count)]


@pytest.mark.parametrize(
    ("days", "silent"),
    [
        (every(1, 0), False),
        (every(1, 3), False),
        (every(1, 4), True),  # a watch that told each day
        (every(2, 5), False),
        (every(2, 6), True),
        (every(7, 12), False),
        (every(7, 13), True),  # who rides at weekends
        (every(30, 46), False),
        (every(30, 48, 8), False),  # fewer than 8 in the half year before tell no rhythm
        (every(20, 33, 9), True),
        (every(1, 4, 7), False),
        (every(1, 120), False),  # given up long ago
        ([], False),
        ([TODAY + DAY, *every(1, 0)], False),  # a meal planned for tomorrow
        ([TODAY + DAY, *every(1, 9)], True),
        ([*every(1, 5, 40), *every(1, 80, 40)], True),  # a holiday is no rhythm
    ],
)
def test_a_source_is_silent_by_its_own_rhythm(days, silent):
    found = rhythm.silent_since(days, TODAY)
    assert (found is not None) is silent
    assert found is None or found == max(day for day in days if day <= TODAY)


@given(st.sets(st.integers(1, 180), min_size=8, max_size=180), st.integers(1, 40))
def test_who_goes_on_as_usual_is_never_called_silent(gone, step):
    regular = every(step, 1, 30)
    assert rhythm.silent_since(regular, TODAY) is None
    days = [TODAY - timedelta(days=n) for n in gone]
    usual = rhythm.usual_gap(days)
    assert usual is None or min(gone) > usual or rhythm.silent_since(days, TODAY) is None


@pytest.mark.parametrize(
    ("begin", "end", "clock", "quiet"),
    [
        ("22:00", "07:00", "21:59", False),
        ("22:00", "07:00", "22:00", True),
        ("22:00", "07:00", "00:00", True),
        ("22:00", "07:00", "06:59", True),
        ("22:00", "07:00", "07:00", False),
        ("13:00", "15:00", "14:00", True),
        ("13:00", "15:00", "15:00", False),
        ("13:00", "15:00", "02:00", False),
        ("07:00", "07:00", "07:00", False),
        (None, None, "03:00", False),
        ("22:00", None, "23:00", False),
    ],
)
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Los_Angeles", "Pacific/Kiritimati", "Asia/Kolkata"])
def test_quiet_hours_are_of_the_persons_clock(begin, end, clock, quiet, zone):
    at = datetime.fromisoformat(f"2026-11-25 {clock}").replace(tzinfo=due.ZoneInfo(zone)).astimezone(UTC)
    first, last = (text and time.fromisoformat(text) for text in (begin, end))
    assert due.is_quiet(at, zone, first, last) is quiet


def state(metric="activities", **what) -> SyncState:
    usual = {"state": "ok", "message": "", "last_attempt": NOW, "last_success": NOW}
    return SyncState(source="strava", metric=metric, **usual | what)


def source(*states: SyncState, **what) -> Source:
    usual = {"sign_in": "one", "stuck": False, "days": {}}
    return Source("strava", "Strava", states or (state(),), **usual | what)


def told(*sources: Source, now: datetime = NOW, **what) -> list[due.Notice]:
    facts = {"timezone": "UTC", "week_start": "monday", "interval": timedelta(minutes=10), "sources": sources}
    return due.notices(Facts(now=now, **facts | what))


def kinds(notices: list[due.Notice]) -> list[str]:
    return [notice.key.partition(":")[0] for notice in notices]


def test_all_is_well_and_nothing_is_said():
    assert told(source(days={"activities": every(2, 1)}), disks=[Disk("all", 10**12, 2 * 10**12)]) == []


@pytest.mark.parametrize(
    ("left", "said"),
    [(3 * DAY, []), (2 * DAY, ["sign-in-ends"]), (HOUR, ["sign-in-ends"]), (-HOUR, [])],
)
def test_the_end_of_a_sign_in_is_told_two_days_before(left, said):
    notices = told(source(ends_at=NOW + left))
    assert kinds(notices) == said
    assert all(notice.path == "/connect/" for notice in notices)


def test_a_sign_in_that_ended_is_told_once_for_each_sign_in():
    first, again = (told(source(state(state="reconnect"), stuck=True, sign_in=one))[0] for one in ("one", "two"))
    assert kinds([first]) == ["sign-in-ended"]
    assert first.key != again.key
    later = told(source(state(state="reconnect"), stuck=True), now=NOW + 9 * DAY)
    assert [notice.key for notice in later] == [first.key]


@pytest.mark.parametrize(
    ("name", "failing_for", "due_now"),
    [
        ("failed", 23 * HOUR, False),
        ("failed", 25 * HOUR, True),
        ("refused", 25 * HOUR, True),
        ("misconfigured", 25 * HOUR, True),
        ("waiting", 25 * HOUR, True),
        ("ok", 25 * HOUR, True),  # nobody tries any more
        ("running", 25 * HOUR, True),
        ("ungranted", 90 * DAY, False),
        ("disconnected", 90 * DAY, False),
    ],
)
def test_a_sync_that_fails_for_a_day_is_told(name, failing_for, due_now):
    known = source(state(state=name, message="Strava does not answer.", last_success=NOW - failing_for))
    assert kinds(told(known)) == (["failing"] if due_now else [])
    never = source(state(state=name, last_success=None), since=NOW - failing_for)
    assert kinds(told(never)) == (["failing"] if due_now else [])
    assert kinds(told(source(state(state=name, last_success=None)))) == []


def test_one_outage_is_one_notice_and_another_one_is_another():
    def failing(success: datetime, now: datetime) -> list[str]:
        states = [state(metric, state="failed", last_success=success) for metric in ("weight", "burned")]
        return [notice.key for notice in told(source(*states), now=now)]

    first = failing(NOW, NOW + 2 * DAY)
    assert len(first) == 1
    assert failing(NOW, NOW + 5 * DAY) == first
    assert failing(NOW + 6 * DAY, NOW + 8 * DAY) != first


def test_silence_is_told_of_what_was_read_and_again_after_something_came():
    silent = source(days={"activities": every(1, 5)})
    (first,) = told(silent)
    assert kinds([first]) == ["silent"]
    assert told(silent, now=NOW + HOUR)[0].key == first.key
    later = source(state(last_success=NOW + 9 * DAY), days={"activities": every(1, 0)})
    assert told(later, now=NOW + 9 * DAY)[0].key != first.key
    unread = source(state(state="failed", last_success=NOW - 2 * DAY), days={"activities": every(1, 5)})
    assert kinds(told(unread)) == ["failing"]


def test_each_question_of_an_import_is_told_and_leads_to_it():
    one, other = (told(asking=[Asking(7, "scale.csv", keys)])[0] for keys in (["unit"], ["order"]))
    assert one.path == "/files/7"
    assert one.key != other.key
    assert "scale.csv" in one.text


GB = 1024**3


@pytest.mark.parametrize(
    ("free", "total", "low", "clear"),
    [
        (1 * GB, 1000 * GB, True, False),
        (3 * GB, 1000 * GB, False, False),  # at the limit: neither told nor taken back
        (5 * GB, 1000 * GB, False, True),
        (GB // 2, 16 * GB, True, False),
        (4 * GB, 16 * GB, False, True),
        (0, GB, True, False),
        (0, 0, False, False),  # a disk that tells nothing of itself
    ],
)
def test_a_disk_is_nearly_full_by_its_size(free, total, low, clear):
    disks = [Disk("the database", free, total)]
    assert kinds(told(disks=disks)) == (["disk"] if low else [])
    assert bool(due.over(Facts(NOW, "UTC", "monday", HOUR, disks=disks))) is clear


@pytest.mark.parametrize(
    ("now", "week_start", "zone", "first"),
    [
        ("2026-11-23T00:10+00:00", "monday", "UTC", "2026-11-16"),
        ("2026-11-25T23:59+00:00", "monday", "UTC", "2026-11-16"),
        ("2026-11-26T00:00+00:00", "monday", "UTC", None),
        ("2026-11-22T23:59+00:00", "monday", "UTC", None),
        ("2026-11-22T12:00+00:00", "sunday", "UTC", "2026-11-15"),
        ("2026-11-23T05:00+00:00", "monday", "America/Los_Angeles", None),
        ("2026-11-22T12:00+00:00", "monday", "Pacific/Kiritimati", "2026-11-16"),
    ],
)
def test_the_week_in_review_comes_when_the_persons_week_has_ended(now, week_start, zone, first):
    at = datetime.fromisoformat(now)
    notices = told(now=at, week_start=week_start, timezone=zone, review="3 activities.")
    assert [notice.path for notice in notices] == ([f"/stats/week/{first}"] if first else [])
    assert told(now=at, week_start=week_start, timezone=zone) == []
