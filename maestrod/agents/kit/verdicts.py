"""Judges the end of an agent that reports how its turns end; adapters of agents that report wrongly have their own rule."""

from maestrod.agents.adapter import Verdict
from maestrod.api.process import Exit
from maestrod.core.values.signs import Outcome


def verdict(ended: Exit, outcome: Outcome | None, *, told_to_stop: bool) -> Verdict:
    """Judge by the agent's own report, then by the signal that we sent, then by the exit code, which proves little."""
    if outcome is Outcome.COMPLETED:
        return Verdict.COMPLETED
    if told_to_stop:
        return Verdict.STOPPED
    if outcome is not None:
        return Verdict.FAILED
    return Verdict.COMPLETED if ended.code == 0 else Verdict.FAILED
