"""The programs that the updater brings along: Prefect's server, and the simulated providers while the demo is on.

Each runs under a guard that ends it when the updater's end of a pipe closes, so even after `kill -9` nothing is left.
"""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import requests

ROOT = Path(__file__).resolve().parent
PREFECT_PORT = 4200
PREFECT_START_SECONDS = 120
SERVER_SETTINGS = {
    "PREFECT_SERVER_UI_V2_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "true",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(30 * 24 * 3600),
}
"""The newer UI reports to its makers from the browser, whatever one says. Runs and their logs are kept for 30 days,
because a board that syncs for years would fill the disk with them."""


@contextmanager
def guarded(command: list[str], environment: dict[str, str], output: int) -> Iterator[subprocess.Popen[str]]:
    """Runs `command` until the block or this process ends, whichever way that happens. `output` is as for Popen."""
    guard = [sys.executable, str(Path(__file__).resolve()), *command]
    process = subprocess.Popen(
        guard, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=output, text=True, start_new_session=True
    )
    with process:  # which closes the pipes at the end and waits
        yield process


@contextmanager
def simulator(timezone: str, environment: dict[str, str]) -> Iterator[str]:
    """The address of a simulator for the made-up athlete, who lives in `timezone`."""
    command = [sys.executable, "-m", "simulator", "--port", "0", "--timezone", timezone]
    with guarded(command, environment, subprocess.PIPE) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if "http://" not in line:
            raise RuntimeError("the simulated accounts of the demo did not start")
        yield line.split()[-1]


@contextmanager
def prefect_server(home: Path, environment: dict[str, str]) -> Iterator[str]:
    """The API address of this installation's own Prefect server, started unless it runs already.

    It keeps its runs in `home`, and its address in a file there, so that a second updater finds the first one's server.
    """
    note = home / "api_url"
    if note.exists() and answers(note.read_text().strip()):
        yield note.read_text().strip()
        return
    home.mkdir(parents=True, exist_ok=True)
    port = free_port(PREFECT_PORT)
    url = f"http://127.0.0.1:{port}/api"
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with guarded([*command, "--log-level", "WARNING"], environment | SERVER_SETTINGS, subprocess.DEVNULL) as process:
        wait_for_server(url, process)
        note.write_text(url)
        yield url
        note.unlink(missing_ok=True)


def wait_for_server(url: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PREFECT_START_SECONDS
    while not answers(url):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("Prefect's server did not start; PREFECT_API_URL names one that runs elsewhere")
        time.sleep(0.25)


def answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/health", timeout=2).ok
    except requests.RequestException:
        return False


def free_port(wanted: int) -> int:
    """`wanted`, or one that the system chooses where something else has that."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise RuntimeError("this machine has no free port")


def guard(command: list[str]) -> int:
    """Runs `command`; ends it when standard input does, or when this process is told to end."""
    child = subprocess.Popen(command, stdin=subprocess.PIPE)

    def end_with_parent() -> None:
        sys.stdin.read()
        child.terminate()
        time.sleep(10)
        child.kill()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: child.terminate())
    Thread(target=end_with_parent, daemon=True).start()
    return child.wait()


if __name__ == "__main__":
    sys.exit(guard(sys.argv[1:]))
