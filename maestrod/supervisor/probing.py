"""Probes a silent agent: does its output grow, does it use CPU time, what does its terminal's title say?

Two measurements are made a few seconds apart. An agent that waits for its model uses no CPU time, so "no sign of life"
is a hint for a person and never a verdict.
"""

from collections.abc import Sequence

import trio

from maestrod.api.session import Session
from maestrod.core.values.facts import Probed
from maestrod.core.values.signs import ScreenShown, Sign
from maestrod.sessions.activity import processor_seconds
from maestrod.sessions.custody import Custody
from maestrod.supervisor.launching import in_thread

#: Seconds between the two measurements.
LOOK_SECONDS = 5.0
#: Share of one CPU that counts as work: an idle agent on Node uses less than one percent, a busy one tens of percent.
BUSY_SHARE = 0.05


async def probe(custody: Custody, session: Session, screen: Sequence[Sign]) -> Probed:
    """Probe a session; ``screen`` has the signs of its terminal's last title."""
    pid = session.process.pid if session.process is not None else 0
    output, worked = _output(custody, session.id), await in_thread(processor_seconds, pid)
    began = trio.current_time()
    await trio.sleep(LOOK_SECONDS)
    seconds = trio.current_time() - began
    grown = _output(custody, session.id) - output
    used = max(0.0, await in_thread(processor_seconds, pid) - worked)
    is_working = used >= BUSY_SHARE * seconds
    idle = any(isinstance(sign, ScreenShown) and not sign.busy for sign in screen)
    detail = f"in {seconds:.0f} s it printed {grown} bytes and used {used:.1f} s of processor time"
    if idle:
        detail += ", and its terminal's title says that it is idle"
    return Probed(session.id, session.attempt, is_working or (grown > 0 and not idle), detail)


def _output(custody: Custody, session_id: str) -> int:
    return custody.read_output(session_id, 0, 0).end
