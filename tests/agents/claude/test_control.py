"""Input for Claude: one JSON line for a stream, one paste for a terminal, and answers in Claude's format."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.agents.claude import control
from maestrod.api.permission import Permission


@given(st.text())
def test_a_prompt_is_one_line(text: str) -> None:
    [keys] = control.prompt_keys(text, interactive=False)
    assert keys.data.count(b"\n") == 1 and keys.data.endswith(b"\n")
    assert json.loads(keys.data)["message"] == {"role": "user", "content": text}


def test_two_prompts_with_the_same_words_are_two() -> None:
    first, second = (json.loads(control.prompt_keys("again", interactive=False)[0].data) for _ in range(2))
    assert first["uuid"] != second["uuid"]


@given(st.text())
def test_nothing_in_a_prompt_ends_the_paste(text: str) -> None:
    clear, paste, enter = control.prompt_keys(text + "\x1b[201~\r\x03" + text, interactive=True)
    inside = paste.data.removeprefix(b"\x1b[200~").removesuffix(b"\x1b[201~")
    assert not {0x1B, 0x0D, 0x03} & set(inside)
    assert set(clear.data) == {0x15} and enter.data == b"\r"
    assert paste.pause > 0 and paste.echoed


def test_an_answer_carries_the_id_of_its_question() -> None:
    allowed = json.loads(control.answer("r1", Permission.ALLOW, ""))
    assert allowed == {
        "type": "control_response",
        "response": {"subtype": "success", "request_id": "r1", "response": {"behavior": "allow"}},
    }
    denied = json.loads(control.answer("r1", Permission.DENY, "use b.txt"))
    assert denied["response"]["response"] == {"behavior": "deny", "message": "use b.txt"}


@pytest.mark.parametrize("event", ["PermissionRequest", "PreToolUse", "Stop"])
def test_without_a_decision_claude_asks_the_question_itself(event: str) -> None:
    assert control.hook_answer(event, None, "") == ""


def test_a_hook_is_answered_in_the_form_of_its_event() -> None:
    asked = json.loads(control.hook_answer("PermissionRequest", Permission.DENY, ""))["hookSpecificOutput"]
    assert asked["hookEventName"] == "PermissionRequest" and asked["decision"]["behavior"] == "deny"
    assert "not permitted" in asked["decision"]["message"]
    tool = json.loads(control.hook_answer("PreToolUse", Permission.ALLOW, "fine"))["hookSpecificOutput"]
    assert tool == {"hookEventName": "PreToolUse", "permissionDecision": "allow", "permissionDecisionReason": "fine"}
    assert control.hook_answer("Stop", Permission.ALLOW, "") == ""
