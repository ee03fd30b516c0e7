"""The real updater tells what needs a hand, and neither its sync nor its log is any other for it."""

from tests.notifying import SECRET, endpoint
from tests.updating import Accounts


def test_a_sync_tells_at_its_end_what_needs_a_hand_once_and_logs_no_address(accounts: Accounts) -> None:
    debug = {"PREFECT_LOGGING_LEVEL": "DEBUG", "PREFECT_LOGGING_ROOT_LEVEL": "DEBUG"}
    with endpoint() as inbox:
        told = {"NOTIFY_URLS": f"{inbox.url} json://127.0.0.1:9/{SECRET}", **debug}
        assert accounts.sync(**told)[0] == 0
        assert inbox.titles == []
        accounts.world.revoke_all()
        code, printed = accounts.sync(**told)
        assert code == 1
        assert sorted(inbox.titles) == ["Sign in to Fitbit again", "Sign in to Strava again"]
        printed += accounts.sync(**told)[1]
    assert len(inbox.messages) == 2
    assert SECRET not in printed
