"""Files where they lie on a disk: one by itself, or a folder that somebody unpacked, as if it were the archive."""

import os
from pathlib import Path

from app.files import bounds
from app.files.bounds import Refused
from app.files.contents import MOST, TOO_MANY, Contents, is_litter
from app.files.records import Member


def file(path: Path, name: str = "") -> Member:
    """A file as a member of nothing."""
    size = path.stat().st_size
    return bounds.member(name or path.name, size, size, lambda: path.open("rb"), path)


def members(folder: Path) -> Contents:
    """The regular files below a folder; links are not followed. Raises Refused."""
    found = Contents()
    for parent, _, names in os.walk(folder):
        for name in sorted(names):
            path = Path(parent, name)
            inside = path.relative_to(folder).as_posix()
            if path.is_file() and not path.is_symlink() and not is_litter(inside):
                found.members.append(file(path, inside))
        if len(found.members) > MOST:
            raise Refused(TOO_MANY)
    return found
