"""Imported first: Ctrl-C while a program still loads, which takes seconds on a small machine, leaves no traceback."""

import os
import signal
import sys
from collections.abc import Callable

PROGRAMS = ("run.py", "tasks.py", "backup.py")

if os.path.basename(sys.argv[0]) in PROGRAMS and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def heeded(main: Callable[[], int]) -> int:
    """The exit code of `main`, which from now on Ctrl-C ends in order."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return main()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
