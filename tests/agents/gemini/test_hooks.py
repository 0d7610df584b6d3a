"""The signs in the payloads of Gemini CLI's hooks."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.agents.gemini import hooks
from maestrod.api.turn import Outcome
from maestrod.core.values.signs import (
    NOTHING,
    InputAsked,
    Leaving,
    PermissionAsked,
    PermissionSettled,
    PlanOffered,
    Reading,
    Sign,
    Started,
    ToolEnded,
    ToolStarted,
    TurnEnded,
    TurnStarted,
)
from tests.agents import recordings
from tests.agents.kit.test_json_lines import JSON

EXPECTED: dict[tuple[str, str], tuple[Sign, ...]] = {
    ("SessionStart", "startup"): (Started("547129a0-0067-4120-b6b8-31ba33636149", "startup"),),
    ("SessionStart", "resume"): (Started("11111111-2222-4333-8444-555555555557", "resume"),),
    ("BeforeAgent", "default"): (TurnStarted("write file"),),
    ("BeforeTool", "default"): (ToolStarted("Bash", "echo hi > out.txt"),),
    ("AfterTool", "default"): (PermissionSettled(), ToolEnded("Bash")),
    ("AfterAgent", "default"): (PermissionSettled(), TurnEnded(Outcome.COMPLETED, text="All done.")),
    ("Notification", "ToolPermission"): (PermissionAsked("Bash", "echo hi > out.txt"),),
    ("SessionEnd", "exit"): (Leaving("exit"),),
}


@pytest.mark.parametrize("event, example, payload", recordings.payloads("gemini-cli"))
def test_every_recorded_payload_is_read(event: str, example: str, payload: Any) -> None:
    """What it sends before every call of the model means nothing: ``PreCompress`` is no compaction."""
    reading = hooks.read_hook(event, payload)
    assert reading.signs == EXPECTED.get((event, example), ())
    if (event, example) in EXPECTED:
        assert (reading.agent_session_id, reading.cwd) == (payload["session_id"], "/home/user/project")


def test_the_gate_asks_about_the_command_that_is_about_to_run() -> None:
    (asked,) = hooks.read_hook("ToolPermission", recordings.payload("gemini-cli", "BeforeTool")).signs
    assert isinstance(asked, PermissionAsked) and asked.waits
    assert (asked.tool, asked.summary) == ("Bash", "echo hi > out.txt") and '"command"' in asked.input


def test_a_plan_can_be_the_last_message() -> None:
    signs = hooks.read_hook("AfterAgent", {"prompt_response": '{"groups": []}'}).signs
    assert PlanOffered('{"groups": []}') in signs


def test_failed_tools_and_other_notifications_are_read() -> None:
    failed = {"tool_name": "write_file", "tool_response": {"error": {"message": "no space"}}}
    assert hooks.read_hook("AfterTool", failed).signs[1] == ToolEnded("Write", ok=False, detail="no space")
    assert hooks.read_hook("Notification", {"message": "look"}).signs == (InputAsked("look"),)
    assert hooks.read_hook("Notification", {}).signs == () and hooks.read_hook("Moon", {}) == NOTHING


@given(st.sampled_from(sorted(hooks._EVENTS)), JSON, JSON)
def test_no_payload_does_harm(event: str, one: Any, other: Any) -> None:
    names = ("session_id", "cwd", "source", "prompt", "prompt_response", "tool_name", "notification_type", "message")
    members = dict.fromkeys(names, one) | {"tool_input": other, "tool_response": other, "details": other}
    assert isinstance(hooks.read_hook(event, members), Reading) and isinstance(hooks.read_hook(event, one), Reading)
