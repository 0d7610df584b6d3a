"""The signs in the payloads of Codex's hooks."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.agents.codex import hooks
from maestrod.api.turn import Outcome
from maestrod.core.values.signs import (
    NOTHING,
    Compacted,
    Leaving,
    PermissionAsked,
    PlanOffered,
    Reading,
    Sign,
    Started,
    SubagentEnded,
    SubagentStarted,
    ToolEnded,
    ToolStarted,
    TurnEnded,
    TurnStarted,
)
from tests.agents import recordings
from tests.agents.kit.test_json_lines import JSON

CALL = "call_ea25aa841084436c9ca1961e"
EXPECTED: dict[tuple[str, str], tuple[Sign, ...]] = {
    ("SessionStart", "startup"): (Started("01a1f70b-08bd-7193-b339-24d33244db0e", "startup"),),
    ("SessionStart", "resume"): (Started("01a1f70c-9871-7290-9abd-be753d7e93d1", "resume"),),
    ("SessionStart", "compact"): (),
    ("UserPromptSubmit", "default"): (TurnStarted("write file"),),
    ("PreToolUse", "default"): (ToolStarted("Bash", "echo hi > out.txt", CALL),),
    ("PostToolUse", "default"): (ToolEnded("Bash", key=CALL),),
    ("PermissionRequest", "default"): (
        PermissionAsked(
            "Bash",
            "touch /home/user/other",
            '{"command":"touch /home/user/other","description":"need it"}',
            waits=True,
            whole=True,
        ),
    ),
    ("PreCompact", "default"): (),
    ("PostCompact", "default"): (Compacted(),),
    ("Stop", "default"): (TurnEnded(Outcome.COMPLETED, text="All done."),),
    ("Interrupt", "default"): (TurnEnded(Outcome.INTERRUPTED, detail="interrupted at its terminal"),),
    ("SessionEnd", "other"): (Leaving("other"),),
}


@pytest.mark.parametrize("event, example, payload", recordings.payloads("codex"))
def test_every_recorded_payload_is_read(event: str, example: str, payload: Any) -> None:
    reading = hooks.read_hook(event, payload)
    assert reading.signs == EXPECTED[event, example]
    if event != "PreCompact":
        assert (reading.agent_session_id, reading.cwd) == (payload["session_id"], "/home/user/project")


def test_own_helpers_are_recognized() -> None:
    payload = {"agent_id": "a1", "agent_type": "reviewer"}
    assert hooks.read_hook("SubagentStart", payload).signs == (SubagentStarted("reviewer", "a1"),)
    assert hooks.read_hook("SubagentStop", payload).signs == (SubagentEnded("reviewer", "a1"),)


def test_a_plan_can_be_the_last_message_on_a_terminal() -> None:
    said = 'Here it is:\n```json\n{"groups": []}\n```'
    signs = hooks.read_hook("Stop", {"last_assistant_message": said}).signs
    assert signs == (PlanOffered('{"groups": []}'), TurnEnded(Outcome.COMPLETED, text=said))


def test_unknown_events_say_nothing() -> None:
    assert hooks.read_hook("MoonPhase", {"session_id": "s"}) == NOTHING


@given(st.sampled_from(sorted(hooks._EVENTS)), JSON)
def test_no_payload_does_harm(event: str, payload: Any) -> None:
    assert isinstance(hooks.read_hook(event, payload), Reading)


@given(st.sampled_from(sorted(hooks._EVENTS)), JSON, JSON)
def test_no_member_does_harm(event: str, one: Any, other: Any) -> None:
    names = ("session_id", "cwd", "tool_name", "tool_use_id", "source", "reason", "last_assistant_message", "prompt")
    assert isinstance(hooks.read_hook(event, dict.fromkeys(names, one) | {"tool_input": other}), Reading)
