"""Mutated exports and tables: whatever is in them, each is read to a sentence or to records that a table can hold."""

import io
import json
import math
import random
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import astuple
from datetime import date, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from app.files import apple, csvs, databases, export, garmin_account, kinds, own, strava_export, takeout
from app.files.records import Item, Member
from tests.filing import answering, member, records
from tests.test_files_apple import IOS_16, NEW, OLD, record
from tests.test_files_databases import HEALTH, SCALE
from tests.test_files_strava_export import table
from tests.test_files_tables import ACCOUNT, FORMS, LIST, MEALS, RUN, SWIM
from tests.test_files_takeout import HEAD, TYPED, minutes

ROUNDS = 60
NASTY = [
    *(b"\0", b"\xff\xfe", b'"', b"'", b",", b";", b"\n", b"\r", b"nan", b"-inf", b"1e308", b"9" * 400, b"\xe2\x80\xae"),
    *(
        b"1901-01-01",
        b"2085-12-31",
        b"9999-12-31T23:59:59Z",
        b"0001-01-01",
        b"31/02/2026",
        b"=cmd()",
        b"\\ud800",
        b"[" * 3000,
    ),
    *(
        b"<Record ",
        b"/>",
        b"-->",
        b"&x;",
        b"<!DOCTYPE a [",
        b"]>",
        b"</HealthData>",
        b"{}",
        b"null",
        b"-1",
        b"0",
        b" " * 3000,
    ),
    *("٣٤".encode(), "１２".encode(), b"99:99:99", b"+99:99", b"Z", b"12 st 99 lb", b"#error#"),
]
AT = "2026-01-10 07:30:20 +0100"
XML = IOS_16 + '<HealthData><ExportDate value="2026-01-20 10:00:00 +0200"/>' + OLD + NEW
XML += "".join(record(kind, 70, "kg", AT) for kind in ("BodyMass", "BodyFatPercentage", "BodyMassIndex"))
XML += "".join(
    record(kind, 500, "kcal", AT) for kind in ("DietaryEnergyConsumed", "ActiveEnergyBurned", "BasalEnergyBurned")
)
XML += '<ActivitySummary dateComponents="2026-01-10" activeEnergyBurned="420.5"/></HealthData>'
EXERCISE = HEAD + "77,2026-10-04 20:30:00+0000,2026-10-04 21:30:00+0000,+05:30,Bike,TRACKER,,20000000,0,5555\n"
FOOD = [{"logId": 1, "logDate": "2026-05-05", "loggedFood": {"calories": 1}, "nutritionalValues": {"calories": 350}}]
RIDE = {"logId": 9, "activityName": "Bike", "duration": 3600000, "startTime": "10/04/26 20:30:12", "distance": 12}
UDS = [{"calendarDate": "2026-05-05", "totalKilocalories": 2345.0}]
OWN: dict[str, list[dict[str, Any]]] = {
    export.ACTIVITIES: [
        {"id": 5, "start_local": datetime.fromisoformat("2026-05-05T07:00"), "type": "Run", "name": "=x"}
    ],
    export.WEIGHT: [{"date": date(2026, 5, 5), "weight_kg": 72.5, "point": "a"}],
    export.CALORIES: [{"date": date(2026, 5, 5), "eaten_kcal": 1550.0}],
}


class Everything(dict[str, str]):
    """Any question has an answer."""

    def get(self, key: str, _: Any = None) -> Any:
        return {"unit": "kg", "dates": "dmy", "distance": "km"}.get(key.split(":")[0], "yes")


HOW = answering()
object.__setattr__(HOW, "answers", Everything())
Read = Callable[[Member], Iterable[Item]]


def none(*_: object) -> tuple[Item, ...]:
    return ()


def strava(file: Member) -> Iterable[Item]:
    return strava_export.read([file], HOW, none)


def from_takeout(file: Member) -> Iterable[Item]:
    return takeout.read([file], HOW, none)


def csv(file: Member) -> Iterable[Item]:
    return csvs.read(file, HOW, none)


def own_table(file: Member) -> Iterable[Item]:
    return own.read([file], HOW)


SEEDS: dict[str, tuple[Read, str, bytes]] = {
    "strava": (strava, "activities.csv", table({}, {0: "9"}).open().read()),
    "pounds": (from_takeout, "weight-1.json", json.dumps([TYPED] * 3).encode()),
    "minutes": (from_takeout, "calories-1.json", json.dumps(minutes("2026-05-05", 1440, "1.05")).encode()),
    "food": (from_takeout, "food_logs-1.json", json.dumps(FOOD).encode()),
    "rides": (from_takeout, "exercise-1.json", json.dumps([RIDE]).encode()),
    "exercises": (from_takeout, "UserExercises_1.csv", EXERCISE.encode()),
    "grams": (from_takeout, "weight.csv", b"timestamp,weight grams,data source\n2026-05-05T21:59:59Z,74980,x\n"),
    "apple": (lambda file: apple.read([file], HOW), "export.xml", XML.encode()),
    "garmin": (lambda file: garmin_account.read(file, HOW), "UDSFile_1.json", json.dumps(UDS).encode()),
    "account": (csv, "a.csv", ACCOUNT.encode()),
    "list": (csv, "a.csv", (LIST + RUN + SWIM).encode()),
    "meals": (csv, "a.csv", MEALS.encode()),
    **{form: (csv, "a.csv", FORMS[form].encode()) for form in ("Libra", "Samsung", "Garmin", "Cronometer", "in stone")},
    **{name: (own_table, name, b"".join(export.table(name, rows))) for name, rows in OWN.items()},
}  # fmt: skip


def mutated(data: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 6)):
        at, to = sorted((chance.randint(0, len(data)), chance.randint(0, len(data))))
        to = min(to, at + chance.choice((1, 4, 30)))
        what = chance.randrange(5)
        if what == 0:
            data = data[:at] + bytes(chance.randrange(256) for _ in range(to - at)) + data[to:]
        elif what == 1:
            data = data[:at] + data[to:]
        elif what == 2:
            data = data[:to] + data[at:]
        elif what == 3:
            data = data[:at] + chance.choice(NASTY) + data[to:]
        else:
            data = data[: max(at, 1)] if chance.random() < 0.2 else data
    return data


def fit_for_a_table(record_: object) -> None:
    for value in astuple(record_):  # type: ignore[call-overload]
        assert not isinstance(value, float) or math.isfinite(value)
        assert not isinstance(value, int) or abs(value) < 2**63
        assert "\0" not in value.encode().decode() if isinstance(value, str) else True


@pytest.mark.parametrize("seed", SEEDS)
def test_no_mutation_is_more_than_a_sentence(seed: str) -> None:
    read, name, data = SEEDS[seed]
    assert records(read(member(name, data))), "the seed itself must be read"
    chance = random.Random(seed)
    for _ in range(ROUNDS):
        content = mutated(data, chance)
        begun = perf_counter()
        for found in records(read(member(name, content))):
            fit_for_a_table(found)
            assert found.kind in kinds.KIND, "the result of its import has no word for it"
            if found.kind != "own":
                day = found.start.date() if hasattr(found, "start") else found.date
                assert date(1969, 12, 31) <= day <= date(2026, 11, 26)
        assert perf_counter() - begun < 2, content


@pytest.mark.parametrize("seed", SEEDS)
def test_no_run_of_one_character_takes_long(seed: str) -> None:
    read, name, data = SEEDS[seed]
    for run in (b"[", b"(", b"<", b"a", b" ", b'"', b"9", b",", b"=", b"&", b"\n", b"-", b"<a ", b'" ', b"\xe3"):
        for at in (5, len(data) // 2):
            begun = perf_counter()
            list(read(member(name, data[:at] + run * 60_000 + data[at:])))
            assert perf_counter() - begun < 2, (run, at)


@pytest.mark.parametrize("script", [HEALTH, SCALE], ids=["health connect", "openscale"])
def test_no_mutated_database_is_more_than_a_sentence(script: str, tmp_path: Path) -> None:
    path = tmp_path / "seed.db"
    connection = sqlite3.connect(path)
    connection.executescript("PRAGMA page_size = 512;" + script)
    connection.close()
    chance = random.Random(script)
    for _ in range(ROUNDS):
        content = mutated(path.read_bytes(), chance)
        for found in records(databases.read(member("a.db", content), HOW)):
            fit_for_a_table(found)
            assert found.kind in kinds.KIND, "the result of its import has no word for it"


def test_a_stream_that_breaks_off_is_no_traceback() -> None:
    """As an archive's do: after some bytes there is only an error."""

    class Breaking(io.RawIOBase):
        def __init__(self, data: bytes, error: Exception) -> None:
            self.data, self.error = io.BytesIO(data), error

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            found = self.data.read(len(buffer))
            if not found:
                raise self.error
            buffer[: len(found)] = found
            return len(found)

    for read, name, data in SEEDS.values():
        for error in (EOFError("x"), OSError("x"), ValueError("Too large to be honest.")):
            for share in (0, 2, 1):
                part = data[: len(data) * share // 2]
                file = Member(name, len(data), lambda part=part, error=error: io.BufferedReader(Breaking(part, error)))  # type: ignore[misc]
                assert list(read(file))
