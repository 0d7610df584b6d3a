"""The source of time and randomness for decisions; no other code reads them for that."""

import secrets
import time
from typing import Protocol

from maestrod.api.local.daemon_lock import boot_id
from maestrod.api.system import ClockMark
from maestrod.core.values.command import Stamp
from maestrod.core.values.facts import ClockMoved
from maestrod.engine.clock_watch import ClockWatch

#: Bytes of entropy per stamp (80 bits).
_ENTROPY_BYTES = 10


class TimeSource(Protocol):
    """A source of wall time and randomness; tests use their own."""

    def wall(self) -> int:
        """Milliseconds since the epoch; may jump."""

    def steady(self) -> int:
        """Milliseconds since the machine started. It is never set, and continues while the machine sleeps."""

    def awake(self) -> int:
        """The same without the time that the machine slept."""

    def boot(self) -> str:
        """The id of this boot. Empty where the system has none; then jumps of the clock are not detected."""

    async def changed(self) -> None:
        """Return when the wall clock may have been set, or the machine may have slept."""

    def entropy(self) -> int:
        """80 random bits."""


#: A clock that counts sleep. On macOS, ``CLOCK_MONOTONIC`` does, but ``time.monotonic`` does not.
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class SystemClock:
    """The machine's clock and random source. It reads entropy for many decisions at once, because each call costs 30 µs."""

    def __init__(self) -> None:
        self._random = b""
        self._boot = boot_id()
        self._watch = ClockWatch()

    def steady(self) -> int:
        """Milliseconds since the machine started."""
        return time.clock_gettime_ns(_STEADY) // 1_000_000

    def awake(self) -> int:
        """The same without the time that the machine slept."""
        return time.monotonic_ns() // 1_000_000

    def boot(self) -> str:
        """The id of this boot."""
        return self._boot

    async def changed(self) -> None:
        """Return when the wall clock may have been set, or the machine may have slept."""
        await self._watch.changed()

    def wall(self) -> int:
        """Milliseconds since the epoch."""
        return time.time_ns() // 1_000_000

    def entropy(self) -> int:
        """80 random bits."""
        if not self._random:
            self._random = secrets.token_bytes(_ENTROPY_BYTES * 256)
        taken, self._random = self._random[:_ENTROPY_BYTES], self._random[_ENTROPY_BYTES:]
        return int.from_bytes(taken)


#: Ids of one decision count up from its entropy; this is the distance between two decisions in one millisecond.
_STEP = 1 << 32
_TOP = 1 << 80


class Stamps:
    """Makes stamps with rising ids: the id time never goes back, and the entropy rises within a millisecond."""

    def __init__(self, clock: TimeSource, last_id_time: int = 0) -> None:
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


#: Smaller differences (ms) come from slewing or from reading the clocks a moment apart, so they are ignored.
JUMP_MS = 1_000


def movement(mark: ClockMark | None, clock: TimeSource) -> ClockMoved | None:
    """How the clocks moved since ``mark``; None if they did not.

    Across a boot, only the wall clock is known, so it is trusted.
    """
    boot = clock.boot()
    if not boot:
        return None
    steady = clock.steady()
    ahead, asleep = clock.wall() - steady, steady - clock.awake()
    if mark is None or mark.boot != boot:
        return ClockMoved(ClockMark(boot=boot, ahead=ahead, asleep=asleep, stepped=mark.stepped if mark else 0))
    step, slept = ahead - mark.ahead, asleep - mark.asleep
    step, slept = step if abs(step) >= JUMP_MS else 0, slept if slept >= JUMP_MS else 0
    if not (step or slept):
        return None
    ahead, asleep = mark.ahead + step, mark.asleep + slept
    return ClockMoved(ClockMark(boot=boot, ahead=ahead, asleep=asleep, stepped=mark.stepped + step), step, slept)
