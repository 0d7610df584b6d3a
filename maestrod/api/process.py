"""An agent's process: its identity, and how it ended."""

from typing import Annotated

from msgspec import Meta, structs

from maestrod.api.model.base import Entity, Instant


class ProcessIdentity(Entity, frozen=True):
    """Identifies a process without ambiguity: boot id, pid and start time (clock ticks after boot, or ms)."""

    pid: int
    started: int
    boot_id: str


#: Numbers are only read, from records of 0.1; replies always contain a name.
_Signal = Annotated[
    str | int | None,
    Meta(
        description="The name of a signal without SIG (TERM), or the number of a signal without a name.",
        extra_json_schema={"x-in-replies": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
    ),
]


class Exit(Entity, frozen=True):
    """How the agent's process ended: its exit code or the signal that ended it, and how we know."""

    code: int | None = None
    signal: _Signal = None
    reason: str = ""
    detail: str = ""
    at: Instant = 0

    def __post_init__(self) -> None:
        """Convert the number that 0.1 recorded to a name."""
        if isinstance(self.signal, int):
            structs.force_setattr(self, "signal", _named(self.signal))

    @property
    def signal_name(self) -> str:
        """The signal as people know it: ``SIGTERM``, ``signal 34``; empty if no signal ended the process."""
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
