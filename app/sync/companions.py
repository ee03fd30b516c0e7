"""The programs that the updater brings along: Prefect's server, and the simulated providers while the demo is on.

Each runs under a guard that ends it when the updater's end of a pipe closes, so even after `kill -9` nothing is left.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread

import psutil
import requests

ROOT = Path(__file__).resolve().parents[2]
PREFECT_PORT = 4200
PREFECT_START_SECONDS = 120
FAREWELL_SECONDS = 5
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
    guard = [sys.executable, "-P", str(Path(__file__).resolve()), *command]  # -P: not from its own folder
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
    When the server ends before the block does, this process is told to end: without it nothing would ever sync again.
    """
    note = home / "api_url"
    if (url := noted(note)) is not None:
        yield url
        return
    home.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        url, process = start_server(stack, environment)
        note.write_text(f"{url} {process.pid}")
        stack.callback(note.unlink, missing_ok=True)
        over = Event()
        stack.callback(over.set)
        Thread(target=end_with, args=(process, over), daemon=True).start()
        yield url


def noted(note: Path) -> str | None:
    """The address in the note, if the process that is named beside it still runs and serves there."""
    try:
        url, pid = note.read_text().split()
        return url if "prefect" in psutil.Process(int(pid)).cmdline() and answers(url) else None
    except (OSError, ValueError, psutil.Error):
        return None


def start_server(stack: ExitStack, environment: dict[str, str]) -> tuple[str, subprocess.Popen[str]]:
    """A server on the usual port, or on another one where somebody else was quicker to take that."""
    for wanted in (PREFECT_PORT, 0, 0):
        port = free_port(wanted)
        url = f"http://127.0.0.1:{port}/api"
        command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
        attempt = stack.enter_context(ExitStack())
        process = attempt.enter_context(
            guarded([*command, "--log-level", "WARNING"], environment | SERVER_SETTINGS, subprocess.DEVNULL)
        )
        if comes_up(url, port, process):
            return url, process
        attempt.close()
    raise RuntimeError("Prefect's server did not start; PREFECT_API_URL names one that runs elsewhere")


def comes_up(url: str, port: int, process: subprocess.Popen[str]) -> bool:
    """Waits until `process` itself serves: what answers on the port could be somebody else's."""
    deadline = time.monotonic() + PREFECT_START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if listens(process.pid, port) and answers(url):
            return True
        time.sleep(0.25)
    return False


def listens(pid: int, port: int) -> bool:
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        sockets = [connection for member in family for connection in member.net_connections("tcp")]
    except psutil.Error:
        return False
    return any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in sockets)


def end_with(process: subprocess.Popen[str], over: Event) -> None:
    process.wait()
    if not over.is_set():
        print("Prefect's server has ended, so the updater ends too.", file=sys.stderr, flush=True)  # noqa: T201
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(FAREWELL_SECONDS)
        os._exit(1)  # it would go on for minutes trying to tell the server that is gone


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

    def end_with_pipe() -> None:
        sys.stdin.read()
        child.terminate()
        time.sleep(10)
        child.kill()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: child.terminate())
    Thread(target=end_with_pipe, daemon=True).start()
    return child.wait()


if __name__ == "__main__":
    sys.exit(guard(sys.argv[1:]))
