"""Hook calls at the edge: the adapter of the agent that the hook names reads and answers them."""

from typing import Any

import pytest

from maestrod.agents.hook_calls import HookCalls
from maestrod.agents.registry import ADAPTERS
from maestrod.agents.shell.adapter import ShellAdapter
from maestrod.api.permission import Permission
from maestrod.core.values.signs import NOTHING, Reading, TurnStarted

HOOKS = HookCalls(ADAPTERS)


def test_the_adapter_of_the_agent_that_a_hook_names_reads_it() -> None:
    prompt = {"session_id": "s", "prompt": "go", "hook_event_name": "UserPromptSubmit"}
    assert HOOKS.read("claude", "UserPromptSubmit", prompt).signs == (TurnStarted("go"),)
    assert HOOKS.read("gemini", "UserPromptSubmit", prompt) == NOTHING
    assert HOOKS.read("moonshot", "UserPromptSubmit", prompt) == NOTHING


def test_a_bug_in_an_adapter_costs_the_hook_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    class Slipping(ShellAdapter):
        def read_hook(self, event: str, payload: Any) -> Reading:
            raise KeyError(event)

    assert HookCalls({"shell": Slipping()}).read("shell", "Stop", {}) == NOTHING
    assert "could not be read: a bug" in caplog.text


def test_a_deciding_hook_prints_what_its_adapter_returns_or_nothing() -> None:
    assert '"allow"' in HOOKS.answer("claude", "PermissionRequest", Permission.ALLOW, "")
    assert HOOKS.answer("claude", "PermissionRequest", None, "") == ""
    assert HOOKS.answer("moonshot", "PermissionRequest", Permission.ALLOW, "") == ""
