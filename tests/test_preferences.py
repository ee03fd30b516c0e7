"""What the person chose, and what counts where nothing was chosen."""

import psycopg2
import pytest
from psycopg2.errors import CheckViolation
from sqlalchemy.exc import OperationalError

from app.records import preferences
from app.records.preferences import ROW_NAMES, Preferences
from tests.conftest import execute, make_app, python

SETTINGS = {"UNITS": "imperial", "TIMEZONE": "Asia/Kolkata", "WEEK_START": "saturday"}
ENVIRONMENT = Preferences("imperial", "Asia/Kolkata", "saturday")
CHOICES = {
    "units": "metric",
    "timezone": "Pacific/Auckland",
    "week_start": "monday",
    "calorie_goal": 2200,
    "goal_weight": 71.5,
    "hidden_rows": ["calories"],
    "row_names": {"activities": "Sport"},
}


@pytest.fixture
def read(uri: str):
    """Reads as a process that started before any choice was made."""
    app = make_app(uri, **SETTINGS)

    def read() -> Preferences:
        with app.app_context():
            return preferences.read()

    return read


def test_the_environment_counts_until_something_is_chosen(read):
    assert read() == ENVIRONMENT
    assert read().rows == {"weight": "Weight", "calories": "Calories", "activities": "Activities"}


def test_every_choice_counts_at_once_and_its_removal_too(read, uri):
    with make_app(uri).app_context():
        preferences.save(CHOICES)
    rows = {"weight": "Weight", "activities": "Sport"}
    assert read() == Preferences("metric", "Pacific/Auckland", "monday", 2200, 71.5, rows)
    execute(uri, "UPDATE preferences SET units = NULL, hidden_rows = '[]', row_names = '{}'")
    assert read() == Preferences("imperial", "Pacific/Auckland", "monday", 2200, 71.5, ROW_NAMES)


def test_a_choice_by_hand_counts_in_a_session_that_was_opened_before(uri):
    with make_app(uri, **SETTINGS).app_context():
        assert preferences.read().units == "imperial"
        execute(uri, "UPDATE preferences SET units = 'metric'")
        assert preferences.read().units == "metric"


def test_without_its_row_the_defaults_count_and_saving_brings_it_back(read, uri):
    execute(uri, "DELETE FROM preferences")
    assert read() == ENVIRONMENT
    with make_app(uri).app_context():
        preferences.save(CHOICES)
    assert read().calorie_goal == 2200


def test_while_the_database_does_not_answer_what_counted_last_counts(uri, monkeypatch):
    def gone() -> None:
        raise OperationalError("", {}, Exception("gone"))

    with make_app(uri, **SETTINGS).app_context():
        with monkeypatch.context() as database:
            database.setattr(preferences, "stored", gone)
            assert preferences.read() == ENVIRONMENT
        preferences.save(CHOICES)
        assert preferences.read().units == "metric"
        monkeypatch.setattr(preferences, "stored", gone)
        assert preferences.read().units == "metric"


def test_what_is_known_is_what_was_read_last(uri):
    with make_app(uri, **SETTINGS).app_context():
        assert preferences.remembered().units == "imperial"
        execute(uri, "UPDATE preferences SET units = 'metric'")
        assert preferences.remembered().units == "imperial"
        preferences.read()
        assert preferences.remembered().units == "metric"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "Europe", "../etc/passwd", "", "\u00fc", "Europe/Berlin "])
def test_a_zone_that_nobody_knows_counts_as_none(read, uri, zone):
    execute(uri, "UPDATE preferences SET timezone = %s", zone)
    assert read() == ENVIRONMENT


@pytest.mark.parametrize(
    "choice",
    [
        "units = 'stones'",
        "week_start = 'friday'",
        "calorie_goal = 0",
        "goal_weight = 'NaN'",
        "hidden_rows = '{}'",
        "id = 2",
    ],
)
def test_the_table_refuses_what_makes_no_sense(uri, choice):
    with pytest.raises(CheckViolation):
        execute(uri, f"UPDATE preferences SET {choice}")
    with pytest.raises(psycopg2.errors.UniqueViolation):
        execute(uri, "INSERT INTO preferences DEFAULT VALUES")


def test_the_updater_counts_days_by_the_chosen_zone(uri):
    """The two zones are 25 hours apart, so it is never the same day in both."""
    days = []
    for zone in ("Pacific/Kiritimati", "Pacific/Midway"):
        execute(uri, "UPDATE preferences SET timezone = %s", zone)
        done = python(
            "-c", "import tasks; print(tasks.today())", check=True, SQLALCHEMY_DATABASE_URI=uri, TIMEZONE="UTC"
        )
        days.append(done.stdout.strip())
    assert days[0] > days[1]
