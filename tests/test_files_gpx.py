"""GPX files become activities by their points, planned routes are refused, half broken files give what they hold."""

import tracemalloc
from datetime import timedelta

import pytest

from app.files import gpx, zones
from app.files.records import Activity, Member, Refusal
from tests.filing import BERLIN, member, of, said
from tests.tracks_writer import START, at, north, trk, trkpt, trkpts
from tests.tracks_writer import gpx as written


def read(content: str | bytes, name: str = "track.gpx"):
    return list(gpx.read(member(name, content), BERLIN))


def one(content: str | bytes, name: str = "track.gpx") -> Activity:
    (found,) = of(Activity, read(content, name))
    return found


@pytest.mark.parametrize("version", ["1.0", "1.1", "5.8"])
def test_a_tracks_figures_are_added_up_from_its_points(version):
    found = one(written(trk(trkpts(101)), version=version))
    assert (found.activity_type, found.name, found.start) == ("Run", "Morning", START)
    assert (found.elapsed_time, found.moving_time) == (100, 100)
    assert (found.distance, found.average_speed) == (pytest.approx(300, rel=1e-4), pytest.approx(3, rel=1e-4))
    assert zones.local(found, BERLIN.zone).offset == 7200


def test_a_file_without_a_namespace_is_read():
    assert one(written(trk(trkpts(10))).replace("xmlns=", "was=")).elapsed_time == 9


def test_pauses_count_as_elapsed_and_not_as_moving_and_no_way_leads_over_them():
    found = one(written(trk(trkpts(61), trkpts(61, first=1000))))
    assert (found.elapsed_time, found.moving_time) == (1060, 120)
    assert found.distance == pytest.approx(360, rel=1e-4)


def test_a_gap_over_a_minute_and_standing_still_are_no_moving():
    standing = "".join(trkpt(second, 0) for second in range(50))
    assert one(written(trk(standing + trkpts(11, first=50, speed=0.0) + trkpt(200, 300)))).moving_time == 200
    assert one(written(trk(trkpts(31, every=30)))).moving_time == 900


def test_rotten_points_are_dropped():
    good = [trkpt(second, second * 3) for second in range(60)]
    bad = [
        '<trkpt lat="200" lon="14.43"><time>{}</time></trkpt>',
        '<trkpt lat="0" lon="0"><time>{}</time></trkpt>',
        "<trkpt><time>{}</time></trkpt>",
        '<trkpt lat="50.9" lon="14.43"><time>{}</time></trkpt>',
    ]
    for place, point in zip((0, 10, 20, 30), bad, strict=True):
        good.insert(place, point.format(at(place)))
    good.insert(40, trkpt(0, 0, time="1901-01-01T00:00:00Z"))
    found = one(written(trk("", "".join(good))))
    assert (found.elapsed_time, found.distance) == (59, pytest.approx(177, rel=1e-3))


def test_points_out_of_order_are_sorted_and_repeated_ones_harmless():
    points = [trkpt(second, second * 3) for second in range(50)]
    mixed = points[:20] + points[30:40] + points[20:30] + points[39:] + points[49:]
    assert one(written(trk("".join(mixed)))).distance == pytest.approx(147, rel=1e-3)


def test_a_wrong_first_point_does_not_spoil_the_rest():
    assert one(written(trk(trkpt(0, 900_000) + trkpts(60, first=1)))).distance == pytest.approx(177, rel=0.05)


def test_heart_rate_nought_is_none_and_cadence_of_both_feet_is_halved():
    inside = "<extensions><x:E><x:hr>{}</x:hr><x:cad>172</x:cad></x:E></extensions>"
    items = read(written(trk(trkpts(30, inside=inside.format(0)))))
    (found,) = of(Activity, items)
    assert (found.average_heartrate, found.max_heartrate, found.average_cadence) == (None, None, 86)
    assert "both feet" in said(items)
    found = one(written(trk(trkpts(30, inside=inside.format(0)) + trkpts(10, first=30, inside=inside.format(150)))))
    assert (found.average_heartrate, found.max_heartrate) == (150, 150)


@pytest.mark.parametrize(
    ("about", "name", "sport"),
    [
        ("<type>9</type>", "x.gpx", "Run"),
        ("<type>trail_running</type>", "x.gpx", "TrailRun"),
        ("<type>unbekannt</type><name>Abendspaziergang</name>", "x.gpx", "Workout"),
        ("<type>unknown</type><name>A walk home</name>", "x.gpx", "Walk"),
        ("<name>On the river</name>", "kayak-12.gpx", "Kayaking"),
        ("<type>Fly fishing</type>", "x.gpx", "Fly fishing"),
        ("<type>4711</type>", "x.gpx", "Workout"),
    ],
)
def test_the_sport_is_told_by_type_else_by_names(about, name, sport):
    assert one(written(trk(trkpts(9), about=about)), name).activity_type == sport


@pytest.mark.parametrize(
    ("time", "offset", "naive"),
    [
        ("2026-05-09T08:30:{:02}.123456789+02:00", 7200, False),
        ("2026-05-09T07:45:{:02}+01:15", 4500, False),
        ("2026-05-09T06:30:{:02}.5Z", None, False),
        ("2026-05-09T06:30:{:02}+00:00", None, False),
        ("2026-05-09T06:30:{:02}", None, True),
    ],
)
def test_times_are_read_as_devices_write_them(time, offset, naive):
    items = read(written(trk("".join(trkpt(0, second, time=time.format(second)) for second in range(9)))))
    (found,) = of(Activity, items)
    assert (found.start, found.offset, "taken as UTC" in said(items)) == (START, offset, naive)


def test_a_named_zone_and_stravas_own_id_are_taken_from_its_writers():
    zone = "<x:startTimeZone>Asia/Kathmandu</x:startTimeZone>"
    assert one(written(trk(trkpts(9), about=f"<extensions>{zone}</extensions>"))).offset == 20700
    ours = written(trk(trkpts(9)), creator="StravaGPX iPhone")
    assert (one(ours, "activities/1836776031.gpx").strava_id, one(ours, "home.gpx").strava_id) == (1836776031, None)


def test_tracks_are_one_outing_unless_hours_or_sports_lie_between():
    def starts(*tracks):
        return [round((found.start - START).total_seconds()) for found in of(Activity, read(written(*tracks)))]

    ride = "<type>cycling</type>"
    assert starts(trk(trkpts(9)), trk(trkpts(9, first=3600))) == [0]
    assert starts(trk(trkpts(9)), trk(trkpts(9, first=30000))) == [0, 30000]
    assert starts(trk(trkpts(9, first=100), about=ride), trk(trkpts(9))) == [0, 100]
    assert starts(trk(trkpts(9)), trk(trkpts(9, first=100), about="")) == [0]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (written(trk('<trkpt lat="50" lon="14"/>' * 9)), "planned route"),
        (written(head='<rte><rtept lat="50" lon="14"/></rte>'), "planned route"),
        (written(head='<wpt lat="50" lon="14"><time>2026-05-09T06:30:00Z</time></wpt>'), "waypoints"),
        (written(trk(trkpt(0, 0))), "single moment"),
        (written(trk("".join(trkpt(0, 0, time=f"1970-01-01T00:00:{s:02}Z") for s in range(9)))), "before 1990"),
        ("<gpx", "broken"),
    ],
)
def test_what_is_no_workout_is_refused_in_one_sentence(content, sentence):
    (refused,) = read(content)
    assert isinstance(refused, Refusal)
    assert sentence in refused.why


GOOD = written(trk(trkpts(50)))


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (b"\xef\xbb\xbf \r\n\t " + GOOD.encode(), ""),
        (b" " * 200_000 + GOOD.encode(), ""),
        (GOOD.replace('encoding="UTF-8"', "").encode("utf-16"), ""),
        (GOOD.encode() + b"\0\0<x>", ""),
        (GOOD.replace("Morning", "Hill & Dale").encode(), "mended"),
        (GOOD.replace("Morning", "Frühlauf").encode("cp1252"), "mended"),
        (GOOD.replace("Morning", "\x0b").encode(), "mended"),
        (GOOD.replace("</time>", "</time><e><gpxtpx:hr>99</gpxtpx:hr></e>").encode(), "mended"),
        (GOOD[: len(GOOD) * 3 // 4].encode(), "cut off"),
        (GOOD.replace("<time>" + at(30), "<<" + at(30)).encode(), "broken"),
    ],
)
def test_half_broken_xml_gives_what_it_holds(content, note):
    items = read(content)
    (found,) = of(Activity, items)
    assert (found.start, 25 < (found.elapsed_time or 0) < 50) == (START, True)
    assert (note in said(items)) if note else said(items) == ""


def test_names_keep_their_letters_and_are_bounded():
    assert one(written(trk(trkpts(9), about="<name><![CDATA[🏃 <b> &]]></name>"))).name == "🏃 <b> &"
    assert len(one(written(trk(trkpts(9), about=f"<name>{'x' * 90_000}</name>"))).name) == 500
    assert one(written(trk(trkpts(9), about=""), head='<metadata><name>{"a":1}</name></metadata>')).name == ""


BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "lol"}">' for n in range(10))


@pytest.mark.parametrize(
    "content",
    [
        f"<!DOCTYPE gpx [{BOMB}]><gpx>&e9;</gpx>",
        '<!DOCTYPE gpx SYSTEM "file:///etc/passwd"><gpx/>',
        "<gpx>" + "<a>" * 100_000,
        '<gpx creator="' + "x" * 30_000_000,
        written("<trk/>" * 20_001),
    ],
    ids=["bomb", "outside", "deep", "one word", "many tracks"],
)
def test_hostile_xml_is_one_sentence(content):
    (refused,) = read(content)
    assert "no device writes" in refused.why


class _Endless:
    """A stream of points that is never in memory as a whole."""

    def __init__(self, count: int) -> None:
        self.pieces = iter([written().removesuffix("</gpx>").encode(), b"<trk><trkseg>"])
        self.left = count

    def read(self, _size: int) -> bytes:
        if piece := next(self.pieces, b""):
            return piece
        self.left -= 100
        return trkpts(100, first=self.left).encode() if self.left >= 0 else b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


def test_a_long_track_takes_little_memory():
    tracemalloc.start()
    (found,) = of(Activity, gpx.read(Member("long.gpx", 0, lambda: _Endless(20_000)), BERLIN))  # type: ignore[arg-type,return-value]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.start == START + timedelta(0)
    assert peak < 6_000_000


def test_the_way_is_measured_on_a_sphere():
    assert north(111_195) == pytest.approx(51.08, abs=1e-4)
