"""Reads any table of weights or calories: a scale's, a diary's, or one made by hand (docs/formats.md 8)."""

from collections.abc import Iterator
from itertools import islice

from app.files import questions
from app.files.days import stamp
from app.files.numerals import KILOGRAMS, number
from app.files.records import How, Item, Member, Question, Refusal
from app.files.table_columns import Column, either_way, workouts
from app.files.table_rows import Rows
from app.files.table_survey import Survey, body, header, see
from app.files.text import Unreadable, clean, rows


def read(member: Member, how: How) -> Iterator[Item]:
    """The rows of a table, or the questions that they wait for."""
    try:
        yield from _read(member, how)
    except Unreadable as error:
        yield Refusal(member.name, str(error))


def _read(member: Member, how: How) -> Iterator[Item]:
    survey = header(member) or _without_header(member, how)
    if not isinstance(survey, Survey):
        yield survey or Refusal(member.name, _unknown(member))
        return
    for row in body(member, survey):
        see(row, survey)
    asked = [
        questions.order(survey.heads, member.name, survey.orders, how),
        questions.person(survey.heads, member.name, survey.people, how),
        _unit(survey, member.name, how),
        _energy(survey, member.name, how),
    ]
    if waiting := [one for one in asked if isinstance(one, Question)]:
        yield from waiting
        return
    order, person, unit, _ = map(str, asked)
    yield from Rows(member.name, survey, how, order, person, unit).items(body(member, survey))


def _without_header(member: Member, how: How) -> Survey | Question | None:
    """A table that begins with a date and a number at once: what the number is, only the person knows."""
    first = next(islice(rows(member), 1), [])
    try:
        bare = (
            len(first) > 1 and bool(stamp(first[0])) and number(first[1], "," if "," in first[1] else ".") is not None
        )
    except ValueError:
        return None
    if not bare:
        return None
    meaning = questions.meaning(member.name, ", ".join(first), how)
    if isinstance(meaning, Question):
        return meaning
    return Survey(["date", meaning], {"date": Column(0), meaning: Column(1)}, skip=0)


def _unknown(member: Member) -> str:
    first = next(rows(member), [])
    shown = clean(", ".join(first), 150)
    if not any(cell.strip() for cell in first) or shown.lower() == "no data":
        return "There is nothing in this table."
    if workouts(first):
        return f"A list of workouts in a form that is not known; bring their FIT, GPX or TCX files. It begins: {shown}"
    return f"No column of dates beside one of weight or calories was found; name them in its first line. It is: {shown}"


def _unit(survey: Survey, member: str, how: How) -> str | Question:
    """Asked only where neither the header, the cells, the app nor a line says it."""
    if not survey.weights or survey.unit in KILOGRAMS:
        return survey.unit
    if survey.units and survey.units <= KILOGRAMS.keys():
        return next(iter(survey.units))
    return questions.unit(survey.heads, member, survey.example, how)


def _energy(survey: Survey, member: str, how: How) -> str | Question:
    """Puts the calories where the person says they belong."""
    if not either_way(survey.heads, survey.columns):
        return ""
    found = questions.energy(survey.heads, member, survey.line, how)
    if found == "burned":
        survey.columns["burned"] = survey.columns.pop("eaten")
        survey.separators["burned"] = survey.separators["eaten"]
    return found
