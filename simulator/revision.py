"""Activities that a test asks for and edits of any, with the keys that follow from the ones that are given."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from random import Random

from simulator.training import SPORTS, Activity, build, local, stamp, title, when


def custom(number: int, fields: Activity, now: datetime) -> Activity:
    """An activity that a test asks for: every key of `fields` as given, the rest in keeping with it."""
    wanted: str = fields.get("sport_type") or fields.get("type") or "Run"
    sport = next((s for s in SPORTS.values() if s.sport_type == wanted), SPORTS["easy"]._replace(sport_type=wanted))
    traits = {trait for trait in ("manual", "trainer", "commute") if fields.get(trait)}
    sport = sport._replace(traits=frozenset(traits | sport.traits))
    start = now - timedelta(hours=1)
    seconds = fields.get("moving_time", 1800)
    made = build(number, start, sport, title(start, wanted), seconds, Random(number))
    when_given = {} if "start_date" in fields else {"start_date_local": stamp(start)}
    fields = {"elapsed_time": seconds, "visibility": "everyone", **when_given, **fields}
    return revise(made, fields, now.tzinfo or UTC)


def revise(activity: Activity, fields: Activity, tz: tzinfo) -> Activity:
    """A copy with `fields` changed, and with the keys that follow from them unless those are given as well."""
    fields = {key: stamp(value) if isinstance(value, datetime) else value for key, value in fields.items()}
    changed = {**activity, **fields}
    if "visibility" in fields:
        changed["private"] = fields.get("private", fields["visibility"] == "only_me")
    if ("start_date_local" in fields) != ("start_date" in fields):
        zone = timezone(timedelta(seconds=fields["utc_offset"])) if "utc_offset" in fields else tz
        changed |= {**when(_start(fields, zone)), **fields}
    if "distance" in fields and changed["moving_time"]:
        changed["average_speed"] = fields.get("average_speed", round(changed["distance"] / changed["moving_time"], 3))
    return changed


def _start(fields: Activity, zone: tzinfo) -> datetime:
    if "start_date" in fields:
        return datetime.fromisoformat(fields["start_date"]).astimezone(zone)
    return local(datetime.fromisoformat(fields["start_date_local"][:19]), zone)
