"""Where time and randomness come from: the only place of the daemon that reads them for decisions."""

import secrets
import time
from typing import Protocol

from maestrod.core.command import Stamp

#: Bytes of 80 random bits.
_ENTROPY_BYTES = 10


class Clock(Protocol):
    """A source of wall time and randomness; tests bring their own."""

    def wall(self) -> int:
        """Milliseconds since the epoch; may jump."""

    def entropy(self) -> int:
        """80 random bits."""


class SystemClock:
    """The machine's clock and random source, which is asked for many decisions at a time: each call costs it 30 µs."""

    def __init__(self) -> None:
        self._random = b""

    def wall(self) -> int:
        """Milliseconds since the epoch."""
        return time.time_ns() // 1_000_000

    def entropy(self) -> int:
        """80 random bits."""
        if not self._random:
            self._random = secrets.token_bytes(_ENTROPY_BYTES * 256)
        taken, self._random = self._random[:_ENTROPY_BYTES], self._random[_ENTROPY_BYTES:]
        return int.from_bytes(taken)


#: Ids made in one decision count up from the entropy; this much room is left between two decisions of one millisecond.
_STEP = 1 << 32
_TOP = 1 << 80


class Stamps:
    """Makes stamps whose ids rise: the id clock never goes back, and within a millisecond the entropy goes up."""

    def __init__(self, clock: Clock, last_id_time: int = 0) -> None:
        self.clock = clock
        self._id_time = last_id_time
        self._entropy = _TOP

    def next(self) -> Stamp:
        """The stamp of the next decision."""
        at = self.clock.wall()
        if at > self._id_time:
            self._id_time, self._entropy = at, self.clock.entropy() >> 2
        elif self._entropy + _STEP >= _TOP:
            self._id_time, self._entropy = self._id_time + 1, self.clock.entropy() >> 2
        else:
            self._entropy += _STEP
        return Stamp(at=at, id_time=self._id_time, entropy=self._entropy)
