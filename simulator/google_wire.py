"""The JSON of Google Health's points, days and refusals: docs/providers.md, Google 3.5, 3.6, 3.7, 3.8, 4."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, NoReturn

from flask import abort, jsonify

from simulator.body import Meal, Sample
from simulator.world import point_name


def offset(moment: datetime) -> str:
    return f"{int((moment.utcoffset() or timedelta()).total_seconds())}s"


def _civil(moment: datetime) -> dict[str, Any]:
    """Members that are zero are left out, so midnight is `"time":{}`."""
    parts = (("hours", moment.hour), ("minutes", moment.minute), ("seconds", moment.second))
    clock = {name: value for name, value in (*parts, ("nanos", moment.microsecond * 1000)) if value}
    return {"date": {"year": moment.year, "month": moment.month, "day": moment.day}, "time": clock}


def _physical(moment: datetime, digits: int = 0) -> str:
    fraction = f".{moment.microsecond * 1000:09d}"[: digits + 1] if digits else ""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"


def _source(by_hand: bool) -> dict[str, Any]:
    if by_hand:
        return {"recordingMethod": "MANUAL", "platform": "FITBIT"}
    scale = {"formFactor": "SCALE", "manufacturer": "Fitbit", "displayName": "Aria Air"}
    return {"recordingMethod": "ACTIVELY_MEASURED", "device": scale, "platform": "FITBIT"}


def point(name: str, key: str, item: Sample | Meal, civil: bool = True) -> dict[str, Any]:
    by_hand = isinstance(item, Meal) or item.by_hand
    value = _food(item) if isinstance(item, Meal) else _sample(name, item, civil)
    return {"name": point_name(name, item.number), "dataSource": _source(by_hand), key: value}


def _sample(name: str, item: Sample, civil: bool) -> dict[str, Any]:
    moment: dict[str, Any] = {"physicalTime": _physical(item.at, item.digits), "utcOffset": offset(item.at)}
    if civil:
        moment["civilTime"] = _civil(item.at)
    if name == "steps":
        shown = {"startTime": moment["physicalTime"], "startUtcOffset": moment["utcOffset"]}
        shown |= {"civilStartTime": moment["civilTime"]} if civil else {}
        return {"interval": shown, "count": str(int(item.value))}
    if name == "height":
        return {"sampleTime": moment, "heightMillimeters": str(int(item.value))}
    return {"sampleTime": moment, "weightGrams" if name == "weight" else "percentage": item.value}


def _food(item: Meal) -> dict[str, Any]:
    utc, shift, civil = _physical(item.at), offset(item.at), _civil(item.at)
    interval = {"startTime": utc, "startUtcOffset": shift, "endTime": utc, "endUtcOffset": shift}
    return {
        "interval": interval | {"civilStartTime": civil, "civilEndTime": civil},
        "foodDisplayName": item.food,
        "mealType": item.kind,
        "energy": {"kcal": item.kcal},
        "energyFromFat": {"kcal": round(item.kcal * 0.3)},
        "totalCarbohydrate": {"grams": round(item.kcal * 0.125, 1)},
        "totalFat": {"grams": round(item.kcal * 0.033, 1)},
        "nutrients": [{"nutrient": "PROTEIN", "quantity": {"grams": round(item.kcal * 0.05, 1)}}],
        "serving": {"amount": 1, "foodMeasurementUnitDisplayName": "portion"},
    }


def eaten(kcal: float) -> dict[str, Any]:
    return {
        "energy": {"kcalSum": kcal},
        "energyFromFat": {"kcalSum": round(kcal * 0.3)},
        "totalCarbohydrate": {"gramsSum": round(kcal * 0.125, 1)},
        "totalFat": {"gramsSum": round(kcal * 0.033, 1)},
        "nutrients": [{"nutrient": "PROTEIN", "quantity": {"gramsSum": round(kcal * 0.05, 1)}}],
    }


def row(key: str, day: date, value: dict[str, Any]) -> dict[str, Any]:
    ends = {"civilStartTime": _civil(midnight(day)), "civilEndTime": _civil(midnight(day + timedelta(1)))}
    return ends | {key: value}


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001


def refuse(code: int, status: str, message: str, reason: str = "", field: str = "", **metadata: str) -> NoReturn:
    domain = "googleapis.com" if "service" in metadata else "health.googleapis.com"
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": domain}
    details: list[dict[str, Any]] = [info | ({"metadata": metadata} if metadata else {})] if reason else []
    if field:
        violation = {"field": field, "description": message}
        details.append({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]})
    error = {"code": code, "message": message, "status": status}
    answer = jsonify(error=error | ({"details": details} if details else {}))
    answer.status_code = code
    if code == 401:
        problem = "" if reason else ', error="invalid_token"'
        answer.headers["WWW-Authenticate"] = f'Bearer realm="https://accounts.google.com/"{problem}'
    abort(answer)


def invalid(reason: str, message: str, field: str = "") -> NoReturn:
    refuse(400, "INVALID_ARGUMENT", message, reason, field)
