"""How a Prefect server of our own runs: its settings, what it may know, and its database, which must never decide.

`python -m app.sync.serve_prefect HOME AUTH_FILE` becomes one on the container's network. The updater of `make run`
starts its own (companions.py).
"""

import argparse
import importlib.util
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import repeats
from app.sync import prefect_api

PORT = 4200
DATABASE = "prefect.db"
CHECK_SECONDS = 5.0
SERVER_SETTINGS = {
    # The newer page reports to its makers from the browser, whatever one says.
    "PREFECT_SERVER_UI_V2_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    # By whatever name the page was opened, it asks the server that it came from, so that no other origin is let in.
    "PREFECT_UI_API_URL": "/api",
    # A board that syncs for years would fill the disk: runs and their logs are kept for 30 days, events for 7.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs,orphans",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(30 * 24 * 3600),
    "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "P7D",
}
"""docker-compose.yml says the same (tests/test_containers.py)."""
PASSED_ON = {"HOME", "INSTANCE_DIR", "LANG", "LANGUAGE", "LD_LIBRARY_PATH", "PATH", "TMPDIR", "TZ", "VIRTUAL_ENV"}
PASSED_ON_PREFIXES = ("LC_", "PYTHON")
SERVERS_OWN = ("PREFECT_HOME", "PREFECT_SERVER_", "PREFECT_API_DATABASE_", "PREFECT_LOGGING_", "PREFECT_UI_")


def without_secrets(environment: Mapping[str, str], *prefixes: str) -> dict[str, str]:
    """What any program may know: where things are and which language is spoken, and what begins with a prefix."""
    return {
        name: value
        for name, value in environment.items()
        if name in PASSED_ON or name.startswith(PASSED_ON_PREFIXES + prefixes)
    }


def environment_of(environment: Mapping[str, str], home: Path, port: int, auth: str) -> dict[str, str]:
    """All that the server needs, and nothing of the board's own secrets."""
    own = {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_API_AUTH_STRING": auth,
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": f"http://localhost:{port}",
    }
    return without_secrets(environment, *SERVERS_OWN) | SERVER_SETTINGS | own


def command(host: str, port: int) -> list[str]:
    return [sys.executable, "-m", "prefect", "server", "start", "--host", host, "--port", str(port)]


def prepare(home: Path, in_use: bool = False) -> list[str]:
    """Makes `home` usable, whatever is wrong with it, and says in a line each what had to be moved out of the way."""
    said = []
    if home.exists() and not (home.is_dir() and os.access(home, os.R_OK | os.W_OK | os.X_OK)):
        said.append(set_aside(home, "it is no folder that can be written to"))
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(OSError):  # somebody else's, and writable: good enough
        home.chmod(0o700)
    if not in_use and (wrong := database_fault(home / DATABASE)):
        said.append(set_aside(home / DATABASE, wrong))
    return said


def set_aside(path: Path, wrong: str) -> str:
    """Lets the server begin anew without `path`, which is kept under another name, a database's journals with it."""
    kept = f"{path.name}.{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.aside"
    for part in [path, *path.parent.glob(f"{path.name}-*")]:
        part.rename(part.with_name(part.name.replace(path.name, kept, 1)))
    return f"Prefect's {path} cannot be used ({wrong}): it is kept as {kept}, and a new one begins."


def database_fault(database: Path) -> str | None:
    """Why Prefect could not use its SQLite file; None where it can, or there is none."""
    if not database.exists() and not database.is_symlink():
        return None
    if not os.access(database, os.R_OK | os.W_OK):  # SQLite would open it all the same, to read
        return "it cannot be written to"
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=rw", uri=True, timeout=1)) as connection:
            return examine(connection)
    except sqlite3.OperationalError as error:
        return None if "locked" in str(error) else str(error)  # somebody works with it, so it works
    except sqlite3.DatabaseError as error:
        return str(error)


def examine(connection: sqlite3.Connection) -> str | None:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables:
        return None
    query = "SELECT version_num FROM alembic_version"
    found = {version for (version,) in connection.execute(query)} if "alembic_version" in tables else set()
    released = revisions()
    if released and not (found and found <= released):
        return f"its revision is {', '.join(sorted(map(str, found))) or 'missing'}, which this release does not know"
    deadline = time.monotonic() + CHECK_SECONDS
    connection.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
    try:
        (result,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        return None if "interrupted" in str(error) else str(error)  # a large one; what was read of it is fine
    return None if result == "ok" else str(result).replace("\n", " ")


def revisions() -> set[str]:
    """Every revision that the installed Prefect can bring up to date; read as text, as importing them takes long."""
    spec = importlib.util.find_spec("prefect")
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    files = (folder / "server/database/_migrations/versions/sqlite").glob("*.py")
    return {word for file in files for word in re.findall(r'^revision\b.*?"(\w+)"', file.read_text(), re.MULTILINE)}


def main() -> None:
    parser = argparse.ArgumentParser(description="Becomes Prefect's server, on the container's own network.")
    parser.add_argument("home", type=Path, help="where it keeps its runs")
    parser.add_argument("auth_file", type=Path, help="where the string is kept that it asks for")
    parser.add_argument("--host", default="0.0.0.0")
    parser.add_argument("--port", type=int, default=PORT)
    wanted = parser.parse_args()
    environment = dict(os.environ)
    try:
        for line in prepare(wanted.home):
            print(line, file=sys.stderr, flush=True)  # noqa: T201
        auth = environment.get("PREFECT_API_AUTH_STRING") or prefect_api.load_or_create_auth_string(wanted.auth_file)
    except OSError as error:
        sys.exit(f"Prefect's server cannot start: {error.filename} cannot be used ({error.strerror}).")
    quieten()
    words = command(wanted.host, wanted.port)
    os.execve(words[0], words, environment_of(environment, wanted.home, wanted.port, auth))


def quieten() -> None:
    """From now on what repeats of what this process prints is said once, on standard error, whatever it becomes."""
    read, write = os.pipe()
    subprocess.Popen([sys.executable, repeats.__file__], stdin=read, stdout=2)
    for descriptor in (1, 2):
        os.dup2(write, descriptor)
    os.close(read)
    os.close(write)


if __name__ == "__main__":
    main()
