"""The archive that Strava mails of an account: its table of activities, and the files that were uploaded (strava.com's
*Download or Delete Your Account*)."""

import csv
import gzip
import io
import re
import zipfile
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from simulator import fit
from simulator.training import ATHLETE_ID

Activity = dict[str, Any]

COLUMNS = """Activity ID;Activity Date;Activity Name;Activity Type;Activity Description;Elapsed Time;Distance
Max Heart Rate;Relative Effort;Commute;Activity Private Note;Activity Gear;Filename;Athlete Weight
Bike Weight;Elapsed Time;Moving Time;Distance;Max Speed;Average Speed;Elevation Gain;Elevation Loss
Elevation Low;Elevation High;Max Grade;Average Grade;Average Positive Grade;Average Negative Grade
Max Cadence;Average Cadence;Max Heart Rate;Average Heart Rate;Max Watts;Average Watts;Calories
Max Temperature;Average Temperature;Relative Effort;Total Work;Number of Runs;Uphill Time
Downhill Time;Other Time;Perceived Exertion;Type;Start Time;Weighted Average Power;Power Count
Prefer Perceived Exertion;Perceived Relative Effort;Commute;Total Weight Lifted;From Upload
Grade Adjusted Distance;Weather Observation Time;Weather Condition;Weather Temperature
Apparent Temperature;Dewpoint;Humidity;Weather Pressure;Wind Speed;Wind Gust;Wind Bearing
Precipitation Intensity;Sunrise Time;Sunset Time;Moon Phase;Bike;Gear;Precipitation Probability
Precipitation Type;Cloud Cover;Weather Visibility;UV Index;Weather Ozone;Jump Count;Total Grit
Average Flow;Flagged;Average Elapsed Speed;Dirt Distance;Newly Explored Distance
Newly Explored Dirt Distance;Activity Count;Total Steps;Carbon Saved;Pool Length;Training Load
Intensity;Average Grade Adjusted Pace;Timer Time;Total Cycles;Recovery;With Pet;Competition;Long Run
For a Cause;With Kid;Downhill Distance;Media"""
ENGLISH = COLUMNS.replace("\n", ";").split(";")
GERMAN = {
    "Activity ID": "Aktivitäts-ID",
    "Activity Date": "Aktivitätsdatum",
    "Activity Name": "Name der Aktivität",
    "Activity Type": "Aktivitätsart",
    "Activity Description": "Aktivitätsbeschreibung",
    "Elapsed Time": "Verstrichene Zeit",
    "Distance": "Distanz",
    "Max Heart Rate": "Max. Herzfrequenz",
    "Relative Effort": "Relative Leistung",
    "Commute": "Pendeln",
    "Activity Private Note": "Hinweis zur Privatsphäre für Aktivitäten",
    "Activity Gear": "Aktivitätsausrüstung",
    "Filename": "Dateiname",
    "Athlete Weight": "Sportlergewicht",
    "Bike Weight": "Fahrradgewicht",
    "Moving Time": "Bewegungszeit",
    "Max Speed": "Höchstgeschw.",
    "Average Speed": "Durchschnittliche Geschwindigkeit",
    "Elevation Gain": "Höhenzunahme",
    "Elevation Loss": "Höhenunterschied",
    "Elevation Low": "Min. Höhe",
    "Elevation High": "Max. Höhe",
    "Max Cadence": "Max. Tritt-/Schrittfrequenz",
    "Average Cadence": "Durchschnittliche Trittfrequenz",
    "Average Heart Rate": "Durchschnittliche Herzfrequenz",
    "Calories": "Kalorien",
}
GERMAN_SPORTS = {
    "Run": "Lauf",
    "TrailRun": "Traillauf",
    "Ride": "Radfahrt",
    "GravelRide": "Gravelfahrt",
    "Walk": "Spaziergang",
}
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def archive(activities: Iterable[Activity], language: str = "en", heartrate: bool = True, every: int = 300) -> bytes:
    """The zip; `language` is en or de. Without `heartrate` it is of who refused Strava health data.

    The files have a point each `every` seconds.
    """
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("profile.csv", f"Athlete ID,Email Address\n{ATHLETE_ID},nobody@example.org\n")
        rows = []
        for activity in activities:
            shown = activity if heartrate else {k: v for k, v in activity.items() if "heartrate" not in k}
            rows.append(row(shown, language))
            if name := file_of(shown):
                packed.writestr(name, gzip.compress(fit.recorded(shown, every), 1, mtime=0))
        packed.writestr("activities.csv", table(rows, language))
    return made.getvalue()


def table(rows: list[list[str]], language: str) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([GERMAN.get(name, name) if language == "de" else name for name in ENGLISH])
    writer.writerows(rows)
    return text.getvalue()


def file_of(activity: Activity) -> str:
    """By the number of the upload; what was typed in has none."""
    return f"activities/{activity['upload_id']}.fit.gz" if activity["upload_id"] else ""


def row(activity: Activity, language: str) -> list[str]:
    cells = dict.fromkeys(range(len(ENGLISH)), "")
    heart = activity.get("average_heartrate")
    cells |= {
        0: str(activity["id"]),
        1: when(datetime.fromisoformat(activity["start_date"]), language),
        2: activity["name"],
        3: sport(activity["sport_type"], language),
        4: activity.get("description") or "",
        5: str(activity["elapsed_time"]),
        6: kilometres(activity["distance"], language),
        7: figure(activity.get("max_heartrate")),
        9: "true" if activity.get("commute") else "false",
        12: file_of(activity),
        15: figure(activity["elapsed_time"]),
        16: figure(activity["moving_time"]),
        17: figure(activity["distance"]),
        18: figure(activity.get("max_speed")),
        20: figure(activity.get("total_elevation_gain")),
        29: figure(activity.get("average_cadence")),
        30: figure(activity.get("max_heartrate")),
        31: figure(heart) or "0",
        34: figure(activity.get("calories")),
        50: "1" if activity.get("commute") else "0",
        52: "1.0" if file_of(activity) else "0.0",
        79: "0",
    }
    return list(cells.values())


def when(start: datetime, language: str) -> str:
    """In UTC, which the archive does not say."""
    if language == "de":
        return f"{start:%d.%m.%Y, %H:%M:%S}"
    return f"{MONTHS[start.month - 1]} {start.day}, {start.year}, {start.hour % 12 or 12}:{start:%M:%S %p}"


def sport(name: str, language: str) -> str:
    if language == "de" and name in GERMAN_SPORTS:
        return GERMAN_SPORTS[name]
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)


def kilometres(metres: float, language: str) -> str:
    """Cut to two digits, with the language's own signs."""
    text = f"{int(metres / 10) / 100:,.2f}"
    return text.translate(str.maketrans(".,", ",.")) if language == "de" else text


def figure(value: float | None) -> str:
    """With a decimal point in every language."""
    return "" if value is None else str(float(value))
