"""Which column of a table is the date, the weight or the calories, in several languages (docs/formats.md 8.1)."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from app.files.numerals import KILOCALORIES, KILOGRAMS

_NAMES = {
    "date": "date,datum,day,tag,fecha,data,dato,jour,dia,día,date time,datetime,timestamp,time of measurement,"
    "start time,measurement date,measurement time,measured at,recorded at,created at,zeitpunkt,"
    "date and time,log date,logdate,datum und uhrzeit,fecha y hora,date et heure,messzeit,messdatum,"
    "päivä,päivämäärä,dátum,дата,日期,日付",
    "time": "time,zeit,uhrzeit,hora,heure,ora,tijd,tid,tijdstip,klockslag,时间,時刻",
    "weight": "weight,gewicht,körpergewicht,body weight,bodyweight,poids,peso,peso corporal,peso corporeo,vikt,"
    "vægt,vekt,waga,masa,mass,body mass,paino,hmotnost,вес,体重,lichaamsgewicht,poids corporel",
    "fat": "fat,body fat,bodyfat,fat percent,fat percentage,body fat percent,body fat percentage,fat rate,"
    "fatrate,fett,fettanteil,körperfett,körperfettanteil,graisse,masse grasse,masse graisseuse,grasa,"
    "grasa corporal,vet,vetpercentage,lichaamsvet,percent fat,grasso,massa grassa,gordura,"
    "gordura corporal,fat ratio,体脂肪率,体脂率,kroppsfett",
    "fat_mass": "fat mass,fettmasse,vetmassa,masa grasa,body fat mass,fat weight",
    "bmi": "bmi,body mass index,imc",
    "eaten": "calories,kcal,energy,eaten,calories in,calories eaten,calorie intake,calories intake,intake,"
    "kalorien,energie,food calories,calories consumed,consumed,gegessen,aufgenommen,calorías,calorie,"
    "cal,total calories,food,energía,energia,énergie,calorieën,kalorier,daily calories,essen",
    "burned": "burned,burnt,calories burned,calories burnt,calories out,total burned,total calories burned,"
    "verbrannt,verbrauch,kalorienverbrauch,energy burned,expenditure,energy expenditure,tdee,quemadas,"
    "calorías quemadas,brûlées,calories brûlées,verbrand,verbrannte kalorien",
    "user": "user,username,user name,person,profile,member,benutzer,nutzer,usuario,utilisateur,gebruiker,name,"
    "nom,nombre",
    "offset": "time offset,utc offset,timezone offset",
}
_FIELD = {name: field for field, names in _NAMES.items() for name in names.split(",")}
_UNITS = {**KILOGRAMS, **KILOCALORIES, "%": 1.0}
_BRACKETS = re.compile(r"[(\[{]\s*([^)\]}]*?)\s*[)\]}]")
_WORKOUTS = {"duration", "pace", "avg pace", "activity type", "workout", "sport", "avg hr", "heart rate", "exercise"}
"""Columns by which a table is a list of workouts, whose calories are burned in each."""
_MOVING = {"steps", "step count", "distance", "move minutes count", "active minutes", "floors", "schritte", "pasos"}
"""Columns beside which calories may as well be burned as eaten."""
_PLAIN = {
    "calories",
    "kcal",
    "energy",
    "kalorien",
    "energie",
    "calorías",
    "calorie",
    "cal",
    "total calories",
    "énergie",
}


@dataclass(frozen=True)
class Column:
    """Where a field stands, and its unit if the header says it."""

    at: int
    unit: str = ""


Columns = dict[str, Column]


def field(head: str) -> tuple[str, str] | None:
    """The field and unit that a header names (`Weight (kg)`, `weight_lb`, `kg`, `WEIGHTKG`); None for another one."""
    text = _lowered(head)
    found = _BRACKETS.search(text)
    unit = found[1] if found and found[1] in _UNITS else ""
    name = _bare(head)
    if name in _UNITS:
        return _alone(name)
    if recognized := _FIELD.get(name):
        return recognized, unit
    return _with_unit(name)


def _lowered(head: str) -> str:
    text = unicodedata.normalize("NFC", head[:100]).strip().lstrip("#").strip().lower()
    return text.rsplit(".", 1)[-1] if text.startswith("com.") else text


def _bare(head: str) -> str:
    """A header without its unit in brackets and its signs."""
    return " ".join(re.sub(r"[_\-./:]", " ", _BRACKETS.sub(" ", _lowered(head))).replace("%", " % ").split())


def _alone(name: str) -> tuple[str, str] | None:
    """A unit as a name of its own."""
    if name in KILOGRAMS:
        return "weight", name
    return ("eaten", name) if name in KILOCALORIES else None


def _with_unit(name: str) -> tuple[str, str] | None:
    """`weight kg` and `weightkg`."""
    for unit in sorted(_UNITS, key=len, reverse=True):
        bare = name.removesuffix(unit).strip()
        if bare != name and bare in _FIELD:
            return _FIELD[bare], unit
    return None


def columns(heads: Sequence[str]) -> Columns | None:
    """The columns of a header line; None where there is no date or nothing to its side."""
    found: Columns = {}
    for at, head in enumerate(heads):
        if named := field(head):
            name = "fat_mass" if named[0] == "fat" and named[1] in KILOGRAMS else named[0]
            found.setdefault(name, Column(at, named[1]))
    if "date" not in found and "time" in found:
        found["date"] = found.pop("time")
    if workouts(heads):
        found.pop("eaten", None)
    return found if "date" in found and {"weight", "eaten", "burned"} & found.keys() else None


def workouts(heads: Sequence[str]) -> bool:
    return bool(_WORKOUTS & set(map(_bare, heads)))


def either_way(heads: Sequence[str], found: Columns) -> bool:
    """Whether the calories may be eaten or burned: named plainly, and beside steps."""
    plain = "eaten" in found and _bare(heads[found["eaten"].at]) in _PLAIN
    return plain and "burned" not in found and bool(_MOVING & set(map(_bare, heads)))
