"""What an archive holds: its members under tidy names, without what a system left in it."""

import re
from dataclasses import dataclass, field

from app.files.records import Member, Refusal

MOST = 200_000
TOO_MANY = f"This archive holds over {MOST:,} files: pack only the folders with activities, weights or calories."
PART_OF_A_ZIP = "One part of a zip that was split: put the parts together, or zip the files again as one."
_LITTER = re.compile(r"(^|/)(__MACOSX/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass
class Contents:
    """The members that can be read, and one refusal for each thing that is wrong with others."""

    members: list[Member] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)


def tidy(name: str) -> str:
    """A member's name with `/` between folders, and without what leads out of them."""
    parts = _CONTROL.sub(" ", name).replace("\\", "/").split("/")
    return "/".join(part for part in parts if part not in ("", ".", "..") and not part.endswith(":"))


def is_litter(name: str) -> bool:
    """Whether a system put it there, and no person knows of it."""
    return bool(_LITTER.search(name))
