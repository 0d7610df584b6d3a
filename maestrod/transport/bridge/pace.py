"""How much one token may ask for: so many requests a second, and some more at once (a token bucket per token).

A client from elsewhere, or a script of it in a loop, must not take the daemon from everybody else. The user's own programs on
this machine are not limited: they could take the machine itself.
"""

from collections.abc import Callable

#: A bucket holds this many seconds of requests.
_BURST_SECONDS = 2.0

#: Buckets that are remembered; a token that asks nothing for long has a full one anyway.
_KEPT = 1000


class Pace:
    """Counts requests by name. ``rate`` is requests per second; ``clock`` gives seconds."""

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._size = max(rate * _BURST_SECONDS, 1.0)
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}  # what is in it, and when that was

    def take(self, name: str) -> float:
        """Take a request out of a bucket: 0.0, or the seconds until there is one."""
        now = self._clock()
        level, then = self._buckets.pop(name, (self._size, now))
        level = min(self._size, level + (now - then) * self._rate)
        taken = level >= 1.0
        self._buckets[name] = (level - 1.0 if taken else level, now)
        if len(self._buckets) > _KEPT:
            del self._buckets[next(iter(self._buckets))]
        return 0.0 if taken else (1.0 - level) / self._rate
