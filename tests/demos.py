"""The demo's week at a moment that stands still: what its athlete has by then, as the updater would have stored it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg2
from psycopg2.extras import execute_values

from simulator.world import World

BERLIN = ZoneInfo("Europe/Berlin")
FIELDS = ("id", "name", "distance", "moving_time", "elapsed_time", "average_heartrate", "max_heartrate")
FIELDS += ("average_speed", "total_elevation_gain", "start_date", "start_date_local")
BUSY = (
    ("06:40", "Walk", 2_100, 1_500, None),
    ("07:30", "Ride", 6_400, 1_298, None),
    ("09:15", "Run", 12_300, 3_845, 148),
    ("12:40", "Swim", 1_500, 1_725, None),
    ("15:10", "Yoga", 0, 2_700, None),
    ("17:20", "Ride", 46_200, 6_010, 136),
    ("20:05", "Walk", 3_400, 2_460, 98),
)
"""Seven activities of one day: its time, sport, metres, seconds, and beats a minute."""


def fill(uri: str, now: datetime) -> None:
    """Two years up to `now` (aware), in place of whatever the tables hold; both sources were read a moment ago."""
    world = World(tz=BERLIN.key, clock=now.timestamp)
    fats = {sample.number: sample.value for sample in world.samples("body-fat")}
    weights = [
        (s.value / 1000, fats.get(s.number), s.at.date(), s.at.time(), str(s.number)) for s in world.samples("weight")
    ]
    eaten: dict[date, float] = {}
    for meal in world.meals():
        eaten[meal.at.date()] = eaten.get(meal.at.date(), 0) + meal.kcal
    burned = world.burned()
    days = [(day, eaten.get(day), burned.get(day)) for day in sorted(eaten.keys() | burned.keys())]
    moved = [(one["type"], *(one.get(field) for field in FIELDS)) for one in world.activities()]
    connection = psycopg2.connect(uri.replace("+psycopg2", ""))
    with connection, connection.cursor() as cursor:
        cursor.execute("TRUNCATE strava_activity, fitbit_weight, fitbit_calories, sync_state")
        into = "INSERT INTO strava_activity (account, activity_type, {}) VALUES %s".format(", ".join(FIELDS))
        execute_values(cursor, into, [("demo", *one) for one in moved])
        into = "INSERT INTO fitbit_weight (account, weight, fat, record_date, record_time, point) VALUES %s"
        execute_values(cursor, into, [("demo", *one) for one in weights])
        into = "INSERT INTO fitbit_calories (account, record_date, calories, burned) VALUES %s"
        execute_values(cursor, into, [("demo", *one) for one in days])
        into = "INSERT INTO sync_state (source, metric, account, state, last_attempt, last_success, newest) VALUES %s"
        read = now - timedelta(minutes=2)
        metrics = (("strava", "activities"), ("fitbit", "weight"), ("fitbit", "eaten"), ("fitbit", "burned"))
        execute_values(cursor, into, [(*one, "demo", "ok", read, read, now.date()) for one in metrics])
        cursor.execute("UPDATE preferences SET timezone = %s, calorie_goal = 2400, goal_weight = 71", (BERLIN.key,))
    connection.close()


def crowd(uri: str, first: date, last: date) -> None:
    """Seven activities on each of these days, in place of those that there were, and figures that fill their places."""
    connection = psycopg2.connect(uri.replace("+psycopg2", ""))
    with connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM strava_activity WHERE start_date_local::date BETWEEN %s AND %s", (first, last))
        cursor.execute("UPDATE fitbit_calories SET calories = 12610 WHERE record_date = %s", (first,))
        cursor.execute("UPDATE fitbit_weight SET weight = 102.4 WHERE record_date = %s", (first,))
        rows = [
            (
                "demo",
                sport,
                "With Ana, once around the lake and back",
                metres,
                seconds,
                seconds,
                beats,
                f"{day} {clock}",
                f"{day} {clock}",
            )
            for day in (first + timedelta(days=n) for n in range((last - first).days + 1))
            for clock, sport, metres, seconds, beats in BUSY
        ]
        into = "INSERT INTO strava_activity (account, activity_type, name, distance, moving_time, elapsed_time,"
        execute_values(cursor, f"{into} average_heartrate, start_date, start_date_local) VALUES %s", rows)
    connection.close()


def set_calendar(calendar: Path, now: datetime) -> None:
    """Has the server of `boards.showing` believe that it is `now` (aware)."""
    calendar.write_text(now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M"))
