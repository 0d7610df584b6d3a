"""What our programs need from their Python: paths and arguments in UTF-8, and docstrings, which are the help.

A locale or an environment variable can disable both. A program that finds this starts itself again, which takes 20 ms in this
case only.
"""

import os
import sys


def start_again() -> None:
    """Replace this process by the same program in UTF-8 mode and with docstrings. Returns if that was done already.

    It uses Python's own options: ``-X utf8`` (PEP 540), ``-O`` instead of ``-OO``, and ``PYTHONOPTIMIZE=1``.
    """
    if "utf8" in sys._xoptions:  # noqa: SLF001 - documented in spite of its name
        return
    given = len(sys.orig_argv) - len(sys.argv) + 1
    options = ["-O" if word == "-OO" else word for word in sys.orig_argv[1:given]]
    environ = {**os.environ, "PYTHONOPTIMIZE": "1"} if sys.flags.optimize > 1 else dict(os.environ)
    os.execve(sys.executable, [sys.executable, "-X", "utf8", *options, *sys.orig_argv[given:]], environ)
