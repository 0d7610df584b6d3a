"""A daemon that is killed by SIGKILL directly before or after it writes something to an agent.

The file ``die`` in its home says when (``before`` or ``after``). It is removed at that moment, so that this happens once.
"""

import os
import signal
import sys
from pathlib import Path

from maestrod import __main__
from maestrod.sessions.custody import Custody

_DIE = Path(os.environ["MAESTRO_HOME"], "die")
_send = Custody.send


async def send(custody: Custody, session_id: str, data: bytes, key: str | None = None) -> None:
    """Send as custody does, and die."""
    moment = _DIE.read_text() if _DIE.exists() else ""
    if moment == "before":
        _die()
    await _send(custody, session_id, data, key)
    if moment == "after":
        _die()


def _die() -> None:
    _DIE.unlink()
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    setattr(Custody, "send", send)  # noqa: B010 - what this module is for
    sys.exit(__main__.main())
