"""The writes: many items at once, all or none, each stored once however often it is sent."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Response, jsonify, request
from marshmallow import Schema, ValidationError
from werkzeug.exceptions import BadRequest

from app.api import reads
from app.api.reads import DOCUMENTED, Refused, bp
from app.api.schemas import EARLIEST, MOST_ITEMS, ActivityIn, CaloriesIn, Stored, WeightIn, is_past
from app.files.records import Activity, DayCalories, WeighIn
from app.records.account import PHONE
from app.records.filing import Came
from app.sync import entries
from app.web import bodies

MOST_BYTES = 1024 * 1024
Item = dict[str, Any]
IN: dict[str, type[Schema]] = {"Weight": WeightIn, "Calories": CaloriesIn, "Activity": ActivityIn}


def describe(spec: Any) -> None:
    for name, schema in IN.items():
        spec.components.schema(name, schema=schema)


def takes(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Describes a body of one item or a list of them."""
    ref = {"$ref": f"#/components/schemas/{name}"}
    many = {"type": "array", "items": ref, "minItems": 1, "maxItems": MOST_ITEMS}
    body = {"required": True, "content": {"application/json": {"schema": {"anyOf": [ref, many]}}}}

    def mark(view: Callable[..., Any]) -> Callable[..., Any]:
        described = bp.doc(requestBody=body, **DOCUMENTED)(
            bp.alt_response(200, schema=Stored, description="All of it was known.")(bp.response(201, Stored)(view))
        )
        return bodies.takes(MOST_BYTES)(described)

    return mark


@bp.post("/weight")
@takes("Weight")
def weigh_ins() -> tuple[Response, int]:
    """Weigh-ins."""
    return store([weigh_in(item) for item in parse_items(WeightIn(), "at")], reads.weigh_in)


@bp.post("/calories")
@takes("Calories")
def calories() -> tuple[Response, int]:
    """The day's figures, not additions to them."""
    return store(
        [DayCalories(PHONE, i["date"], i["calories"], i["burned"]) for i in parse_items(CaloriesIn(), "date")],
        reads.day,
    )


@bp.post("/activities")
@takes("Activity")
def activities() -> tuple[Response, int]:
    """Activities."""
    return store([activity(item) for item in parse_items(ActivityIn(), "start")], reads.activity)


def body() -> Any:
    """The request's JSON. What is nested thousands deep would else be a fault of ours."""
    try:
        return request.get_json()
    except RecursionError:
        raise BadRequest("Send plain JSON: this is nested too deeply.") from None


def parse_items(schema: Schema, when: str) -> list[Item]:
    given = body()
    items = given if isinstance(given, list) else [given]
    if not 1 <= len(items) <= MOST_ITEMS:
        raise Refused({"items": [f"Send 1 to {MOST_ITEMS} items at once."]})
    try:
        found: list[Item] = schema.load(items, many=True)
    except ValidationError as error:
        messages: Any = error.messages
        raise Refused(messages if isinstance(given, list) else messages.get(0, messages)) from None
    told, now = entries.how(), datetime.now(UTC)
    wrong = {
        n: {when: ["This lies in the future, or before 1970."]}
        for n, item in enumerate(found)
        if not is_possible_day(item[when], told.today, now)
    }
    if wrong:
        raise Refused(wrong if isinstance(given, list) else wrong[0])
    return found


def is_possible_day(when: Any, today: Any, now: datetime) -> bool:
    return is_past(when, now) if isinstance(when, datetime) else bool(EARLIEST <= when <= today)


def weigh_in(item: Item) -> WeighIn:
    at = item["at"]
    key = at.astimezone(UTC).isoformat()
    return WeighIn(PHONE, key, at.date(), item["weight"], at.time(), item["fat"], at=at)


def activity(item: Item) -> Activity:
    start = item.pop("start")
    key = f"{start.astimezone(UTC).isoformat()} {item['activity_type']}"
    offset = int(start.utcoffset().total_seconds())
    item["name"] = item["name"] or ""
    return Activity(PHONE, key, start=start.astimezone(UTC), offset=offset, **item)


def store(items: list[Any], shown: Callable[[Any], Item]) -> tuple[Response, int]:
    came = entries.store_items(items, PHONE)
    rows = {row.id: shown(row) for how, row in came if how != "known"}
    counts = count_rows(came)
    return jsonify(items=list(rows.values()), **counts), 201 if counts["new"] else 200


def count_rows(came: list[tuple[Came, Any]]) -> dict[str, int]:
    """Rows, each by the best that came of it."""
    best: dict[tuple[str, int], str] = {}
    for how, row in came:
        one = row.__tablename__, row.id
        best[one] = min(best.get(one, "known"), how, key=("new", "changed", "known").index)
    counts = Counter(best.values())
    return {name: counts[name] for name in ("new", "changed", "known")}
