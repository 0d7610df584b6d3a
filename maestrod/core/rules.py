"""What the configuration says to the domain: limits, defaults and the names it may use."""

from collections.abc import Callable

import msgspec

from maestrod.core.plan import KnownNames


def _shell_only(working_dir: str | None) -> KnownNames:
    return KnownNames(agents=frozenset({"shell"}))


class Rules(msgspec.Struct, frozen=True):
    """The part of the configuration the domain decides by.

    ``max_sessions`` bounds worker sessions alive at once, over everything; ``agent_limits`` per agent. ``names_for`` gives
    the names known in a project's folder. Times are milliseconds. ``plan_repairs`` is how often a planner may hand in a
    better plan after a refused one.
    """

    max_sessions: int = 8
    agent_limits: dict[str, int] = {}
    default_agent: str = "shell"
    names_for: Callable[[str | None], KnownNames] = _shell_only
    registration_timeout_ms: int = 60_000
    registration_timeouts: dict[str, int] = {}
    request_retention_ms: int = 86_400_000
    request_limit: int = 10_000
    plan_repairs: int = 3

    def registration_timeout(self, agent: str) -> int:
        """How long an agent may take from start to its first sign of life."""
        return self.registration_timeouts.get(agent, self.registration_timeout_ms)
