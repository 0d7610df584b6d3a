"""What the configuration says to the domain: limits, defaults and the agents there are. Values only, so they can be saved."""

from collections.abc import Mapping

import msgspec

from maestrod.core.values.agent_traits import SHELL_ONLY, AgentTraits

_UNKNOWN = AgentTraits()


class Policy(msgspec.Struct, frozen=True):
    """The part of the configuration the domain decides by.

    ``max_sessions`` bounds worker sessions alive at once, over everything; ``agent_limits`` per agent. Times are milliseconds. ``plan_repairs`` is how often a planner may hand in a
    better plan after a refused one, ``nudges`` how often in a row an agent is reminded of tasks it left open.
    ``permission_timeout_ms`` bounds questions where the project says nothing. ``limit_wait`` sits usage limits out, up to
    ``limit_wait_max_ms``; a limit without a known end is waited for ``limit_backoff_ms``, doubled each time in a row; those that
    wait for one agent wake ``limit_stagger_ms`` apart.
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
        """How long an agent may take from start to its first sign of life."""
        own = self.traits(agent).registration_timeout_ms
        return self.registration_timeout_ms if own is None else max(own, self.registration_timeout_ms)

    def traits(self, agent: str) -> AgentTraits:
        """What is known of an agent; of one that this version does not know (any more) nothing."""
        return self.agents.get(agent, _UNKNOWN)
