"""`make run`: the board and its updater on this machine, on one Ctrl-C; with no database given, on one of our own."""

import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from honcho import manager as honcho
from honcho.printer import Message, Printer
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

import logs
from app import embedded
from config import Config
from environment import fail
from logs import first_line

STOP_SECONDS = 15
"""How long the updater may take to end a sync that is under way."""
QUIET = {"PYTHONUNBUFFERED": "1", "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "WARNING"}
STOPPED = (None, 0, 128 + signal.SIGINT, 128 + signal.SIGTERM)
PROGRAMS = {"web": "-m gunicorn wsgi:app", "updater": "tasks.py"}
WEB_ONLY = ("SECRET_KEY", "DASHBOARD_PASSWORD", "DASHBOARD_PASSWORD_HASH", "BIND_ADDRESS")
"""What the updater and its runs need not know; the last is only checked where the password is known."""
PREFECTS = ("PREFECT_API_AUTH_STRING", "PREFECT_SERVER_API_AUTH_STRING", "PREFECT_API_KEY")
SECRETS = (
    *WEB_ONLY[:3],
    *("STRAVA_CLIENT_SECRET", "FITBIT_CLIENT_SECRET", "SQLALCHEMY_DATABASE_URI", "PGPASSWORD"),
    *PREFECTS,
)


class JsonPrinter(Printer):
    """Passes on what is JSON already, and makes it of what a program says before it has read LOG_FORMAT."""

    def write(self, message: Message) -> None:
        text = message.data.decode(errors="replace") if isinstance(message.data, bytes) else message.data
        for line in text.splitlines():
            print(line if line.startswith("{") else logs.line("json", message.name, line), flush=True)  # noqa: T201


def main() -> int:
    refuse_taken_port("PORT", Config.BIND_ADDRESS, Config.PORT)
    if Config.METRICS_PORT:
        refuse_taken_port("METRICS_PORT", "127.0.0.1", Config.METRICS_PORT)
    given = dict(os.environ)
    for name in SECRETS:  # which PostgreSQL, started from here, has no use for
        os.environ.pop(name, None)
    with database() as uri:
        environments = {name: environment_of(name, given, uri) for name in PROGRAMS}
        upgrade = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]
        subprocess.run(upgrade, env=environments["updater"], check=True)
        honcho.KILL_WAIT = STOP_SECONDS
        manager = honcho.Manager(JsonPrinter() if Config.LOG_FORMAT == "json" else None)
        for name, arguments in PROGRAMS.items():
            manager.add_process(name, f"exec {shlex.quote(sys.executable)} {arguments}", env=environments[name])
        manager.loop()
    return 0 if manager.returncode in STOPPED else int(manager.returncode)


def environment_of(program: str, given: Mapping[str, str], uri: str) -> dict[str, str]:
    """What a program may know. An empty value hides what `.env` says, too."""
    hidden = dict.fromkeys(WEB_ONLY, "") if program == "updater" else {}
    return {**given, **QUIET, **hidden, "SQLALCHEMY_DATABASE_URI": uri}


@contextmanager
def database() -> Iterator[str]:
    if Config.SQLALCHEMY_DATABASE_URI:
        try:
            create_engine(Config.SQLALCHEMY_DATABASE_URI).connect().close()
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
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
