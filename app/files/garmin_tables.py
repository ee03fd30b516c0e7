"""Reads what Garmin Connect lets be copied as tables: the list of activities and of weights (docs/formats.md 8.2)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from app.files import plausible, questions, sports
from app.files.days import Orders, Stamp, stamp
from app.files.numerals import KILOGRAMS, METRES, Separators, kilograms, number
from app.files.records import Activity, How, Item, Member, Question, Refusal, WeighIn
from app.files.text import Faults, Unreadable, clean, rows

LIST, WEIGHT = "garmin_list", "garmin_weight"
_NAMES = {
    "type": "activity type|aktivitätstyp|type d'activité|tipo de actividad|activiteitstype|tipo di attività",
    "date": "date|datum|fecha|data",
    "title": "title|titel|titre|título|titolo",
    "distance": "distance|distanz|distancia|afstand|distanza",
    "time": "time|activity time|zeit|durée|tiempo|tijd|tempo",
    "average_heartrate": "avg hr|ø herzfrequenz|durchschn. herzfrequenz|fréquence cardiaque moyenne|fc media|gem. hs",
    "max_heartrate": "max hr|maximale herzfrequenz|max. herzfrequenz|fréquence cardiaque maximale|fc máxima|max. hs",
    "cadence": "avg run cadence|avg cadence|avg bike cadence|ø schrittfrequenz (laufen)|ø laufschrittfrequenz",
    "gain": "total ascent|elev gain|anstieg gesamt|ascension totale|ascenso total|totale stijging|ascesa totale",
    "moving": "moving time|zeit in bewegung|temps de déplacement|tiempo en movimiento|bewegingstijd",
    "elapsed": "elapsed time|verstrichene zeit|temps écoulé|tiempo transcurrido|verstreken tijd",
}
_FIELD = {name: field for field, names in _NAMES.items() for name in names.split("|")}
NUMBERS = ("distance", "average_heartrate", "max_heartrate", "cadence", "gain")
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d+(?:[.,]\d+)?)")


def is_list(heads: Sequence[str]) -> bool:
    return {"type", "date", "distance", "time"} <= _columns(heads).keys()


def is_weights(heads: Sequence[str]) -> bool:
    names = [head.strip().lower() for head in heads]
    return names[:3] == ["time", "weight", "change"]


def _columns(heads: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for at, head in enumerate(heads):
        if name := _FIELD.get(head.strip().lower().replace("’", "'")):
            found.setdefault(name, at)
    return found


@dataclass
class _Survey:
    columns: dict[str, int]
    orders: Orders = field(default_factory=Orders)
    separators: dict[str, Separators] = field(default_factory=lambda: {name: Separators() for name in NUMBERS})
    example: str = ""

    def cell(self, row: Sequence[str], name: str) -> str:
        at = self.columns.get(name, len(row))
        return row[at].strip() if at < len(row) else ""


def read_list(member: Member, how: How) -> Iterator[Item]:
    """The activities, each known by its wall clock alone; the unit of distance is the account's and not written."""
    try:
        heads = next(rows(member), [])
        survey = _Survey(_columns(heads))
        for row in _body(member):
            survey.orders.see(survey.cell(row, "date"))
            for name in NUMBERS:
                survey.separators[name].see(survey.cell(row, name))
            survey.example = survey.example or ", ".join(row[:6])
        order = questions.order(heads, member.name, survey.orders, how)
        unit = questions.length(heads, member.name, survey.example, how)
        if waiting := [one for one in (order, unit) if isinstance(one, Question)]:
            yield from waiting
        else:
            yield from _activities(member, survey, str(order), str(unit), how)
    except Unreadable as error:
        yield Refusal(member.name, str(error))


def _body(member: Member) -> Iterator[list[str]]:
    lines = rows(member)
    next(lines, None)
    return lines


def _activities(member: Member, survey: _Survey, order: str, unit: str, how: How) -> Iterator[Item]:
    faults = Faults(member.name)
    for row in _body(member):
        try:
            when = stamp(survey.cell(row, "date"), order)
            found = _activity(row, survey, when, unit, how, member.name)
        except ValueError:
            faults.add("a date or a number cannot be read", row[:6])
            continue
        if why := plausible.strange(when.day, how):
            faults.add(why, row[:6])
        else:
            yield plausible.activity(found)
    yield from faults.refusals()


def _activity(row: list[str], survey: _Survey, when: Stamp, unit: str, how: How, member: str) -> Activity:
    word, title = (clean(survey.cell(row, name), 200) for name in ("type", "title"))
    sport = sports.of_word(word) or word or sports.WORKOUT
    figures = {name: number(survey.cell(row, name), survey.separators[name].decimal()) or None for name in NUMBERS}
    distance, ascent = _metres(figures["distance"], sport, unit), figures["gain"]
    moving = _seconds(survey.cell(row, "moving")) or _seconds(survey.cell(row, "time"))
    local = when.instant(how.zone).astimezone(how.zone).replace(tzinfo=None)
    return Activity(
        LIST,
        f"{when.day} {when.clock} {sport}",
        sport,
        when.instant(how.zone),
        title,
        distance=distance,
        moving_time=moving,
        elapsed_time=_seconds(survey.cell(row, "elapsed")),
        average_speed=distance / moving if distance and moving else None,
        average_cadence=_cadence(figures["cadence"], sport),
        average_heartrate=figures["average_heartrate"],
        max_heartrate=figures["max_heartrate"],
        total_elevation_gain=ascent * METRES["ft"] if ascent and unit == "mi" else ascent,
        member=member,
        local=local,
        assumed=True,
    )


def _metres(value: float | None, sport: str, unit: str) -> float | None:
    if value is None:
        return None
    swims = {"km": METRES["m"], "mi": METRES["yd"]}
    return value * (swims if sport == "Swim" else METRES)[unit]


def _cadence(value: float | None, sport: str) -> float | None:
    """Runs and walks are listed in steps of both feet."""
    return value / 2 if value and sports.family(sport) in ("run", "walk") else value


def _seconds(text: str) -> float | None:
    found = _CLOCK.fullmatch(text)
    if not found:
        return None
    return int(found[1] or 0) * 3600 + int(found[2]) * 60 + float(found[3].replace(",", ".")) or None


def read_weights(member: Member, how: How) -> Iterator[Item]:
    """A date stands on a line of its own, and the day's weigh-ins below it, each with its unit."""
    faults = Faults(member.name)
    day: date | None = None
    try:
        for row in _body(member):
            try:
                if not any(cell.strip() for cell in row[1:]):
                    day = stamp(row[0]).day
                elif day and (found := _weigh_in(row, day, member.name)):
                    why = plausible.strange(day, how)
                    whole = plausible.weigh_in(found)
                    if whole and not why:
                        yield whole
                    else:
                        faults.add(why or "no person weighs that", row)
            except ValueError:
                faults.add("a date or a number cannot be read", row)
    except Unreadable as error:
        faults.end = str(error)
    yield from faults.refusals()


def _weigh_in(row: list[str], day: date, member: str) -> WeighIn | None:
    clock = stamp(f"{day} {row[0].strip()}").clock
    cells = [*row, "", "", "", "", ""]
    decimal = "," if re.search(r"\d,\d\d?(?!\d)", cells[1]) else "."
    if not re.search(r"[a-z]", cells[1].lower()):
        raise ValueError("a weight without its unit")
    weight = kilograms(cells[1], KILOGRAMS["kg"], decimal)
    bmi, fat = number(cells[3], decimal), number(cells[4], decimal)
    return (
        WeighIn(WEIGHT, f"{day} {clock}", day, weight, clock, fat or None, bmi or None, member=member)
        if weight
        else None
    )
