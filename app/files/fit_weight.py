"""Weigh-ins of the FIT files that a scale, or a converter from another scale's app, writes."""

from collections.abc import Iterator

from app.files import zones
from app.files.fit_container import EPOCH, TIMESTAMP, USER_PROFILE, WEIGHT_SCALE, Fields, Part, is_date
from app.files.records import How, Item, Question, Refusal, WeighIn

WEIGHT_FIELDS = {USER_PROFILE: frozenset({0}), WEIGHT_SCALE: frozenset({0, 1, 12, 13, TIMESTAMP})}
QUESTION = "fit-user"
_WEIGHT, _FAT, _USER, _BMI, _NAME = 0, 1, 12, 13, 0
_CALCULATING = 0xFFFE


def weigh_ins(parts: list[Part], name: str, how: How) -> Iterator[Item]:
    """The weigh-ins of a file; where several people stood on the scale, only those of the one who was named."""
    messages = [fields for part in parts for fields in part.all(WEIGHT_SCALE) if _is_one(fields)]
    people = [fields for part in parts for fields in part.all(USER_PROFILE)]
    owners = _owners(messages, people)
    several, answer = len(set(owners)) > 1, how.answers.get(QUESTION)
    mine = [fields for fields, owner in zip(messages, owners, strict=True) if not several or owner == answer]
    if not messages:
        yield Refusal(name, "This weight file holds no finished weigh-in with a date.")
    elif several and answer is None:
        yield _question(dict(zip(owners, messages, strict=True)), people, name, how)
    elif not mine:
        yield Refusal(name, "By your answer none of this file's weigh-ins is yours.")
    yield from (_weigh_in(fields, name, how) for fields in mine)


def _is_one(fields: Fields) -> bool:
    return 0 < fields.get(_WEIGHT, 0) < _CALCULATING and is_date(fields.get(TIMESTAMP, 0))


def _owners(messages: list[Fields], people: list[Fields]) -> list[str]:
    """Whose each weigh-in is, by the scale's numbers; where it gave none and knows several people, nobody knows."""
    if len(people) > 1 and not any(_USER in fields for fields in messages):
        return [str(number) for number, _ in enumerate(messages)]
    return [str(fields.get(_USER, 0)) for fields in messages]


def _question(last: dict[str, Fields], people: list[Fields], name: str, how: How) -> Question:
    names = [str(fields.get(_NAME, "")) for fields in people] if len(people) == len(last) else [""] * len(last)
    labels = [
        f"{called} {_weigh_in(fields, name, how).weight:g} kg".strip()
        for called, fields in zip(names, last.values(), strict=True)
    ]
    options = [*zip(last, labels, strict=True), ("none", "None of them")]
    return Question(
        QUESTION, name, "Several people stood on this scale: which weight is yours?", labels[0], tuple(options)
    )


def _weigh_in(fields: Fields, name: str, how: How) -> WeighIn:
    """The stamp is UTC and the file knows no zone, so the day is by the person's."""
    at = zones.of_unix(EPOCH + fields[TIMESTAMP])
    here = at.astimezone(how.zone)
    return WeighIn(
        kind="fit",
        key=f"{at:%Y-%m-%dT%H:%M:%SZ}",
        date=here.date(),
        time=here.time(),
        weight=fields[_WEIGHT] / 100,
        fat=fields.get(_FAT, 0) / 100 or None,
        bmi=fields.get(_BMI, 0) / 10 or None,
        at=at,
        member=name,
    )
