"""Ends a process whose parent was killed with -9: nobody would look after it, start it again or find it."""

import os
import time
from threading import Thread

LOOK_SECONDS = 0.5


def end_with_parent() -> None:
    """From now on this process ends within a second of the one that started it."""
    Thread(target=watch, args=(os.getppid(),), daemon=True).start()


def watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)
