"""Our own export: what is written is read back, whatever a name holds, and a spreadsheet runs none of it."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.files import export, own
from app.files.records import Activity, DayCalories, Item, Member, Note, Refusal, WeighIn
from tests.filing import BERLIN, member, of, records, said

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
# What PostgreSQL holds: any text without NUL.
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
NAMES = TEXT | st.sampled_from(
    ["=1+1", "'=x", "''-x", "'hello", "\tx", "\rx", "+", "-5", "@a", 'a,"b"\r\nc', "🏃", "'"]
)
FLOATS = st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.just(0.0)
CLOCKS = st.datetimes(datetime.fromisoformat("1970-01-02"), datetime.fromisoformat("2100-01-01"))
ROWS = st.fixed_dictionaries({
    **{"id": st.integers(1, 2**62), "account": NAMES, "source": NAMES},
    "start_utc": st.none() | st.datetimes(timezones=st.just(UTC)),
    **{"start_local": CLOCKS, "utc_offset_s": st.none() | st.sampled_from([20_700.0, -12_600.0, 0.0])},
    **{"type": NAMES, "name": NAMES, "distance_m": FLOATS, "moving_s": st.none() | st.integers(0, 2**31 - 1)},
    **{"elapsed_s": st.none() | st.integers(0, 2**31 - 1), "average_speed_mps": FLOATS, "max_speed_mps": FLOATS},
    **{"average_heartrate_bpm": FLOATS, "max_heartrate_bpm": FLOATS, "average_cadence_rpm": FLOATS},
    **{"elevation_gain_m": FLOATS, "upload_id": st.none() | st.integers(1, 2**62)},
})  # fmt: skip
WEIGHTS = st.fixed_dictionaries({
    **{"date": st.dates(), "time": st.none() | st.times(), "weight_kg": st.floats(1, 500)},
    **{"fat_percent": FLOATS, "bmi": FLOATS},
    **{"account": NAMES, "source": NAMES, "point": NAMES},
})  # fmt: skip
DAYS = st.fixed_dictionaries(
    {"date": st.dates(), "eaten_kcal": FLOATS, "burned_kcal": FLOATS, "account": NAMES, "source": NAMES}
)


def written(name: str, rows: list[dict[str, Any]]) -> Member:
    return member(name, b"".join(export.table(name, rows)))


def read(*members: Member) -> list[Item]:
    return list(own.read(members, BERLIN))


def again(item: Item) -> dict[str, Any]:
    """The row that an item was read from."""
    if isinstance(item, Activity):
        figures = (item.distance, item.moving_time, item.elapsed_time, item.average_speed, item.max_speed)
        others = (item.average_heartrate, item.max_heartrate, item.average_cadence, item.total_elevation_gain)
        start = None if item.assumed else item.start
        offset = None if item.offset is None else float(item.offset)
        begin = (
            int(item.key),
            item.account,
            item.source,
            start,
            item.local,
            offset,
            item.activity_type,
            item.name,
        )
        return dict(zip(export.COLUMNS[export.ACTIVITIES], (*begin, *figures, *others, item.upload_id), strict=True))
    if isinstance(item, WeighIn):
        values = (item.date, item.time, item.weight, item.fat, item.bmi, item.account, item.source, item.key)
        return dict(zip(export.COLUMNS[export.WEIGHT], values, strict=True))
    assert isinstance(item, DayCalories)
    values = (item.date, item.eaten, item.burned, item.account, item.source)
    return dict(zip(export.COLUMNS[export.CALORIES], values, strict=True))


@pytest.mark.parametrize(
    ("name", "rows"), [(export.ACTIVITIES, ROWS), (export.WEIGHT, WEIGHTS), (export.CALORIES, DAYS)]
)
def test_every_row_reads_back_equal_and_writes_the_same_bytes_again(
    name: str, rows: st.SearchStrategy[dict[str, Any]]
) -> None:
    @settings(max_examples=150, deadline=None)
    @given(st.lists(rows, max_size=4))
    def check(wanted: list[dict[str, Any]]) -> None:
        found = [again(item) for item in read(written(name, wanted))]
        assert found == wanted
        assert b"".join(export.table(name, found)) == b"".join(export.table(name, wanted))

    check()


@given(NAMES)
def test_no_cell_begins_as_a_formula_and_the_reader_takes_back_what_was_put(text: str) -> None:
    guarded = export.escape_formula(text)
    assert guarded[:1] not in ("=", "+", "-", "@", "\t", "\r")
    assert export.unescape_formula(guarded) == text
    assert guarded in (text, f"'{text}")


def test_the_form_is_what_spreadsheets_read() -> None:
    row = {"date": date(2026, 5, 5), "time": time(7, 10), "weight_kg": 0.1 + 0.2, "bmi": None, "source": "=x"}
    content = written(export.WEIGHT, [row]).open().read()
    assert content.startswith(b"\xef\xbb\xbfdate,time,weight_kg,")
    assert content.endswith(b"\r\n2026-05-05,07:10:00,0.30000000000000004,,,,'=x,\r\n")


def whole(rows: int = 1) -> list[bytes]:
    def activities() -> Iterator[dict[str, Any]]:
        for n in range(rows):
            yield {
                "id": n + 1,
                "start_local": datetime.fromisoformat("2026-05-05T07:00") + timedelta(hours=n),
                "type": "Run",
                "name": "-5 °C",
            }

    days = [{"date": date(2026, 5, 5), "burned_kcal": 2000.0}]
    tables: Any = {export.ACTIVITIES: activities, export.WEIGHT: list, export.CALORIES: lambda: days}
    return list(export.archive(tables, NOW, "1.0", "Europe/Berlin"))


def unzipped(data: bytes) -> list[Member]:
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    return [member(f"x/{name}", archive.read(name)) for name in archive.namelist()]


def test_the_archive_streams_and_its_manifest_tells_every_files_rows_and_hash() -> None:
    pieces = whole(5000)
    assert len(pieces) > 3
    *tables, manifest = unzipped(b"".join(pieces))
    about = json.loads(manifest.open().read())
    assert (about["format"], about["version"], about["made_at"], about["zone"]) == (
        "sevenday-export", 1, "2026-11-24T06:00:00Z", "Europe/Berlin",
    )  # fmt: skip
    assert [about["files"][file]["rows"] for file in export.COLUMNS] == [5000, 0, 1]
    assert len(records(read(*tables, manifest))) == 5001
    assert not of(Note, read(*tables, manifest))
    assert b"".join(whole(5)) == b"".join(whole(5))


def test_a_table_that_was_edited_is_read_and_said_and_a_newer_form_is_refused() -> None:
    activities, *others = unzipped(b"".join(whole()))
    edited = member(activities.name, activities.open().read().replace(b"Run", b"Ride"))
    items = read(edited, *others)
    assert of(Activity, items)[0].activity_type == "Ride"
    assert "changed since it was exported" in said(items)
    newer = member("manifest.json", {"format": "sevenday-export", "version": 2})
    assert [type(item) for item in read(activities, newer)] == [Refusal]


def test_bad_cells_cost_their_own_row_alone() -> None:
    head = ",".join(export.COLUMNS[export.CALORIES])
    text = f'{head}\n2026-05-05,nan,,,\n2026-05-06,1e999,,,\n2026-13-01,1,,,\n\n2026-05-07,1.5,,,\n"x'
    items = read(member("calories.csv", text))
    assert [found.eaten for found in records(items)] == [1.5]
    assert sum(refusal.count for refusal in of(Refusal, items)) == 4
    assert "none of the tables" in said(read(member("calories.csv", "a,b\n1,2\n")))
    ids = "id,start_utc,start_local,type\n99999999999999999999,,2026-05-05T07:00:00,Run\n1,,,Run\n"
    assert records(read(member("activities.csv", ids))) == []


def test_weight_for_garmin_is_fitbits_body_with_one_weigh_in_a_day() -> None:
    rows = [
        {"date": date(2026, 5, 5), "time": time(7), "weight_kg": 75.0},
        {"date": date(2026, 5, 5), "time": time(19), "weight_kg": 74.979, "bmi": 24.0, "fat_percent": None},
    ]
    text = b"".join(export.fitbit_body(rows)).decode()
    assert text == 'Body\r\nDate,Weight,BMI,Fat\r\n"2026-05-05","74.98","24.00","0.00"\r\n'
