"""Accounts at simulated providers, connected as a person's are, and the real updater that reads them."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from app.sync import companions
from simulator.server import serve
from simulator.world import World
from tests.conftest import SCRATCH, python

PROVIDERS = {"strava": "strava", "fitbit": "google"}


@pytest.fixture(scope="session")
def prefect_url() -> Iterator[str]:
    """A real Prefect server, one for the whole session because it takes seconds to start."""
    with companions.prefect_server(SCRATCH / "prefect", dict(os.environ)) as url:
        yield url


@dataclass
class Accounts:
    """`world` is what the providers hold; `settings` is the environment that connects the updater to it."""

    world: World
    settings: dict[str, str]
    creds: Path

    def sync(self, **settings: str) -> tuple[int, str]:
        """`python tasks.py --once` as a process of its own: its exit code and all that it printed."""
        done = python("tasks.py", "--once", **self.settings | settings)
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


def ask_prefect(url: str, path: str, **body: Any) -> Any:
    answer = requests.post(f"{url}/{path}", json=body, timeout=10)
    answer.raise_for_status()
    return answer.json()
