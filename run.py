"""`make run`: the board and its updater on this machine, on one Ctrl-C; with no database given, on one of our own."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from honcho.manager import Manager

from app import embedded
from config import Config, fail

PROGRAMS = {"web": "-m gunicorn wsgi:app", "updater": "tasks.py"}


def main() -> int:
    refuse_taken_port()
    with database() as uri:
        environment = {**os.environ, "SQLALCHEMY_DATABASE_URI": uri, "PYTHONUNBUFFERED": "1"}
        subprocess.run([sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"], env=environment, check=True)
        manager = Manager()
        for name, arguments in PROGRAMS.items():
            manager.add_process(name, f'exec "{sys.executable}" {arguments}', env=environment, quiet=False)
        manager.loop()
    return int(manager.returncode or 0)


@contextmanager
def database() -> Iterator[str]:
    if Config.SQLALCHEMY_DATABASE_URI:
        yield Config.SQLALCHEMY_DATABASE_URI
        return
    with embedded.held(Config.INSTANCE_DIR) as uri:
        yield uri


def refuse_taken_port() -> None:
    """One clear line now rather than a board that does not come."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((Config.BIND_ADDRESS or "127.0.0.1", Config.PORT))
        except OSError:
            fail("PORT", str(Config.PORT), "a port that no other program (another Sevenday?) listens on")


if __name__ == "__main__":
    sys.exit(main())
