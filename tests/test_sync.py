"""The updater as a person runs it: real Prefect runs from simulated providers into a real PostgreSQL."""

import json
import stat
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.records import queries
from app.records.models import Activity, Calories, SyncState, Weight
from app.sources import fitbit
from tests.conftest import execute
from tests.updating import Accounts, ask_prefect


def today() -> date:
    return datetime.now(UTC).date()


def yesterday() -> date:
    return today() - timedelta(days=1)


def today_at(second: int) -> datetime:
    """Naive local time in the simulated athlete's zone, which is UTC here, so early that it is never later than now."""
    return datetime.combine(today(), time(second=second))


@pytest.fixture
def filled(accounts: Accounts) -> Accounts:
    """A day's worth of everything."""
    world = accounts.world
    world.add_activity(id=9_000_000_001, name="Canal", distance=10012.4, start_date_local=today_at(1))
    world.add_activity(id=9_000_000_002, sport_type="Parkour", start_date_local=today_at(2) - timedelta(days=3))
    world.add_weight(72.4, today_at(3), fat=18.2)
    world.set_eaten(yesterday(), 2240)
    world.set_burned(yesterday(), 2730.5)
    world.set_burned(today(), 900)
    return accounts


def states(session: Session) -> dict[str, SyncState]:
    session.expire_all()
    return {state.metric: state for state in queries.sync_states(session)}


def test_once_stores_what_the_accounts_hold_and_says_whose_it_is(filled: Accounts, session: Session) -> None:
    code, printed = filled.sync()
    assert code == 0, printed
    assert "strava activities 2 added; fitbit weight 1 added; fitbit eaten 1 added; fitbit burned" in printed
    run = session.get(Activity, 9_000_000_001)
    assert run
    assert (run.name, run.distance, run.account) == ("Canal", 10012.4, "strava:134815")
    assert run.start_date_local == today_at(1)
    weighed = session.scalars(select(Weight)).one()
    assert (weighed.weight, weighed.fat, weighed.account) == (72.4, 18.2, "fitbit:111122223333444455")
    figures = {row.record_date: (row.calories, row.burned) for row in session.scalars(select(Calories))}
    assert figures == {yesterday(): (2240, 2730.5), today(): (None, 900)}
    assert {state.state for state in states(session).values()} == {"ok"}


def test_an_unchanged_account_writes_nothing_and_a_changed_one_just_the_change(
    filled: Accounts, session: Session
) -> None:
    filled.sync()

    def rows() -> dict[object, str]:
        versions = {}
        for table in ("strava_activity", "fitbit_weight", "fitbit_calories"):
            found = session.execute(text(f"SELECT id, xmin::text FROM {table}"))
            versions |= {(table, number): version for number, version in found}
        session.rollback()
        return versions

    before = rows()
    said = "strava activities unchanged; fitbit weight unchanged; fitbit eaten unchanged; fitbit burned unchanged"
    assert said in filled.sync()[1]
    assert rows() == before
    filled.world.edit_activity(9_000_000_001, distance=9000.0, name="Canal & back")
    filled.world.delete_activity(9_000_000_002)
    filled.world.add_activity(id=9_000_000_009, name="Late", start_date_local=today_at(4) - timedelta(days=5))
    code, printed = filled.sync()
    assert code == 0
    assert "strava activities 1 added, 1 changed, 1 removed; fitbit weight unchanged" in printed
    kept = {row.id: (row.distance, row.start_date_local.date()) for row in session.scalars(select(Activity))}
    assert kept.pop(9_000_000_009)[1] == today() - timedelta(days=5)
    assert kept == {9_000_000_001: (9000.0, today())}


def test_a_source_that_fails_stops_no_other_and_fails_the_run(filled: Accounts, session: Session) -> None:
    (filled.creds / "strava.json").write_text('{"access_token": "half')
    code, printed = filled.sync()
    assert code == 1
    assert "fitbit weight 1 added" in printed
    found = states(session)
    assert found["activities"].state == "reconnect"
    assert "strava.json" in found["activities"].message
    assert found["weight"].state == "ok"
    assert (filled.creds / "strava.json").read_text() == '{"access_token": "half'


def test_passing_trouble_is_tried_again(filled: Accounts) -> None:
    filled.world.fail("/athlete/activities", status=502, body="<html>Bad Gateway</html>")
    code, printed = filled.sync()
    assert code == 0, printed
    assert "strava activities 2 added" in printed


def test_a_food_log_that_was_not_granted_fails_nothing_and_is_said(filled: Accounts, session: Session) -> None:
    filled.connect("fitbit", scope=" ".join(fitbit.SCOPES))
    code, printed = filled.sync()
    assert code == 0
    assert "Google's permission “nutrition” is missing; connect Fitbit again and leave it ticked." in printed
    assert {metric: state.state for metric, state in states(session).items()} == {
        "activities": "ok",
        "weight": "ok",
        "eaten": "ungranted",
        "burned": "ok",
    }


def test_at_a_rate_limit_no_further_call_is_made_until_it_has_passed(filled: Accounts, session: Session) -> None:
    filled.world.strava_limits = ((200, 2000), (0, 1000))
    assert filled.sync()[0] == 1
    waiting = states(session)["activities"]
    assert waiting.state == "waiting"
    assert waiting.resume_at
    assert waiting.resume_at > datetime.now(UTC)
    filled.world.requests.clear()
    assert filled.sync()[0] == 1  # a connected source that may not be asked did not succeed
    assert not [path for _, path, _ in filled.world.requests if path.startswith("/strava")]


def test_an_expired_token_is_renewed_saved_privately_and_no_secret_is_printed(filled: Accounts) -> None:
    old = json.loads((filled.creds / "strava.json").read_text())
    (filled.creds / "strava.json").write_text(json.dumps(old | {"expires_at": 1}))
    filled.world.rotate_refresh_tokens = True
    code, printed = filled.sync()
    assert code == 0, printed
    new = json.loads((filled.creds / "strava.json").read_text())
    assert new["expires_at"] > datetime.now(UTC).timestamp()
    assert stat.S_IMODE((filled.creds / "strava.json").stat().st_mode) == 0o600
    secrets = [old["access_token"], old["refresh_token"], new["access_token"], new["refresh_token"], "strava-secret"]
    assert not [secret for secret in secrets if secret in printed]


def test_a_client_id_without_a_token_file_is_said_and_is_no_failure(filled: Accounts, session: Session) -> None:
    (filled.creds / "fitbit.json").unlink()
    code, printed = filled.sync()
    assert code == 0
    assert "fitbit has a client id but no token file yet" in printed
    assert states(session)["weight"].state == "disconnected"


def test_with_a_retention_strava_rows_of_earlier_days_are_neither_kept_nor_read_again(
    filled: Accounts, session: Session
) -> None:
    filled.world.add_activity(id=9_000_000_003, start_date_local=today_at(1) - timedelta(days=2))
    assert filled.sync()[0] == 0
    code, _ = filled.sync(STRAVA_RETENTION_DAYS="2")
    assert code == 0
    assert [row.id for row in session.scalars(select(Activity))] == [9_000_000_001]
    assert "strava activities unchanged" in filled.sync(STRAVA_RETENTION_DAYS="2")[1]


def test_without_its_database_the_updater_says_so_in_one_line(filled: Accounts) -> None:
    code, printed = filled.sync(SQLALCHEMY_DATABASE_URI="postgresql://ann:hunter2@127.0.0.1:1/none")
    assert code == 1
    assert printed.startswith("The updater cannot start: the database does not let it in: ")
    assert printed.count("\n") == 1
    assert "hunter2" not in printed


def test_runs_logs_and_the_summary_are_visible_in_prefect(filled: Accounts) -> None:
    url = filled.settings["PREFECT_API_URL"]
    filled.sync()
    begun = {"start_time": {"is_null_": False}}  # of this server's runs, some are only planned
    (run,) = ask_prefect(url, "flow_runs/filter", flow_runs=begun, sort="START_TIME_DESC", limit=1)
    assert run["state_type"] == "COMPLETED"
    logs = ask_prefect(url, "logs/filter", logs={"flow_run_id": {"any_": [run["id"]]}})
    assert any("strava activities 2 added" in entry["message"] for entry in logs)
    (artifact,) = ask_prefect(url, "artifacts/filter", artifacts={"flow_run_id": {"any_": [run["id"]]}})
    assert {"source": "strava", "metric": "activities", "result": "2 added"} in json.loads(artifact["data"])


def test_the_demo_fills_the_board_and_leaves_with_all_its_rows_for_a_client_id(
    accounts: Accounts, session: Session
) -> None:
    code, printed = accounts.sync(STRAVA_CLIENT_ID="", FITBIT_CLIENT_ID="")
    assert code == 0, printed
    assert queries.demo_is_on(session)
    assert not queries.real_rows_exist(session)
    assert {row.account for row in session.scalars(select(Activity))} == {"demo"}
    session.rollback()
    code, printed = accounts.sync()
    assert code == 0, printed
    assert "the demo has left with its" in printed
    assert not queries.demo_is_on(session)
    for model in (Activity, Weight, Calories):
        assert not session.scalars(select(model).where(model.account == "demo")).all()


def test_the_demo_never_begins_where_rows_of_a_real_account_are(accounts: Accounts, uri: str, session: Session) -> None:
    execute(uri, "INSERT INTO fitbit_calories (calories, record_date) VALUES (2100, current_date)")
    code, _ = accounts.sync(STRAVA_CLIENT_ID="", FITBIT_CLIENT_ID="")
    assert code == 0
    assert not queries.demo_is_on(session)
    assert session.scalars(select(Calories)).one().calories == 2100
