"""The server that tests share: each finds it as on its first day."""

from sqlalchemy import NullPool, create_engine, inspect, text

from tests import boards
from tests.conftest import execute


def told(uri: str) -> dict[str, object]:
    """Every row of every table, and the number that the next weigh-in is given."""
    with create_engine(uri, poolclass=NullPool).connect() as connection:
        tables = inspect(connection).get_table_names()
        found: dict[str, object] = {name: connection.execute(text(f"SELECT * FROM {name}")).all() for name in tables}
        found["next"] = connection.execute(text("SELECT nextval('fitbit_weight_id_seq')")).scalar()
        return found


def test_an_emptied_database_is_what_the_migrations_made(uri: str) -> None:
    new = told(uri)
    boards.fill(uri)
    execute(uri, "UPDATE preferences SET units = 'imperial', theme = 'dark'")
    changed = {name for name, rows in told(uri).items() if rows != new[name]}
    assert {"fitbit_weight", "fitbit_calories", "strava_activity", "sync_state", "preferences", "next"} <= changed
    boards.empty(uri)
    assert told(uri) == new
