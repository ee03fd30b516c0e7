"""Every record table leaves with the export and comes back: each test walks them and names what is missing where."""

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.files import export, reading
from app.files.records import How, Record
from app.importing import results
from app.records import models, tables
from app.records.rows import ROW_NAMES
from app.sync.records_of_files import incoming

DAY = date(2026, 11, 25)
NOON = datetime.combine(DAY, time(12))
NOT_EXPORTED = {"id", "last_time", "owner"}
"""The export says the id where it is a provider's, and the owner as a part of the account."""

each_table = pytest.mark.parametrize("model", models.RECORDS, ids=lambda model: model.__tablename__)


@pytest.fixture
def row(session, model) -> Any:
    """One with something in every column."""
    made = {date: DAY, datetime: NOON, time: NOON.time(), float: 72.0, int: 7, str: "x"}
    columns = {column.name: made[column.type.python_type] for column in model.__table__.columns}
    columns |= {name: NOON.replace(tzinfo=UTC) for name in ("start_date", "last_time") if name in columns}
    columns |= {"account": "fitbit:7"} | ({"activity_type": "Run"} if "activity_type" in columns else {})
    session.add(made_row := model(**columns))
    session.commit()
    return made_row


@each_table
def test_a_row_leaves_with_the_export_and_comes_back_with_every_column(row, model, tmp_path):
    given, how = tmp_path / "export.zip", How(ZoneInfo("UTC"), DAY)
    given.write_bytes(b"".join(export.archive(tables.READERS, datetime.now(UTC), "", "UTC")))
    found = [incoming(item, how) for item in reading.read(given, how) if isinstance(item, Record)]
    assert [one.model for one in found if one] == [model]
    back = next(one.values for one in found if one)
    assert back == {name: getattr(row, name) for name in back}
    assert {column.name for column in model.__table__.columns} - back.keys() <= NOT_EXPORTED


@each_table
def test_a_table_is_among_those_that_can_be_downloaded_one_by_one(app, row, model):
    names = [name for name, (own, _) in tables.NAMES.items() if own is model]
    assert len(names) == 1
    assert names[0] in export.COLUMNS
    assert f'href="/files/{names[0]}"' in app.test_client().get("/files/").text
    lines = app.test_client().get(f"/files/{names[0]}").text.splitlines()
    assert len(lines) == 2
    assert "fitbit:7" in lines[1]


@each_table
def test_what_an_import_brought_into_a_table_is_said_in_words(model):
    assert results.brought({f"new {model.__tablename__}": 1}) == f"1 {model.CALLED}"


def test_every_file_of_the_export_is_of_a_row_of_the_board():
    assert {name.removesuffix(".csv") for name in export.COLUMNS} == ROW_NAMES.keys()
    assert export.COLUMNS.keys() == tables.NAMES.keys()
