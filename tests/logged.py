"""Everything that the suite logs and every secret that it uses, so that the last test can look for one in the other."""

import json
import logging
import re
import subprocess
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from simulator.tokens import Claims, Tokens

SETTINGS = (
    "DASHBOARD_PASSWORD",
    "DASHBOARD_PASSWORD_HASH",
    "SECRET_KEY",
    "STRAVA_CLIENT_SECRET",
    "FITBIT_CLIENT_SECRET",
    "PGPASSWORD",
    "PREFECT_API_AUTH_STRING",
    "PREFECT_SERVER_API_AUTH_STRING",
)
LOGS = ("*.log", "log", "prefect.db*")
"""What programs print, PostgreSQL's own log, and where Prefect keeps what runs logged, took and brought."""
HANDED_OVER = "secrets.json"
SHORTEST = 7
"""A shorter text is found in logs by chance."""
LONG = 24
RUN = re.compile(rb"[\w-]{%d,}" % LONG)

secrets: set[str] = set()
programs = 0
"""How many programs this process has started."""


def listen(file: Path) -> None:
    """From now on, what this process logs goes to `file`, and the secrets that tests use are written down."""
    handler = logging.FileHandler(file)
    handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
    handler.addFilter(not_the_browser)
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.DEBUG)
    mint, start = Tokens.mint, subprocess.Popen.__init__

    def minted(tokens: Tokens, claims: Claims) -> str:
        token = mint(tokens, claims)
        secrets.add(token)
        return token

    def started(process: Any, *arguments: Any, **how: Any) -> None:
        global programs
        programs += 1
        note(how.get("env") or {})
        start(process, *arguments, **how)

    Tokens.mint = minted  # type: ignore[method-assign]
    subprocess.Popen.__init__ = started  # type: ignore[method-assign]


def not_the_browser(record: logging.LogRecord) -> bool:
    """Without what a test's own browser says of a way back from a provider; the product never asks for one."""
    return record.name != "urllib3.connectionpool" or "GET /connect/" not in record.getMessage()


def note(settings: Mapping[str, Any]) -> None:
    """The secrets among settings, the password of the database's address with them."""
    found = {settings.get(name) for name in SETTINGS}
    found.add(urlsplit(settings.get("SQLALCHEMY_DATABASE_URI") or "").password)
    told = settings.get("NOTIFY_URLS") or ""
    found.update(re.findall(r"/(\w[\w-]{15,})", told if isinstance(told, str) else " ".join(told)))
    secrets.update(text for text in found if text and len(text) >= SHORTEST)


def hand_over(folder: Path) -> None:
    """Leaves the secrets of this worker's tests for the one that searches."""
    (folder / HANDED_OVER).write_text(json.dumps(sorted(secrets)))


def handed_over(run: Path) -> set[str]:
    return set().union(*(json.loads(path.read_text()) for path in run.glob(f"*/{HANDED_OVER}")))


def kept(folder: Path) -> set[str]:
    """The secrets in the files below `folder`: keys, and tokens that a simulator of a process of its own gave out."""
    files = [*folder.rglob("secret_key"), *folder.rglob("prefect/auth")]
    found = {path.read_text(errors="replace").strip() for path in files if path.is_file()}
    for path in [*folder.rglob("strava.json"), *folder.rglob("fitbit.json")]:
        try:
            token = json.loads(path.read_text())
        except (ValueError, OSError, RecursionError):  # damaged on purpose
            continue
        if isinstance(token, dict):
            found |= {str(token.get(name)) for name in ("access_token", "refresh_token")}
    return {text for text in found if len(text) >= SHORTEST}


def logs(folders: Iterable[Path]) -> list[Path]:
    found = {path for folder in folders for name in LOGS for path in folder.rglob(name) if path.is_file()}
    return sorted(found)


def leaks(wanted: set[str], files: Iterable[Path]) -> dict[str, list[str]]:
    """The files that hold a secret, each with the beginnings of those that it holds.

    Of a long secret its longest word is looked for, as quoting changes the signs between; and in the log's different
    long words alone, because thousands of tokens are looked for in hundreds of megabytes.
    """
    long = {secret: max(re.findall(rb"[\w-]+", secret.encode()), key=len) for secret in wanted if len(secret) >= LONG}
    found = {}
    for file in files:
        text = file.read_bytes()
        runs = b" ".join(set(RUN.findall(text)))
        held = [secret for secret in wanted if (long[secret] in runs if secret in long else secret.encode() in text)]
        if held:
            found[str(file)] = sorted(secret[:6] for secret in held)
    return found


def objects(text: str) -> list[dict[str, Any]]:
    """Every line of a log in JSON as the object that it must be, with what every one has."""
    found = [json.loads(line) for line in text.splitlines()]
    assert found
    for one in found:
        assert one.keys() - {"exception"} == {"time", "level", "logger", "message"}, one
        assert datetime.fromisoformat(one["time"]).tzinfo
    return found
