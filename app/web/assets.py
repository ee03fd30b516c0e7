"""The files that a browser fetches once: compressed, and addressed by content, so that it keeps them for a year."""

import hashlib
import time
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request

from app.extensions import compress

FILES = {"static", "bootstrap.static"}
OWN = (
    *("frame.css", "dark.css", "board.css", "wall.css", "tips.js", "night.js", "livefeed.js", "moving.js"),
    *("log-open.js", "log.css", "log.js", "installed.js", "worker.js"),
)
A_YEAR = "public, max-age=31536000, immutable"


def init_app(app: Flask) -> None:
    compress.init_app(app)
    app.url_defaults(add_version)
    app.after_request(set_caching)


def add_version(endpoint: str, values: dict[str, Any]) -> None:
    """Makes the addresses of files change with their content."""
    if endpoint in FILES and (folder := static_folder(endpoint)):
        path = folder / values["filename"]
        if path.is_file():
            values["v"] = fingerprint(path, path.stat().st_mtime_ns)


def static_folder(endpoint: str) -> Path | None:
    blueprint, _, _ = endpoint.rpartition(".")
    owner = current_app.blueprints[blueprint] if blueprint else current_app
    return Path(owner.static_folder) if owner.static_folder else None


@cache
def fingerprint(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def version() -> str:
    """Changes when the files of the week's page do: a page that nobody reloads can tell that it is outdated."""
    return version_at(str(current_app.static_folder), int(time.monotonic()))


@lru_cache(maxsize=4)
def version_at(folder: str, _second: int) -> str:
    return "".join(fingerprint(path, path.stat().st_mtime_ns)[:6] for path in own(folder))


@cache
def own(folder: str) -> list[Path]:
    return [Path(folder) / name for name in OWN]


def set_caching(response: Response) -> Response:
    """Fingerprinted files stay for a year; of a page no copy is kept (headers.py)."""
    if request.endpoint in FILES and response.status_code == 200 and "v" in request.args:
        response.headers["Cache-Control"] = A_YEAR
    return response
