"""A week with everything in it: each state that a cell can have, and what people's own data bring."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.conftest import execute, fresh
from tests.serving import Board, serving, viewing

NOW = "2026-11-26T17:10"
"""A Thursday, 18:10 in Berlin, as tests.travelling reads it."""
TODAY = date(2026, 11, 26)
SYNCED = (
    "INSERT INTO sync_state (source, metric, account, state, message, last_attempt, last_success, newest)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
)
RUN = (
    "INSERT INTO strava_activity (id, start_date_local, activity_type, distance, moving_time, elapsed_time, name,"
    " average_heartrate, max_heartrate, total_elevation_gain, account) VALUES"
)


@contextmanager
def showing(uri: str, folder: Path, **settings: str) -> Iterator[Board]:
    """A server at which it is NOW, in Berlin; the file `folder/calendar` turns its calendar."""
    calendar = folder / "calendar"
    calendar.write_text(NOW)
    own = {"CALENDAR_FILE": str(calendar), "TIMEZONE": "Europe/Berlin"}
    with serving(uri, folder / "web.log", app="tests.travelling:app", **own | settings) as board:
        yield board


@pytest.fixture(scope="session")
def shown(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    """One server for all tests that neither restart it nor ask for settings of their own: a start takes seconds."""
    for uri in fresh(server, template):
        folder = tmp_path_factory.mktemp("shown")
        with showing(uri, folder, INSTANCE_DIR=str(folder / "instance")) as board:
            yield board


@pytest.fixture
def empty_board(shown: Board) -> Board:
    """The shared server as on its first day, and at NOW."""
    turn(shown, NOW)
    empty(shown.uri)
    settle(shown)
    return shown


@pytest.fixture
def board(shown: Board) -> Board:
    """The shared server with the week of NOW, which the test may change."""
    turn(shown, NOW)
    empty(shown.uri)
    fill(shown.uri)
    settle(shown)
    return shown


def settle(board: Board) -> None:
    """Waits until the feed has told of all that was done so far: a page that is opened now hears only of what comes."""
    with viewing(board) as viewer:
        viewer.settle()


def turn(board: Board, moment: str) -> None:
    """Has the calendar of a board that is being shown say this."""
    (board.log_file.parent / "calendar").write_text(moment)


EMPTY = """
DO $$ DECLARE tables text; BEGIN
    SELECT string_agg(format('%I', tablename), ', ') INTO tables FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> 'alembic_version';
    EXECUTE 'TRUNCATE ' || tables || ' RESTART IDENTITY CASCADE';
    INSERT INTO preferences DEFAULT VALUES;
END $$
"""


def empty(uri: str) -> None:
    """Makes a database what the migrations made it."""
    execute(uri, EMPTY)


def fill(uri: str) -> None:
    """The week of NOW, and goals: Strava is down since Wednesday morning, Fitbit's food log was not read for hours."""
    execute(uri, "UPDATE preferences SET calorie_goal = 2400, goal_weight = 71")
    weigh(uri)
    eat(uri)
    move(uri)
    remember(uri, "fitbit", "weight", "ok", "2026-11-26 17:05+00")
    remember(uri, "fitbit", "eaten", "ok", "2026-11-26 13:10+00")
    remember(uri, "fitbit", "burned", "ok", "2026-11-26 17:05+00")
    down = "Strava cannot answer just now (HTTP 503); the next try may succeed."
    remember(uri, "strava", "activities", "failed", "2026-11-25 07:40+00", down)


def remember(uri: str, source: str, metric: str, state: str, success: str | None, message: str = "") -> None:
    account = "strava:7" if source == "strava" else "fitbit:A1B2"
    execute(uri, "DELETE FROM sync_state WHERE source = %s AND metric = %s", source, metric)
    execute(uri, SYNCED, source, metric, account, state, message, "2026-11-26 17:05+00", success, TODAY)


def weigh(uri: str) -> None:
    own = "INSERT INTO fitbit_weight (record_date, record_time, weight, fat, bmi, account) VALUES"
    for days, kilograms in ((0, 72.4), (2, 72.6), (4, 72.9), (7, 72.8), (9, 73.0), (11, 73.1)):
        day = TODAY - timedelta(days=days)
        execute(uri, f"{own} (%s, '07:02', %s, 18.2, 22.1, 'fitbit:A1B2')", day, kilograms)


def eat(uri: str) -> None:
    own = "INSERT INTO fitbit_calories (record_date, calories, burned, account) VALUES (%s, %s, %s, 'fitbit:A1B2')"
    for days, eaten, burned in ((0, 1780, 1905), (2, 2240, 2730), (3, None, 2610), (4, 2610, 2480), (8, 2300, 2500)):
        execute(uri, own, TODAY - timedelta(days=days), eaten, burned)


def move(uri: str) -> None:
    rows = [
        ("2026-11-22 08:10", "Run", 10_000, 3125, 3300, "Morning Run"),
        ("2026-11-24 07:30", "Ride", 6_400, 1300, 1500, "Commute with a very long name that goes on and on"),
        ("2026-11-24 18:00", "Yoga", 0, 2700, 2700, "Evening Yoga"),
        ("2026-11-25 06:30", "Swim", 1_500, 1725, 1900, "Lunch Swim"),
    ]
    for week in range(1, 9):
        begin = date(2026, 11, 22) - timedelta(weeks=week)
        rows.append((f"{begin} 09:00", "Run", 9_000 + 200 * week, 2900 + 60 * week, 3000, "Morning Run"))
        rows.append((f"{begin + timedelta(days=3)} 17:30", "Ride", 12_000, 2000, 2400, "Evening Ride"))
    for number, row in enumerate(rows):
        execute(uri, f"{RUN} (%s, %s, %s, %s, %s, %s, %s, 148, 171, 124, 'strava:7')", 9_000_000_001 + number, *row)
