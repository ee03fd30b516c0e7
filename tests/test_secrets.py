"""No password, key, token or code is in anything that was logged: by this journey at DEBUG, or by a test before it."""

import logging
import re
import secrets
from pathlib import Path

import pytest
import requests

from simulator.consent import CODE_LIFE
from simulator.tokens import Claims, new_grant
from tests import logged
from tests.serving import cookies, serving, viewing
from tests.updating import Accounts
from tests.workers import RUN, SCRATCH, WORKER, others_have_ended

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
CHATTY = {"GUNICORN_CMD_ARGS": "--log-level debug --access-logfile -"}
DEBUG = {"PREFECT_LOGGING_LEVEL": "DEBUG", "PREFECT_LOGGING_ROOT_LEVEL": "DEBUG"}


def a_code(accounts: Accounts) -> str:
    """What a provider sends the browser back with."""
    world = accounts.world
    return world.tokens.mint(Claims("strava", "code", "42", "read", int(world.now()) + CODE_LIFE, new_grant()))


def test_a_journey_at_debug_logs_much_and_no_secret(accounts: Accounts, uri: str, tmp_path: Path) -> None:
    own = {"DASHBOARD_PASSWORD": secrets.token_hex(8), "SECRET_KEY": secrets.token_hex(16)}
    own |= {f"{source}_CLIENT_SECRET": secrets.token_hex(16) for source in ("STRAVA", "FITBIT")}
    accounts.settings |= own
    browser = requests.Session()
    with serving(uri, tmp_path / "web.log", "tests.chatty:app", **accounts.settings | CHATTY) as board:
        home = board.url.replace("127.0.0.1", "localhost")

        def send(path: str, page: str, **form: str) -> int:
            form["csrf_token"] = TOKEN.search(browser.get(home + page).text)[1]
            return browser.post(home + path, data=form).status_code

        callback = f"{home}/connect/strava/callback"
        # Before and after signing in: a good answer, one that is not ours, and a refused one.
        for password in ("not the password", own["DASHBOARD_PASSWORD"]):
            for state in ("", "made-up"):
                browser.get(callback, params={"code": a_code(accounts), "state": state, "scope": "read"})
            browser.get(callback, params={"error": "access_denied"})
            send("/login", "/login", password=password)
        with viewing(board, Cookie=cookies(browser)) as viewer:
            viewer.say("get_stats", {})
            viewer.until("stats_vals")
        assert "GET /connect/strava/callback HTTP" in board.log
        for source, echo in (("strava", "refresh_token"), ("fitbit", "access_token")):
            accounts.connect(source)
            accounts.world.fail("/token", status=400, body={"message": next(iter(tokens_of(accounts, source, echo)))})
        accounts.world.revoke_all()
        code, printed = accounts.sync(**DEBUG)
        assert code == 1, "every sign-in was taken back"
        accounts.connect("strava")
        accounts.connect("fitbit")
        printed += accounts.sync(**DEBUG)[1]
        assert send("/connect/strava/start", "/connect/") == 200
        assert ("GET", "/strava/oauth/authorize") in [request[:2] for request in accounts.world.requests]
        assert send("/connect/strava/disconnect", "/connect/") == 200
        assert "| DEBUG   |" in printed
        assert "/strava/oauth/revoke" in board.log, "urllib3 is heard at DEBUG"
    assert set(own.values()) <= logged.secrets
    assert logged.leaks(logged.secrets, [tmp_path / "web.log"]) == {}


def tokens_of(accounts: Accounts, source: str, name: str) -> set[str]:
    text = (accounts.creds / f"{source}.json").read_text()
    return set(re.findall(rf'"{name}": "([^"]+)"', text))


def test_a_secret_in_any_log_is_found(tmp_path: Path) -> None:
    short, long = secrets.token_hex(4), f"1//0e{secrets.token_urlsafe(60)}"
    logging.getLogger("urllib3").debug('"GET /callback?code=%s HTTP/1.1" 200', long.replace("/", "%2F"))
    (tmp_path / "web.log").write_text(f"the password {short}!")
    found = logged.leaks({short, long}, [SCRATCH / "everything.log", tmp_path / "web.log"])
    assert found == {str(SCRATCH / "everything.log"): [long[:6]], str(tmp_path / "web.log"): [short[:6]]}


def test_nothing_that_any_test_logged_holds_a_secret(tmp_path_factory: pytest.TempPathFactory) -> None:
    others_have_ended()
    base = tmp_path_factory.getbasetemp()
    folders = [RUN, base.parent if WORKER else base]
    wanted = logged.secrets.union(logged.handed_over(RUN), *(logged.kept(folder) for folder in folders))
    files = logged.logs(folders)
    assert len(wanted) >= 10
    assert {"everything.log", "web.log", "prefect.db"} <= {file.name for file in files}
    assert logged.leaks(wanted, files) == {}
