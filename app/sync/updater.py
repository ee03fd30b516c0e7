"""Starts the updater: brings the tables up to date, starts what the flow needs, runs it now and on its schedule."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from contextlib import ExitStack, suppress
from contextvars import copy_context
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

from flask_migrate import upgrade
from prefect.logging.configuration import setup_logging
from prefect.logging.handlers import APILogHandler
from prefect.settings import (
    PREFECT_API_AUTH_STRING,
    PREFECT_API_URL,
    PREFECT_HOME,
    PREFECT_RUNNER_POLL_FREQUENCY,
    PREFECT_SERVER_ALLOW_EPHEMERAL_MODE,
    PREFECT_SERVER_ANALYTICS_ENABLED,
    get_current_settings,
    temporary_settings,
)
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

import logs
import stats_con
from app.extensions import db
from app.records import store
from app.sources.errors import SourceError
from app.sources.token_file import TokenFile
from app.sync import companions, deployment, imports, orphans, prefect_api, sync_now
from app.sync.agenda import interval
from app.sync.application import flask_app, remember
from app.sync.prefect_api import Api
from app.sync.standing import METRICS
from config import ROOT, Config
from logs import first_line

DEMO_INTERVAL = timedelta(seconds=30)
WATCH_SECONDS = 1.0
REST_SECONDS = 20.0
NOTIFY_SECONDS = 15.0
QUIET = {
    PREFECT_SERVER_ANALYTICS_ENABLED: False,
    PREFECT_RUNNER_POLL_FREQUENCY: 5,
    PREFECT_SERVER_ALLOW_EPHEMERAL_MODE: False,  # a server of Prefect's own making would ask nobody for a password
}


def main(sync: Any, import_files: Callable[[], Any], notify: Callable[[], None]) -> int:
    """`python tasks.py`, whose flows these are; the exit code."""
    parser = argparse.ArgumentParser(
        prog="tasks.py", description="Sevenday's updater: syncs now, then on its schedule."
    )
    parser.add_argument("--once", action="store_true", help="sync once; exit 0 when every connected source succeeded")
    parser.add_argument(
        "--import",
        dest="files",
        nargs="+",
        metavar="PATH",
        help="import files at once; exit 0 when each was understood",
    )
    parser.add_argument("--inbox", action="store_true", help=argparse.SUPPRESS)  # how the updater starts an import
    wanted = parser.parse_args()
    once = wanted.once
    # Prefect's runner leaves a coroutine behind when it is told to stop, which asks nothing of anybody.
    warnings.filterwarnings("ignore", message="coroutine 'Runner.astop' was never awaited")
    if Config.LOG_FORMAT == "json":
        os.environ |= logs.PREFECT  # in the environment for the flow runs, which are processes of their own
        setup_logging(incremental=False)
    if wanted.inbox:
        import_files()
        return 0
    logs.say_repeats_once()
    orphans.exit_on_signals()
    with ExitStack() as stack:
        keep_to_this_machine(stack)
        try:
            allowed = prepare_database()
        except OperationalError as error:
            sys.exit(f"The updater cannot start: the database does not let it in: {first_line(error)}")
        orphans.end_with_supervisor(os.getpid())  # by now it stops our database as it ends
        if wanted.files:
            return import_now([Path(name) for name in wanted.files])
        demo = start_demo(stack, allowed)
        if demo and not once:
            say(f"the demo begins: its made-up accounts are read every {DEMO_INTERVAL.seconds} seconds")
        api = start_prefect(stack)
        before = settings_and_sign_ins()  # who is connected while the first run is under way is not waited for
        state = sync(return_state=True)
        if once:
            notify()
            return 0 if state.is_completed() else 1
        sync_now.forget_lost(api)
        Thread(target=sync_when_connected, args=(before,), daemon=True).start()
        Thread(target=copy_context().run, args=(import_when_waiting,), daemon=True).start()
        Thread(target=notify_when_due, args=(notify,), daemon=True).start()
        deployment.serve(sync, schedule(demo), api, say)
    return 0


def schedule(demo: bool) -> Callable[[], timedelta]:
    """How often the flow is to run: the demo moves while one looks on, until something of a person's own is here."""

    def every() -> timedelta:
        nonlocal demo
        if demo:
            with suppress(SQLAlchemyError), flask_app().app_context(), Session(db.engine) as session:
                demo = store.demo_may_go_on(session)
        return DEMO_INTERVAL if demo else interval(flask_app().config)

    return every


def import_now(paths: list[Path]) -> int:
    """Imports files where they lie, with a line for each; 0 when all of each was understood."""
    understood = True
    with flask_app().app_context():
        for row in imports.import_now(paths, lambda _: None):
            counts = ", ".join(f"{row.counts.get(came, 0)} {came}" for came in imports.COUNTED)
            print(f"{row.name}: {row.kind or 'not read'}, {counts}", flush=True)  # noqa: T201
            for one in [*row.questions, *row.results]:
                print(f"  {one['member']}: {one.get('why') or one['text']}", file=sys.stderr)  # noqa: T201
            understood &= row.state == "done" and not row.counts.get("refused")
    return 0 if understood else 1


def import_when_waiting() -> None:
    """Runs the flow of imports, a process of its own, within a second of a file's arrival."""
    environment = dict(os.environ) | get_current_settings().to_environment_variables(exclude_unset=True)
    command = [sys.executable, sys.argv[0], "--inbox"]
    while True:
        time.sleep(WATCH_SECONDS)
        with suppress(SQLAlchemyError), flask_app().app_context():  # the database may be away for a while
            if imports.is_any_waiting() and subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:
                time.sleep(REST_SECONDS)  # whatever ends it so is no matter of seconds; its log in Prefect says more


def notify_when_due(notify: Callable[[], None]) -> None:
    """In a thread of its own, so that no sync waits for it."""
    while True:
        notify()
        time.sleep(NOTIFY_SECONDS)


def say(line: str) -> None:
    print(logs.line(flask_app().config["LOG_FORMAT"], "updater", line), flush=True)  # noqa: T201


def sync_when_connected(before: list[float]) -> None:
    """Asks for a run as soon as an account is connected or the settings change, not only on schedule."""
    while True:
        time.sleep(WATCH_SECONDS)
        now = settings_and_sign_ins()
        if now != before:
            with flask_app().app_context():
                begun = sync_now.start() != sync_now.UNDER_WAY  # else what has changed may have come too late for it
            before = now if begun else before


def settings_and_sign_ins() -> list[float]:
    """When `.env` and each client id was written, and when each account was signed in to."""
    config, sources = flask_app().config, stats_con.SOURCES
    files = [ROOT / ".env", *(stats_con.client_file(config, source).path for source in sources)]
    written = [file.stat().st_mtime if file.exists() else 0.0 for file in files]
    return written + [signed_in(stats_con.real_token_file(config, source)) for source in sources]


def signed_in(file: TokenFile) -> float:
    """The moment of the sign-in, another number where the file does not say it. Renewing its tokens is no change."""
    try:
        token = file.read()
    except SourceError:
        return 0.0
    if token is None:
        return 0.0
    return token.connected_at.timestamp() if token.connected_at else float(int(token.sign_in, 16))


def prepare_database() -> bool:
    """Brings the tables up to date and returns whether the demo may begin."""
    config = flask_app().config
    with flask_app().app_context():
        upgrade()
        with Session(db.engine) as session, session.begin():
            if not any(stats_con.configured(config, source) for source in stats_con.SOURCES):
                store.forget_sources(session)
            return bool(config["DEMO"]) and store.demo_may_start(session)


def start_demo(stack: ExitStack, allowed: bool) -> bool:
    """Starts the simulated accounts and signs in to them, where the demo may be; they end with `stack`."""
    config = flask_app().config
    if allowed:
        url = stack.enter_context(companions.simulator(config["TIMEZONE"], dict(os.environ)))
        # In the environment for the flow runs, which are processes of their own.
        os.environ["SIMULATOR_URL"] = Config.SIMULATOR_URL = config["SIMULATOR_URL"] = url
        stats_con.connect_demo(config)
        # Written down at once, so that the board says from its first moment that this is a demo.
        for source, metrics in METRICS.items():
            for metric in metrics:
                remember(source, metric, last_attempt=datetime.now(UTC))
    return allowed


def start_prefect(stack: ExitStack) -> Api:
    """Points Prefect at the server that PREFECT_API_URL names, or at one of our own that ends with `stack`."""
    config = flask_app().config
    home = prefect_api.home(config)
    stack.enter_context(temporary_settings({PREFECT_HOME: home, **QUIET}))
    environment = dict(os.environ) | get_current_settings().to_environment_variables(exclude_unset=True)
    api = prefect_api.find(config) if config["PREFECT_API_URL"] else None
    if api and (wrong := unusable(api)):
        sys.exit(f"The updater cannot start: {wrong}.")
    try:
        api = api or stack.enter_context(companions.prefect_server(home, environment, say))
    except OSError as error:
        sys.exit(f"The updater cannot start: {error.filename or home} cannot be used ({error.strerror}).")
    except companions.NotStarted as error:
        sys.exit(f"The updater cannot start: {error}.")
    if not config["PREFECT_API_URL"] and (line := companions.elsewhere(api.url)):
        say(line)
    config["PREFECT_API_URL"], config["PREFECT_API_AUTH_STRING"] = api
    stack.enter_context(temporary_settings({PREFECT_API_URL: api.url, PREFECT_API_AUTH_STRING: api.auth}))
    stack.callback(APILogHandler().flush)  # before the server that takes them in ends
    return api


def unusable(api: Api) -> str | None:
    if not prefect_api.answers(api.url):
        return f"no Prefect server answers at PREFECT_API_URL, {api.url}"
    if not prefect_api.accepts_auth(api):
        return f"the Prefect server at {api.url} does not let us in; PREFECT_API_AUTH_STRING takes its user:password"
    return None


def keep_to_this_machine(stack: ExitStack) -> None:
    """Nobody else's folder is in the way of the runs' own: Prefect's runner would share a known one with all users."""
    os.environ["TMPDIR"] = tempfile.tempdir = stack.enter_context(tempfile.TemporaryDirectory(prefix="sevenday-"))
