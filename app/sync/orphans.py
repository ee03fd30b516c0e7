"""Ends a process when the one that started it is gone: nobody would look after it, start it again or find it."""

import os
import signal
import sys
import time
from contextlib import suppress
from threading import Thread

import psutil

LOOK_SECONDS = 0.5
FAREWELL_SECONDS = 15


def end_with_parent() -> None:
    """From now on this process ends within a second of the one that started it."""
    Thread(target=watch, args=(os.getppid(),), daemon=True).start()


def watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)


def exit_on_signals() -> None:
    """From now on SIGTERM and a closed terminal end this process as its own end does, with all that it has begun."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:  # `nohup` has it ignored
            signal.signal(number, lambda number, _: sys.exit(128 + number))


def end_with_supervisor(program: int) -> None:
    """From now on `program`, this process or its parent, is told to end when the run.py that has started it has ended.

    supervisor.py names itself to what it starts. Who starts a program by hand or by systemd sees to it himself.
    """
    supervisor = os.environ.get("SUPERVISOR_PID", "")
    if supervisor.isdecimal():
        Thread(target=tell, args=(program, int(supervisor)), daemon=True).start()


def tell(program: int, supervisor: int) -> None:
    with suppress(psutil.Error, ProcessLookupError):
        while psutil.Process(program).ppid() == supervisor:
            time.sleep(LOOK_SECONDS)
        os.kill(program, signal.SIGTERM)
    time.sleep(FAREWELL_SECONDS)
    os._exit(1)
