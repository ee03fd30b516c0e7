"""Every setting is checked when it is read; nonsense ends the program with one line that says what to do."""

import os
import runpy
import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import pytest

from tests.conftest import ROOT


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a `config.py` of its own, so that no `.env` or `instance/` of this machine is touched."""
    for name in ("config.py", "environment.py"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


@pytest.fixture
def read(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Config as a fresh process would read it from these variables and no others, without the price of a process."""

    def read(**variables: str) -> Any:
        with monkeypatch.context() as environment:
            for name in [name for name in os.environ if name not in ("PATH", "HOME")]:
                environment.delenv(name)
            for name, value in variables.items():
                environment.setenv(name, value)
            return runpy.run_path(str(home / "config.py"))["Config"]

    return read


def start(home: Path, code: str = "import config", **variables: str) -> Popen[str]:
    environment = {"PATH": os.environ["PATH"], **variables}
    command = [sys.executable, "-c", code]
    return Popen(command, cwd=home, env=environment, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True)


ADDRESS = "an http:// or https:// address"
BAD = [
    ("TIMEZONE", "Mars/Olympus", "an IANA name such as Europe/Berlin"),
    ("WEEK_START", "tuesday", "sunday or monday or saturday"),
    ("UNITS", "furlongs", "metric or imperial"),
    ("SOCKETIO_ASYNC_MODE", "threading", "eventlet or gevent"),
    ("DEMO", "maybe", "1 or 0"),
    ("FEED_INTERVAL_SECONDS", "0", "a number from 0.1 to 3600"),
    ("FEED_INTERVAL_SECONDS", "nan", "a number from 0.1 to 3600"),
    ("SYNC_INTERVAL_MINUTES", "-10", "a number from 0.1 to 1440"),
    ("SYNC_INTERVAL_MINUTES", "inf", "a number from 0.1 to 1440"),
    ("SYNC_LOOKBACK_DAYS", "0", "a whole number from 1 to 3650"),
    ("SYNC_LOOKBACK_DAYS", "14.5", "a whole number from 1 to 3650"),
    ("STRAVA_RETENTION_DAYS", "-1", "a whole number from 0 to 3650"),
    ("TRUSTED_PROXIES", "-1", "a whole number from 0 to 9"),
    ("METRICS_PORT", "0", "a whole number from 1 to 65535"),
    ("METRICS_PORT", "5000", "a port other than PORT's"),
    ("LOG_FORMAT", "xml", "text or json"),
    ("PORT", "65536", "a whole number from 1 to 65535"),
    ("STRAVA_API_BASE", "www.strava.com", ADDRESS),
    ("STRAVA_OAUTH_BASE", "ftp://www.strava.com", ADDRESS),
    ("GOOGLE_HEALTH_BASE", "https://", ADDRESS),
    ("GOOGLE_AUTH_URL", "https://host:port/", ADDRESS),
    ("GOOGLE_TOKEN_URL", "https://host:99999/", ADDRESS),
    ("GOOGLE_REVOKE_URL", "http://[::1", ADDRESS),
    ("PUBLIC_BASE_URL", "localhost:5000", ADDRESS),
    ("PREFECT_API_URL", "4200", ADDRESS),
    ("CREDS_DIR", "config.py", "the path of a folder"),
    ("BIND_ADDRESS", "0.0.0.0", "once DASHBOARD_PASSWORD is set"),
    ("BIND_ADDRESS", "banana", "an IP address of this machine, or localhost"),
    ("UNITS", "two\nlines", "metric or imperial"),
]


@pytest.mark.parametrize(("name", "value", "takes"), BAD)
def test_nonsense_ends_with_one_line_naming_variable_value_and_what_it_takes(read, name, value, takes):
    with pytest.raises(SystemExit) as end:
        read(**{name: value})
    line = str(end.value.code)
    assert line.startswith(f"Sevenday cannot start: {name} is ")
    assert value.replace("\n", "\\n") in line
    assert takes in line
    assert "\n" not in line


def test_the_line_is_all_that_is_printed_and_the_exit_code_is_1(home):
    process = start(home, UNITS="furlongs")
    said = process.communicate(timeout=60)
    line = "Sevenday cannot start: UNITS is 'furlongs'; it takes metric or imperial.\n"
    assert (process.returncode, *said) == (1, "", line)


@pytest.mark.parametrize(
    "uri",
    [
        "mysql://ann:hunter2@host/db",
        "postgresql+asyncpg://ann:hunter2@host/db",
        "ann:hunter2@host/db",
        "postgresql://ann:hunter2@host:port/db",
        "postgresql://ann:hunter2@host:99999/db",
    ],
)
def test_a_bad_database_address_is_refused_without_repeating_its_password(read, uri):
    with pytest.raises(SystemExit) as end:
        read(SQLALCHEMY_DATABASE_URI=uri)
    assert "SQLALCHEMY_DATABASE_URI" in str(end.value.code)
    assert "postgresql+psycopg2://user:pass@host/db" in str(end.value.code)
    assert "hunter2" not in str(end.value.code)


def test_the_defaults_are_the_contracts(read, home):
    config = read()
    assert {name: getattr(config, name) for name in DEFAULTS} == DEFAULTS
    assert str(home / "creds") == config.CREDS_DIR


DEFAULTS = {
    "SQLALCHEMY_DATABASE_URI": None,
    "STRAVA_CLIENT_ID": None,
    "STRAVA_CLIENT_SECRET": None,
    "FITBIT_CLIENT_ID": None,
    "FITBIT_CLIENT_SECRET": None,
    "STRAVA_API_BASE": "https://www.strava.com/api/v3",
    "STRAVA_OAUTH_BASE": "https://www.strava.com/oauth",
    "GOOGLE_HEALTH_BASE": "https://health.googleapis.com/v4",
    "WEEK_START": "sunday",
    "UNITS": "metric",
    "FEED_INTERVAL_SECONDS": 33,
    "SYNC_INTERVAL_MINUTES": 10,
    "SYNC_LOOKBACK_DAYS": 14,
    "STRAVA_RETENTION_DAYS": 0,
    "BIND_ADDRESS": "127.0.0.1",
    "DASHBOARD_PASSWORD": None,
    "DASHBOARD_PASSWORD_HASH": None,
    "PUBLIC_BASE_URL": "http://localhost:5000",
    "SOCKETIO_ASYNC_MODE": "eventlet",
    "PREFECT_API_URL": None,
    "DEMO": True,
}


def test_an_empty_value_is_as_good_as_none(read):
    empty = read(**dict.fromkeys([*DEFAULTS, "SECRET_KEY", "TIMEZONE"], " "))
    assert {name: getattr(empty, name) for name in DEFAULTS} == DEFAULTS
    assert len(empty.SECRET_KEY) == 64


def test_values_are_taken_as_people_write_them(read):
    config = read(
        WEEK_START=" Monday", UNITS="IMPERIAL", DEMO="No", STRAVA_API_BASE="http://[::1]:8080/api/", PORT="80"
    )
    assert (config.WEEK_START, config.UNITS, config.DEMO) == ("monday", "imperial", False)
    assert (config.STRAVA_API_BASE, config.PUBLIC_BASE_URL) == ("http://[::1]:8080/api", "http://localhost:80")
    for scheme in ("postgres", "postgresql", "postgresql+psycopg2"):
        uri = read(SQLALCHEMY_DATABASE_URI=f"{scheme}://ann:pass@host/db").SQLALCHEMY_DATABASE_URI
        assert uri == "postgresql+psycopg2://ann:pass@host/db"


def test_the_time_zone_is_the_machines_unless_set(read, home, monkeypatch):
    process = start(home, "import config; print(config.Config.TIMEZONE)", TZ="Asia/Kolkata")
    assert process.communicate(timeout=60) == ("Asia/Kolkata\n", "")
    assert read(TZ="Asia/Kolkata", TIMEZONE="Pacific/Auckland").TIMEZONE == "Pacific/Auckland"
    for nonsense in (None, "Mars/Olympus", "../etc/passwd"):
        monkeypatch.setattr("tzlocal.get_localzone_name", lambda nonsense=nonsense: nonsense)
        assert read().TIMEZONE == "UTC"


def test_the_env_file_is_read_and_the_real_environment_wins(read, home):
    (home / ".env").write_text("UNITS=imperial\nWEEK_START=monday\nSTRAVA_CLIENT_ID=\nexport PORT=8000 # mine\n")
    config = read(UNITS="metric")
    assert (config.UNITS, config.WEEK_START, config.PORT, config.DEMO) == ("metric", "monday", 8000, True)


def test_nonsense_in_the_env_file_ends_the_program_too(read, home):
    (home / ".env").write_text("UNITS=furlongs\n")
    with pytest.raises(SystemExit, match="UNITS is 'furlongs'"):
        read()


def test_a_secret_key_is_made_once_and_kept_for_its_owner_only(read, home):
    key = read().SECRET_KEY
    kept = home / "instance" / "secret_key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert read().SECRET_KEY == key == kept.read_text()
    assert read(SECRET_KEY="mine").SECRET_KEY == "mine"
    assert [path.name for path in kept.parent.iterdir()] == ["secret_key"]


def test_processes_that_start_at_once_get_the_same_secret_key(home):
    code = "import dotenv, sys, tzlocal; sys.stdin.readline(); import config; print(config.Config.SECRET_KEY)"
    started = [start(home, code) for _ in range(4)]
    for process in started:
        process.stdin.write("go\n")
        process.stdin.flush()
    said = {process.communicate(timeout=60) for process in started}
    assert said == {((home / "instance" / "secret_key").read_text() + "\n", "")}


def test_a_process_that_comes_second_takes_the_key_of_the_first(read, home, monkeypatch):
    def link(draft: Path, kept: Path) -> None:
        kept.write_text("the first one's")
        raise FileExistsError

    monkeypatch.setattr(os, "link", link)
    assert read().SECRET_KEY == "the first one's"
    assert [path.name for path in (home / "instance").iterdir()] == ["secret_key"]


def test_a_secret_key_that_cannot_be_kept_is_said_in_one_line(read, home):
    (home / "instance" / "secret_key").mkdir(parents=True)
    with pytest.raises(SystemExit, match=r"^Sevenday cannot start: SECRET_KEY is .*Is a directory.*random text\.$"):
        read()


def test_another_address_is_listened_on_once_a_password_is_set(read):
    assert read(BIND_ADDRESS="0.0.0.0", DASHBOARD_PASSWORD="ten letter").BIND_ADDRESS == "0.0.0.0"
    assert {read(BIND_ADDRESS=name).BIND_ADDRESS for name in ("localhost", "::1")} == {"localhost", "::1"}


HASH = f"scrypt:32768:8:1$NaCl${'0123456789abcdef' * 8}"


def test_a_hash_is_as_good_as_a_password(read):
    config = read(BIND_ADDRESS="0.0.0.0", DASHBOARD_PASSWORD_HASH=HASH)
    assert (config.BIND_ADDRESS, config.DASHBOARD_PASSWORD_HASH) == ("0.0.0.0", HASH)


@pytest.mark.parametrize(
    "nonsense",
    [
        "hunter2hunter2",
        HASH[:-1],
        f"{HASH}0",
        HASH.replace("scrypt", "pbkdf2"),
        HASH.replace("$NaCl", ""),
        HASH.replace("32768", "32767"),
        HASH.replace("32768:8:1", "8388608:8:1"),
        HASH.replace("32768:8:1", "32768:0:1"),
        HASH.replace("$", "$$"),
    ],
)
def test_what_is_no_hash_is_refused_in_one_line_that_does_not_repeat_it(read, nonsense):
    with pytest.raises(SystemExit) as end:
        read(DASHBOARD_PASSWORD_HASH=nonsense)
    line = "DASHBOARD_PASSWORD_HASH is '(hidden)'; it takes what `make password` prints, between single quotes."
    assert end.value.code == f"Sevenday cannot start: {line}"


def test_a_password_and_a_hash_are_one_too_many(read):
    with pytest.raises(SystemExit) as end:
        read(DASHBOARD_PASSWORD="hunter2hunter2", DASHBOARD_PASSWORD_HASH=HASH)
    line = str(end.value.code)
    assert "the place of DASHBOARD_PASSWORD, and that is set, too: remove one." in line
    assert "hunter2" not in line
    assert HASH not in line
    assert "\n" not in line


@pytest.mark.parametrize("address", ["0.0.0.0", "192.168.1.7", "::"])
def test_a_short_password_is_refused_where_others_can_try(read, address):
    with pytest.raises(SystemExit) as end:
        read(BIND_ADDRESS=address, DASHBOARD_PASSWORD="hunter2 9")
    line = f"DASHBOARD_PASSWORD is '(hidden)'; it takes 10 characters or more with BIND_ADDRESS {address}."
    assert end.value.code == f"Sevenday cannot start: {line}"
    assert address == read(BIND_ADDRESS=address, DASHBOARD_PASSWORD="hunter2 10").BIND_ADDRESS
    assert read(DASHBOARD_PASSWORD="short").DASHBOARD_PASSWORD == "short"


@pytest.mark.parametrize("name", ["STRAVA_CLIENT_ID", "FITBIT_CLIENT_ID"])
def test_a_client_id_ends_the_demo_whatever_demo_says(read, name):
    assert read(DEMO="1").DEMO
    assert not read(DEMO="1", **{name: "45678"}).DEMO
