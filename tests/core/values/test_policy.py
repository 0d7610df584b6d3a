"""What the configuration says to the domain."""

from maestrod.core.values.agent_traits import AgentTraits
from maestrod.core.values.policy import Policy


def test_an_agent_can_have_its_own_registration_timeout() -> None:
    policy = Policy(registration_timeout_ms=5, agents={"slow": AgentTraits(registration_timeout_ms=50)})
    assert (policy.registration_timeout("slow"), policy.registration_timeout("shell")) == (50, 5)


def test_without_configuration_there_is_the_shell_agent() -> None:
    assert set(Policy().agents) == {"shell"}
