"""Whatever a person brings is told by its content, called by its name, and read or refused in a sentence."""

import gzip
import logging
import sqlite3
from datetime import date

import pytest

from app.files import fit, kinds, readers, reading
from app.files.records import Activity, How, Refusal, WeighIn
from tests.filing import BERLIN, member, of, said
from tests.fit_writer import Fit
from tests.packing import brought, zipped
from tests.test_files_fit import T0, whole
from tests.tracks_writer import gpx, lap, outing, tcx, trk, trkpt, trkpts

FIT = whole().bytes()
GPX = gpx(trk(trkpts(60))).encode()
TCX = tcx(outing(lap(0, 60))).encode()
APPLE = b"""<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE HealthData [ <!ELEMENT HealthData ANY> ]>
<HealthData locale="en_GB"><Record type="HKQuantityTypeIdentifierBodyMass" sourceName="Scale" unit="kg"
startDate="2026-01-10 01:30:00 +0200" endDate="2026-01-10 01:30:00 +0200" value="81.5"/></HealthData>"""
STRAVA = b"""Activity ID,Activity Date,Activity Name,Activity Type,Activity Description,Elapsed Time,Distance,Filename
9001,"9 May 2026, 06:30:00",Morning,Run,,1900,5.00,activities/77001.fit.gz
"""
WEIGHTS = b"[" + b'{"logId":1,"weight":165.3,"bmi":24.0,"date":"05/05/26","time":"07:10:00","source":"API"}' + b"]"


@pytest.mark.parametrize("name", ["ride.bin", "ride.fit", "ride.gpx", "ride"])
@pytest.mark.parametrize(("content", "words"), [(FIT, "FIT file"), (GPX, "GPX track"), (TCX, "TCX file")])
@pytest.mark.parametrize("packed", [False, True])
def test_the_content_decides_and_not_the_name(tmp_path, name, content, words, packed):
    called, items = brought(tmp_path, name, gzip.compress(content) if packed else content)
    assert (called, len(of(Activity, items))) == (words, 1)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"export/activities.csv": STRAVA, "export/activities/77001.fit.gz": gzip.compress(FIT)}, "Strava export"),
        ({"Takeout/Fitbit/Global Export Data/weight-2026-05-01.json": WEIGHTS}, "Fitbit data from Google"),
        ({"Global Export Data/weight-2026-05-01.json": WEIGHTS}, "Fitbit data from Google"),
        ({"apple_health_export/exportar.xml": APPLE}, "Apple Health export"),
        ({"DI_CONNECT/Uploaded/UploadedFiles_0-_Part1.zip": zipped({"a.fit": FIT})}, "Garmin account export"),
        ({"a/b.fit": FIT}, "archive of files"),
        ({"strava_export.zip": zipped({"x/activities.csv": STRAVA, "x/activities/1.gpx": GPX})}, "archive of files"),
    ],
)
def test_exports_are_known_by_the_names_in_them_however_they_were_packed(tmp_path, files, words):
    called, items = brought(tmp_path, "x.zip", zipped(files))
    assert (called, bool(of(Activity, items) or of(WeighIn, items))) == (words, True)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("activities.csv", STRAVA, "Strava export"),
        ("weight-2026-05-01 (1).json", WEIGHTS, "Fitbit data from Google"),
        ("export.xml", APPLE, "Apple Health export"),
        ("mine.csv", b"date,weight\n2026-05-05,75.1 kg\n", "table"),
    ],
)
def test_a_part_of_an_export_alone_is_known_too(tmp_path, name, content, words):
    called, items = brought(tmp_path, name, content)
    assert (called, len(of(Activity, items)) + len(of(WeighIn, items))) == (words, 1)


STRANGE = {
    "empty": (b"", "empty"),
    "spaces": (b" \n\n", "empty"),
    "zeros": (bytes(4000), "zeros"),
    "no data": (b"no data", "no data"),
    "strava's fault": (b"#error#", "#error#"),
    "kml": (b"<?xml version='1.0'?><kml xmlns='x'></kml>", "KML"),
    "page": (b"<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
    "page again": (b"\n <HTML lang=en>", "web page"),
    "other xml": (b"<?xml version='1.0'?><!-- <gpx> --><wurst/>", "neither GPX"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(90), "save it as CSV"),
    "pdf": (b"%PDF-1.7\n", "PDF"),
    "jpeg": (b"\xff\xd8\xff\xe0" + bytes(90), "picture"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(90), "picture"),
    "heic": (b"\0\0\0\x18ftypheic" + bytes(90), "picture"),
    "rar": (b"Rar!\x1a\7\1\0", "RAR"),
    "7z": (b"7z\xbc\xaf\x27\x1c\0\4", "7-Zip"),
    "json": (b'{"type": "FeatureCollection", "features": []}', "JSON"),
    "text": (b"Dear diary\ntoday I ran\n", "columns"),
    "hrm": (b"[Params]\nVersion=106\n", "HRM"),
    "binary": (bytes(range(1, 256)) * 20, "not read here"),
    "clinical": (b"<?xml version='1.0'?><ClinicalDocument xmlns='urn:hl7-org:v3'/>", "clinical"),
    "route": (gpx(trk('<trkpt lat="50" lon="14"/>')).encode(), "planned route"),
    "monitoring": (Fit().add("file_id", type=32).bytes(), "daily monitoring"),
    "course": (Fit().add("file_id", type=6).add("record", stamp=1).bytes(), "planned course"),
}


@pytest.mark.parametrize("name", STRANGE)
def test_what_is_something_else_is_named_in_one_sentence(tmp_path, name):
    content, sentence = STRANGE[name]
    _, items = brought(tmp_path, "what.dat", content)
    (refused,) = items
    assert isinstance(refused, Refusal)
    assert sentence in refused.why
    assert "\n" not in refused.why
    assert refused.why.rstrip().endswith((".", ")"))


def test_a_page_or_rubbish_under_a_fits_name_is_told_as_what_it_is(tmp_path):
    assert "web page" in said(brought(tmp_path, "ride.fit", b"<html>")[1])
    assert "Not a FIT file" in said(brought(tmp_path, "ride.fit", b"\1\2\3\4" * 90)[1])


def test_a_database_of_an_app_goes_to_the_reader_of_databases(tmp_path):
    with sqlite3.connect(tmp_path / "x.db") as made:
        made.execute("CREATE TABLE odd (a)")
    made.close()
    assert "database" in said(reading.read(tmp_path / "x.db", BERLIN))


def test_a_reader_that_fails_costs_only_its_own_file_and_is_logged(tmp_path, monkeypatch, caplog):
    def fails(found, how):
        raise KeyError("a bug")

    monkeypatch.setattr(fit, "read", fails)
    with caplog.at_level(logging.ERROR):
        _, items = brought(tmp_path, "x.zip", zipped({"a.fit": FIT, "b.gpx": GPX}))
    assert ([item.member for item in of(Refusal, items)], len(of(Activity, items))) == (["a.fit"], 1)
    assert "a bug" in caplog.text


def test_a_failing_disk_is_no_matter_of_a_file(tmp_path, monkeypatch):
    def fails(found, how):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fit, "read", fails)
    with pytest.raises(OSError, match="space"):
        brought(tmp_path, "a.fit", FIT)


def test_days_that_cannot_be_and_figures_that_nobody_has_are_left_out(tmp_path):
    later = How(BERLIN.zone, date(2026, 5, 1))
    _, items = brought(tmp_path, "a.fit", FIT, later)
    assert "the date lies in the future: 2026-05-09" in said(items)
    (found,) = of(Activity, brought(tmp_path, "b.fit", whole(hr=250, max_hr=254, distance=40_000_000).bytes())[1])
    assert (found.average_heartrate, found.distance) == (250, None)
    heavy = Fit().add("file_id", type=9).add("weight_scale", stamp=T0, weight=1.5)
    assert "nobody weighs 1.5 kg" in said(brought(tmp_path, "w.fit", heavy.bytes())[1])


def test_numbers_that_are_none_reach_nobody(tmp_path):
    point = trkpt(1, 3).replace("14.43", "nan") + trkpt(2, 6, "<hr>inf</hr><speed>-inf</speed>")
    (found,) = of(Activity, brought(tmp_path, "x.gpx", gpx(trk(trkpt(0, 0) + point)).encode())[1])
    assert (found.average_heartrate, found.max_speed, found.distance) == (None, None, pytest.approx(6, rel=1e-3))


@pytest.mark.parametrize(
    ("name", "upload"),
    [
        ("12866632127.fit", 12866632127),
        ("activities/866632127.fit.gz", 866632127),
        ("20260509.fit", None),
        ("ride.fit", None),
    ],
)
def test_a_file_of_an_unpacked_strava_export_tells_its_upload(name, upload):
    content = gzip.compress(FIT) if name.endswith("gz") else FIT
    (found,) = of(Activity, reading.read(member(name, content if not name.endswith("gz") else FIT), BERLIN))
    assert found.upload_id == upload


def test_the_same_file_read_twice_gives_the_same_items(tmp_path):
    content = zipped({"a.fit": FIT, "b.gpx": GPX, "c.tcx": TCX, "d.csv": b"date,weight kg\n2026-05-05,75\n"})
    assert brought(tmp_path, "x.zip", content) == brought(tmp_path, "x.zip", content)


def test_a_file_over_what_its_kind_ever_has_is_refused_whatever_its_name_is(tmp_path):
    assert "over 64 MB" in said(brought(tmp_path, "fit.xml", FIT + bytes(65 << 20))[1])


def test_each_kind_has_a_reader_and_words():
    assert set(readers.EXPORTS) | set(readers.FILES) <= set(kinds.KIND)
    assert {kind for kind, _ in kinds._TESTS} | {"files"} == set(readers.EXPORTS)


def test_a_missing_file_is_a_sentence(tmp_path):
    assert "no such file" in said(reading.read(tmp_path / "none", BERLIN))
