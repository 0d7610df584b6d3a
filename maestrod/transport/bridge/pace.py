"""Limits the requests of each access token: a number per second, and a burst (a token bucket per token).

A remote client, such as a script in a loop, must not make the daemon unavailable to the others. The user's own programs
on this machine are not limited: they could overload the machine itself anyway.
"""

from collections.abc import Callable

#: Size of a bucket, in seconds of requests.
_BURST_SECONDS = 2.0

#: How many buckets are remembered; a token that makes no requests for long has a full one anyway.
_KEPT = 1000


class Pace:
    """Counts requests by name. ``rate`` is in requests per second; ``clock`` returns seconds."""

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._size = max(rate * _BURST_SECONDS, 1.0)
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}  # the level, and its time

    def take(self, name: str) -> float:
        """Take one request from the bucket of ``name``. Returns 0.0, or the seconds until one is available."""
        now = self._clock()
        level, then = self._buckets.pop(name, (self._size, now))
        level = min(self._size, level + (now - then) * self._rate)
        taken = level >= 1.0
        self._buckets[name] = (level - 1.0 if taken else level, now)
        if len(self._buckets) > _KEPT:
            del self._buckets[next(iter(self._buckets))]
        return 0.0 if taken else (1.0 - level) / self._rate
