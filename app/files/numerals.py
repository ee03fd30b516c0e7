"""Numbers as tables write them: decimal comma, thousands, units in cells, signs for nothing (docs/formats.md 8.1)."""

import math
import re
from collections import Counter

NOTHING = frozenset({"", "-", "--", "—", "–", "n/a", "na", "null", "none", "nan"})
KILOGRAMS = {
    **dict.fromkeys(("kg", "kgs", "kilo", "kilos", "kilogram", "kilograms", "kilogramm"), 1.0),
    **dict.fromkeys(("lb", "lbs", "pound", "pounds"), 0.45359237),
    **dict.fromkeys(("st", "stone", "stones"), 6.35029318),
    **dict.fromkeys(("g", "gram", "grams", "gramm"), 0.001),
}
"""What one of a unit is in kilograms."""
KILOCALORIES = {
    **dict.fromkeys(("kcal", "cal", "cals", "calorie", "calories", "kilocalories", "kalorien"), 1.0),
    **dict.fromkeys(("kj", "kilojoule", "kilojoules"), 1 / 4.184),
}
METRES = {"m": 1.0, "km": 1000.0, "mi": 1609.344, "yd": 0.9144, "ft": 0.3048, "cm": 0.01, "mm": 0.001}
_GAPS = re.compile(r"[\s\u00a0\u202f'’]")
_CELL = re.compile(r"([-+]?\d[\d.,]*(?:e[-+]?\d+)?)([a-zµ%]*)\.?")
_STONE = re.compile(r"(\d+)st(?:one)?(\d+(?:[.,]\d+)?)(?:lbs?|pounds?)?")


def split(text: str) -> tuple[str, str] | None:
    """The digits of a cell and its unit ("" without one), None for nothing. Raises ValueError."""
    bare = _GAPS.sub("", text).lower()
    if bare in NOTHING or bare.lstrip("+-").startswith(("inf", "nan")):
        return None
    if not (found := _CELL.fullmatch(bare)):
        raise ValueError(f"not a number: {text[:40]!r}")
    return found[1], found[2]


def number(text: str, decimal: str = ".") -> float | None:
    """The finite number of a cell without its unit; None for nothing. Raises ValueError for what is no number."""
    parts = split(text)
    if parts is None:
        return None
    digits = parts[0].replace("," if decimal == "." else ".", "").replace(decimal, ".")
    value = float(digits)
    return value if math.isfinite(value) else None


def unit(text: str) -> str:
    """The unit that a cell names, or ""."""
    try:
        parts = split(text)
    except ValueError:
        return "st" if _STONE.fullmatch(_GAPS.sub("", text).lower()) else ""
    return parts[1] if parts else ""


def kilograms(text: str, factor: float, decimal: str = ".") -> float | None:
    """A weight by its cell's unit, else by `factor`; None for nothing and for 0. Raises ValueError."""
    if stones := _STONE.fullmatch(_GAPS.sub("", text).lower()):
        return round(int(stones[1]) * 6.35029318 + float(stones[2].replace(",", ".")) * 0.45359237, 3)
    value = number(text, decimal)
    return round(value * KILOGRAMS.get(unit(text), factor), 3) if value else None


class Separators:
    """Which sign is the decimal one in a column, seen over all its cells."""

    def __init__(self) -> None:
        self.votes: Counter[str] = Counter()
        self.thousands: Counter[str] = Counter()

    def see(self, text: str) -> None:
        digits = re.sub(r"[^\d.,]", "", text)
        marks = [mark for mark in digits if mark in ".,"]
        if len(set(marks)) == 2:
            self.votes[marks[-1]] += 1
        elif len(marks) > 1:
            self.votes["," if marks[0] == "." else "."] += 1
        elif marks and len(digits) - digits.index(marks[0]) != 4:
            self.votes[marks[0]] += 1
        elif marks:
            self.thousands[marks[0]] += 1

    def decimal(self, small: bool = False) -> str:
        """`small` numbers (weights) have no thousands, so three digits behind a sign are a fraction."""
        if self.votes:
            return self.votes.most_common(1)[0][0]
        if not self.thousands:
            return "."
        mark = self.thousands.most_common(1)[0][0]
        return mark if small else "," if mark == "." else "."
