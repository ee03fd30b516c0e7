"""What a table cannot say and only the person can: units, the order of dates, whose rows (docs/formats.md 8.1)."""

import hashlib
from collections.abc import Collection, Sequence

from app.files.days import Orders
from app.files.records import How, Question
from app.files.text import clean

UNITS = (("kg", "Kilograms"), ("lb", "Pounds"), ("st", "Stone"))
ORDERS = (("dmy", "Day first"), ("mdy", "Month first"))
LENGTHS = (("km", "Kilometres (swims in metres)"), ("mi", "Miles (swims in yards)"))
MEANINGS = (("weight", "My weight"), ("eaten", "Calories eaten"), ("burned", "Calories burned"))
MOST_PEOPLE = 12


def key(what: str, heads: Sequence[str]) -> str:
    """The same for every table with this header, so that an answer serves the next one too."""
    return f"{what}:{hashlib.sha256(','.join(heads).lower().encode()).hexdigest()[:10]}"


def unit(heads: Sequence[str], member: str, example: str, how: How) -> str | Question:
    """kg, lb or st as the person said."""
    name = key("unit", heads)
    if (answer := how.answers.get(name, "")) in dict(UNITS):
        return answer
    return Question(name, member, "In which unit are the weights of this table?", clean(example, 120), UNITS)


def order(heads: Sequence[str], member: str, seen: Orders, how: How) -> str | Question:
    """dmy or mdy, by the dates themselves or as the person said."""
    name = key("dates", heads)
    if found := seen.order(how.answers.get(name, "")):
        return found
    text = "Does this table write the day or the month first?"
    return Question(name, member, text, "; ".join(seen.either) or "both occur", ORDERS)


def person(heads: Sequence[str], member: str, people: Collection[str], how: How) -> str | Question:
    """The name whose rows count; "" where there is one person alone."""
    name = key("person", heads)
    names = sorted(people)[:MOST_PEOPLE]
    if len(names) < 2:
        return ""
    if (answer := how.answers.get(name, "")) in names:
        return answer
    text = "This table holds several people. Which one are you?"
    return Question(name, member, text, ", ".join(names), tuple((one, one) for one in names))


def length(heads: Sequence[str], member: str, example: str, how: How) -> str | Question:
    """km or mi as the person said."""
    name = key("distance", heads)
    if (answer := how.answers.get(name, "")) in dict(LENGTHS):
        return answer
    return Question(name, member, "In which unit are the distances of this list?", clean(example, 120), LENGTHS)


def energy(heads: Sequence[str], member: str, example: str, how: How) -> str | Question:
    """eaten or burned as the person said, for calories that stand beside steps."""
    if (answer := how.answers.get(name := key("energy", heads), "")) in ("eaten", "burned"):
        return answer
    return Question(name, member, "Were the calories of this table eaten or burned?", clean(example, 120), MEANINGS[1:])


def meaning(member: str, example: str, how: How) -> str | Question:
    """weight, eaten or burned as the person said, for a table without a header."""
    if (answer := how.answers.get(name := key("meaning", ()), "")) in dict(MEANINGS):
        return answer
    return Question(name, member, "What are the numbers of this table?", clean(example, 120), MEANINGS)
