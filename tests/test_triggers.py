"""What the database itself announces: the days of committed changes, whoever wrote them."""

import select
from collections.abc import Callable, Iterator

import psycopg2
import pytest

from tests.conftest import execute

ROWS = {
    "strava_activity": ("start_date_local, name", "start_date_local", "'2026-11-25 23:59', 'x'"),
    "fitbit_weight": ("record_date, weight", "record_date", "'2026-11-25', 72"),
    "fitbit_calories": ("record_date, calories", "record_date", "'2026-11-25', 2000"),
}
each_table = pytest.mark.parametrize("table", ROWS)


@pytest.fixture
def announced(uri: str) -> Iterator[Callable[[], list[str]]]:
    """What was announced since the last call. A fence of our own behind it makes waiting for nothing exact."""
    connection = psycopg2.connect(uri.replace("+psycopg2", ""))
    connection.autocommit = True
    connection.cursor().execute("LISTEN sevenday")

    def announced() -> list[str]:
        execute(uri, "NOTIFY sevenday, 'fence'")
        heard: list[str] = []
        while "fence" not in heard:
            assert select.select([connection], [], [], 10)[0], "nothing was heard, not even the fence"
            connection.poll()
            heard += [notify.payload for notify in connection.notifies]
            connection.notifies.clear()
        return heard[: heard.index("fence")]

    yield announced
    connection.close()


def insert(uri: str, table: str) -> None:
    columns, _, values = ROWS[table]
    execute(uri, f"INSERT INTO {table} ({columns}) VALUES ({values})")


@each_table
def test_an_insert_a_change_and_a_removal_announce_their_day(uri, announced, table):
    insert(uri, table)
    assert announced() == ["2026-11-25"]
    execute(uri, f"UPDATE {table} SET last_time = '2026-01-01'")
    assert announced() == ["2026-11-25"]
    execute(uri, f"DELETE FROM {table}")
    assert announced() == ["2026-11-25"]


@each_table
def test_an_update_that_changes_nothing_announces_nothing(uri, announced, table):
    insert(uri, table)
    announced()
    execute(uri, f"UPDATE {table} SET last_time = last_time, account = account")
    assert announced() == []


@each_table
def test_a_truncate_announces_any_day(uri, announced, table):
    insert(uri, table)
    announced()
    execute(uri, f"TRUNCATE {table}")
    assert announced() == [""]


@each_table
def test_a_row_that_moves_to_another_day_announces_both(uri, announced, table):
    insert(uri, table)
    announced()
    execute(uri, f"UPDATE {table} SET {ROWS[table][1]} = '2026-11-20'")
    assert sorted(announced()) == ["2026-11-20", "2026-11-25"]


@each_table
def test_what_is_rolled_back_was_never_announced(uri, announced, table):
    connection = psycopg2.connect(uri.replace("+psycopg2", ""))
    columns, _, values = ROWS[table]
    connection.cursor().execute(f"INSERT INTO {table} ({columns}) VALUES ({values})")
    connection.rollback()
    connection.close()
    assert announced() == []


def test_thousands_of_rows_of_one_commit_announce_each_day_once(uri, announced):
    execute(
        uri,
        "INSERT INTO strava_activity (start_date_local)"
        " SELECT timestamp '2026-11-22' + mod(n, 7) * interval '1 day' FROM generate_series(1, 5000) n",
    )
    assert sorted(announced()) == [f"2026-11-{day}" for day in range(22, 29)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE preferences SET units = 'imperial'",
        "DELETE FROM preferences",
        "TRUNCATE preferences",
    ],
)
def test_another_choice_of_the_person_announces_any_day(uri, announced, statement):
    execute(uri, statement)
    assert announced() == [""]


def test_a_choice_that_was_the_same_before_announces_nothing(uri, announced):
    execute(uri, "UPDATE preferences SET units = units, row_names = '{}'")
    assert announced() == []
