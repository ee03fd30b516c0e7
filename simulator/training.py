"""The training diary: what the made-up athlete did on a date, as Strava shows it (docs/providers.md, Strava 3)."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

Activity = dict[str, Any]
ATHLETE_ID = 134815
DETAIL_ONLY = ("calories", "description")
HOLIDAY_WEEK = 7  # spent in India, for a half-hour offset and days that differ from the ones at home
HIDDEN_START = (5, 17)  # month, day: Strava shows 00:00:01 for a start that the athlete hides


class Sport(NamedTuple):
    sport_type: str
    speed: float  # m/s
    minutes: tuple[int, int]
    pulse: int  # 0: no strap worn, so the heart rate keys are absent
    climb: float  # metres per km
    burn: float  # kcal per minute
    traits: frozenset[str] = frozenset()


SPORTS = {
    "easy": Sport("Run", 2.95, (32, 58), 143, 7, 12),
    "tempo": Sport("Run", 3.5, (40, 55), 161, 5, 14.5, frozenset({"workout"})),
    "long": Sport("Run", 2.85, (80, 115), 147, 9, 12, frozenset({"long"})),
    "trail": Sport("TrailRun", 2.4, (55, 90), 150, 32, 11.5),
    "treadmill": Sport("Run", 3.0, (30, 45), 149, 0, 12, frozenset({"trainer"})),
    "ride": Sport("Ride", 7.6, (75, 150), 136, 9, 10.5, frozenset({"meter"})),
    "spin": Sport("Ride", 7.1, (45, 90), 131, 8, 9.5),
    "gravel": Sport("GravelRide", 5.9, (70, 130), 138, 14, 10),
    "commute": Sport("Ride", 5.6, (17, 26), 0, 4, 7, frozenset({"commute"})),
    "walk": Sport("Walk", 1.45, (15, 40), 98, 4, 4.5),
    "yoga": Sport("Yoga", 0.0, (30, 55), 0, 0, 3.5, frozenset({"manual"})),
    "parkour": Sport("Parkour", 0.9, (40, 60), 139, 0, 9),
}
OLD_TYPES = {"TrailRun": "Run", "GravelRide": "Ride", "Parkour": "Workout"}
WORKOUT_TYPES = {"workout": 3, "long": 2}
WEEKEND = ("long", "ride", "trail", "gravel", "long", "ride")
WEEKDAY = ("easy", "tempo", "easy", "treadmill", "spin", "yoga")
GENTLE = ("easy", "walk", "yoga", "spin")
NAMES = (
    "With Ana 🏃‍♀️💨",
    "Loop <b>& back</b>",
    "Testing the new shoes",
    "Lakeside",
    "Before the rain",
    "Legs like lead 😅",
)


@lru_cache(maxsize=20_000)
def activities(seed: str, day: date, zone: str) -> tuple[Activity, ...]:
    """The whole day as planned, in order of start. Callers copy before they change anything."""
    abroad = day.isocalendar().week == HOLIDAY_WEEK
    tz = ZoneInfo("Asia/Kolkata" if abroad else zone)
    plan = [
        (hour, kind) for hour, kind in _week(seed, day).get(day.weekday(), []) if not (abroad and kind == "commute")
    ]
    if (day.month, day.day) == HIDDEN_START:
        plan = [(0.0, "easy"), *plan]
    return tuple(_planned(Random(f"{seed}:{day}:{n}"), day, tz, hour, kind) for n, (hour, kind) in enumerate(plan))


def _week(seed: str, day: date) -> dict[int, list[tuple[float, str]]]:
    """Weekday -> (hour, kind of training); the same whichever day of the week is asked about."""
    rng = Random(f"{seed}:{day - timedelta(day.weekday())}:week")
    rest = rng.random() < 0.08
    plan: dict[int, list[tuple[float, str]]] = {}
    for weekday in rng.sample(range(7), 3 if rest else rng.choice((3, 4, 4, 5, 5))):
        usual = GENTLE if rest else WEEKEND if weekday > 4 else WEEKDAY
        kind = "parkour" if rng.random() < 0.03 else rng.choice(usual)
        plan[weekday] = [(9.0 if weekday > 4 else rng.choice((6.2, 18.2)), kind)]
    if not rest and rng.random() < 0.5:
        for weekday in rng.sample(range(5), rng.randint(1, 2)):
            plan.setdefault(weekday, []).extend([(8.1, "commute"), (17.2, "commute")])
    if rng.random() < 0.35:
        plan.setdefault(rng.randrange(7), []).append((20.3, "yoga"))
    return {weekday: sorted(items) for weekday, items in plan.items()}


def _planned(rng: Random, day: date, tz: tzinfo, hour: float, kind: str) -> Activity:
    sport = SPORTS[kind]
    delay = int((hour + rng.uniform(0, 0.4)) * 3600) if hour else 1
    start = local(datetime.combine(day, datetime.min.time()) + timedelta(seconds=delay), tz)
    name = rng.choice(NAMES) if rng.random() < 0.15 else title(start, sport.sport_type)
    return build(number_at(start), start, sport, name, rng.randint(*sport.minutes) * 60 + rng.randrange(60), rng)


def local(naive: datetime, tz: tzinfo) -> datetime:
    """An aware local time that exists: a clock time inside a summer-time gap is moved out of it."""
    return naive.replace(tzinfo=tz).astimezone(UTC).astimezone(tz)


def number_at(moment: datetime) -> int:
    """An id that rises with time and lies beyond 2**33, as the real ones do."""
    return 8_000_000_000 + (int(moment.timestamp()) - 1_000_000_000) * 10


def title(start: datetime, sport_type: str) -> str:
    word = {"TrailRun": "Trail Run", "GravelRide": "Gravel Ride"}.get(sport_type, sport_type)
    ends = {5: "Night", 12: "Morning", 14: "Lunch", 17: "Afternoon", 22: "Evening", 24: "Night"}
    return f"{next(part for end, part in ends.items() if start.hour < end)} {word}"


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def finish(activity: Activity) -> datetime:
    return datetime.fromisoformat(activity["start_date"]) + timedelta(seconds=activity["elapsed_time"])


def build(number: int, start: datetime, sport: Sport, name: str, seconds: int, rng: Random) -> Activity:
    """A summary in Strava's key order plus the two DETAIL_ONLY keys; what no sensor measured is absent, not null."""
    metres = round(sport.speed * seconds * rng.uniform(0.94, 1.06), 1)
    manual = "manual" in sport.traits
    return {
        **_head(number, sport, name, seconds, metres, rng),
        **when(start),
        **_surroundings(number, sport, start, rng),
        **_effort(sport, seconds, metres, rng),
        "upload_id": None if manual else number + 1_000_000_000,
        **({} if manual else {"upload_id_str": str(number + 1_000_000_000)}),
        "external_id": None if manual else f"garmin_ping_{number + 400_000_000_000}",
        "from_accepted_tag": False,
        "pr_count": 0,
        "total_photo_count": 0,
        "has_kudoed": False,
        **({"suffer_score": float(seconds // 55)} if sport.pulse else {}),
        "calories": 0.0 if manual else round(sport.burn * seconds / 60, 1),
        "description": None,
    }


def _head(number: int, sport: Sport, name: str, seconds: int, metres: float, rng: Random) -> Activity:
    climb = round(sport.climb * metres / 1000 * rng.uniform(0.7, 1.3), 1)
    manual = "manual" in sport.traits
    workout = next((WORKOUT_TYPES[trait] for trait in sport.traits if trait in WORKOUT_TYPES), None)
    return {
        "resource_state": 2,
        "athlete": {"id": ATHLETE_ID, "resource_state": 1},
        "name": name,
        "distance": metres,
        "moving_time": seconds,
        "elapsed_time": seconds if manual else seconds + rng.randrange(240),
        "total_elevation_gain": int(climb) if manual or rng.random() < 0.2 else climb,
        "type": OLD_TYPES.get(sport.sport_type, sport.sport_type),
        "sport_type": sport.sport_type,
        **({} if manual else {"workout_type": workout or (10 if "Ride" in sport.sport_type else 0)}),
        **(
            {} if manual else {"device_name": "Garmin Edge 840" if "meter" in sport.traits else "Garmin Forerunner 965"}
        ),
        "id": number,
    }


def when(start: datetime) -> Activity:
    offset = start.utcoffset() or timedelta()
    standard = int((offset - (start.dst() or timedelta())).total_seconds()) // 60  # the label ignores summer time
    sign = "-" if standard < 0 else "+"
    return {
        "start_date": stamp(start.astimezone(UTC)),
        "start_date_local": stamp(start),
        "timezone": f"(GMT{sign}{abs(standard) // 60:02d}:{abs(standard) % 60:02d}) {start.tzinfo}",
        "utc_offset": offset.total_seconds(),
        "location_city": None,
        "location_state": None,
        "location_country": None,
    }


def _surroundings(number: int, sport: Sport, start: datetime, rng: Random) -> Activity:
    indoors = bool(sport.traits & {"manual", "trainer"}) or sport.sport_type == "Parkour"
    place = [] if indoors else [22.57, 88.36] if str(start.tzinfo) == "Asia/Kolkata" else [52.5, 13.4]
    hidden = "manual" in sport.traits and rng.random() < 0.4
    gear = {"Run": "g12345678", "TrailRun": "g12345678", "Ride": "b1234567", "GravelRide": "b1234567"}
    return {
        "achievement_count": rng.randrange(3),
        "kudos_count": rng.randrange(14),
        "comment_count": rng.randrange(2),
        "athlete_count": 1,
        "photo_count": 0,
        "map": {
            "id": f"a{number}",
            "summary_polyline": "" if indoors else "_p~iF~ps|U_ulLnnqC_mqN",
            "resource_state": 2,
        },
        "trainer": "trainer" in sport.traits,
        "commute": "commute" in sport.traits,
        "manual": "manual" in sport.traits,
        "private": hidden,
        "visibility": "only_me" if hidden else "everyone",
        "flagged": False,
        "gear_id": gear.get(sport.sport_type),
        "start_latlng": place,
        "end_latlng": place,
    }


def _effort(sport: Sport, seconds: int, metres: float, rng: Random) -> Activity:
    average = round(metres / seconds, 3)
    top = 0 if not metres else round(average * 1.6) if rng.random() < 0.1 else round(average * 1.4, 3)
    pulse = round(sport.pulse + rng.uniform(-5, 5), 1)
    effort: Activity = {"average_speed": average, "max_speed": top}
    if sport.pulse and sport.sport_type != "Parkour":
        effort["average_cadence"] = round((67 if "Ride" in sport.sport_type else 84) + rng.uniform(-3, 3), 1)
    if sport.climb:
        effort["average_temp"] = rng.randrange(4, 26)
    if "Ride" in sport.sport_type:
        effort |= _power("meter" in sport.traits, seconds, rng)
    effort["has_heartrate"] = bool(sport.pulse)
    if sport.pulse:
        effort |= {"average_heartrate": pulse, "max_heartrate": float(round(pulse * 1.14))}
    effort |= {"heartrate_opt_out": False, "display_hide_heartrate_option": bool(sport.pulse)}
    if sport.climb:
        effort |= {"elev_high": round(34 + metres / 500, 1), "elev_low": 31.4}
    return effort


def _power(metered: bool, seconds: int, rng: Random) -> Activity:
    watts = round(rng.uniform(150, 205), 1)
    measured = {"max_watts": int(watts * 2.4), "weighted_average_watts": int(watts * 1.12)} if metered else {}
    return {"average_watts": watts, **measured, "kilojoules": round(watts * seconds / 1000, 1), "device_watts": metered}
