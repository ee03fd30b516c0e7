"""Runs programs side by side until one of them ends or this one is told to; then all of them end, and nothing stays."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from types import FrameType
from typing import NamedTuple

import psutil

import repeats

STOP_SECONDS = 15
"""How long the updater may take to end a sync that is under way."""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, the machine's own supervisor, and a terminal that was closed or an ssh connection that was lost."""
MARK = "SUPERVISOR_PID"
"""By this name a program knows who started it, and a later start finds what is left of an earlier one."""
Show = Callable[[str, str], None]
"""Takes a program's name and a line of its output."""


class Command(NamedTuple):
    words: Sequence[str]
    environment: Mapping[str, str]


def stop_on_signals() -> None:
    """From now on each of SIGNALS is a KeyboardInterrupt, once. What `nohup` has started outlives its terminal."""
    for number in SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, stop)


def stop(_number: int, _frame: FrameType | None) -> None:
    for number in SIGNALS:  # a second one would break off the ending
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def run(commands: Mapping[str, Command], show: Show) -> int:
    """Runs them all; the exit code of the one that ends first. A KeyboardInterrupt ends them, too."""
    running: dict[str, subprocess.Popen[bytes]] = {}
    ended: SimpleQueue[str] = SimpleQueue()
    readers = []
    try:
        for name, command in commands.items():
            running[name] = begin(command)
            readers.append(Thread(target=pass_on, args=(name, running[name], show, ended), daemon=True))
            readers[-1].start()
        return running[first_of(ended)].wait()
    finally:
        end(running.values())
        for reader in readers:
            reader.join(1)


def first_of(ended: "SimpleQueue[str]") -> str:
    """Looks up each second: a signal that comes in the moment before one begins to wait wakes nobody."""
    while True:
        with suppress(Empty):
            return ended.get(timeout=1)


def begin(command: Command) -> subprocess.Popen[bytes]:
    """In a session of its own: what the terminal says to us is ours to pass on."""
    return subprocess.Popen(
        command.words,
        env={**command.environment, MARK: str(os.getpid())},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def pass_on(name: str, process: subprocess.Popen[bytes], show: Show, ended: "SimpleQueue[str]") -> None:
    assert process.stdout is not None
    repeats.pass_on(process.stdout, lambda line: show(name, line))
    process.wait()
    ended.put(name)


def end(processes: Iterable[subprocess.Popen[bytes]]) -> None:
    """By asking, and after STOP_SECONDS by force, with what they have started in their sessions."""
    for process in processes:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def end_what_is_left(instance: str) -> None:
    """Ends whatever an earlier start on `instance` has left running, as nobody looks after it any more."""
    left = [process for process in psutil.process_iter() if is_left(process, instance)]
    for process in left:
        with suppress(psutil.Error):
            process.terminate()
    for process in psutil.wait_procs(left, STOP_SECONDS)[1]:
        with suppress(psutil.Error):
            process.kill()


def is_left(process: psutil.Process, instance: str) -> bool:
    """Whether a start on `instance` that lives no longer has started it, itself or by another."""
    try:
        environment = process.environ()
        starter = environment.get(MARK, "")
        return environment.get("INSTANCE_DIR") == instance and starter.isdigit() and not supervises(int(starter))
    except psutil.Error:  # it has ended, or is not ours to look into
        return False


def supervises(pid: int) -> bool:
    """Whether it is still that process, and not another one that was given its number."""
    try:
        return any(word.endswith(os.path.basename(sys.argv[0])) for word in psutil.Process(pid).cmdline())
    except psutil.Error:
        return False
