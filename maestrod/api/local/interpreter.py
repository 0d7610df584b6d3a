"""What our programs need of the Python that runs them: paths and arguments in UTF-8, and docstrings, which are the help.

A locale or a variable can take both away. A program that finds it so starts itself again, which costs 20 ms and happens nowhere else.
"""

import os
import sys


def start_again() -> None:
    """Replace this process by the same program in UTF-8 mode and with docstrings; returns where that was done already.

    Python's own words say how: ``-X utf8`` (PEP 540), ``-O`` instead of ``-OO`` and ``PYTHONOPTIMIZE=1``.
    """
    if "utf8" in sys._xoptions:  # noqa: SLF001 - documented in spite of its name
        return
    given = len(sys.orig_argv) - len(sys.argv) + 1
    options = ["-O" if word == "-OO" else word for word in sys.orig_argv[1:given]]
    environ = {**os.environ, "PYTHONOPTIMIZE": "1"} if sys.flags.optimize > 1 else dict(os.environ)
    os.execve(sys.executable, [sys.executable, "-X", "utf8", *options, *sys.orig_argv[given:]], environ)
