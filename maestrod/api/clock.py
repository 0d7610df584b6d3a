"""Time limits that can be stopped: of a session's phase, and of a task's attempt."""

from typing import Self

from maestrod.api.model.base import Entity, Instant


class Clock(Entity, frozen=True):
    """A time limit that can be paused: it runs until ``deadline``, or is paused with ``left`` ms to go; never both.

    Raises ``ValueError`` if both are given, or neither.
    """

    deadline: Instant | None = None
    left: int | None = None

    def __post_init__(self) -> None:
        if (self.deadline is None) is (self.left is None):
            raise ValueError("a clock has either a deadline or time left")

    def stopped(self, now: int) -> Self:
        """The clock, paused."""
        return self if self.deadline is None else type(self)(left=max(0, self.deadline - now))

    def started(self, now: int) -> Self:
        """The clock, running."""
        return self if self.left is None else type(self)(deadline=now + self.left)

    def later(self, ms: int) -> Self:
        """The clock after the wall clock was set or the machine slept: the time left stays the same."""
        return self if self.deadline is None else type(self)(deadline=self.deadline + ms)
