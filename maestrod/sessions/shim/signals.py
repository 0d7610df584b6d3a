"""Signals by their names without the prefix (`TERM`), as in launch specs, requests and exit records."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as kernel
else:
    import _signal as kernel  # `signal` wraps this in enumerations, which take 3 ms to load

__all__ = ["ASKABLE", "kernel", "rungs", "signal_name", "signal_number"]

ASKABLE = ("HUP", "INT", "QUIT", "USR1", "USR2", "TERM", "KILL", "STOP", "CONT", "WINCH", "TSTP")
"""Signals that a request may name: none that only the kernel has reason to send."""

_NAMES: dict[int, str] = {}
for _name in dir(kernel):
    if _name.startswith("SIG") and not _name.startswith("SIG_"):
        _NAMES.setdefault(int(getattr(kernel, _name)), _name[3:])


def signal_number(name: str) -> int:
    """The number of a signal; ValueError when it is not in ASKABLE."""
    if name not in ASKABLE:
        raise ValueError(f"signal {name!r} is not one of {', '.join(ASKABLE)}")
    return int(getattr(kernel, f"SIG{name}"))


def signal_name(number: int) -> str:
    """The name of a signal, or its number as text if it has no name (real-time signals)."""
    return _NAMES.get(number, str(number))


def rungs(ladder: list[tuple[str, float]]) -> list[tuple[int, float]]:
    """Convert a stop ladder from signal names to numbers; ValueError for a signal that is not in ASKABLE."""
    return [(signal_number(name), float(seconds)) for name, seconds in ladder]
