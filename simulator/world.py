"""The account that both providers serve: the made-up athlete, what a test lays over it, and the switches for faults."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from simulator import body, revision, training
from simulator.athlete import Account, account, midnight
from simulator.body import Meal, Sample
from simulator.faults import FULL_SCOPES, Fault, Switches
from simulator.tokens import Claims, Tokens, new_grant
from simulator.training import Activity

GOOGLE_USER = "111122223333444455"


class World(Switches):
    """One athlete with an account at either provider. Every method is safe to call from any thread."""

    def __init__(
        self,
        seed: str = "sevenday",
        tz: str = "UTC",
        clock: Callable[[], float] = time.time,
        life: bool = True,
        years: int = 2,
        clients: Mapping[str, str] | None = None,
    ) -> None:
        """`clients` maps the client ids that are accepted to their secrets; without it any pair is accepted."""
        super().__init__()
        self.seed, self.tz, self.clock, self.life, self.years, self.clients = seed, tz, clock, life, years, clients
        self.lock = threading.RLock()
        self.tokens = Tokens(seed)
        self.requests: deque[tuple[str, str, dict[str, Any]]] = deque(maxlen=10_000)
        self.access_until: dict[str, int] = {}  # grant -> expiry of Strava's current access token
        self.consented: set[str] = set()  # Google clients that already got a refresh token
        self._usage: dict[tuple[str, int], tuple[int, int]] = {}  # (client, window) -> (number of the window, calls)
        self._faults: list[Fault] = []
        self._activities: dict[int, Activity | None] = {}  # the overlay; None stands for deleted
        self._samples: dict[str, dict[int, Sample | None]] = {"weight": {}, "body-fat": {}, "height": {}}
        self._eaten: dict[date, float | None] = {}
        self._burned: dict[date, float | None] = {}
        self._made_up = True
        self._last_number = 20_000_000_000

    @classmethod
    def empty(cls, **options: Any) -> "World":
        """A world without the made-up athlete: only what the test adds exists."""
        world = cls(**options)
        world._made_up = False
        return world

    # What the providers read

    def now(self) -> float:
        return self.clock()

    def local_now(self) -> datetime:
        return datetime.fromtimestamp(self.now(), ZoneInfo(self.tz))

    def _account(self) -> Account:
        return account(self.seed, self.now(), self.tz, self.years, self.life) if self._made_up else Account()

    def activities(self) -> list[Activity]:
        """Ascending by start. The dicts are shared: copy before changing one."""
        with self.lock:
            base = self._account().activities
            if not self._activities:
                return list(base)
            merged = ({a["id"]: a for a in base} | self._activities).values()
            return sorted((a for a in merged if a), key=lambda a: (a["start_date"], a["id"]))

    def samples(self, kind: str) -> list[Sample]:
        """`kind` is weight, body-fat or height; newest first."""
        with self.lock:
            made_up = self._account()
            base = {"weight": made_up.weights, "body-fat": made_up.fats, "height": made_up.heights}[kind]
            if not self._samples[kind]:
                return list(reversed(base))
            merged = {sample.number: sample for sample in base} | self._samples[kind]
            return sorted((s for s in merged.values() if s), key=lambda s: (s.at, s.number), reverse=True)

    def meals(self) -> list[Meal]:
        """Newest first; a day set by `set_eaten` has one meal."""
        with self.lock:
            base = self._account().meals
            if not self._eaten:
                return list(reversed(base))
            meals = [meal for meal in base if meal.at.date() not in self._eaten]
            meals += [self._dish(day, kcal) for day, kcal in self._eaten.items() if kcal is not None]
            return sorted(meals, key=lambda meal: (meal.at, meal.number), reverse=True)

    def burned(self) -> dict[date, float]:
        with self.lock:
            merged = self._account().burned | self._burned
            return {day: kcal for day, kcal in merged.items() if kcal is not None}

    def noon(self, day: date) -> datetime:
        return training.local(datetime(day.year, day.month, day.day, 12), ZoneInfo(self.tz))  # noqa: DTZ001 - made aware there

    def _dish(self, day: date, kcal: float) -> Meal:
        return body.meal(day, 0, midnight(day, self.local_now()), "ANYTIME", "Everything", kcal)

    # What a test lays over it

    def add_activity(self, **fields: Any) -> int:
        """Any summary key, and `calories` and `description` of the detail; start_date_local may be a naive datetime."""
        with self.lock:
            number = fields.get("id") or self._next_number()
            self._activities[number] = revision.custom(number, fields, self.local_now().replace(microsecond=0))
            return number

    def edit_activity(self, number: int, **fields: Any) -> None:
        with self.lock:
            old = next((a for a in self.activities() if a["id"] == number), None)
            if old is None:
                raise KeyError(number)
            self._activities[number] = revision.revise(old, fields, ZoneInfo(self.tz))

    def delete_activity(self, number: int) -> None:
        with self.lock:
            self._activities[number] = None

    def add_weight(self, kg: float, when_local: datetime, fat: float | None = None) -> str:
        """Returns the point's name. A naive `when_local` is in the world's zone."""
        with self.lock:
            number = 7_009_000_000_000_000_000 + self._next_number()
            at = when_local if when_local.tzinfo else training.local(when_local, ZoneInfo(self.tz))
            sample = Sample(number, at, _grams(kg), by_hand=True, digits=6 if at.microsecond else 0)
            self._samples["weight"][number] = sample
            if fat is not None:
                self._samples["body-fat"][number] = replace(sample, value=fat)
            return point_name("weight", number)

    def edit_weight(self, point: str, kg: float) -> None:
        with self.lock:
            number = int(point.rpartition("/")[2])
            old = next((sample for sample in self.samples("weight") if sample.number == number), None)
            if old is None:
                raise KeyError(point)
            self._samples["weight"][number] = replace(old, value=_grams(kg))

    def move_weight(self, point: str, when_local: datetime) -> None:
        """To another moment, with the body fat that was measured along with it."""
        with self.lock:
            number, at = int(point.rpartition("/")[2]), training.local(when_local, ZoneInfo(self.tz))
            for kind in ("weight", "body-fat"):
                for sample in self.samples(kind):
                    if sample.number == number:
                        self._samples[kind][number] = replace(sample, at=at)

    def delete_weight(self, point: str) -> None:
        with self.lock:
            self._samples["weight"][int(point.rpartition("/")[2])] = None

    def set_eaten(self, day: date, kcal: float | None) -> None:
        """None: nothing was logged, so the day is absent."""
        with self.lock:
            self._eaten[day] = kcal

    def set_burned(self, day: date, kcal: float | None) -> None:
        """None: the watch was not worn, so the day is absent."""
        with self.lock:
            self._burned[day] = kcal

    def _next_number(self) -> int:
        self._last_number += 1
        return self._last_number

    # Tokens and faults

    def issue(self, provider: str, expires_in: int = 21600, scope: str | None = None) -> dict[str, Any]:
        """Tokens as after a consent, for a token file: access_token, refresh_token, expires_at (epoch second)."""
        client = next(iter(self.clients or {"demo": ""}))
        granted = FULL_SCOPES[provider] if scope is None else scope
        claims = Claims(provider, "access", client, granted, int(self.now()) + expires_in, new_grant())
        return self.pair(claims, 0 if provider == "google" else claims.expires)

    def pair(self, access: Claims, refresh_expires: int) -> dict[str, Any]:
        refresh = replace(access, kind="refresh", expires=refresh_expires, nonce=new_grant())
        return {
            "access_token": self.tokens.mint(access),
            "refresh_token": self.tokens.mint(refresh),
            "expires_at": access.expires,
        }

    def revoke_all(self) -> None:
        """All tokens issued so far stop working."""
        with self.lock:
            self.tokens.kill_all()

    def fail(
        self,
        route: str,
        *,
        status: int | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        delay: float = 0,
        times: int = 1,
        truncate: bool = False,
    ) -> None:
        """The next `times` requests whose path contains `route` fail like this; a body may be text, bytes or JSON."""
        with self.lock:
            self._faults.append(Fault(route, status, body, headers or {}, delay, times, truncate))

    def take_fault(self, path: str) -> Fault | None:
        with self.lock:
            fault = next((fault for fault in self._faults if fault.route in path and fault.times > 0), None)
            if fault:
                fault.times -= 1
            return fault

    def count(self, client: str, seconds: int, add: int = 1) -> int:
        """Calls of `client` in the running window of that many seconds, after adding `add`."""
        with self.lock:
            number = int(self.now()) // seconds
            then, calls = self._usage.get((client, seconds), (number, 0))
            calls = (calls if then == number else 0) + add
            self._usage[client, seconds] = (number, calls)
            return calls


def point_name(kind: str, number: int) -> str:
    return f"users/{GOOGLE_USER}/dataTypes/{kind}/dataPoints/{number}"


def _grams(kg: float) -> float:
    grams = round(kg * 1000, 3)
    return int(grams) if grams == int(grams) else grams
