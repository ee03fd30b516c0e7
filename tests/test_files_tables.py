"""Tables of weights and calories as scales, diaries and people write them: signs, units, dates, and what is asked."""

from datetime import UTC, date, datetime, time

import pytest

from app.files import csvs
from app.files.records import Activity, DayCalories, How, Item, Question, Refusal, WeighIn
from tests.filing import BERLIN, answering, member, of, records, said


def read(text: str | bytes, how: How = BERLIN, name: str = "table.csv") -> list[Item]:
    return list(csvs.read(member(name, text), how, lambda *_: ()))


def weighed(text: str | bytes, how: How = BERLIN) -> list[tuple[date, time | None, float, float | None]]:
    return [(one.date, one.time, one.weight, one.fat) for one in of(WeighIn, read(text, how))]


def asked(text: str, how: How = BERLIN) -> list[Question]:
    items = read(text, how)
    assert all(isinstance(item, Question) for item in items), items
    return of(Question, items)


DAY, SEVEN = date(2026, 5, 5), time(7, 10)
FORMS = {
    "Withings": 'Date,"Weight (kg)","Fat mass (kg)","Bone mass (kg)",Comments\n2026-05-05 07:10:00,72.5,14.5,,\n',
    "Withings in pounds": 'Date,"Weight (lb)","Fat mass (lb)"\n2026-05-05 07:10:00,159.835,31.967\n',
    "Renpho": "Time of Measurement,Weight(kg),BMI,Body Fat(%),Remarks\n2026-05-05 07:10:00,72.50,24,20,\n",
    "Renpho by Americans": 'Time of Measurement,Weight(lb),BMI,Body Fat(%)\n"5/5/2026, 7:10 AM",159.835,24,20.0\n',
    "Renpho with tabs": "Date\tTime\tWeight(kg)\tBody Fat(%)\n2026.05.05\t07:10:00\t72.5\t20.0\n",
    "Zepp Life": "time,weight,height,bmi,fatRate,bodyWaterRate\n2026-05-05 05:10:00+0000,72.5,175,24,20.0,null\n",
    "openScale": '"dateTime","weight","fat","water","muscle"\n2026-05-05 07:10,72.5,20.0,0.0,0.0\n',
    "openScale, new": "DATE,TIME,BODY_FAT,BMI,WEIGHT,WATER\n2026-05-05,07:10:00,20.0,24,72.5,0.0\n",
    "Samsung": "com.samsung.health.weight,6,3\nstart_time,com.samsung.health.weight.weight,body_fat,time_offset,x\n"
    "2026-05-05 05:10:00.000,72.5,20.0,UTC+0200,,\n",
    "Libra": "#Version: 6\n#Units: kg\n#date;weight;weight trend;body fat;body fat trend;log\n"
    "2026-05-05T05:10:00.000Z;72.5;71.0;20.0;19;\n2026-05-05T00:00:00+02:00;72.5;71;20.0;19;\n",
    "GoldenCheetah": "date,weightkg,fatkg\n2026-05-05T07:10:00,72.5,14.5\n",
    "a German's own": "Datum;Uhrzeit;Gewicht [kg];Körperfett (%)\n05.05.2026;07:10;72,5;20,0\n",
    "Excel's": "sep=;\r\nDate;Weight (kg);Fat\r\n2026-05-05 07:10;72,500;20,0\r\n",
    "in stone": "Date,Weight,Fat\n2026-05-05 07:10,11 st 5.835 lb,20\n",
    "units in cells": "Date,Weight,Fat %\n2026-05-05 07:10,72.5 kg,20 %\n",
    "grams": "timestamp,weight grams,fat\n2026-05-05T05:10:00Z,72500,20\n",
    "Cronometer": "Day,Time,Metric,Unit,Amount\n2026-05-05,07:10,Weight,kg,72.5\n2026-05-05,07:10,Body Fat,%,20\n",
    "Garmin": '\ufeffTime,Weight,Change,BMI,Body Fat,Skeletal Muscle Mass,Bone Mass,Body Water,\n'
    '" May 5, 2026",\n7:10 AM,72.5 kg,0.1 kg,24,20.0 %,--,--,--,\n',
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_apps_table_says_the_same_weigh_in(form: str) -> None:
    items = read(FORMS[form])
    assert [type(item) for item in items] == [WeighIn], items
    (found,) = items
    assert (found.date, found.time, found.fat) == (DAY, SEVEN, 20.0)  # type: ignore[union-attr]
    assert found.weight == pytest.approx(72.5, abs=0.001)  # type: ignore[union-attr]


@pytest.mark.parametrize("charset", ["utf-16", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_encodings_and_line_ends_are_known_by_themselves(charset: str, end: str) -> None:
    text = end.join(["Datum\tKörpergewicht (kg)", "05.05.2026\t72,5", "06.05.2026\t73"])
    assert [row[2] for row in weighed(text.encode(charset))] == [72.5, 73.0]


def test_kilograms_or_pounds_is_asked_with_a_line_and_remembered_by_the_header() -> None:
    table = "date,weight\n2026-05-05,160\n"
    (question,) = asked(table)
    assert question.key.startswith("unit:")
    assert question.example == "2026-05-05, 160"
    assert [option for option, _ in question.options] == ["kg", "lb", "st"]
    assert weighed(table, answering(**{question.key: "lb"})) == [(DAY, None, 72.575, None)]
    assert asked("date,weight\n2026-06-06,99\n")[0].key == question.key
    assert [type(item) for item in read(table, answering(**{question.key: "hands"}))] == [Question]


def test_a_table_without_a_header_is_asked_what_it_is_of() -> None:
    table = "05.05.2026;72,5\n06.05.2026;73\n"
    (question,) = asked(table)
    assert question.example == "05.05.2026, 72,5"
    (unit,) = asked(table, answering(**{question.key: "weight"}))
    assert [row[2] for row in weighed(table, answering(**{question.key: "weight", unit.key: "kg"}))] == [72.5, 73.0]
    days = records(read("2026-05-05,1550\n2026-05-06,900\n", answering(**{question.key: "eaten"})))
    assert [day.eaten for day in days] == [1550.0, 900.0]


def test_calories_beside_steps_are_asked_about() -> None:
    table = "Date,Calories (kcal),Distance (m),Step count,Average weight (kg)\n2026-05-05,2345.5,100,9000,\n"
    (question,) = asked(table)
    assert [option for option, _ in question.options] == ["eaten", "burned"]
    for answer, figures in (("eaten", (2345.5, None)), ("burned", (None, 2345.5))):
        (day,) = records(read(table, answering(**{question.key: answer})))
        assert (day.eaten, day.burned) == figures
    assert records(read("date,calories in,steps\n2026-05-05,1550,9000\n"))[0].eaten == 1550.0


def test_day_or_month_first_is_asked_only_where_no_row_tells() -> None:
    (question,) = asked("date,weight (kg)\n05/06/2026,70\n5/7/26,71\n5/5/26,71\n")
    assert question.example == "05/06/2026; 5/7/26"
    for answer, day in (("dmy", date(2026, 6, 5)), ("mdy", date(2026, 5, 6))):
        assert weighed("date,weight (kg)\n05/06/2026,70\n", answering(**{question.key: answer}))[0][0] == day
    assert weighed("date,kg\n05/06/2026,70\n05/13/2026,71\n")[0][0] == date(2026, 5, 6)
    assert weighed("date,kg\n05/06/2026,70\n13/05/2026,71\n")[0][0] == date(2026, 6, 5)
    assert asked("date,kg\n05/13/2026,70\n13/05/2026,71\n")


def test_of_two_people_on_one_scale_only_the_person_counts() -> None:
    table = "user,date,weight (kg)\nAda,2026-05-05,60\nBob,2026-05-05,90\n"
    (question,) = asked(table)
    assert [option for option, _ in question.options] == ["Ada", "Bob"]
    assert weighed(table, answering(**{question.key: "Ada"})) == [(DAY, None, 60.0, None)]
    assert weighed("user,date,weight (kg)\nAda,2026-05-05,60\n")[0][2] == 60.0


MEALS = 'Date,Meal,Calories,Fat (g),Note\n2026-05-05,Lunch,"1,050",3,\n2026-05-05,Dinner,500,3,\nTotals,,"1,550",,\n'


@pytest.mark.parametrize(
    ("table", "eaten", "burned"),
    [
        (MEALS, 1550.0, None),
        ("Date,Energy (kcal),Completed\n2026-05-05,1550.0,true\n2026-05-06,0.0,false\n", 1550.0, None),
        ("Date,Energy (kJ)\n2026-05-05,4184\n", 1000.0, None),
        ("Day,Time,Food Name,Energy (kcal)\n2026-05-05,07:10,Egg,70\n2026-05-05,,Rye,80\n", 150.0, None),
        ("Datum;kcal;Verbrannt\n05.05.2026;1.550;2.345\n", 1550.0, 2345.0),
        ("date;calories out\n2026-05-05;2345,5\n", None, 2345.5),
    ],
)  # fmt: skip
def test_calories_are_summed_by_the_day(table: str, eaten: float | None, burned: float | None) -> None:
    (found,) = records(read(table))
    assert (found.date, found.eaten, found.burned) == (DAY, eaten, burned)


ACCOUNT = """Body
Date,Weight,BMI,Fat
"05-05-2026","72,5","24","20"
"06-05-2026","0","0","0"

Foods
Date,Calories In
"05-05-2026","1.550"
"06-05-2026","0"

Activities
Date,Calories Burned,Steps
"05-05-2026","2.345","9.000"

Sleep
Start Time,End Time
"x","y"

Food Log 20260505
Daily Totals
"","Calories","1"
"""


def test_the_old_fitbit_export_asks_for_the_unit_and_reads_the_days_meanwhile() -> None:
    question, *days = read(ACCOUNT.replace("06-05", "16-05"))
    assert isinstance(question, Question)
    assert days == [DayCalories("fitbit_account", DAY, 1550.0, 2345.0, "table.csv")]
    items = read(ACCOUNT.replace("06-05", "16-05"), answering(**{question.key: "kg"}))
    assert [(one.date, one.weight, one.time) for one in of(WeighIn, items)] == [(DAY, 72.5, None)]


LIST = (
    "Activity Type,Date,Favorite,Title,Distance,Calories,Time,Avg HR,Max HR,Avg Run Cadence,Total Ascent,Moving Time,"
)
LIST += "Elapsed Time\n"
RUN = 'Running,2025-02-06 17:06:03,false,"=cmd",10.05,600,00:50:24.5,150,--,164,"1,020",00:50:00,00:52:00\n'
SWIM = 'Lap Swimming,2025-02-07 07:00:00,false,Pool,"1,500",300,00:30:00,--,--,--,--,--,--\n'


def test_garmins_list_knows_the_wall_clock_and_asks_for_the_unit_of_distance() -> None:
    (question,) = asked(LIST + RUN + SWIM)
    run, swim = of(Activity, read(LIST + RUN + SWIM, answering(**{question.key: "km"})))
    assert (run.start, run.local) == (
        datetime(2025, 2, 6, 16, 6, 3, tzinfo=UTC),
        datetime.fromisoformat("2025-02-06T17:06:03"),
    )
    assert (run.assumed, run.distance, run.moving_time, run.elapsed_time) == (True, 10_050.0, 3000.0, 3120.0)
    assert (run.average_cadence, run.average_heartrate, run.max_heartrate) == (82.0, 150.0, None)
    assert (run.total_elevation_gain, run.name, run.key) == (1020.0, "=cmd", "2025-02-06 17:06:03 Run")
    assert (swim.activity_type, swim.distance, swim.moving_time) == ("Swim", 1500.0, 1800.0)
    miles = of(Activity, read(LIST + RUN + SWIM, answering(**{question.key: "mi"})))
    assert [round(one.distance, 1) for one in miles] == [16_173.9, 1371.6]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "There is nothing in this table."),
        ("no data", "There is nothing in this table."),
        ("\n\n\n", "There is nothing in this table."),
        (
            "a,b\n1,2\n",
            "No column of dates beside one of weight or calories was found; name them in its first line. It is: a, b",
        ),
        ("Date,Workout,Calories\n2026-05-05,Run,500\n", "A list of workouts in a form that is not known"),
        ('date,kg\n2026-05-05,"72' + "x" * 1_100_000, "A line of over a million characters"),
        ("date,kg\n" + '"' * 3 + "x,\n" * 600_000, "The quoting is broken"),
    ],
)
def test_what_is_no_such_table_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    items = read(text)
    assert of(WeighIn, items) == []
    assert sentence in said(items)


def test_one_bad_row_is_counted_with_its_reason_and_stops_no_other() -> None:
    bad = ["2026-13-05,70", "2085-05-05,70", "1901-05-05,70", "2026-05-05,heavy", "2026-05-05,1e308", "2026-05-05,3500"]
    table = "date,kg\n" + "\n".join([*bad, "2026-05-05,nan", "2026-05-05,-inf", "2026-05-05,--", "2026-05-05,70"])
    items = read(table)
    assert [one.weight for one in of(WeighIn, items)] == [70.0]
    assert sum(refusal.count for refusal in of(Refusal, items)) == 6
    assert "2 rows were left out because no person weighs that: 2026-05-05, 1e308" in said(items)
