"""A daemon whose wall clock is set by the test: the file ``skew`` in its home has the milliseconds it is off."""

import os
import sys
from pathlib import Path

from maestrod import __main__
from maestrod.engine.clock import SystemClock

_SKEW = Path(os.environ["MAESTRO_HOME"], "skew")
_wall = SystemClock.wall


def wall(clock: SystemClock) -> int:
    """The machine's wall clock with the offset."""
    return _wall(clock) + (int(_SKEW.read_text()) if _SKEW.exists() else 0)


if __name__ == "__main__":
    setattr(SystemClock, "wall", wall)  # noqa: B010 - what this module is for
    sys.exit(__main__.main())
