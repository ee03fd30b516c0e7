"""The made-up account at an instant: a pure function of seed, time and zone, so that any two processes agree on it."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from random import Random
from zoneinfo import ZoneInfo

from simulator import body, revision, training
from simulator.body import Meal, Sample
from simulator.training import Activity

SLOT = 20  # seconds; the account changes at slot boundaries only
LIVE_DAYS = 4  # today and the three days before; anything older is settled
UPLOAD_EVERY = 24  # slots, 8 minutes
UPLOAD_STAYS = 111  # slots, 37 minutes: four or five duplicates exist at once
LATE_SPORTS = ("easy", "walk", "commute")


@dataclass(frozen=True)
class Account:
    """Everything both providers know, each kind ascending by time and none of it later than the instant asked for."""

    activities: tuple[Activity, ...] = ()
    weights: tuple[Sample, ...] = ()
    fats: tuple[Sample, ...] = ()
    heights: tuple[Sample, ...] = ()
    meals: tuple[Meal, ...] = ()
    burned: dict[date, float] = field(default_factory=dict)


def account(seed: str, now: float, zone: str, years: int = 2, life: bool = True) -> Account:
    """The account at epoch second `now`, with `years` of history. `life` adds the small changes of every slot, and a
    today that is none of the days without food log or weigh-in."""
    return _account(seed, int(now) // SLOT, zone, years, life)


@lru_cache(maxsize=8)
def _account(seed: str, slot: int, zone: str, years: int, life: bool) -> Account:
    now = datetime.fromtimestamp(slot * SLOT, ZoneInfo(zone))
    past = _settled(seed, now.date(), zone, years)
    days = [now.date() - timedelta(n) for n in reversed(range(LIVE_DAYS))]
    trained = [a for day in days for a in training.activities(seed, day, zone) if training.finish(a) <= now]
    weights, fats = _weighed(seed, days, now, zone, life)
    eaten = [m for day in days for m in body.meals(seed, day, zone, life and day == now.date()) if m.at <= now]
    recent = _burned(seed, days, now, trained)
    if life:
        trained = _edited(_uploaded(trained, seed, slot, zone), now, slot)
        weights = _corrected(weights, seed, now, slot)
        eaten = _snacked(eaten, now, slot)
    return Account(
        tuple(sorted((*past.activities, *trained), key=lambda a: (a["start_date"], a["id"]))),
        (*past.weights, *sorted(weights, key=lambda w: w.at)),
        (*past.fats, *fats),
        past.heights,
        (*past.meals, *sorted(eaten, key=lambda m: m.at)),
        past.burned | recent,
    )


@lru_cache(maxsize=4)
def _settled(seed: str, today: date, zone: str, years: int) -> Account:
    """History from the first of this month `years` ago (so it does not lose a day every night) to the live days."""
    first = date(today.year - years, today.month, 1)
    days = [first + timedelta(n) for n in range((today - first).days - LIVE_DAYS + 1)]
    trained = [a for day in days for a in training.activities(seed, day, zone)]
    scales = [body.weigh_ins(seed, day, zone) for day in days]
    return Account(
        tuple(trained),
        tuple(sample for weights, _ in scales for sample in weights),
        tuple(sample for _, fats in scales for sample in fats),
        (body.height(first, zone),),
        tuple(meal for day in days for meal in body.meals(seed, day, zone)),
        {day: body.burned(seed, day, training.activities(seed, day, zone)) for day in days},
    )


def midnight(day: date, now: datetime) -> datetime:
    return training.local(datetime.combine(day, time()), now.tzinfo or UTC)


def _burned(seed: str, days: list[date], now: datetime, trained: list[Activity]) -> dict[date, float]:
    burned: dict[date, float] = {}
    for day in days:
        start, end = midnight(day, now).timestamp(), midnight(day + timedelta(1), now).timestamp()
        done = [a for a in trained if a["start_date_local"][:10] == day.isoformat()]
        burned[day] = body.burned(seed, day, done, min(1.0, (now.timestamp() - start) / (end - start)))
    return {day: kcal for day, kcal in burned.items() if kcal}


def _weighed(seed: str, days: list[date], now: datetime, zone: str, life: bool) -> tuple[list[Sample], list[Sample]]:
    """With `life` the first weigh-in of today comes just after midnight, and is replaced by the one in the morning."""
    scales = [body.weigh_ins(seed, day, zone, life and day == now.date()) for day in days]
    weights = [sample for pair in scales for sample in pair[0] if sample.at <= now]
    early = midnight(now.date(), now) + timedelta(seconds=SLOT)
    if life and now > early and not any(sample.at.date() == now.date() for sample in weights):
        weights.append(replace(scales[-1][0][0], at=early, digits=0))
    return weights, [sample for pair in scales for sample in pair[1] if sample.at <= now]


def _corrected(weights: list[Sample], seed: str, now: datetime, slot: int) -> list[Sample]:
    """Today's weight moves in every slot 0 of 4, yesterday's in every slot 1: there and back again, 100 to 400 g."""
    grams = {now.date(): _step(seed, slot // 4), now.date() - timedelta(1): _step(seed, (slot - 1) // 4)}
    return [replace(w, value=round(w.value + grams.get(w.at.date(), 0), 1)) for w in weights]


def _step(seed: str, turn: int) -> int:
    return turn % 2 * Random(f"{seed}:{turn}:scale").choice((-1, 1)) * Random(f"{seed}:{turn}").randint(1, 4) * 100


def _snacked(eaten: list[Meal], now: datetime, slot: int) -> list[Meal]:
    """This hour's snack of today, another portion in every slot 2 of 4; the fullest of days stays under 3,200 kcal."""
    portion = 60 + (slot - 2) // 4 % 7 * 20
    at = max(midnight(now.date(), now), now.replace(minute=0, second=0))
    return [*eaten, body.meal(now.date(), 50 + now.hour, at, "SNACK", "Handful of nuts", portion)]


def _uploaded(trained: list[Activity], seed: str, slot: int, zone: str) -> list[Activity]:
    """Late uploads come in every 24th slot and are deleted as duplicates when their time is over."""
    last = (slot - 3) // UPLOAD_EVERY * UPLOAD_EVERY + 3
    uploads = range(last, slot - UPLOAD_STAYS, -UPLOAD_EVERY)
    return trained + [_late(seed, upload, zone) for upload in uploads]


@lru_cache(maxsize=64)
def _late(seed: str, upload: int, zone: str) -> Activity:
    rng = Random(f"{seed}:{upload}:late")
    now = datetime.fromtimestamp(upload * SLOT, ZoneInfo(zone))
    sport = training.SPORTS[rng.choice(LATE_SPORTS)]
    seconds_of_day = int(now.timestamp() - midnight(now.date(), now).timestamp())
    age = (0, 1, 0, rng.choice((2, 3)))[upload // UPLOAD_EVERY % 4]
    if age == 0 and seconds_of_day < 660:
        age = 1  # nothing worth recording fits into today yet
    latest = 20 * 3600 if age else seconds_of_day
    seconds = min(rng.randint(15, 34) * 60 + rng.randrange(60), latest - 360)
    last_start = latest - seconds - 300  # the longest pause while recording is 240 s
    second = rng.randint(min(7 * 3600, last_start), last_start)
    start = datetime.fromtimestamp(midnight(now.date() - timedelta(age), now).timestamp() + second, now.tzinfo)
    name = training.title(start, sport.sport_type)
    return training.build(training.number_at(now) + 5, start, sport, name, seconds, rng)


NEW_NAMES = ("Along the river", "Coffee loop", "Easy does it")


def _edited(trained: list[Activity], now: datetime, slot: int) -> list[Activity]:
    """The latest activity of today or yesterday gets another name or distance in every slot 3 of 4."""
    since = (now.date() - timedelta(1)).isoformat()
    latest = max((a for a in trained if a["start_date_local"] >= since), key=lambda a: a["start_date"], default=None)
    turn = (slot - 3) // 4 % 4
    if latest is None or turn == 0:
        return trained
    name = NEW_NAMES[latest["id"] % len(NEW_NAMES)] if turn in (1, 2) else latest["name"]
    metres = round(latest["distance"] * 1.03, 1) if turn in (2, 3) else latest["distance"]
    edited = revision.revise(latest, {"name": name, "distance": metres}, now.tzinfo or UTC)
    return [edited if a is latest else a for a in trained]
