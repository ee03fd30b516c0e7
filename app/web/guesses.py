"""How many passwords may be tried: a few by one visitor, and not many by all of them together."""

import math
import time

from limits import RateLimitItem, parse, parse_many

from app.extensions import limiter

EACH = parse_many("5 per minute; 20 per hour")
ALL = parse("100 per hour")
"""Of visitors that never signed in. A browser that did is counted by itself, so that strangers cannot keep it out."""


def count(who: str, returning: bool) -> tuple[int, bool]:
    """Counts one attempt before it is made: 0, or the seconds until one may be, and whether `who` is the reason."""
    limits: list[tuple[RateLimitItem, str]] = [(limit, who) for limit in EACH]
    if not returning:
        limits.append((ALL, "all"))
    for limit, counted in limits:
        if not limiter.limiter.hit(limit, counted) and not hit_again(limit, counted):
            return math.ceil(max(1, seconds_left(limit, counted))), counted == who
    return 0, True


def seconds_left(limit: RateLimitItem, counted: str) -> float:
    return limiter.limiter.get_window_stats(limit, counted).reset_time - time.time()


def hit_again(limit: RateLimitItem, counted: str) -> bool:
    """Where attempts are of a future, the clock has been set back, and it would take until then to forget them."""
    if seconds_left(limit, counted) <= limit.get_expiry() + 1:
        return False
    limiter.limiter.clear(limit, counted)
    return limiter.limiter.hit(limit, counted)


def forget(who: str) -> None:
    """After the right password: the wrong ones before it were slips."""
    for limit in EACH:
        limiter.limiter.clear(limit, who)
