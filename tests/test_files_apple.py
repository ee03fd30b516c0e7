"""Apple Health's export: an ill DTD, the phone's offset, several sources a day, and any size in little memory."""

import io
import tracemalloc
from datetime import UTC, date, datetime, time

import pytest

from app.files import apple
from app.files.apple_elements import Elements
from app.files.records import Activity, DayCalories, How, Item, Member, Note, Refusal, WeighIn
from tests.filing import BERLIN, answering, member, of, records, said

IOS_16 = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE HealthData [
<!-- HealthKit Export Version: 12 -->
<!ELEMENT HealthData (ExportDate,Me,(Record|Correlation|Workout|ActivitySummary)*)>
<!ATTLIST VisionPrescription
  type CDATA #REQUIRED
<!ELEMENT Record ((MetadataEntry|HeartRateVariabilityMetadataList)*)>
]>
"""
NEW_YORK = answering("America/New_York")


def export(*inside: str, begin: str = IOS_16, end: str = "</HealthData>\n", name: str = "x/exportar.xml") -> Member:
    top = '<HealthData locale="en">\n <ExportDate value="2026-01-20 10:00:00 +0200"/>\n'
    return member(name, begin + top + "\n".join(inside) + "\n" + end)


def record(kind: str, value: object, unit: str, at: str, source: str = "Watch", inside: str = "") -> str:
    attributes = f'type="HKQuantityTypeIdentifier{kind}" sourceName="{source}" unit="{unit}" creationDate="{at}"'
    begin = f' <Record {attributes} startDate="{at}" endDate="{at}" value="{value}"'
    return f"{begin}>{inside}</Record>" if inside else f"{begin}/>"


def read(*members: Member, how: How = BERLIN) -> list[Item]:
    return list(apple.read(members, how))


def test_an_instant_is_put_on_the_persons_own_clock_and_not_cut_from_the_print() -> None:
    (found,) = records(read(export(record("BodyMass", 180, "lb", "2026-01-10 01:30:00 +0200")), how=NEW_YORK))
    assert (found.weight, found.date, found.time) == (81.647, date(2026, 1, 9), time(18, 30))
    assert found.at == datetime(2026, 1, 9, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "unit", "weight"),
    [("80.5", "kg", 80.5), ("12.5", "st", 79.379), ("80500", "g", 80.5)],
)
def test_a_weigh_in_has_its_unit_and_the_fat_of_its_minute(value: str, unit: str, weight: float) -> None:
    at = "2026-01-10 07:30:20 +0100"
    others = record("BodyFatPercentage", 0.161, "%", at), record("BodyMassIndex", 24.5, "count", at)
    (found,) = records(read(export(record("BodyMass", value, unit, at), *others)))
    assert (found.weight, found.fat, found.bmi) == (weight, 16.1, 24.5)


def test_a_copy_by_another_app_is_no_second_weigh_in() -> None:
    one = record("BodyMass", 80.5, "kg", "2026-01-10 07:30:20 +0100", "Scale")
    copy = record("BodyMass", 80.52, "kg", "2026-01-10 07:31:50 +0100", "Renpho\u00a0’s")
    later = record("BodyMass", 80.5, "kg", "2026-01-10 09:30:20 +0100", "Scale")
    assert len(records(read(export(one, copy, later)))) == 2


def test_of_several_sources_one_a_day_counts_and_the_summary_is_apples_own_sum() -> None:
    energies = [
        record("ActiveEnergyBurned", 300, "kcal", "2026-01-10 12:00:00 +0100", "Watch"),
        record("ActiveEnergyBurned", 200, "Cal", "2026-01-10 12:00:00 +0100", "Phone"),
        record("BasalEnergyBurned", 1600, "kcal", "2026-01-10 12:00:00 +0100", "Watch"),
        record("BasalEnergyBurned", 900, "kcal", "2026-01-10 12:00:00 +0100", "Phone"),
        record("DietaryEnergyConsumed", 4184, "kJ", "2026-01-10 12:00:00 +0100", "Yazio"),
        record("DietaryEnergyConsumed", 800, "kcal", "2026-01-10 12:00:00 +0100", "FatSecret"),
    ]
    items = read(export(*energies))
    assert records(items) == [DayCalories("apple", date(2026, 1, 10), 1000.0, 1900.0, "x/exportar.xml")]
    assert "food of several apps" in said(items)
    summary = '<ActivitySummary dateComponents="2026-01-10" activeEnergyBurned="420.5" activeEnergyBurnedUnit="kcal"/>'
    assert records(read(export(*energies, summary)))[0].burned == 2020.5


def test_active_energy_alone_is_not_what_was_burned_and_the_day_of_the_export_is_not_over() -> None:
    active = record("ActiveEnergyBurned", 300, "kcal", "2026-01-10 12:00:00 +0100")
    assert [type(item) for item in read(export(active))] == [Note]
    today = (
        record(kind, 300, "kcal", "2026-01-20 09:00:00 +0100") for kind in ("ActiveEnergyBurned", "BasalEnergyBurned")
    )
    assert records(read(export(*today))) == []


def test_what_lies_in_a_correlation_is_repeated_outside_and_counts_once() -> None:
    food = record("DietaryEnergyConsumed", 500, "kcal", "2026-01-10 12:00:00 +0100")
    items = read(export(f'<Correlation type="Food">{food}</Correlation>', food))
    assert [found.eaten for found in records(items)] == [500.0]


OLD = """<Workout workoutActivityType="HKWorkoutActivityTypeRunning" duration="30.5" durationUnit="min"
 totalDistance="3.1" totalDistanceUnit="mi" sourceName="Watch"
 startDate="2026-01-10 07:25:41 -0700" endDate="2026-01-10 07:57:00 -0700">
 <MetadataEntry key="HKTimeZone" value="America/Los_Angeles"/>
 <MetadataEntry key="HKElevationAscended" value="1234 cm"/></Workout>"""
NEW = """<Workout workoutActivityType="HKWorkoutActivityTypeCycling" duration="60" durationUnit="min" sourceName="Watch"
 startDate="2026-01-10 07:00:00 +0100" endDate="2026-01-10 08:10:00 +0100">
 <WorkoutStatistics type="HKQuantityTypeIdentifierDistanceCycling" startDate="2026-01-10" sum="20.5" unit="km"/>
 <WorkoutStatistics type="HKQuantityTypeIdentifierHeartRate" startDate="a" startDate="b" average="140.5" maximum="171"/>
 <WorkoutStatistics type="HKQuantityTypeIdentifierCyclingSpeed" maximum="36" unit="km/hr"/>
 <WorkoutRoute sourceName="Watch"><FileReference path="/workout-routes/route_2026-01-10_7.25am.gpx"/>
 </WorkoutRoute></Workout>"""


def test_a_workout_is_read_in_the_old_form_with_the_clock_of_its_place() -> None:
    (found,) = records(read(export(OLD)))
    assert (found.activity_type, found.start, found.offset) == (
        "Run",
        datetime(2026, 1, 10, 14, 25, 41, tzinfo=UTC),
        -28_800,
    )
    assert found.distance == pytest.approx(4988.97, abs=0.01)
    assert (found.moving_time, found.elapsed_time, found.total_elevation_gain) == (1830.0, 1879.0, 12.34)


def test_a_workout_is_read_in_the_new_form_with_a_start_twice_and_the_place_of_its_route() -> None:
    gpx = (
        '<?xml version="1.0"?><gpx><trk><trkseg><trkpt lon="13.4" lat="52.5"><ele>3</ele></trkpt></trkseg></trk></gpx>'
    )
    route = member("apple_health_export/workout-routes/route_2026-01-10_7.25am.gpx", gpx)
    (found,) = records(read(export(NEW), route))
    assert (found.activity_type, found.distance, found.moving_time) == ("Ride", 20_500.0, 3600.0)
    assert (found.average_heartrate, found.max_heartrate, found.max_speed) == (140.5, 171.0, 10.0)
    assert (found.offset, found.position) == (None, (52.5, 13.4))


def test_a_triathlon_is_its_legs_without_the_transitions() -> None:
    leg = '<WorkoutActivity startDate="2026-01-10 {0}:00:00 +0100" endDate="2026-01-10 {0}:50:00 +0100" duration="50" '
    leg += 'durationUnit="min">{1}</WorkoutActivity>'
    sums = [
        f'<WorkoutStatistics type="HKQuantityTypeIdentifierDistance{kind}" sum="5" unit="km"/>'
        for kind in ("Swimming", "Cycling", "WalkingRunning")
    ]
    legs = [
        leg.format(f"{hour:02}", inside) for hour, inside in zip((7, 8, 9, 10), [*sums[:2], "", sums[2]], strict=True)
    ]
    whole = '<Workout workoutActivityType="HKWorkoutActivityTypeSwimBikeRun" duration="240" durationUnit="min" '
    whole += 'startDate="2026-01-10 07:00:00 +0100" endDate="2026-01-10 11:00:00 +0100">' + "".join(legs) + "</Workout>"
    assert [found.activity_type for found in records(read(export(whole)))] == ["Swim", "Ride", "Run"]
    assert records(read(export(NEW.replace('Cycling" dur', 'Transition" dur')))) == []


def test_control_bytes_quotes_and_ampersands_cost_no_record() -> None:
    at = "2026-01-10 07:30:20 +0100"
    names = [
        "A\x0bB",
        'The "good" one',
        "Salt & Pepper",
        '27" screen',
        "M&uuml;ller",
        "\udcff".encode("utf-8", "surrogateescape").decode("latin-1"),
    ]
    texts = [record("BodyMass", 70 + n, "kg", at, name) for n, name in enumerate(names)]
    assert sorted(found.weight for found in records(read(export(*texts)))) == [70.0 + n for n in range(len(names))]


def test_a_broken_entry_is_counted_and_stops_no_other() -> None:
    at = "2026-01-10 07:30:20 +0100"
    bad = [
        '<Record type="HKQuantityTypeIdentifierBodyMass" value="70',
        record("BodyMass", "nan", "kg", at),
        record("BodyMass", "1e308", "kg", at),
        record("BodyMass", 70, "hands", at),
        record("BodyMass", 70, "kg", "yesterday"),
        record("BodyMass", 70, "kg", "2085-01-10 07:30:20 +0100"),
        record("DietaryEnergyConsumed", "inf", "kcal", at),
        "<Record/>",
        "<Workout/>",
        OLD.replace("2026-01-10 07:25:41", "1901-01-10 07:25:41"),
    ]
    items = read(export(*bad, record("BodyMass", 71, "kg", at)))
    assert [found.weight for found in records(items)] == [71.0]
    assert "broken and were left out: 1" in said(items)


def test_entities_are_refused_and_what_is_cut_off_is_read_to_its_end() -> None:
    at = "2026-01-10 07:30:20 +0100"
    bomb = '<?xml version="1.0"?><!DOCTYPE HealthData [<!ENTITY a "aaa"><!ENTITY b "&a;&a;">]>'
    assert [type(item) for item in read(export(record("BodyMass", 71, "kg", at, "&b;"), begin=bomb))] == [Refusal]
    cut = read(export(record("BodyMass", 71, "kg", at), record("BodyMass", 72, "kg", at)[:-30], end=""))
    assert [found.weight for found in records(cut)] == [71.0]
    assert "cut off" in said(cut)
    assert "holds no health data" in said(read(member("export.xml", b"")))


class Endless(io.RawIOBase):
    """`size` bytes of one pattern, made as they are read."""

    def __init__(self, pattern: bytes, size: int) -> None:
        self.pattern, self.left = pattern * (1 + (1 << 20) // len(pattern)), size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        size = min(size, len(self.pattern), self.left)
        self.left -= size
        return self.pattern[:size]


STEP = record("StepCount", 10, "count", "2026-01-10 07:30:20 +0100", inside="<MetadataEntry key='a' value='b'/>") + "\n"
BURN = record("ActiveEnergyBurned", 0.5, "kcal", "2026-01-10 07:30:20 +0100") + "\n"


@pytest.mark.parametrize(
    "pattern",
    [
        STEP * 20 + BURN,
        "<Record ",
        "<Correlation a='b'>",
        "a" * 1000,
        '<Record type="HKQuantityTypeIdentifierBodyMass" a="',
        "<!-- ",
    ],
    ids=["records", "starts", "correlations", "one line", "quotes", "comments"],
)
def test_memory_stays_flat_whatever_the_size(pattern: str) -> None:
    tracemalloc.start()
    for _ in Elements(Endless(pattern.encode(), 20 << 20)):  # type: ignore[arg-type]
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30 << 20


def test_an_element_is_found_wherever_a_block_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    text = export(STEP, OLD, BURN, record("BodyMass", 71, "kg", "2026-01-10 07:30:20 +0100"), NEW).open().read()
    whole = [element.attrib for element in Elements(io.BytesIO(text))]
    for size in (1, 7, 64, 333):
        monkeypatch.setattr("app.files.apple_elements.BLOCK", size)
        assert [element.attrib for element in Elements(io.BytesIO(text))] == whole
    assert len(whole) == 5
    assert of(WeighIn, read(export(OLD))) == [] != of(Activity, read(export(OLD)))
