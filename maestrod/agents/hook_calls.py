"""Reads and answers the hooks of all agents, each with its agent's adapter.

A payload is untrusted input: a bad one affects only its own hook. The hooks of an unknown agent have no signs, and its
deciding hooks print nothing, which leaves the decision to the agent.
"""

import logging
from collections.abc import Mapping
from typing import Any

from maestrod.agents.adapter import SLIPS, Adapter
from maestrod.api.permission import Permission
from maestrod.core.values.signs import NOTHING, Reading

log = logging.getLogger(__name__)


class HookCalls:
    """Finds the adapter for each hook."""

    def __init__(self, adapters: Mapping[str, Adapter]) -> None:
        self._adapters = adapters

    def read(self, agent: str, event: str, payload: Any) -> Reading:
        """The signs in a hook's payload."""
        adapter = self._adapters.get(agent)
        if adapter is None:
            return NOTHING
        try:
            return adapter.read_hook(event, payload)
        except SLIPS:
            log.exception("the hook %s of %s could not be read: a bug", event, agent)
            return NOTHING

    def answer(self, agent: str, event: str, permission: Permission | None, message: str) -> str:
        """What a deciding hook prints. Without a decision, the agent shows its own dialog."""
        adapter = self._adapters.get(agent)
        return "" if adapter is None else adapter.hook_answer(event, permission, message=message)
