"""Ten years of an active person, written by PostgreSQL itself; every figure can be told from the day."""

from datetime import date

from tests.conftest import execute

TODAY = date(2026, 11, 25)
SPORTS = "ARRAY['Run', 'Ride', 'Swim', 'Yoga', 'Walk', 'Hike', 'Underwater Hockey']"
"""The last one is a sport that nobody knew."""

DAYS = f"generate_series(0, 3652) n, LATERAL (SELECT date '{TODAY}' - n AS day) d"
HEARTRATE = "CASE WHEN mod(n, 10) > 0 THEN 140 + mod(n, 11) END"
STATEMENTS = (
    # Falls by 10 g a day, with a fortnight without a scale.
    "INSERT INTO fitbit_weight (record_date, record_time, weight)"
    f" SELECT day, '07:00', 72 + n * 0.01 FROM {DAYS} WHERE n NOT BETWEEN 40 AND 53",
    "INSERT INTO fitbit_calories (record_date, calories, burned)"
    f" SELECT day, CASE WHEN mod(n, 9) > 0 THEN 2000 + mod(n, 5) * 100 END, 2400 + mod(n, 7) * 50 FROM {DAYS}",
    "INSERT INTO strava_activity"
    " (start_date_local, activity_type, distance, moving_time, average_heartrate, max_heartrate)"
    f" SELECT day + time '23:30', ({SPORTS})[1 + mod(n, 7)], CASE WHEN mod(n, 7) <> 3 THEN 8000 + mod(n, 4) * 1000 END,"
    f" 2400 + mod(n, 4) * 300, {HEARTRATE}, 188 FROM {DAYS} WHERE mod(n, 8) NOT IN (3, 5)",
    "INSERT INTO strava_activity (start_date_local, activity_type, distance, moving_time)"
    f" SELECT day + time '06:30', 'Run', 5000, 1500 FROM {DAYS} WHERE mod(n, 8) IN (0, 1, 4)",
)


def load(uri: str) -> None:
    for statement in STATEMENTS:
        execute(uri, statement)
