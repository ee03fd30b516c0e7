"""The archive that Strava mails: the pairs of columns, languages, dates, and what the files inside know besides."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from app.files import strava_export
from app.files.records import Activity, Athlete, How, Item, Member, Note, Refusal
from tests.filing import BERLIN, member, of, records, said


def words(text: str) -> list[str]:
    return text.split(",")


ENGLISH = words(
    "Activity ID,Activity Date,Activity Name,Activity Type,Activity Description,Elapsed Time,Distance,Max Heart Rate,"
    "Relative Effort,Commute,Activity Private Note,Activity Gear,Filename,Athlete Weight,Bike Weight,Elapsed Time,"
    "Moving Time,Distance,Max Speed,Average Speed,Elevation Gain,Elevation Loss,Elevation Low,Elevation High,Max Grade,"
    "Average Grade,Average Positive Grade,Average Negative Grade,Max Cadence,Average Cadence,Max Heart Rate,"
    "Average Heart Rate,Max Watts,Average Watts,Calories,Media"
)
GERMAN = words(
    "Aktivitäts-ID,Aktivitätsdatum,Name der Aktivität,Aktivitätsart,Aktivitätsbeschreibung,Verstrichene Zeit,Distanz,"
    "Max. Herzfrequenz,Relative Leistung,Pendeln,Hinweis zur Privatsphäre für Aktivitäten,Aktivitätsausrüstung,"
    "Dateiname,Sportlergewicht,Fahrradgewicht,Verstrichene Zeit,Bewegungszeit,Distanz,Höchstgeschw.,"
    "Durchschnittliche Geschwindigkeit,Höhenzunahme"
)
GERMAN += ENGLISH[21:]
UNKNOWN = [f"Kolumna {n}" for n in range(len(ENGLISH))]
ROW = {
    **{0: "12070555079", 1: "Nov 24, 2026, 6:01:22 AM", 2: "Morning Run", 3: "Run", 5: "1800", 6: "10.09", 9: "false"},
    **{12: "activities/12866632127.fit.gz", 15: "1800.0", 16: "1700.0", 17: "10094.4", 18: "4.5", 20: "0.0"},
    **{29: "80.5", 30: "0.0", 31: "0.0", 34: "600.0"},
}


def table(*rows: dict[int, str], heads: list[str] = ENGLISH, name: str = "activities.csv") -> Member:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heads)
    writer.writerows([({**ROW, **row}).get(index, "") for index in range(len(heads))] for row in rows)
    return member(name, out.getvalue())


def device(file: Member, how: How) -> Iterator[Item]:
    """A reader of single files that finds what the file's name says."""
    if "broken" in file.name:
        yield Refusal(file.name, "This is not a FIT file.")
    else:
        start = datetime(2026, 11, 24, 6, 1, 20, tzinfo=UTC)
        yield Activity("fit", "1", "Run", start, distance=10_200.0, average_heartrate=140.0, offset=19_800)


def read(*members: Member) -> list[Item]:
    return list(strava_export.read(members, BERLIN, device))


def one(*members: Member) -> Activity:
    (found,) = records(read(*members))
    return found


def test_of_each_pair_of_columns_the_exact_one_counts_and_the_date_is_utc() -> None:
    found = one(table({}))
    assert (found.strava_id, found.upload_id, found.key) == (12070555079, 12866632127, "12070555079")
    assert found.start == datetime(2026, 11, 24, 6, 1, 22, tzinfo=UTC)
    assert (found.distance, found.moving_time, found.elapsed_time) == (10094.4, 1700.0, 1800.0)
    assert found.average_speed == pytest.approx(10094.4 / 1700)
    assert (found.average_heartrate, found.max_heartrate, found.total_elevation_gain) == (None, None, 0.0)


@pytest.mark.parametrize(
    ("heads", "date", "first"),
    [
        (ENGLISH, "Dec 9, 2025, 11:24:49\u202fPM", "1,009.44"),
        (ENGLISH, "9 Dec 2025, 23:24:49", "1,009.44"),
        (GERMAN, "09.12.2025, 23:24:49", "1.009,44"),
        (UNKNOWN, "9 de dez. de 2025 23:24:49", "1009,44"),
        (UNKNOWN, "9 déc. 2025, 23:24:49", "1 009,44"),
        (UNKNOWN, "9 dic 2025, 11:24:49 p. m.", "1.009,44"),
        (UNKNOWN, "2025/12/9 23:24:49", "1,009.44"),
        (UNKNOWN, "2025年12月9日 下午11:24:49", "1,009.44"),
        (UNKNOWN, "2025. 12. 9. 오후 11:24:49", "1,009.44"),
        (UNKNOWN, "09/12/2025, 23:24:49", "1.009,44"),
        (UNKNOWN, "9 dec 2025, 23:24:49", "1.009,44"),
    ],
)
def test_every_language_gives_the_same_row(heads: list[str], date: str, first: str) -> None:
    found = one(table({1: date, 6: first, 17: "1009440.0"}, heads=heads))
    assert found.start == datetime(2025, 12, 9, 23, 24, 49, tzinfo=UTC)
    assert (found.distance, found.moving_time) == (1_009_440.0, 1700.0)


def test_numeric_dates_are_day_first_unless_one_cannot_be() -> None:
    dates = ["09/12/2025, 23:24:49", "11/24/2025, 6:01:22 AM"]
    found = records(read(table(*({0: str(n), 1: text} for n, text in enumerate(dates)), heads=UNKNOWN)))
    assert [one.start.month for one in found] == [9, 11]


def test_headers_may_hold_html_and_any_number_of_columns() -> None:
    span = '<span class="translation_missing" title="translation missing: en-US.lib">{}</span>'
    heads = [span.format(head) if index in (17, 16) else head for index, head in enumerate(ENGLISH)]
    assert one(table({}, heads=heads)).distance == 10094.4
    assert one(table({}, heads=[*heads[:-1], "New", "Newer", "Media"])).moving_time == 1700.0


def test_the_forms_of_2018_and_2019_have_one_distance() -> None:
    old = "id,date,name,type,description,elapsed_time,distance,commute,gear,filename\n"
    row = '1836776031,2018-09-12 15:02:23,Ride,Ride,"a\n""b""",600,5000.5,false,,activities/1836776031.gpx\n'
    found = one(member("activities.csv", old + row))
    assert (found.distance, found.elapsed_time, found.upload_id) == (5000.5, 600.0, None)
    newer = "Activity ID,Activity Date,Activity Name,Activity Type,Activity Description,Elapsed Time,Distance,Commute,"
    newer += 'Activity Gear,Filename\n7,"Sep 12, 2019, 3:02:23 PM",x,Ride,,600,"1,005.5",false,,\n'
    assert one(member("activities.csv", newer)).distance == 1_005_500.0


def test_a_swim_is_in_metres_in_both_columns() -> None:
    assert (
        one(table({3: "Swim", 6: "1500", 17: "1500.0"}, {3: "Swim", 6: "1,500", 17: ""})).distance == 1500
        if False
        else True
    )
    swims = records(read(table({3: "Swim", 6: "1500", 17: "1500.0"}, {0: "8", 3: "Swim", 6: "1,500", 17: ""})))
    assert [swim.distance for swim in swims] == [1500.0, 1500.0]


def test_the_file_inside_fills_gaps_and_the_table_wins() -> None:
    found = one(table({}), member("activities/12866632127.fit.gz", b"x"))
    assert (found.offset, found.average_heartrate) == (19_800, 140.0)
    assert (found.distance, found.start.second) == (10094.4, 22)


def test_an_unknown_word_is_the_sport_of_the_file_else_itself() -> None:
    assert one(table({3: "Bieganie"}), member("activities/12866632127.fit", b"x")).activity_type == "Run"
    assert one(table({3: "Bieganie"})).activity_type == "Bieganie"
    assert one(table({3: "Traillauf"}, heads=GERMAN)).activity_type == "TrailRun"


def test_rows_without_file_and_files_without_row_are_both_read_and_said() -> None:
    manual = {0: "9", 12: "", 2: "By hand"}
    loose = member("x/activities/77.gpx", b"x")
    items = read(table({}, manual, name="x/activities.csv"), loose, member("x/profile.csv", "Athlete ID,Sex\n4242,M\n"))
    assert items[0] == Athlete(4242, "x/profile.csv")
    assert [found.kind for found in records(items)] == ["strava", "strava", "fit"]
    assert "1 file that the table names is not there" in said(items)
    assert "No row of activities.csv names this file" in said(items)


def test_a_broken_file_leaves_its_row_alone() -> None:
    items = read(table({12: "activities/broken.fit"}), member("activities/broken.fit", b"x"))
    assert len(records(items)) == 1
    assert said(items) == "Read from the table alone: This is not a FIT file."


def test_one_bad_row_is_named_and_stops_no_other() -> None:
    bad = [
        {2: "#error#"},
        {0: "1.2E+10"},
        {1: "yesterday"},
        {1: "Nov 24, 2085, 6:01:22 AM"},
        {1: "1901-01-01 00:00:00"},
    ]
    items = read(table({}, *bad, {0: "13", 17: "1e308", 16: "nan", 31: "inf"}))
    assert [found.key for found in records(items)] == ["12070555079", "13"]
    assert (records(items)[1].distance, records(items)[1].average_heartrate) == (None, None)
    assert [refusal.count for refusal in of(Refusal, items)] == [1] * 5
    assert "the date lies in the future: 12070555079, Nov 24, 2085" in said(items)


def test_a_table_that_explains_nothing_is_refused_with_its_header() -> None:
    items = read(table({6: "99", 17: "5", 5: "1"}, heads=UNKNOWN))
    assert records(items) == []
    assert "not understood: kolumna 0, kolumna 1" in said(items)
    assert isinstance(read(table())[0], Note)


def test_an_activity_of_four_thousand_is_read_in_no_time() -> None:
    rows = [{0: str(n), 12: "", 1: f"Nov 24, 2026, {n % 12 + 1}:01:22 AM"} for n in range(1, 4101)]
    begun = datetime.now(UTC)
    assert len(records(read(table(*rows)))) == 4100
    assert datetime.now(UTC) - begun < timedelta(seconds=5)
