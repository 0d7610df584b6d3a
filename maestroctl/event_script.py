"""Runs the hook script of ``hooks/`` in this process, so that ``maestroctl event`` and the hooks of agents do the same."""

import os
import sys
from collections.abc import Sequence
from importlib.machinery import SourceFileLoader

#: In the wheel the script is package data of maestrod; in a checkout it is beside the packages. ``maestrod/api/local/package_data.py``
#: finds it too, but costs more time than the script itself.
_HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib costs more than the whole call
_CANDIDATES = ("maestrod/_data/hooks/maestro_event.py", "hooks/maestro_event.py")


def report(arguments: Sequence[str]) -> int:
    """Report the event described by the arguments and standard input; 0 whatever happens."""
    path = script()
    sys.path.append(os.path.dirname(path))  # noqa: PTH120 - see above; at the end of the path: it imports the modules beside it
    module = type(sys)("maestro_event")
    SourceFileLoader("maestro_event", path).exec_module(module)
    code: int = module.main(list(arguments))
    return code


def script() -> str:
    """The path of the script. Raises ``FileNotFoundError`` if this installation lost it."""
    top = os.path.dirname(_HERE)  # noqa: PTH120 - see above
    for candidate in _CANDIDATES:
        path = f"{top}/{candidate}"
        if os.access(path, os.R_OK):
            return path
    raise FileNotFoundError("this installation of maestrod has no hooks/: install it again")
