"""`make run`: the board and its updater on this machine, on one Ctrl-C; with no database given, on one of our own."""

import interrupts  # noqa: F401 - before what takes long to load

# isort: split
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

import logs
import supervisor
from app import embedded
from config import Config
from environment import fail
from logs import first_line

QUIET = {"PYTHONUNBUFFERED": "1", "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "WARNING"}
STOPPED = (0, -signal.SIGINT, -signal.SIGTERM, 128 + signal.SIGINT, 128 + signal.SIGTERM)
PROGRAMS = {"web": ("-m", "gunicorn", "wsgi:app"), "updater": ("tasks.py",)}
OWN_CLOCK = re.compile(
    r"^(?:\[[\d-]{10} [\d:]{8} [+-]\d{4}\] \[\d+\] (?:\[INFO\] )?|\d\d:\d\d:\d\d(?:\.\d{3})? (?:\| )?)"
)
"""How a program's own line begins: the moment, which ours says, and its process."""
UPGRADE_SECONDS = 600
"""For bringing the tables up to date, waiting for another one that does so included."""
WEB_ONLY = ("SECRET_KEY", "DASHBOARD_PASSWORD", "DASHBOARD_PASSWORD_HASH", "BIND_ADDRESS")
"""What the updater and its runs need not know; the last is only checked where the password is known."""
PREFECTS = ("PREFECT_API_AUTH_STRING", "PREFECT_SERVER_API_AUTH_STRING", "PREFECT_API_KEY")
SECRETS = (
    *WEB_ONLY[:3],
    *("STRAVA_CLIENT_SECRET", "FITBIT_CLIENT_SECRET", "SQLALCHEMY_DATABASE_URI", "PGPASSWORD", "NOTIFY_URLS"),
    *PREFECTS,
)
"""What these two may know, and no program that they bring along: each of those is given what it needs."""


def main() -> int:
    supervisor.end_what_is_left(Config.INSTANCE_DIR)
    refuse_taken_port("PORT", Config.BIND_ADDRESS, Config.PORT)
    if Config.METRICS_PORT:
        refuse_taken_port("METRICS_PORT", "127.0.0.1", Config.METRICS_PORT)
    with database() as uri:
        environments = {name: environment_of(name, os.environ, uri) for name in PROGRAMS}
        bring_up_to_date(environments["updater"])
        code = supervisor.run(
            {name: supervisor.Command([sys.executable, *PROGRAMS[name]], environments[name]) for name in PROGRAMS}, show
        )
    return 0 if code in STOPPED else code


def bring_up_to_date(environment: Mapping[str, str]) -> None:
    words = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]
    try:
        code = subprocess.run(
            words, env=environment, check=False, timeout=UPGRADE_SECONDS, start_new_session=True
        ).returncode
    except subprocess.TimeoutExpired:
        sys.exit(f"Sevenday cannot start: the database has not answered for {UPGRADE_SECONDS // 60} minutes.")
    if code:
        sys.exit(code)


def show(program: str, text: str) -> None:
    """A line of a program's output. With LOG_FORMAT=json, JSON is made of what it says before it has read that."""
    if Config.LOG_FORMAT == "json":
        line = text if text.startswith("{") else logs.line("json", program, text)
    else:
        words = OWN_CLOCK.sub("", text)
        line = f"{datetime.now():%H:%M:%S} {program:<7} | {words}"  # noqa: DTZ005 - for who reads along
    try:
        print(line, flush=True)  # noqa: T201
    except OSError:  # the terminal is gone, or whoever read along: that is no reason to stop
        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115


def environment_of(program: str, given: Mapping[str, str], uri: str) -> dict[str, str]:
    """What a program may know. An empty value hides what `.env` says, too."""
    hidden = dict.fromkeys(WEB_ONLY, "") if program == "updater" else {}
    # The updater finds our own database by itself, and so stops it should this process be gone before it could.
    shared_uri = uri if Config.SQLALCHEMY_DATABASE_URI or program != "updater" else ""
    own = {"SQLALCHEMY_DATABASE_URI": shared_uri, "INSTANCE_DIR": Config.INSTANCE_DIR}
    return {**given, **QUIET, **hidden, **own}


@contextmanager
def database() -> Iterator[str]:
    if Config.SQLALCHEMY_DATABASE_URI:
        try:
            engine = create_engine(Config.SQLALCHEMY_DATABASE_URI, connect_args={"connect_timeout": 5})
            engine.connect().close()
        except OperationalError as error:
            sys.exit(f"Sevenday cannot start: the database does not let it in: {first_line(error)}")
        yield Config.SQLALCHEMY_DATABASE_URI
        return
    with embedded.kept(Config.INSTANCE_DIR) as uri:
        yield uri


def refuse_taken_port(name: str, address: str, port: int) -> None:
    """One clear line now rather than a board that does not come."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            fail(name, str(port), "a port that no other program (another Sevenday?) listens on")


if __name__ == "__main__":
    supervisor.stop_on_signals()
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
