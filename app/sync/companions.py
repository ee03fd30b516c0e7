"""The programs that the updater brings along: Prefect's server, and the simulated providers while the demo is on.

Each runs under a guard that ends it when the updater's end of a pipe closes, so even after `kill -9` nothing is left.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Event, Thread, Timer
from urllib.parse import urlsplit

import psutil

import repeats
from app.sync import guard, prefect_api, serve_prefect
from app.sync.prefect_api import Api

ROOT = Path(__file__).resolve().parents[2]
PREFECT_START_SECONDS = 120
SIMULATOR_START_SECONDS = 60
FAREWELL_SECONDS = 5
NOTE_SECONDS = 5


class NotStarted(Exception):
    """A program that ends as it begins, whatever is tried."""


@contextmanager
def run_guarded(command: list[str], environment: dict[str, str], output: int) -> Iterator[subprocess.Popen[str]]:
    """Runs `command` until the block or this process ends, whichever way that happens. `output` is as for Popen."""
    said, errors = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-P", guard.__file__, *command],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=errors,
        text=True,
        start_new_session=True,
    )
    os.close(errors)
    Thread(target=pass_on_errors, args=(said,), daemon=True).start()
    with process:  # which closes the pipes at the end and waits
        yield process


def pass_on_errors(said: int) -> None:
    """Passes on what a companion writes to standard error; a database that is locked for a while is said once."""
    with open(said, "rb") as lines, suppress(OSError):  # whoever read along may be gone
        repeats.pass_on(lines, lambda line: print(line, file=sys.stderr, flush=True))  # noqa: T201


@contextmanager
def simulator(timezone: str, environment: dict[str, str]) -> Iterator[str]:
    """The address of a simulator for the made-up athlete, who lives in `timezone`."""
    command = [sys.executable, "-m", "simulator", "--port", "0", "--timezone", timezone]
    with run_guarded(command, serve_prefect.without_secrets(environment), subprocess.PIPE) as process:
        assert process.stdout is not None
        late = Timer(SIMULATOR_START_SECONDS, process.terminate)
        late.start()
        line = process.stdout.readline()
        late.cancel()
        if "http://" not in line:
            raise NotStarted("the simulated accounts of the demo did not start")
        yield line.split()[-1]


@contextmanager
def prefect_server(home: Path, environment: dict[str, str], say: Callable[[str], None] = print) -> Iterator[Api]:
    """This installation's own Prefect server, started unless it runs already.

    It keeps its runs in `home`, its string too unless PREFECT_API_AUTH_STRING is one, and its address in a file there,
    so that a second updater finds the first one's server. When the server ends before the block does, this process is
    told to end: without it nothing would ever sync again. `say` hears what had to be moved out of the way.
    """
    note = home / "api_url"
    for line in serve_prefect.prepare(home, in_use=(url := prefect_api.noted(note)) is not None):
        say(line)
    auth = environment.get("PREFECT_API_AUTH_STRING") or prefect_api.load_or_create_auth_string(home / "auth")
    if url and prefect_api.is_guarded(Api(url, auth)):
        yield Api(url, auth)
        return
    with ExitStack() as stack:
        api, process = start_server(stack, home, environment, auth, say)
        over, line = Event(), f"{api.url} {process.pid}"
        note_down(note, line)
        stack.callback(forget, note, process.pid)
        stack.callback(over.set)
        Thread(target=keep_noted, args=(note, line, over), daemon=True).start()
        Thread(target=end_with, args=(process, over), daemon=True).start()
        yield api


def start_server(
    stack: ExitStack, home: Path, environment: dict[str, str], auth: str, say: Callable[[str], None]
) -> tuple[Api, subprocess.Popen[str]]:
    """A server on the usual port, or on another one where somebody else was quicker to take that.

    Where it ends on both as it begins, its database is damaged in a way that `database_fault` does not
    see: it goes, too.
    """
    database = home / serve_prefect.DATABASE
    for attempt, wanted in enumerate((serve_prefect.PORT, 0, 0)):
        port = free_port(wanted)
        trial = stack.enter_context(ExitStack())
        process = trial.enter_context(
            run_guarded(
                [*serve_prefect.command("127.0.0.1", port), "--log-level", "WARNING"],
                serve_prefect.environment_of(environment, home, port, auth),
                subprocess.DEVNULL,
            )
        )
        if comes_up(url := f"http://127.0.0.1:{port}/api", port, process):
            return Api(url, auth), process
        ended = process.poll() is not None
        trial.close()
        if attempt == 1 and ended and database.exists():
            say(serve_prefect.set_aside(database, "the server ends as it begins"))
    raise NotStarted("Prefect's server did not start; PREFECT_API_URL names one that runs elsewhere")


def comes_up(url: str, port: int, process: subprocess.Popen[str]) -> bool:
    """Waits until `process` itself serves: what answers on the port could be somebody else's."""
    deadline = time.monotonic() + PREFECT_START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if prefect_api.listens(process.pid, port) and prefect_api.answers(url):
            return True
        time.sleep(0.25)
    return False


def note_down(note: Path, line: str) -> None:
    """Unless it names another server of this installation that lives."""
    if prefect_api.noted(note) is None:
        with suppress(OSError), prefect_api.locked(note.parent):
            prefect_api.write(note, line)


def keep_noted(note: Path, line: str, over: Event) -> None:
    """Where another updater takes its note along as it ends, ours is written again."""
    while not over.wait(NOTE_SECONDS):
        note_down(note, line)


def forget(note: Path, pid: int) -> None:
    with suppress(OSError):
        if note.read_text().split()[1:] == [str(pid)]:
            note.unlink()


def end_with(process: subprocess.Popen[str], over: Event) -> None:
    process.wait()
    if not over.is_set():
        print("Prefect's server has ended, so the updater ends too.", file=sys.stderr, flush=True)  # noqa: T201
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(FAREWELL_SECONDS)
        os._exit(1)  # it would go on for minutes trying to tell the server that is gone


def elsewhere(url: str) -> str | None:
    """A sentence where a server of ours is not on the usual port, with who has that, as far as we may know."""
    if (port := urlsplit(url).port) == serve_prefect.PORT:
        return None
    return f"port {serve_prefect.PORT} is taken{holder(serve_prefect.PORT)}, so Prefect's page is at http://localhost:{port}"


def holder(port: int) -> str:
    """` by nginx (process 7)`, or '' where that is hidden from us."""
    with suppress(psutil.Error, OSError):
        listening = (one for one in psutil.net_connections("tcp") if one.status == psutil.CONN_LISTEN and one.pid)
        pid = next((one.pid for one in listening if one.laddr.port == port), None)
        return f" by {psutil.Process(pid).name()} (process {pid})" if pid else ""
    return ""


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
