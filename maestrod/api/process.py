"""An agent's process: which one it is, and how it ended."""

from typing import Annotated

from msgspec import Meta, structs

from maestrod.api.model.base import Entity, Instant


class ProcessIdentity(Entity, frozen=True):
    """A process that cannot be mistaken for another: boot id, pid and start time (clock ticks after boot, or ms)."""

    pid: int
    started: int
    boot_id: str


#: A number is only read, from what 0.1 wrote or said; everybody is told a name.
_Signal = Annotated[
    str | int | None,
    Meta(
        description="The name of a signal without SIG (TERM), the number of one that has no name.",
        extra_json_schema={"x-told": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
    ),
]


class Exit(Entity, frozen=True):
    """How the agent's process ended: an exit code or the signal that ended it, and why we say so."""

    code: int | None = None
    signal: _Signal = None
    reason: str = ""
    detail: str = ""
    at: Instant = 0

    def __post_init__(self) -> None:
        """Make a name of the number that 0.1 had."""
        if isinstance(self.signal, int):
            structs.force_setattr(self, "signal", _named(self.signal))

    @property
    def signal_name(self) -> str:
        """The signal as people know it: ``SIGTERM``, ``signal 34``; empty when none ended the process."""
        if self.signal is None:
            return ""
        name = str(self.signal)
        return f"signal {name}" if name.isdigit() else f"SIG{name}"


def _named(number: int) -> str:
    import signal  # which takes 3 ms to load, and numbers are rare

    try:
        return signal.Signals(number).name.removeprefix("SIG")
    except ValueError:
        return str(number)
