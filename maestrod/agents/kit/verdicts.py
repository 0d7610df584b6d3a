"""How the end of an agent that says how its turns end is judged; adapters whose agents lie about it say so themselves."""

from maestrod.agents.adapter import Verdict
from maestrod.api.process import Exit
from maestrod.core.values.signs import Outcome


def verdict(ended: Exit, outcome: Outcome | None, *, told_to_stop: bool) -> Verdict:
    """First the agent's own last word, then the signal we sent, then the exit code: an exit code alone proves little."""
    if outcome is Outcome.COMPLETED:
        return Verdict.COMPLETED
    if told_to_stop:
        return Verdict.STOPPED
    if outcome is not None:
        return Verdict.FAILED
    return Verdict.COMPLETED if ended.code == 0 else Verdict.FAILED
