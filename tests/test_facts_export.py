"""Every record table leaves with the export and comes back: each test walks them and names what is missing where."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from app.files import export, reading
from app.files.records import How, Record
from app.importing import results
from app.records import models, tables
from app.records.filing import Filing, Incoming
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


def exported(path: Path) -> list[Incoming]:
    """What an import of the export would store."""
    how = How(ZoneInfo("UTC"), DAY)
    path.write_bytes(b"".join(export.archive(tables.READERS, datetime.now(UTC), "", "UTC")))
    found = (incoming(item, how) for item in reading.read(path, how) if isinstance(item, Record))
    return [one for one in found if one]


@each_table
def test_a_row_leaves_with_the_export_and_comes_back_with_every_column(row, model, tmp_path):
    found = exported(tmp_path / "export.zip")
    assert [one.model for one in found] == [model]
    back = found[0].values
    assert back == {name: getattr(row, name) for name in back}
    assert {column.name for column in model.__table__.columns} - back.keys() <= NOT_EXPORTED


@each_table
@pytest.mark.parametrize("kept", [True, False])
def test_an_export_changes_nothing_where_it_is_of_and_fills_what_is_empty(session, row, model, tmp_path, kept):
    found = exported(tmp_path / "export.zip")
    if not kept:
        session.delete(row)
        session.commit()
    assert Filing(session, 1, found).store() == {(model.__tablename__, "known" if kept else "new"): 1}
    assert Filing(session, 2, found).store() == {(model.__tablename__, "known"): 1}
    assert session.scalar(select(func.count()).select_from(model)) == 1


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
