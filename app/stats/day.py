"""Pure: everything of one day as texts for its own page."""

from dataclasses import dataclass
from datetime import date

from app import units
from app.records.rows import ActivityDetail, CaloriesRow, DayRows, WeightRow
from app.stats import cells

ON_STRAVA = "https://www.strava.com/activities/{id}"
Facts = tuple[tuple[str, str], ...]
"""Labels with their values; what is not known is left out."""


@dataclass(frozen=True)
class Workout:
    """One activity; `address` is its page at Strava, '' where it has none."""

    title: str
    name: str
    kind: str
    facts: Facts
    address: str


@dataclass(frozen=True)
class Day:
    title: str
    workouts: tuple[Workout, ...]
    weights: tuple[tuple[str, Facts], ...]
    calories: Facts
    from_strava: bool


def page(rows: DayRows, day: date, today: date, system: str) -> Day:
    return Day(
        title=title(day, today),
        workouts=tuple(workout(detail, system) for detail in rows.activities),
        weights=tuple(weigh_in(row, system) for row in rows.weights),
        calories=calories(rows.calories, day == today),
        from_strava=any(own(detail) for detail in rows.activities),
    )


def title(day: date, today: date) -> str:
    """`Today, Wednesday 25 November`; the year only where it is not this one."""
    year = "" if day.year == today.year else f" {day.year}"
    return f"{'Today, ' if day == today else ''}{day:%A} {day.day} {day:%B}{year}"


def workout(detail: ActivityDetail, system: str) -> Workout:
    row = detail.row
    effort = units.effort(row.activity_type, row.distance, row.moving_time, system) if row.distance else ""
    facts = (
        ("Start", f"{detail.start:%H:%M}"),
        ("Distance", units.distance(row.distance, system) if row.distance else ""),
        ("Moving time", units.clock(row.moving_time)),
        ("Whole time", units.clock(detail.elapsed_time) if detail.elapsed_time != row.moving_time else ""),
        ("Pace" if "/" in effort and "km/h" not in effort else "Speed", effort),
        ("Heart rate", heart(row.heartrate, detail.max_heartrate)),
        ("Climb", units.height(detail.climb, system) if detail.climb else ""),
    )
    return Workout(
        title=units.sport(row.activity_type),
        name=cells.own_name(row),
        kind=units.family(row.activity_type),
        facts=known(*facts),
        address=ON_STRAVA.format(id=row.id) if own(detail) else "",
    )


def own(detail: ActivityDetail) -> bool:
    """Whether a real Strava account has it."""
    return detail.account.startswith("strava:")


def heart(average: float | None, highest: float | None) -> str:
    """`148 bpm, at most 171`."""
    mean = f"{average:.0f}{units.NBSP}bpm" if average else ""
    return cells.joined([mean, f"at most {highest:.0f}" if highest else ""])


def weigh_in(row: WeightRow, system: str) -> tuple[str, Facts]:
    fat = f"{row.fat:.1f}{units.NBSP}%" if row.fat is not None else ""
    facts = (
        ("Weight", units.mass(row.weight, system)),
        ("Fat", fat),
        ("BMI", f"{row.bmi:.1f}" if row.bmi is not None else ""),
    )
    return f"{row.time:%H:%M}" if row.time else "Without a time", known(*facts)


def calories(rows: list[CaloriesRow], partial: bool) -> Facts:
    so_far = " so far" if partial else ""
    figures = [("Eaten", row.calories) for row in rows] + [("Burned", row.burned) for row in rows]
    return known(*((name, f"{units.kcal(value)}{so_far}" if value is not None else "") for name, value in figures))


def known(*facts: tuple[str, str]) -> Facts:
    return tuple(fact for fact in facts if fact[1])
