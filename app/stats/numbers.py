"""Pure: the week in numbers, a card for each row and one for the pace, as texts."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from statistics import mean

from app import units
from app.records.rows import ActivityRow, CaloriesRow, WeightRow
from app.stats.cells import joined
from app.stats.pace import ENOUGH, Pace

SPORTS_SHOWN = 3


@dataclass(frozen=True)
class Number:
    """One card: what it is about, its figure, and sentences below."""

    title: str
    head: str
    notes: tuple[str, ...] = ()


def weight(title: str, rows: list[WeightRow], before: list[WeightRow], system: str, goal: float | None) -> Number:
    """The average of the week's weigh-ins, one a day, against last week's; `goal` in kilograms."""
    if not rows:
        last = f"Last week's average was {units.mass(average(before), system)}." if before else ""
        return Number(title, "No weigh-in", tuple(filter(None, [last])))
    ours = average(rows)
    notes = [counted(len(rows), "weigh-in"), change(ours, average(before), system) if before else "none last week"]
    return Number(title, units.mass(ours, system), (f"Average of {joined(notes)}.", *to_goal(ours, goal, system)))


def average(rows: list[WeightRow]) -> float:
    return mean(row.weight for row in rows)


def change(kilograms: float, before: float, system: str) -> str:
    return difference(kilograms - before, system, "more than last week", "less than last week", "as last week")


def to_goal(kilograms: float, goal: float | None, system: str) -> tuple[str, ...]:
    if not goal:
        return ()
    named = f"your goal of {units.mass(goal, system)}"
    return (sentence(difference(kilograms - goal, system, f"above {named}", f"below {named}", f"at {named}")),)


def difference(kilograms: float, system: str, more: str, less: str, same: str) -> str:
    """`0.3 kg less than last week`; `same` where the figure would read 0.0."""
    amount = units.mass(abs(kilograms), system)
    if amount.startswith("0.0"):
        return same
    return f"{amount} {more if kilograms > 0 else less}"


def calories(title: str, rows: list[CaloriesRow], today: date, goal: int | None) -> Number:
    """The average of the days that are over and logged; what was eaten today so far stands beside it."""
    eaten = [row.calories for row in rows if row.calories is not None and row.date != today]
    so_far = [row.calories for row in rows if row.calories is not None and row.date == today]
    burned = [row.burned for row in rows if row.burned is not None and row.date != today]
    today_note = f"Today so far {units.kcal(so_far[0])}." if so_far else ""
    if not eaten:
        return Number(title, "No full day logged", tuple(filter(None, [today_note])))
    logged = joined([counted(len(eaten), "logged day"), f"burned {units.kcal(mean(burned))}" if burned else ""])
    notes = [f"Average of {logged}.", against_goal(eaten, goal), today_note]
    return Number(title, f"{units.kcal(mean(eaten))} a day", tuple(filter(None, notes)))


def against_goal(eaten: list[float], goal: int | None) -> str:
    """`420 kcal under your goal of 2,400: 1 day over, 3 under.`; '' without a goal."""
    if not goal:
        return ""
    balance = round(sum(eaten) - goal * len(eaten))
    over = sum(1 for one in eaten if one > goal)
    side = f"{units.kcal(abs(balance))} {'over' if balance > 0 else 'under'} in all" if balance else "even in all"
    return f"Goal {units.kcal(goal)}: {side}, {counted(over, 'day')} over, {len(eaten) - over} under."


def activities(title: str, rows: list[ActivityRow], system: str) -> Number:
    """Distance and moving time in all and by sport, the longest first."""
    if not rows:
        return Number(title, "No activity")
    sports = Counter[str]()
    for row in rows:
        sports[units.sport(row.activity_type)] += row.moving_time or 0
    shown = [name for name, _ in sports.most_common(SPORTS_SHOWN)]
    notes = [f"{name}: {of_sport(rows, name, system)}" for name in shown]
    if rest := len(sports) - len(shown):
        notes.append(f"And {counted(rest, 'more sport')}.")
    return Number(title, sum_of(rows, system) or counted(len(rows), "activity", "activities"), tuple(notes))


def of_sport(rows: list[ActivityRow], sport: str, system: str) -> str:
    own = [row for row in rows if units.sport(row.activity_type) == sport]
    return joined([sum_of(own, system), f"{len(own)} times" if len(own) > 1 else ""]) or "once"


def sum_of(rows: list[ActivityRow], system: str) -> str:
    """`24.6 km, 2 h 41 min`."""
    metres = sum(row.distance or 0 for row in rows)
    seconds = sum(row.moving_time or 0 for row in rows)
    return joined([units.distance(metres, system) if metres else "", units.duration(seconds)])


def pace(compared: Pace, system: str) -> Number:
    """The moving time against the usual week up to now, or in all for a week that is over."""
    title = "Against your usual week"
    if compared.weeks < ENOUGH:
        there = f"there {'is' if compared.weeks == 1 else 'are'} {compared.weeks}"
        return Number(title, "No usual week yet", (f"It takes {ENOUGH} earlier weeks; so far {there}.",))
    usual, ours = round(compared.usual_seconds), compared.seconds
    head = "As usual"
    if abs(ours - usual) >= 60:
        head = f"{time(abs(ours - usual))} {'more' if ours > usual else 'less'}"
    until = compared.until
    so_far, by = ("So far", f"by {until:%A %H:%M}") if until else ("In all", "in a week")
    notes = [f"{so_far} {time(ours)}, usually {time(usual)} {by}."]
    if compared.metres or compared.usual_metres:
        notes.append(f"{length(compared.metres, system)}, usually {length(compared.usual_metres, system)}.")
    return Number(title, head, tuple(notes))


def time(seconds: int) -> str:
    return units.duration(seconds) or f"0{units.NBSP}min"


def length(metres: float, system: str) -> str:
    return units.distance(metres, system)


def counted(number: int, one: str, many: str = "") -> str:
    return f"{number}{units.NBSP}{one if number == 1 else many or one + 's'}"


def sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
