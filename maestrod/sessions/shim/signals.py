"""Signals by their names without the prefix (`TERM`), as they stand in launch specs, requests and exit records."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as kernel
else:
    import _signal as kernel  # what `signal` wraps in enumerations, which take 3 ms to load

__all__ = ["ASKABLE", "kernel", "rungs", "signal_name", "signal_number"]

ASKABLE = ("HUP", "INT", "QUIT", "USR1", "USR2", "TERM", "KILL", "STOP", "CONT", "WINCH", "TSTP")
"""What may be asked for: nothing that only the kernel has reason to send."""

_NAMES: dict[int, str] = {}
for _name in dir(kernel):
    if _name.startswith("SIG") and not _name.startswith("SIG_"):
        _NAMES.setdefault(int(getattr(kernel, _name)), _name[3:])


def signal_number(name: str) -> int:
    """The number of a signal; ValueError when it is not one that may be asked for."""
    if name not in ASKABLE:
        raise ValueError(f"signal {name!r} is not one of {', '.join(ASKABLE)}")
    return int(getattr(kernel, f"SIG{name}"))


def signal_name(number: int) -> str:
    """The name of a signal, its number where it has none (real-time signals)."""
    return _NAMES.get(number, str(number))


def rungs(ladder: list[tuple[str, float]]) -> list[tuple[int, float]]:
    """A stop ladder with numbers for names; ValueError when it holds anything else."""
    return [(signal_number(name), float(seconds)) for name, seconds in ladder]
