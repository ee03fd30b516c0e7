"""Pure: how much somebody may do in a while (a token bucket)."""

import time


class Allowance:
    """`burst` at once, and `rate` a second in the long run."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst, self.left = rate, burst, burst
        self.at = time.monotonic()

    def take(self, amount: float = 1) -> bool:
        """Whether that much was left, and takes it if so."""
        now = time.monotonic()
        self.left = min(self.burst, self.left + (now - self.at) * self.rate)
        self.at = now
        if amount > self.left:
            return False
        self.left -= amount
        return True
