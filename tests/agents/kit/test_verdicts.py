"""The order an end is judged by: the agent's word, our signal, the exit code."""

import pytest

from maestrod.agents.adapter import Verdict
from maestrod.agents.kit.verdicts import verdict
from maestrod.api.process import Exit
from maestrod.core.values.signs import Outcome


@pytest.mark.parametrize("code", [0, 1, None])
def test_the_agents_own_statement_counts_first(code: int | None) -> None:
    assert verdict(Exit(code=code), Outcome.COMPLETED, told_to_stop=True) is Verdict.COMPLETED
    assert verdict(Exit(code=code), Outcome.FAILED, told_to_stop=False) is Verdict.FAILED


@pytest.mark.parametrize("outcome", [None, Outcome.FAILED, Outcome.INTERRUPTED, Outcome.LIMIT])
def test_our_signal_explains_unfinished_tasks(outcome: Outcome | None) -> None:
    assert verdict(Exit(code=0), outcome, told_to_stop=True) is Verdict.STOPPED


def test_the_exit_code_is_the_last_resort() -> None:
    assert verdict(Exit(code=0), None, told_to_stop=False) is Verdict.COMPLETED
    assert verdict(Exit(code=3), None, told_to_stop=False) is Verdict.FAILED
    assert verdict(Exit(signal="KILL"), None, told_to_stop=False) is Verdict.FAILED
