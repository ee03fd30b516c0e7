"""Whatever a test starts ends with it, also when it fails: all of it carries the test's mark in its environment."""

import os
import shutil
import signal
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from types import FrameType

import psutil
import pytest

from app.sync import serve_prefect
from tests import logged, workers

MARK = "SEVENDAY_TEST"
ENDING_SECONDS = 20.0
"""How long what was told to end may take."""


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    mark, begun = uuid.uuid4().hex, logged.programs
    os.environ[MARK] = mark
    yield
    del os.environ[MARK]
    if logged.programs == begun:
        return
    psutil.wait_procs(marked(MARK, mark), timeout=ENDING_SECONDS)
    left = [" ".join(line) for line in end(MARK, mark)]
    assert not left, f"The test left these running: {left}"


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Has tests write below the run's own folder: the start of any other pytest closes the usual one to PostgreSQL.

    And takes Prefect's usual port, over which servers that start at the same moment would quarrel.
    """
    if workers.BEGAN_HERE and not config.option.basetemp:
        config.option.basetemp = str(workers.RUN / "tmp")
    if workers.BEGAN_HERE:
        signal.signal(signal.SIGTERM, interrupt)
    with suppress(OSError):  # somebody has it already, which is as good
        config.add_cleanup(socket.create_server(("127.0.0.1", serve_prefect.PORT)).close)


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """Who asks the run to end asks all that it has started, as with Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one would break off the ending
    raise KeyboardInterrupt


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """This worker has run all its tests; its process lives on until the last of all workers has."""
    with suppress(OSError):
        os.close(workers.LOCK)


def pytest_unconfigure() -> None:
    """Ends what a worker that died has left running, and removes what the run has written."""
    if workers.BEGAN_HERE:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        end(workers.RUN_SETTING, str(workers.RUN))
        shutil.rmtree(workers.RUN, ignore_errors=True)


def marked(name: str, value: str) -> list[psutil.Process]:
    """Every other process that has this in its environment, of whatever parent and session."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):  # it has ended, or is not ours to look into
            if process.pid != os.getpid() and process.environ().get(name) == value:
                found.append(process)
    return found


def end(name: str, value: str) -> list[list[str]]:
    """Ends them all, first by asking; the command lines of those that were there."""
    lines = []
    deadline = time.monotonic() + ENDING_SECONDS
    while left := marked(name, value):
        for process in left:
            with suppress(psutil.Error):
                lines.append(process.cmdline())
                process.terminate() if time.monotonic() < deadline else process.kill()
        psutil.wait_procs(left, timeout=ENDING_SECONDS / 2)
    return lines
