"""A process that makes decisions without access to the machine: no file, socket, clock, randomness or other program.

``python -m tests.kit.worlds.sealed`` reads a world and a script (``replayed.py``) from stdin, one line each, and prints the outcome of
each decision. While it decides, every function of the modules in ``SEALED`` raises, and so does everything that Python's audit hooks
report: opening, importing, connecting, starting (https://docs.python.org/3/library/audit_events.html).
"""

import builtins
import functools
import importlib
import io
import os
import sys
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

SEALED = (
    *(
        "os",
        "posix",
        "socket",
        "time",
        "random",
        "secrets",
        "uuid",
        "subprocess",
        "threading",
        "tempfile",
        "shutil",
        "glob",
    ),
    *("_thread", "select", "signal", "platform", "locale"),
)
#: Functions that only use their argument.
_HARMLESS = frozenset({"fspath", "fsencode", "fsdecode"})


#: Classes that read the machine's clock. Their types cannot be changed, so subclasses replace them.
_CLOCKS = (("datetime", "datetime", ("now", "utcnow", "today")), ("datetime", "date", ("today",)))
_CHANCES = (("random", "Random"), ("random", "SystemRandom"), ("_random", "Random"))


class Reached(BaseException):
    """Something accessed the machine. Not an ``Exception``, so that no error handler catches it."""


class Seal:
    """Wraps functions so that they raise while the seal is closed."""

    def __init__(self) -> None:
        self.closed = False

    def over(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function behind the seal."""

        @functools.wraps(function)
        def sealed(*arguments: Any, **named: Any) -> Any:
            if self.closed:
                self.closed = False
                raise Reached(name)
            return function(*arguments, **named)

        return sealed

    def over_module(self, name: str) -> None:
        """Put every function of a module behind the seal."""
        module = importlib.import_module(name)
        for member, value in vars(module).copy().items():
            if isinstance(value, BuiltinFunctionType | FunctionType | MethodType) and member not in _HARMLESS:
                setattr(module, member, self.over(f"{name}.{member}", value))

    def over_class(self, name: str, member: str, functions: tuple[str, ...]) -> None:
        """Put functions of a class behind the seal, in a subclass that replaces it in its module."""
        module = importlib.import_module(name)
        whole = getattr(module, member)
        setattr(
            module,
            member,
            type(member, (whole,), {each: self.over(f"{member}.{each}", getattr(whole, each)) for each in functions}),
        )

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Python's audit hook."""
        if self.closed:
            self.closed = False
            raise Reached(f"{event} {arguments!r}")


def put_on() -> Seal:
    """The seal over everything, still open."""
    seal = Seal()
    for name in SEALED:
        seal.over_module(name)
    for name, member, functions in _CLOCKS:
        seal.over_class(name, member, functions)
    for name, member in _CHANCES:
        seal.over_class(name, member, ("__new__",))
    builtins.open = io.open = seal.over("open", open)
    for reader in ("__getitem__", "__iter__", "__len__"):
        setattr(type(os.environ), reader, seal.over("os.environ", getattr(type(os.environ), reader)))
    sys.addaudithook(seal.hear)
    return seal


def main() -> None:
    """Decide the script from stdin."""
    seal = put_on()
    from tests.kit.worlds import replayed

    home = replayed.restored(sys.stdin.buffer.readline())
    script = replayed.read(sys.stdin.buffer.readline())
    seal.closed = True
    found = replayed.outcomes(home, script)
    seal.closed = False
    sys.stdout.buffer.write(b"\0".join(found))


if __name__ == "__main__":
    main()
