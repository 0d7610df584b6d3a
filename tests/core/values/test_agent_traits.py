"""What the domain knows about agents."""

from maestrod.core.values.agent_traits import SHELL_ONLY, AgentTraits, Turns


def test_an_unknown_agent_takes_no_prompts() -> None:
    assert AgentTraits().turns is Turns.NONE


def test_the_shell_agent_runs_commands_and_does_not_plan() -> None:
    assert SHELL_ONLY["shell"].runs_commands
    assert not SHELL_ONLY["shell"].plans
