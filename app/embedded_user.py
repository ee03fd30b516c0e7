"""As whom the embedded PostgreSQL runs: as we do, or for root, whom it refuses, as a user that nobody else is."""

import os
import pwd
import shutil
from contextlib import suppress
from pathlib import Path

from environment import fail

NOBODY = 65534
FIRST_FREE, LAST_FREE = 61000, 61183
"""Numbers that neither a distribution nor systemd gives to anybody."""
CAPABILITIES = {"dac_read_search": 2, "dac_override": 1}
"""By their numbers: rights to pass closed folders, so that none above the data needs to be opened. The first lets read
only; containers often have the second alone."""


def owner(data: Path) -> int:
    """The user whose server works on `data`. To none other may the data belong."""
    user = os.geteuid()
    if user != 0:
        return user
    with suppress(FileNotFoundError):
        if (kept := data.stat().st_uid) != 0:
            return kept
    return next(number for number in range(FIRST_FREE, LAST_FREE) if not user_exists(number))


def user_exists(number: int) -> bool:
    with suppress(KeyError):
        return bool(pwd.getpwuid(number))
    return False


def command(user: int, *words: str | Path) -> list[str]:
    """`words` as a command line that runs as `user`, and closed folders are no hindrance to it."""
    if user == os.geteuid():
        return [str(word) for word in words]
    may = f"-all,+{capability(Path(words[0]))}"
    switch = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--no-new-privs"]
    # Without the last, access(2) would ask as if the process had no such right, and initdb not find its own programs.
    rights = [f"--inh-caps={may}", f"--ambient-caps={may}", "--securebits=+no_setuid_fixup"]
    return [*switch, *rights, *(str(word) for word in words)]


def capability(program: Path) -> str:
    """The least that `program` can be run with; where a strict umask closed it to others, that is the second."""
    with suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        ours = int(next(line.split()[1] for line in lines if line.startswith("CapEff")), 16)
        found = [name for name, number in CAPABILITIES.items() if ours >> number & 1]
        if found and shutil.which("setpriv"):
            return found[0 if program.stat().st_mode & 0o001 else -1]
    return fail(
        "SQLALCHEMY_DATABASE_URI",
        "",
        "an address when Sevenday is started as root, as no PostgreSQL of its own can run as root here;"
        " or start it as an ordinary user",
    )


def hand_over(folder: Path, user: int) -> None:
    """Gives a folder of ours, with all in it, to the server's user."""
    if user != os.geteuid():
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, user, user, follow_symlinks=False)
