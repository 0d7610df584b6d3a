"""Logs refusals: one line per kind and period, with a count, so that a flood of refusals does not fill the disk."""

import logging
from collections import Counter
from collections.abc import Callable

log = logging.getLogger(__name__)

#: Seconds in which refusals of one kind make one line; further ones are counted in the next line.
QUIET_SECONDS = 1.0


class RefusalLog:
    """Logs refusals; ``clock`` returns seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._next: dict[str, float] = {}
        self._suppressed: Counter[str] = Counter()

    def note(self, code: str, detail: str) -> None:
        """Log a refusal; ``detail`` must hold no secrets."""
        now = self._clock()
        if now < self._next.get(code, now):
            self._suppressed[code] += 1
            return
        self._next[code] = now + QUIET_SECONDS
        more = self._suppressed.pop(code, 0)
        log.warning("refused (%s): %s%s", code, detail, f", and {more} more before" if more else "")
