"""Judges the end of an agent that reports how its turns end; adapters of agents that report wrongly have their own rule."""

from maestrod.api.process import Exit
from maestrod.api.turn import Outcome
from maestrod.core.values.facts import Judgement


def judge(ended: Exit, outcome: Outcome | None, *, stop_requested: bool) -> Judgement:
    """Judge by the agent's own report, then by the signal that we sent, then by the exit code, which proves little."""
    if outcome is Outcome.COMPLETED:
        return Judgement.COMPLETED
    if stop_requested:
        return Judgement.STOPPED
    if outcome is not None:
        return Judgement.FAILED
    return Judgement.COMPLETED if ended.code == 0 else Judgement.FAILED
