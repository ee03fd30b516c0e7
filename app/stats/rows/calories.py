"""Pure: the board's row of kcal eaten, with those burned beside them."""

from datetime import date
from statistics import fmean
from typing import Any

from app import units
from app.records.account import HAND_ACCOUNT, MEALS_ACCOUNT
from app.records.rows import CaloriesRow, DayRows, Preferences
from app.stats.cells import Cell, Entry, figure, joined, weekday
from app.stats.day import BY_HAND, Part, source
from app.stats.numbers import Number, counted

NAME = "calories"
METRIC = ("fitbit", "eaten")
DEVICE: tuple[str, str] | None = ("fitbit", "burned")
EMPTY = "Nothing logged"
NOTHING = "Nothing is logged."
GROWS = True
KEY = "date"
HEADS: tuple[str, ...] = ("Day", "Eaten", "Burned")


def cell(records: list[CaloriesRow], partial: bool, age: str, chosen: Preferences) -> Cell:
    row, goal = records[-1], chosen.calorie_goal
    burned = figure(row.burned, "burned {:,.0f}")
    if row.calories is None:
        return Cell("none", note=burned)
    note = joined(["so far" if partial else "", age, against(row.calories, goal, partial)])
    return Cell("partial" if partial else "value", (Entry(f"{row.calories:,.0f}", "kcal", note, extra=burned),))


def against(kcal: float, goal: int | None, partial: bool) -> str:
    """`210 over`, `160 under`, `620 left` today; '' without a goal."""
    if not goal:
        return ""
    if kcal > goal:
        return f"{kcal - goal:,.0f} over"
    return f"{goal - kcal:,.0f} {'left' if partial else 'under'}"


def number(
    title: str, records: list[CaloriesRow], _before: list[CaloriesRow], today: date, chosen: Preferences
) -> Number:
    """The average of the days that are over and logged; what was eaten today so far stands beside it."""
    eaten = [row.calories for row in records if row.calories is not None and row.date < today]
    so_far = [row.calories for row in records if row.calories is not None and row.date == today]
    burned = [row.burned for row in records if row.burned is not None and row.date < today]
    if not eaten:
        told = f"today so far {units.kcal(so_far[0])}" if so_far else ""
        goal = f"goal {chosen.calorie_goal:,}" if chosen.calorie_goal else ""
        return Number(title, "No full day logged", tuple(filter(None, [told, goal])))
    notes = [
        joined([counted(len(eaten), "full day"), against_goal(eaten, chosen.calorie_goal)]),
        f"burned {fmean(burned):,.0f}" if burned else "",
    ]
    return Number(title, f"{units.kcal(fmean(eaten))} a day", tuple(filter(None, notes)))


def against_goal(eaten: list[float], goal: int | None) -> str:
    """`25 over the goal`, of the average; '' without a goal."""
    if not goal:
        return ""
    balance = round(fmean(eaten) - goal)
    return f"{abs(balance):,} {'over' if balance > 0 else 'under'} the goal" if balance else "at the goal"


def item(row: CaloriesRow) -> dict[str, Any]:
    return {"calories": row.calories, "burned": row.burned}


def change(before: dict[str, Any] | None, now: dict[str, Any] | None, _system: str) -> str:
    """Of what was eaten; burned kcal rise all day."""
    was, is_now = kcal(before), kcal(now)
    if was == is_now:
        return ""
    if now and was and is_now:
        return f"Calories on {weekday(now)} now {is_now}, before {was}"
    if now and is_now:
        return f"Calories, {is_now}, added to {weekday(now)}"
    return f"Calories, {was}, removed from {weekday(before)}" if before else ""


def kcal(item: dict[str, Any] | None) -> str:
    return units.kcal(item["calories"]) if item and item["calories"] is not None else ""


def parts(rows: DayRows, _system: str) -> tuple[Part, ...]:
    """What was typed in: meals, or the whole day. What a source says is a sum and has no time."""
    found = [
        Part(one.time, NAME, units.kcal(one.calories), name=one.name, source=BY_HAND, entry=f"meal-{one.key}")
        for one in rows.meals
    ]
    whole = [one for one in rows.eaten if one.account in ("", HAND_ACCOUNT)]
    return (
        *found,
        *(
            Part(None, NAME, f"{units.kcal(one.calories)}, the whole day", source=BY_HAND, entry=f"calories-{one.id}")
            for one in whole
        ),
    )


def of_day(title: str, rows: DayRows, partial: bool, chosen: Preferences) -> Number:
    row = rows.calories[-1] if rows.calories else None
    if row is None or row.calories is None:
        burned = f"burned {units.kcal(row.burned)}" if row and row.burned is not None else ""
        return Number(title, NOTHING, (burned,) if burned else ())
    goal = f"goal {chosen.calorie_goal:,}" if chosen.calorie_goal else ""
    notes = (
        joined(["so far" if partial else "", against(row.calories, chosen.calorie_goal, partial)]),
        joined([figure(row.burned, "burned {:,.0f}"), goal]),
        made_of(rows, row.calories),
    )
    return Number(title, units.kcal(row.calories), tuple(filter(None, notes)))


def made_of(rows: DayRows, total: float) -> str:
    """`1,330 from Fitbit, 450 by hand`; `from Fitbit` where it has no parts, '' where one cannot tell."""
    by_account = {one.account: one.calories for one in rows.eaten}
    meals = by_account.pop(MEALS_ACCOUNT, None)
    best = next(iter(by_account), None)
    if meals is None or best in ("", HAND_ACCOUNT):
        return source(best) if best is not None else ""
    others = [f"{by_account[best]:,.0f} {source(best) or 'of the demo'}"] if best is not None and total > meals else []
    return joined([*others, f"{meals:,.0f} {BY_HAND}"])


def latest(record: Any, _system: str) -> list[str]:
    eaten, burned = (figure(value, "{:,.0f} kcal") for value in (record.calories, record.burned))
    return [record.record_date.isoformat(), eaten, burned]
