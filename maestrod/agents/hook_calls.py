"""What the hooks of all agents say, and what they are answered, each by its agent's adapter: the edge that hooks come in by.

A hook is outside text, so whatever is in it costs that hook at most. An agent that is not known (any more) says nothing, and a
deciding hook of its prints nothing, which leaves the decision to it.
"""

import logging
from collections.abc import Mapping
from typing import Any

from maestrod.agents.adapter import SLIPS, Adapter, Decision
from maestrod.api.permission import Verdict
from maestrod.core.values.signs import NOTHING, Reading

log = logging.getLogger(__name__)


class HookCalls:
    """Finds the adapter for a hook."""

    def __init__(self, adapters: Mapping[str, Adapter]) -> None:
        self._adapters = adapters

    def read(self, agent: str, event: str, payload: Any) -> Reading:
        """What the payload of a hook says."""
        adapter = self._adapters.get(agent)
        if adapter is None:
            return NOTHING
        try:
            return adapter.read_hook(event, payload)
        except SLIPS:
            log.exception("the hook %s of %s could not be read: a bug", event, agent)
            return NOTHING

    def answer(self, agent: str, event: str, verdict: Verdict | None, message: str) -> str:
        """What a deciding hook prints; without a verdict its agent asks at its own dialog."""
        adapter = self._adapters.get(agent)
        decision = None if verdict is None else Decision(verdict.value)
        return "" if adapter is None else adapter.hook_answer(event, decision, message=message)
