"""Accounts at simulated providers, connected as a person's are, and the real updater that reads them."""

import atexit
import json
import os
import secrets
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.sync import companions, prefect_api
from app.sync.prefect_api import Api
from simulator.server import serve
from simulator.world import World
from tests import logged, programs
from tests.conftest import ROOT, SCRATCH, python
from tests.readied import Readied
from tests.serving import PATIENCE, Board, serving

PROVIDERS = {"strava": "strava", "fitbit": "google"}


AUTH = f"tests:{secrets.token_urlsafe(24)}"
"""What the session's Prefect server asks for."""


@pytest.fixture(scope="session")
def prefect_url() -> Iterator[str]:
    """A real Prefect server, one for the whole session because it takes seconds to start."""
    with companions.prefect_server(SCRATCH / "prefect", os.environ | {"PREFECT_API_AUTH_STRING": AUTH}) as api:
        yield api.url


@cache
def readied() -> Readied:
    """One for the whole session, and no test's own."""
    process = Readied(ROOT, {name: value for name, value in os.environ.items() if name != programs.MARK})
    atexit.register(process.end)
    return process


def python_readied(*words: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """As `python` does it, but with all loaded that the program stands on."""
    environment = os.environ | settings
    with readied().free(environment) as free:
        if not free:
            return python(*words, **settings)
        logged.note(environment)
        logged.programs += 1
        said = [SCRATCH / f"printed-{uuid.uuid4().hex}.log" for _ in range(2)]
        code = readied().run([*words], environment, said, seconds=120)
        return subprocess.CompletedProcess(words, code, *(file.read_text() for file in said))


@dataclass
class Accounts:
    """`world` is what the providers hold; `settings` is the environment that connects the updater to it."""

    world: World
    settings: dict[str, str]
    creds: Path

    @property
    def prefect(self) -> Api:
        return Api(self.settings["PREFECT_API_URL"], AUTH)

    def sync(self, **settings: str) -> tuple[int, str]:
        """`python tasks.py --once` as a process of its own: its exit code and all that it printed."""
        done = python_readied("tasks.py", "--once", **self.settings | settings)
        return done.returncode, done.stdout + done.stderr

    def connect(self, source: str, scope: str | None = None) -> None:
        """A token file with just the three keys that the contract names."""
        token = self.world.issue(PROVIDERS[source], scope=scope)
        path = self.creds / f"{source}.json"
        path.write_text(json.dumps({name: token[name] for name in ("access_token", "refresh_token", "expires_at")}))
        path.chmod(0o600)


@pytest.fixture
def accounts(uri: str, prefect_url: str, tmp_path: Path) -> Iterator[Accounts]:
    """An athlete without any data, with both sources connected."""
    with connected(World.empty(tz="UTC"), uri, prefect_url, tmp_path) as accounts:
        yield accounts


@contextmanager
def connected(world: World, uri: str, prefect_url: str, folder: Path) -> Iterator[Accounts]:
    creds = folder / "creds"
    creds.mkdir()
    with serve(world) as served:
        settings = {
            "SQLALCHEMY_DATABASE_URI": uri,
            "PREFECT_API_URL": prefect_url,
            "PREFECT_API_AUTH_STRING": AUTH,
            "INSTANCE_DIR": str(folder / "instance"),
            "CREDS_DIR": str(creds),
            "TIMEZONE": world.tz,
            "STRAVA_CLIENT_ID": "42",
            "STRAVA_CLIENT_SECRET": "strava-secret",
            "FITBIT_CLIENT_ID": "fitbit-client",
            "FITBIT_CLIENT_SECRET": "fitbit-secret",
            **served.env(),
        }
        accounts = Accounts(world, settings, creds)
        accounts.connect("strava")
        accounts.connect("fitbit")
        yield accounts


@contextmanager
def served_and_updated(uri: str, prefect_url: str, folder: Path, **settings: str) -> Iterator[Board]:
    """Web and updater of one installation that has no account."""
    own = {
        "PREFECT_API_URL": prefect_url,
        "PREFECT_API_AUTH_STRING": AUTH,
        "INSTANCE_DIR": str(folder / "instance"),
        "CREDS_DIR": str(folder / "creds"),
        **settings,
    }
    environment = os.environ | own | {"SQLALCHEMY_DATABASE_URI": uri}
    with (folder / "updater.log").open("wb") as log:
        updater = subprocess.Popen([sys.executable, "tasks.py"], cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        with serving(uri, folder / "web.log", **own) as board:
            yield board
    finally:
        updater.send_signal(signal.SIGTERM)
        updater.wait(timeout=PATIENCE)


def ask_prefect(url: str, path: str, **body: Any) -> Any:
    answer = prefect_api.ask(Api(url, AUTH), "POST", path, json=body)
    answer.raise_for_status()
    return answer.json()
