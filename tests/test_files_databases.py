"""Databases of phone apps and Garmin's JSON: records of the right person, in the right unit, from nobody's program."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from app.files import databases, garmin_account
from app.files.records import Activity, DayCalories, How, Item, Member, Question, Refusal, WeighIn
from tests.filing import BERLIN, answering, member, of, records, said

AT = int(datetime(2026, 5, 5, 5, 10, tzinfo=UTC).timestamp() * 1000)
HEALTH = f"""
CREATE TABLE weight_record_table (row INTEGER, uuid BLOB, time INTEGER, zone_offset INTEGER, weight REAL);
CREATE TABLE body_fat_record_table (time INTEGER, percentage REAL);
CREATE TABLE total_calories_burned_record_table
  (start_time INTEGER, end_time INTEGER, start_zone_offset INTEGER, energy REAL, app_info_id INTEGER);
CREATE TABLE nutrition_record_table (start_time INTEGER, start_zone_offset INTEGER, energy REAL, app_info_id INTEGER);
CREATE TABLE exercise_session_record_table
  (start_time INTEGER, end_time INTEGER, start_zone_offset INTEGER, exercise_type INTEGER, title TEXT);
INSERT INTO weight_record_table VALUES (1, x'AB', {AT}, 19800, 72500.0), (2, x'AC', {AT + 1}, 19800, 72501.0),
  (3, x'AD', 'soon', 0, 1.0), (4, x'AE', {AT}, 0, 5e9), (5, x'AF', 1e300, 0, 70000.0);
INSERT INTO body_fat_record_table VALUES ({AT}, 20.0), ('x', 'y');
INSERT INTO total_calories_burned_record_table VALUES ({AT}, {AT}, 7200, 2000000.0, 1), ({AT}, {AT}, 7200, 345000.0, 1),
  ({AT}, {AT}, 7200, 1999000.0, 2);
INSERT INTO nutrition_record_table VALUES ({AT}, 7200, 770000.0, 3), ({AT}, 7200, NULL, 3);
INSERT INTO exercise_session_record_table VALUES ({AT}, {AT + 1800_000}, 7200, 56, 'Morning run');
"""
SCALE = f"""
CREATE TABLE scaleUsers (id INTEGER, username TEXT);
CREATE TABLE scaleMeasurements (id INTEGER, userId INTEGER, datetime INTEGER, weight REAL, fat REAL);
INSERT INTO scaleUsers VALUES (1, 'Ada'), (2, 'Bob');
INSERT INTO scaleMeasurements VALUES (1, 1, {AT}, 60.5, 0.0), (2, 2, {AT}, 90.0, 25.0);
"""


Made = Callable[[str], Member]


@pytest.fixture
def database(tmp_path: Path) -> Made:
    def made(script: str) -> Member:
        path = tmp_path / "made.db"
        path.unlink(missing_ok=True)
        connection = sqlite3.connect(path)
        connection.executescript(script)
        connection.close()
        return member("export.db", path.read_bytes())

    return made


def read(file: Member, how: How = BERLIN) -> list[Item]:
    return list(databases.read(file, how))


def test_health_connect_is_in_grams_and_small_calories_with_the_clock_of_the_place(database: Made) -> None:
    items = read(database(HEALTH))
    (weighed,) = of(WeighIn, items)
    assert (weighed.weight, weighed.fat, weighed.date, weighed.time) == (72.5, 20.0, date(2026, 5, 5), time(10, 40))
    assert (weighed.key, weighed.at) == ("ab", datetime(2026, 5, 5, 5, 10, tzinfo=UTC))
    assert of(DayCalories, items) == [DayCalories("health_connect", date(2026, 5, 5), 770.0, 2345.0, "export.db")]
    (run,) = of(Activity, items)
    assert (run.activity_type, run.name, run.elapsed_time, run.offset) == ("Run", "Morning run", 1800.0, 7200)
    assert sum(refusal.count for refusal in of(Refusal, items)) == 2


def test_a_schema_of_another_version_gives_what_it_has(database: Made) -> None:
    assert read(database("CREATE TABLE weight_record_table (mass REAL)")) == []
    plain = "CREATE TABLE weight_record_table (time INTEGER, weight REAL);"
    plain += f"INSERT INTO weight_record_table VALUES ({AT}, 70000)"
    assert [one.time for one in of(WeighIn, read(database(plain)))] == [time(7, 10)]


def test_openscale_asks_who_of_two_the_person_is(database: Made) -> None:
    file = database(SCALE)
    (question,) = read(file)
    assert isinstance(question, Question)
    (found,) = records(read(file, answering(**{question.key: "Ada"})))
    assert (found.weight, found.fat, found.time) == (60.5, None, time(7, 10))


@pytest.mark.parametrize(
    "script",
    ["", "CREATE TABLE a (b)", "CREATE VIEW weight_record_table AS SELECT 1 AS time, 2 AS weight",
     "CREATE TABLE weight_record_table (time, weight GENERATED ALWAYS AS (1))"],
)  # fmt: skip
def test_another_apps_database_and_a_strangers_programs_give_no_record(database: Made, script: str) -> None:
    assert records(read(database(script))) == []


def test_a_damaged_database_is_refused_in_a_sentence(database: Made) -> None:
    whole = database(HEALTH).open().read()
    cut = member("x.db", whole[:100] + b"\xff" * 4000)
    assert "damaged" in said(read(cut))
    assert "damaged" in said(read(member("x.db", b"SQLite format 3\0 and no more")))


def test_garmins_account_export_tells_days_and_weights() -> None:
    days = [
        {"calendarDate": "2026-05-05", "totalKilocalories": 2345.0},
        {"calendarDate": "2026-05-06"},
        {"calendarDate": 7},
    ]
    days.append({"calendarDate": "2026-11-24", "totalKilocalories": 100.0})
    items = list(garmin_account.read(member("DI_CONNECT/UDSFile_1.json", days), BERLIN))
    assert [(one.date, one.burned) for one in records(items)] == [(date(2026, 5, 5), 2345.0)]
    assert sum(refusal.count for refusal in of(Refusal, items)) == 1
    weights = [
        {
            "metaData": {"calendarDate": "2026-05-05"},
            "weight": {"weight": 72500.0, "timestampGMT": "2026-05-05T05:10:00.0"},
        }
    ]
    (found,) = records(garmin_account.read(member("1_userBioMetrics.json", weights), BERLIN))
    assert (found.weight, found.date, found.time) == (72.5, date(2026, 5, 5), time(7, 10))
    assert garmin_account.is_wanted("x/1_userBioMetrics.json")
    assert not garmin_account.is_wanted("x/sleepData.json")
