"""Tests side by side (`pytest -n auto`): each worker has a folder of its own below that of the whole run."""

import fcntl
import os
import tempfile
import time
from pathlib import Path

RUN_SETTING = "SEVENDAY_TEST_RUN"
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
BEGAN_HERE = not WORKER
"""Whether this process is the one that was started as `pytest`; workers are its children."""
if BEGAN_HERE:
    os.environ[RUN_SETTING] = tempfile.mkdtemp(prefix="sevenday-")
RUN = Path(os.environ[RUN_SETTING])
SCRATCH = RUN / (WORKER or "alone")
SCRATCH.mkdir(exist_ok=True)


def pytest_xdist_auto_num_workers() -> int:
    """One more than the cores, as a test waits half of its time; no more than eight, each of which has a PostgreSQL."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores + 1, 8)


def lock() -> int:
    """Held by this process until its end, whichever way that comes."""
    file = os.open(SCRATCH / "lock", os.O_CREAT | os.O_RDWR)
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


OWNER = "SEVENDAY_TEST_WORKER"
"""By this a program that a test starts, and that imports these files, knows that it is no worker."""


def is_a_tests_child() -> bool:
    name, _, process = os.environ.get(OWNER, "").rpartition(":")
    return process not in ("", str(os.getpid())) and name == WORKER


if not is_a_tests_child():
    os.environ[OWNER] = f"{WORKER}:{os.getpid()}"
    LOCK = lock()


def others_have_ended(run: Path = RUN, seconds: float = 600) -> None:
    """Waits for every other worker; for the test that comes last, when xdist sends home who has nothing left to do."""
    deadline = time.monotonic() + seconds
    for path in run.glob("gw*/lock"):
        if path.parent != SCRATCH:
            with path.open() as file:
                while not free(file.fileno()):
                    if time.monotonic() > deadline:
                        raise TimeoutError(f"{path.parent.name} has not ended within {seconds} s")
                    time.sleep(0.2)


def free(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
