"""A Python that has loaded what the updater stands on, and becomes the updater in a fork: that costs no second each.

Nothing of the repository is loaded before the fork, so that the fork reads its settings as a new process does.
"""

import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

LOADED = """
    alembic.command apprise engineio.async_drivers.eventlet eventlet flask flask_bootstrap flask_compress
    flask_limiter flask_migrate.cli flask_smorest flask_socketio flask_sqlalchemy.cli flask_wtf gunicorn.util
    prefect prefect.artifacts prefect.cache_policies prefect.exceptions prefect.flow_engine
    prefect.logging.configuration prefect.logging.handlers prefect.runner prefect.runtime prefect.settings
    prefect.task_engine prometheus_client psutil psycopg2.extras requests sqlalchemy.dialects.postgresql
    sqlalchemy.orm tzlocal wtforms
"""
READ_AS_LOADED = "PREFECT_"
ASKED_LATER = ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "PREFECT_API_AUTH_STRING_FILE")
"""Of Prefect's settings those that the updater passes on itself; others Prefect reads as it is loaded."""


class Readied:
    """The process that forks. It ends with the one that started it, whichever way that happens."""

    def __init__(self, root: Path, environment: Mapping[str, str]) -> None:
        self.line, other = socket.socketpair()
        with other:
            words = [sys.executable, __file__, str(other.fileno())]
            self.process = subprocess.Popen(words, cwd=root, env=environment, pass_fds=[other.fileno()])
        self.answers = self.line.makefile("r")
        self.prefect = of_prefect(environment)
        self.busy = Lock()

    @contextmanager
    def free(self, environment: Mapping[str, str]) -> Iterator[bool]:
        """Whether nobody else runs something by it, and a fork would read its settings as a new process does."""
        mine = of_prefect(environment) == self.prefect and self.busy.acquire(blocking=False)
        try:
            yield mine
        finally:
            if mine:
                self.busy.release()

    def run(self, words: list[str], environment: Mapping[str, str], said: list[Path], seconds: float) -> int:
        """The exit code of `python WORDS`, which prints and complains to the files `said`."""
        asked: dict[str, Any] = {"words": words, "environment": dict(environment), "said": [*map(str, said)]}
        self.line.sendall(f"{json.dumps(asked)}\n".encode())
        child = int(self.answers.readline())
        self.line.settimeout(seconds)
        try:
            return int(self.answers.readline())
        except TimeoutError:
            os.kill(child, signal.SIGKILL)
            self.end()
            raise
        finally:
            self.line.settimeout(None)

    def end(self) -> None:
        self.line.shutdown(socket.SHUT_RDWR)
        self.process.wait()
        self.answers.close()
        self.line.close()


def of_prefect(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(READ_AS_LOADED) and name not in ASKED_LATER and value
    }


def become(asked: Mapping[str, Any]) -> None:
    """From here on this process is as good as one that was started with these words."""
    os.environ.clear()
    os.environ.update(asked["environment"])
    time.tzset()
    for descriptor, path in enumerate(asked["said"], start=1):
        said = os.open(path, os.O_WRONLY | os.O_CREAT)
        os.dup2(said, descriptor)
        os.close(said)
    sys.argv = asked["words"]
    sys.path[0] = os.getcwd()


def main() -> None:
    with warnings.catch_warnings(action="ignore"):  # who imports it later has read it already
        for name in LOADED.split():
            importlib.import_module(name)
    line = socket.socket(fileno=int(sys.argv[1]))
    for text in line.makefile("r"):
        child = os.fork()
        if not child:
            line.close()
            become(json.loads(text))
            runpy.run_path(sys.argv[0], run_name="__main__")
            return
        line.sendall(f"{child}\n".encode())
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        line.sendall(f"{code}\n".encode())


if __name__ == "__main__":
    main()
