"""FIT files become activities: sessions and their quirks, whole files and broken ones, and whose clock to believe."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.files import fit, zones
from app.files.records import Activity, Refusal
from tests.filing import BERLIN, answering, member, of, said
from tests.fit_writer import Fit, seconds

START = datetime(2026, 5, 9, 6, 30, tzinfo=UTC)
T0 = seconds(START)
PRAGUE = {"lat": 50.08, "lon": 14.43}
RUN = {"start": T0, "sport": 1, "sub_sport": 0, "elapsed": 1900, "timer": 1800, "distance": 5000.25}


def whole(session=RUN, *, maker=1, local=7200, **more) -> Fit:
    """An activity file with one session; `local` is the local clock's distance from UTC."""
    made = Fit().add("file_id", type=4, manufacturer=maker).add("session", stamp=T0 + 1900, **session | more)
    return made.add("activity", stamp=T0 + 1900, local=T0 + 1900 + local)


def points(made: Fit, count: int, *, every: int = 1, first: int = T0, speed: float = 3.0, **more) -> Fit:
    for second in range(0, count * every, every):
        made.add("record", stamp=first + second, distance=second * speed, **more)
    return made


def read(made: Fit | bytes, how=BERLIN, name="ride.fit"):
    return list(fit.read(member(name, made if isinstance(made, bytes) else made.bytes()), how))


def one(made: Fit | bytes, how=BERLIN, name="ride.fit") -> Activity:
    (found,) = of(Activity, read(made, how, name))
    return found


def test_a_sessions_figures_are_taken_in_our_units():
    found = one(whole(hr=140, max_hr=171, cadence=83, fraction=86 / 128, speed=2.7, max_speed=4.1, ascent=0))
    assert (found.activity_type, found.start, found.distance) == ("Run", START, 5000.25)
    assert (found.moving_time, found.elapsed_time) == (1800, 1900)
    assert (found.average_heartrate, found.max_heartrate, found.total_elevation_gain) == (140, 171, 0)
    assert (found.average_cadence, found.average_speed, found.max_speed) == (83 + 86 / 128, 2.7, 4.1)
    assert zones.local(found, BERLIN.zone) == (START.replace(hour=8, tzinfo=None), 7200, False)


def test_what_a_session_does_not_say_stays_unknown():
    found = one(whole(hr=0, max_hr=255, cadence=255, speed=65.535, max_speed=65.535))
    assert (found.average_heartrate, found.max_heartrate, found.average_cadence, found.max_speed) == (None,) * 4
    assert found.average_speed == pytest.approx(5000.25 / 1800)


def test_the_enhanced_speed_goes_first_and_of_an_array_the_first_valid_value():
    assert one(whole(speed=2.0, fine_speed=2.5)).average_speed == 2.5
    assert one(whole(speed=[65.535, 2.25])).average_speed == 2.25


@pytest.mark.parametrize(
    ("elapsed", "timer", "moving", "right"),
    [
        (2839.6, 21680, None, (21680, 2839.6)),
        (2111.01, 2111.462, None, (2111.01, 2111.01)),
        (3822, None, 3802, (3822, 3802)),
        (None, 1200, None, (1200, 1200)),
        (1900, 1800, 1700, (1900, 1700)),
        (1900, 1800, 0, (1900, 1800)),
    ],
)
def test_elapsed_is_the_wall_time_and_moving_never_more_than_it(elapsed, timer, moving, right):
    times = {
        name: value for name, value in (("elapsed", elapsed), ("timer", timer), ("moving", moving)) if value is not None
    }
    session = {name: value for name, value in RUN.items() if name not in ("elapsed", "timer")} | times
    found = one(whole(session))
    assert (found.elapsed_time, found.moving_time) == right


def test_a_forgotten_pause_is_noted():
    items = read(whole(elapsed=2_412_583, timer=7_373))
    assert (of(Activity, items)[0].moving_time, "pause was forgotten" in said(items)) == (7_373, True)


def test_nought_metres_are_a_distance_of_a_run_and_none_of_yoga():
    assert one(whole(distance=0)).distance == 0
    assert one(whole(sport=10, sub_sport=43, distance=0)).distance is None
    assert one(whole(sport=10, sub_sport=20, distance=0)).activity_type == "WeightTraining"


def test_a_sport_without_a_word_of_its_own_keeps_the_watchs_name_for_it():
    assert (one(whole(sport=53)).activity_type, one(whole(sport=53)).name) == ("Workout", "Sport 53")
    assert one(whole(sport=53, profile="Apnea hunt")).name == "Apnea hunt"


def test_a_session_of_an_old_fenix_begins_with_its_first_record():
    session = RUN | {"start": T0 + 2700, "elapsed": 11_738, "timer": 9_000}
    made = Fit().add("file_id", type=4).add("session", stamp=T0 + 2700 + 9_023, **session)
    assert one(points(made, 60)).start == START


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("header", [12, 14])
def test_both_byte_orders_and_both_headers_are_read(order, header):
    made = Fit(order, header).add("file_id", type=4).add("session", stamp=T0, **RUN)
    assert one(made).distance == 5000.25


def test_developer_fields_and_unknown_messages_are_passed_by():
    made = Fit().add("file_id", type=4)
    made.define(0x1234, 3, developer=4, stamp=True).body.extend(b"\x03" + b"\xab" * 8)
    made.add("session", stamp=T0, developer=b"\x01\x02\x03", **RUN)
    assert one(made).distance == 5000.25


def test_fields_and_definitions_of_no_size_are_tolerated():
    made = Fit().add("file_id", type=4).define(0x1234, 5, stamp=False)
    made.body.extend(b"\x05" * 50)
    made.body.extend(b"\x46\0\0\x34\x12\x01\x07\x00\x07" + b"\x06" * 9)
    assert one(made.add("session", stamp=T0, **RUN)).distance == 5000.25


def test_the_legs_of_a_triathlon_are_activities_and_transitions_are_none():
    made = Fit().add("file_id", type=4)
    for begin, sport in ((0, 5), (700, 3), (800, 2), (2400, 3), (2500, 1)):
        made.add("session", stamp=T0, start=T0 + begin, sport=sport, elapsed=600, timer=600, distance=100)
    made.add("session", stamp=T0, start=T0, sport=18, elapsed=3100, timer=3000, distance=300)
    found = of(Activity, read(made))
    assert [(each.activity_type, each.start) for each in found] == [
        (name, START + timedelta(seconds=begin)) for name, begin in (("Swim", 0), ("Ride", 800), ("Run", 2500))
    ]
    assert len({each.key for each in found}) == 3


def test_each_leg_has_the_records_of_its_own_time():
    made = Fit().add("file_id", type=4)
    for begin, sport in ((0, 1), (100, 2)):
        made.add("session", stamp=T0, start=T0 + begin, sport=sport, elapsed=99, timer=99)
    points(made, 100, hr=120)
    points(made, 100, first=T0 + 100, speed=8.0, hr=150)
    found = of(Activity, read(made))
    assert [(each.average_heartrate, each.distance) for each in found] == [(120, 99 * 3.0), (150, 99 * 8.0)]


def test_files_end_to_end_are_read_all_and_the_same_session_twice_is_one():
    hearts = Fit().add("file_id", type=4).add("event", event=0, event_type=0)
    later = whole(start=T0 + 86400)
    items = read(whole().bytes() + hearts.bytes() + whole().bytes() + later.bytes() + b"rubbish behind")
    assert [each.start for each in of(Activity, items)] == [START, START + timedelta(days=1)]


def test_compressed_timestamps_go_on_from_the_last_whole_one():
    made = Fit().add("file_id", type=4).add("record", stamp=T0, distance=0.0, speed=3.0)
    made.define("record", 1, stamp=False, distance=0.0, speed=0.0)
    for second in range(1, 101):
        made.put("record", slot=1, stamp=((T0 + second) & 31,), distance=second * 3.0, speed=3.0)
    found = one(made)
    assert (found.start, found.elapsed_time, found.distance, found.moving_time) == (START, 100, 300, 100)


def test_a_file_without_a_session_is_made_of_its_points_and_says_so():
    made = points(Fit().add("file_id", type=4).add("sport", sport=2, sub_sport=46), 200, hr=130, cadence=80, speed=5.0)
    items = read(made)
    (found,) = of(Activity, items)
    assert (found.activity_type, found.distance, found.elapsed_time) == ("GravelRide", 995, 199)
    assert (found.average_heartrate, found.average_cadence) == (130, 80)
    assert "before its own summary" in said(items)


def test_a_cut_file_gives_what_came_before_the_cut_with_the_sport_of_a_lap():
    made = points(Fit().add("file_id", type=4).add("lap", start=T0, sport=5), 100)
    data = points(made, 100, first=T0 + 100, hr=99).bytes()
    found = one(data[: len(data) - 150])
    assert (found.activity_type, 150 < (found.elapsed_time or 0) < 199) == ("Swim", True)


@pytest.mark.parametrize("size", [0, 3], ids=["never patched", "three bytes too great"])
def test_a_wrong_data_size_loses_nothing(size):
    made = whole()
    items = read(made.bytes(size and len(made.body) + size))
    assert (of(Activity, items)[0].distance, "cut off" in said(items)) == (5000.25, True)


def test_a_wrong_checksum_is_a_note_and_a_wrong_header_checksum_nothing():
    good = whole().bytes()
    changed = bytearray(good)
    changed[-1] ^= 4
    assert "checksum" in said(read(bytes(changed)))
    assert of(Activity, read(bytes(changed))) == of(Activity, read(good))
    changed = bytearray(good)
    changed[12] ^= 4
    assert one(bytes(changed)) == one(good)
    assert said(read(good)) == ""


@pytest.mark.parametrize("kind", [2, 5, 6, 15, 28, 32, 34, 44])
def test_what_is_no_workout_is_named_and_refused(kind):
    (refused,) = (
        read(points(Fit().add("file_id", type=kind), 3)) if kind != 44 else read(Fit().add("file_id", type=kind))
    )
    assert isinstance(refused, Refusal)
    assert "no workout" in refused.why


def test_a_file_without_dates_or_without_anything_is_refused():
    undated = points(Fit().add("file_id", type=4), 20, first=1)
    for data in (undated.bytes(), Fit().bytes(), b"\0" * 500, b"<html>", b""):
        assert [type(item) for item in read(data)] == [Refusal]


@pytest.mark.parametrize(
    ("maker", "local", "place", "zone", "hour", "assumed"),
    [
        (1, 7200, {}, "America/New_York", 8, False),
        (1, 7200 + 225, {}, "America/New_York", 8, False),
        (1, 20700, {}, "America/New_York", 12, False),
        (294, 0, PRAGUE, "America/New_York", 8, False),
        (294, 0, {}, "Europe/London", 7, True),
        (294, 0, {}, "Africa/Abidjan", 6, True),
        (1, 0, PRAGUE, "America/New_York", 8, False),
        (1, 0, {}, "Europe/Berlin", 8, True),
        (1, 0, {}, "Africa/Abidjan", 6, False),
        (260, -T0 - 1900, PRAGUE, "America/New_York", 2, True),
        (1, -2_326_109, PRAGUE, "America/New_York", 8, False),
        (1, 2250, {}, "Europe/Berlin", 8, True),
    ],
)
def test_the_local_clock_is_believed_only_where_it_can_be(maker, local, place, zone, hour, assumed):
    how = answering(zone)
    found = zones.local(one(whole(maker=maker, local=local, **place), how), how.zone)
    assert (found.start.hour, found.start.day, found.assumed) == (hour, 9, assumed)


def test_a_local_time_of_a_correlation_serves_where_the_activity_has_none():
    made = (
        Fit()
        .add("file_id", type=4)
        .add("session", stamp=T0, **RUN)
        .add("timestamp_correlation", stamp=T0, local=T0 - 12600)
    )
    assert one(made).offset == -12600


def test_the_place_of_a_virtual_ride_is_no_place():
    found = one(whole(sport=2, sub_sport=58, local=-T0 - 1900, lat=-11.6, lon=166.9))
    assert (found.activity_type, found.position) == ("VirtualRide", None)


def test_without_a_place_in_the_session_the_first_record_with_one_counts():
    made = whole(local=-T0 - 1900).add("record", stamp=T0, lat=0.0, lon=0.0).add("record", stamp=T0 + 1, **PRAGUE)
    assert one(made).position == pytest.approx((50.08, 14.43))
    assert zones.local(one(made), ZoneInfo("Asia/Tokyo")).offset == 7200


def test_the_same_file_gives_the_same_keys_each_time():
    assert one(whole()).key == one(whole()).key == "2026-05-09T06:30:00Z/Run"


def test_a_file_of_endless_sessions_or_parts_is_read_as_far_as_any_honest_one_goes(monkeypatch):
    monkeypatch.setattr(fit.container, "MOST_KEPT", 30)
    monkeypatch.setattr(fit.container, "MOST_PARTS", 5)
    made = Fit().add("file_id", type=4)
    for second in range(50):
        made.add("session", stamp=T0, **RUN | {"start": T0 + second})
    assert len(of(Activity, read(made))) == 30
    chain = b"".join(whole(start=T0 + part).bytes() for part in range(9))
    assert len(of(Activity, read(chain))) == 5
