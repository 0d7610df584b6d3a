"""The order an end is judged by: the agent's word, our signal, the exit code."""

import pytest

from maestrod.agents.kit.judging import judge
from maestrod.api.process import Exit
from maestrod.api.turn import Outcome
from maestrod.core.values.facts import Judgement


@pytest.mark.parametrize("code", [0, 1, None])
def test_the_agents_own_statement_counts_first(code: int | None) -> None:
    assert judge(Exit(code=code), Outcome.COMPLETED, stop_requested=True) is Judgement.COMPLETED
    assert judge(Exit(code=code), Outcome.FAILED, stop_requested=False) is Judgement.FAILED


@pytest.mark.parametrize("outcome", [None, Outcome.FAILED, Outcome.INTERRUPTED, Outcome.LIMIT])
def test_our_signal_explains_unfinished_tasks(outcome: Outcome | None) -> None:
    assert judge(Exit(code=0), outcome, stop_requested=True) is Judgement.STOPPED


def test_the_exit_code_is_the_last_resort() -> None:
    assert judge(Exit(code=0), None, stop_requested=False) is Judgement.COMPLETED
    assert judge(Exit(code=3), None, stop_requested=False) is Judgement.FAILED
    assert judge(Exit(signal="KILL"), None, stop_requested=False) is Judgement.FAILED
