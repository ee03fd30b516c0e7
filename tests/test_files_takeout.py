"""Google's Takeout of Fitbit: two trees that overlap, three clocks, and each thing once."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest

from app.files import takeout
from app.files.records import Activity, DayCalories, How, Item, Member, Note, Question, Refusal, WeighIn
from tests.filing import BERLIN, answering, member, of, records, said

LEGACY = "Takeout/Google Health/Global Export Data"
TABLES = "Takeout/Google Health/Physical Activity_GoogleData"
TYPED = {"logId": 1778025599000, "weight": 165.3, "bmi": 24.0, "date": "05/05/26", "time": "23:59:59", "source": "API"}


def read(*members: Member, how: How = BERLIN) -> list[Item]:
    return list(takeout.read(members, how, tracked))


def tracked(file: Member, how: How) -> Iterator[Item]:
    yield Activity("tcx", file.name, "Ride", datetime(2026, 10, 4, tzinfo=UTC), position=(52.5, 13.4), offset=None)


def pounds(*entries: dict[str, object], name: str = "weight-2026-05-01.json") -> Member:
    return member(f"{LEGACY}/{name}", list(entries))


def minutes(start: str, count: int, kcal: str | list[str]) -> list[dict[str, str]]:
    begin = datetime.fromisoformat(start)
    values = kcal if isinstance(kcal, list) else [kcal] * count
    return [
        {"dateTime": (begin + timedelta(minutes=n)).strftime("%m/%d/%y %H:%M:%S"), "value": value}
        for n, value in enumerate(values)
    ]


def test_a_weigh_in_in_pounds_and_twice_in_grams_is_one_on_its_own_day() -> None:
    grams = "timestamp,weight grams,data source\n"
    grams += "2026-05-05T21:59:59Z,74980,Fitbit App\n2026-05-05T21:59:59Z,74979.0,Renpho Fitbit 3P Web API\n"
    (found,) = records(read(pounds(TYPED), member(f"{TABLES}/Weight/weight.csv", grams)))
    assert (found.date, found.time, found.weight, found.key) == (date(2026, 5, 5), None, 74.98, "1778025599000")
    assert found.at == datetime(2026, 5, 5, 21, 59, 59, tzinfo=UTC)


def test_pounds_alone_and_grams_alone_are_both_read() -> None:
    (alone,) = records(read(pounds({**TYPED, "time": "07:10:00", "fat": 21.5})))
    assert (alone.weight, alone.time, alone.fat, alone.bmi) == (74.979, time(7, 10), 21.5, 24.0)
    grams = "timestamp,weight grams\n2026-05-05T22:30:00.5Z,74980\n"
    fat = "timestamp,body fat percentage,data source\n2026-05-05T22:30:40Z,20.5,x\n"
    (exact,) = records(read(member("p/weight_2026-05-01.csv", grams), member("p/body_fat_2026-05-01.csv", fat)))
    assert (exact.date, exact.weight, exact.fat) == (date(2026, 5, 6), 74.98, 20.5)


def test_a_journeys_clock_comes_from_the_json_and_its_weight_from_the_csv() -> None:
    away = {**TYPED, "time": "06:00:00", "logId": 1}
    grams = "timestamp,weight grams\n2026-05-05T00:15:00Z,74990\n"
    (found,) = records(read(pounds(away), member("weight.csv", grams)))
    assert (found.date, found.time, found.weight) == (date(2026, 5, 5), time(6), 74.99)


def test_the_same_weight_on_other_days_stays_two_weigh_ins() -> None:
    entries = [{**TYPED, "logId": n, "date": f"05/{n:02}/26", "time": "07:00:00"} for n in (5, 6)]
    grams = "timestamp,weight grams\n" + "".join(f"2026-05-0{n}T05:00:00Z,74979\n" for n in (5, 6, 7))
    assert len(records(read(pounds(*entries), member("weight.csv", grams)))) == 3


def test_a_bmi_that_only_fits_kilograms_is_asked_about() -> None:
    entry = {**TYPED, "weight": 75.0, "bmi": 24.0}
    (question,) = of(Question, read(pounds(entry)))
    assert question.key == "takeout_weight_unit"
    for answer, weight in (("kg", 75.0), ("lb", 34.019)):
        (found,) = records(read(pounds(entry), how=answering(takeout_weight_unit=answer)))
        assert found.weight == pytest.approx(weight, abs=0.001)


def test_a_whole_day_of_minutes_is_what_was_burned_on_that_local_day() -> None:
    day = member(f"{LEGACY}/calories-2026-05-05.json", minutes("2026-05-05", 1440, "1.05"))
    again = member("Other/Physical Activity/calories-2026-05-05.json", minutes("2026-05-05", 1440, "1.05"))
    (found,) = records(read(day, again))
    assert found == DayCalories("takeout", date(2026, 5, 5), burned=1512.0, member=day.name)


def test_overlapping_chunks_count_a_minute_once() -> None:
    one = member("calories-2026-05-01.json", minutes("2026-05-05", 1000, "1.00"))
    two = member("calories-2026-05-05.json", minutes("2026-05-05", 1440, "1.00"))
    assert [found.burned for found in records(read(one, two))] == [1440.0]


def test_the_csv_goes_before_the_json_and_its_sources_are_not_added() -> None:
    rows = [f"2026-05-{4 + (n + 1320) // 1440:02}T{(n + 1320) // 60 % 24:02}:{n % 60:02}:00Z" for n in range(1440)]
    table = "timestamp,calories,data source\n" + "".join(f"{at},1.5,Fitbit App\n{at},9,Health Connect\n" for at in rows)
    legacy = member("calories-2026-05-01.json", minutes("2026-05-05", 1440, "1.05"))
    found = records(read(legacy, member("Calories/calories_2026-05-05.csv", table)))
    assert [(one.date, one.burned) for one in found] == [(date(2026, 5, 5), 2160.0)]


def test_part_of_a_day_and_minutes_that_are_only_filled_in_are_no_day() -> None:
    lived = [f"{1 + n % 7 / 10:.2f}" for n in range(1440)]
    found = read(member("calories-2026-05-01.json", minutes("2026-05-05", 1440, [*lived, *["1.05"] * 3000])))
    assert [one.date for one in records(found)] == [date(2026, 5, 5)]
    assert "filled up" in said(found)
    part = read(member("calories-2026-05-01.json", minutes("2026-05-05", 1000, "1.05")))
    assert records(part) == []
    assert "not all minutes" in said(part)


def test_food_is_summed_by_its_day_and_counted_once() -> None:
    log = [
        {"logId": 1, "logDate": "2026-05-05", "loggedFood": {"calories": 1}, "nutritionalValues": {"calories": 350}},
        {"logId": 2, "logDate": "2026-05-05", "loggedFood": {"calories": 420}},
        {"logId": 3, "loggedFood": {"calories": 99}},
    ]
    items = read(member("a/food_logs-2026-05-01.json", log), member("b/food_logs-2026-05-02.json", log[:1]))
    assert [(one.date, one.eaten) for one in records(items)] == [(date(2026, 5, 5), 770.0)]
    assert "no day or no calories" in said(items)


HEAD = "exercise_id,exercise_start,exercise_end,utc_offset,activity_name,log_type,intervals,tracker_total_distance_mm,"
HEAD += "tracker_avg_heart_rate,tracker_avg_speed_mm_per_second\n"


def test_an_exercise_has_the_clock_of_its_place_and_the_jsons_moving_time() -> None:
    row = '77,2026-10-04 20:30:00+0000,2026-10-04 21:30:00+0000,+05:30,Outdoor Bike,TRACKER,"[{""a"":1,""b"":2}]",'
    row += "20000000,0,5555\n"
    entry = {"logId": 9, "activityName": "Outdoor Bike", "averageHeartRate": 130, "duration": 3600000}
    entry |= {"activeDuration": 3000000, "startTime": "10/04/26 20:30:12", "distance": 12, "distanceUnit": "Mile"}
    track = member("x/Activities/9.tcx", b"x")
    items = read(member("UserExercises_2026-10-01.csv", HEAD + row), member("exercise-0.json", [entry]), track)
    (found,) = records(items)
    assert (found.key, found.activity_type, found.offset) == ("77", "Ride", 19_800)
    assert found.start + timedelta(seconds=found.offset) == datetime(2026, 10, 5, 2, 0, tzinfo=UTC)
    assert (found.distance, found.moving_time, found.elapsed_time) == (20_000.0, 3000.0, 3600.0)
    assert (found.average_heartrate, found.position) == (130.0, (52.5, 13.4))
    (alone,) = records(read(member("exercise-0.json", [entry])))
    assert alone.distance == pytest.approx(19_312.1, abs=0.1)


def test_walks_that_the_tracker_guessed_wait_for_an_answer() -> None:
    row = "78,2026-10-04 20:30:00+0000,2026-10-04 20:45:00+0000,+02:00,Walk,AUTO_DETECTED,,0,0,0\n"
    file = member("UserExercises_2026-10-01.csv", HEAD + row)
    assert [type(item) for item in read(file)] == [Question]
    assert len(records(read(file, how=answering(takeout_auto_detected="yes")))) == 1
    assert [type(item) for item in read(file, how=answering(takeout_auto_detected="no"))] == [Note]


@pytest.mark.parametrize("name", ["weight-1.json", "calories-1.json", "food_logs-1.json", "exercise-1.json"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no data",
        b"{",
        b"[" * 100_000,
        b'[1, null, {}, [], {"date": 5}]',
        b'{"a": 1}',
        b'[{"weight": 1e999}]',
        b"\xff\xfe",
    ],
)
def test_what_is_no_export_is_refused_and_stops_nothing(name: str, content: bytes) -> None:
    items = read(member(name, content), pounds(TYPED, name="weight-2.json"))
    assert len(of(WeighIn, items)) == 1
    assert all(isinstance(item, WeighIn | Refusal) for item in items)


@pytest.mark.parametrize("name", ["weight.csv", "body_fat.csv", "calories_2026-05-05.csv", "UserExercises_1.csv"])
@pytest.mark.parametrize(
    "content", ["", "no data", "timestamp,weight grams", 'timestamp,calories\n"a', "x,y\n1,2\n", "\0,\0"]
)
def test_tables_without_rows_or_with_others_are_no_error(name: str, content: str) -> None:
    assert records(read(member(name, content))) == []
