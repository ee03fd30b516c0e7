"""The way to Prefect's API: where its server is, and the string (`user:password`) that it asks for.

A server of our own leaves its address in `instance/prefect/api_url`, and keeps its string in `auth` beside that.
"""

import fcntl
import os
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import psutil
import requests

from app import proxies

SECONDS = 5
BUSY_RESTS = (0.5, 1.0, 2.0, 0.0)
OWN = re.compile(r"sevenday:[\w-]{43}")
"""What a string made here looks like; anything else in its file is damaged."""
ANY = re.compile(r"[^:\s]+:\S+")


class Api(NamedTuple):
    """`url` ends with `/api`; `auth` is None where nothing is asked for, or nobody has said what."""

    url: str
    auth: str | None


def find(config: Mapping[str, Any]) -> Api | None:
    """The server that is set, or the updater's own; None while there is neither."""
    url = config["PREFECT_API_URL"] or noted(home(config) / "api_url")
    return Api(url, auth_string(config)) if url else None


def home(config: Mapping[str, Any]) -> Path:
    """Where a server of our own keeps what it has."""
    return Path(config["INSTANCE_DIR"]) / "prefect"


def auth_string(config: Mapping[str, Any]) -> str | None:
    """What is set, by itself or in a file; else our own server's, which nobody else's is told."""
    if config["PREFECT_API_AUTH_STRING"]:
        return str(config["PREFECT_API_AUTH_STRING"])
    if config["PREFECT_API_AUTH_STRING_FILE"]:
        return written(Path(config["PREFECT_API_AUTH_STRING_FILE"]), ANY)
    return None if config["PREFECT_API_URL"] else written(home(config) / "auth")


def ask(api: Api, method: str, path: str, **how: Any) -> requests.Response:
    """One call; raises requests.RequestException where nobody answers.

    Prefect answers 503 and has done nothing while another of its transactions is being written, so it is asked again.
    """
    user, _, password = (api.auth or "").partition(":")
    own = {"auth": (user.encode(), password.encode())} if api.auth else {}
    with requests.Session() as session:
        session.trust_env = proxies.own_host(api.url) is None
        for rest in BUSY_RESTS:
            answer = session.request(method, f"{api.url}/{path}", **{"timeout": SECONDS, **own, **how})
            if answer.status_code != requests.codes.unavailable:
                break
            time.sleep(rest)
        return answer


def answers(url: str) -> bool:
    """Whether a server lives there; this much it says to everybody."""
    try:
        return ask(Api(url, None), "GET", "health", timeout=2).ok
    except requests.RequestException:
        return False


def accepts_auth(api: Api) -> bool:
    try:
        return ask(api, "GET", "admin/version").ok
    except requests.RequestException:
        return False


def is_guarded(api: Api) -> bool:
    """Whether the server lets us in, and nobody who does not know the string."""
    return accepts_auth(api) and not accepts_auth(Api(api.url, None))


def noted(note: Path) -> str | None:
    """The address in the note, if the process named beside it is what listens there.

    Else whoever has taken that port since would be told the string.
    """
    try:
        url, pid = note.read_text().split()
        port = urlsplit(url).port or 0
        return url if "prefect" in psutil.Process(int(pid)).cmdline() and listens(int(pid), port) else None
    except (OSError, ValueError, psutil.Error):
        return None


def listens(pid: int, port: int) -> bool:
    """Whether the process, or one that it has started, listens on the port."""
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        sockets = [connection for member in family for connection in member.net_connections("tcp")]
    except psutil.Error:
        return False
    return any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in sockets)


def written(file: Path, form: re.Pattern[str] = OWN) -> str | None:
    """The string in a file; None where there is none, or what is there cannot be one."""
    try:
        text = file.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return None
    return text if form.fullmatch(text) else None


def load_or_create_auth_string(file: Path) -> str:
    """The string in `file`, made where it is missing or damaged. Any number of processes may ask at once; OSError."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (text := written(file)) is not None:
        return text
    with locked(file.parent):
        return written(file) or write(file, f"sevenday:{secrets.token_urlsafe(32)}")


def write(file: Path, text: str) -> str:
    """Whole or not at all, for its owner alone, and on the disk when this returns."""
    draft = file.with_name(f".{file.name}.draft")  # of which there is one, as the caller has the lock
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(f"{text}\n")
        out.flush()
        os.fsync(out.fileno())
    os.replace(draft, file)
    with suppress(OSError), opened(file.parent) as folder:  # some network disks cannot sync a folder
        os.fsync(folder)
    return text


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keeps other processes out of what is done in `folder`. It is the folder that is locked, which needs no file."""
    with opened(folder) as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def opened(folder: Path) -> Iterator[int]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)
