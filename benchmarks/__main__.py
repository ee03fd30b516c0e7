"""Runs every benchmark, each by itself, and writes what they print into docs/development.md.

    .venv/bin/python -m benchmarks [NAME ...]

On a machine that does nothing else; all of them take about an hour and a half. With names, only those are run and nothing is written.
"""

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "development.md"
BEGIN, END = "<!-- measured -->\n", "<!-- /measured -->\n"
ALL = ("push", "feed_latency", "crowd", "idle", "trends", "memory", "history", "imports", "doors")


def run(name: str) -> str:
    """What it has printed, which is shown meanwhile, too."""
    print(f"## {name}", flush=True)
    printed = []
    command = [sys.executable, "-m", f"benchmarks.{name}"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            printed.append(line)
    if process.returncode:
        sys.exit(f"benchmarks.{name} ended with {process.returncode}; nothing was written")
    return "".join(printed)


def section(name: str, printed: str) -> str:
    """A table as it is, anything else word by word."""
    shown = printed if printed.startswith("|") else f"```\n{printed}```\n"
    return f"`python -m benchmarks.{name}`:\n\n{shown}\n"


def written(document: str, found: dict[str, str]) -> str:
    head, _, rest = document.partition(BEGIN)
    _, _, tail = rest.partition(END)
    said = f"On {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}, everything on the same machine:\n\n"
    return head + BEGIN + said + "".join(section(name, printed) for name, printed in found.items()) + END + tail


def main() -> int:
    names = sys.argv[1:]
    if unknown := [name for name in names if name not in ALL]:
        sys.exit(f"There is no benchmark {', '.join(unknown)}; there are {', '.join(ALL)}.")
    found = {name: run(name) for name in names or ALL}
    if not names:
        DOCUMENT.write_text(written(DOCUMENT.read_text(), found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
