"""What the configuration says to the domain: limits, defaults and the available agents. Values only, so that it can be saved."""

from collections.abc import Mapping

import msgspec

from maestrod.core.values.agent_traits import SHELL_ONLY, AgentTraits

_UNKNOWN = AgentTraits()


class Policy(msgspec.Struct, frozen=True):
    """The part of the configuration the domain decides by.

    Times are milliseconds. ``max_sessions`` is the maximum of live worker sessions, ``agent_limits`` the maximum per agent.
    ``plan_repairs`` is how often a planner may submit a corrected plan after a refusal, ``nudges`` how often in a row an agent
    is reminded of open tasks. ``permission_timeout_ms`` limits questions in projects without a limit of their own. With
    ``limit_wait``, sessions wait for the end of a usage limit, for up to ``limit_wait_max_ms``. If the end is unknown, they
    wait for ``limit_backoff_ms``, doubled each time in a row. Sessions that wait for one agent resume ``limit_stagger_ms``
    apart.
    """

    max_sessions: int = 8
    agent_limits: dict[str, int] = {}
    default_agent: str = "shell"
    registration_timeout_ms: int = 60_000
    agents: Mapping[str, AgentTraits] = msgspec.field(default_factory=lambda: dict(SHELL_ONLY))
    request_retention_ms: int = 86_400_000
    request_limit: int = 10_000
    plan_repairs: int = 3
    nudges: int = 2
    permission_timeout_ms: int | None = None
    limit_wait: bool = True
    limit_wait_max_ms: int = 6 * 3_600_000
    limit_backoff_ms: int = 300_000
    limit_stagger_ms: int = 5_000

    def registration_timeout(self, agent: str) -> int:
        """How long (ms) an agent may take from start to its first sign of life."""
        own = self.traits(agent).registration_timeout_ms
        return self.registration_timeout_ms if own is None else max(own, self.registration_timeout_ms)

    def traits(self, agent: str) -> AgentTraits:
        """What is known about an agent. An unknown agent, such as one of another version, has the default traits."""
        return self.agents.get(agent, _UNKNOWN)
