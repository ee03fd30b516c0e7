"""Runs a command until its own standard input ends: a program of its own, which imports nothing of ours.

`python -P guard.py COMMAND...`: the updater holds the other end of the pipe, so even after `kill -9` nothing is left.
"""

import signal
import subprocess
import sys
import time
from threading import Thread


def main(command: list[str]) -> int:
    """Ends the command when standard input does, or when this process is told to end; its exit code."""
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
    sys.exit(main(sys.argv[1:]))
