"""What the domain knows of agents."""

from maestrod.core.values.agent_traits import SHELL_ONLY, AgentTraits, Turns
from maestrod.core.values.signs import NOTHING


def test_an_unknown_agent_takes_no_prompts_and_says_nothing() -> None:
    unknown = AgentTraits()
    assert unknown.turns is Turns.NONE
    assert unknown.read_hook("Stop", {"session_id": "x"}) is NOTHING


def test_the_shell_agent_runs_commands_and_plans_nothing_by_itself() -> None:
    assert SHELL_ONLY["shell"].runs_commands
    assert not SHELL_ONLY["shell"].plans
