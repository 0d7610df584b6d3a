"""The signs in the reports of our plugin in OpenCode."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.agents.opencode import hooks
from maestrod.api.turn import Outcome
from maestrod.core.values.signs import (
    NOTHING,
    Compacted,
    LimitReached,
    PermissionAsked,
    PermissionSettled,
    PlanOffered,
    Reading,
    Sign,
    Started,
    SubagentEnded,
    SubagentStarted,
    TodoChanged,
    ToolEnded,
    ToolStarted,
    TurnEnded,
    TurnStarted,
    UsageSeen,
)
from tests.agents import recordings
from tests.agents.kit.test_json_lines import JSON

SESSION = "ses_e08ec493effeUAqYOo6zkUTflp"
CALL = "call_80e392103f784f259d39c381"
EXPECTED: dict[str, tuple[Sign, ...]] = {
    "plugin.init": (Started(),),
    "session.created": (Started(SESSION),),
    "chat.message": (Started(SESSION), TurnStarted('"write file"')),
    "session.idle": (TurnEnded(Outcome.COMPLETED),),
    "session.error": (TurnEnded(Outcome.FAILED, code="APIError", detail="bad key"),),
    "tool.execute.before": (ToolStarted("Bash", "echo hi > out.txt", CALL),),
    "tool.execute.after": (ToolEnded("Bash", ok=True, key=CALL),),
    "permission.asked": (
        PermissionAsked(
            "Bash", "echo hi > out.txt", '{"command":"echo hi > out.txt"}', "per_1f7148219001O0VGTkO09Jf86U"
        ),
    ),
    "permission.replied": (PermissionSettled("per_1f7148219001O0VGTkO09Jf86U", allowed=False),),
}


@pytest.mark.parametrize("event, example, payload", recordings.payloads("opencode"))
def test_every_recorded_payload_is_read(event: str, example: str, payload: Any) -> None:
    """What is not listed tells nothing: the bus speaks of every plugin and every piece of every word."""
    name = event.removeprefix("event:")
    reading = hooks.read_hook(name, payload)
    assert reading.signs == EXPECTED.get(name, ())
    assert reading.agent_session_id in {None, payload.get("sessionID") or payload.get("i", {}).get("sessionID")}


def test_a_limit_that_the_agent_waits_for_says_until_when() -> None:
    status = {"type": "retry", "attempt": 1, "message": "Rate limited", "next": 1_795_000_000_000}
    assert hooks.read_hook("session.status", {"sessionID": "s", "status": status}).signs == (
        LimitReached("rate", resets_at=1_795_000_000_000, detail="Rate limited", retrying=True),
    )


def test_an_interruption_at_the_terminal_is_read() -> None:
    (ended,) = hooks.read_hook("session.error", {"error": {"name": "MessageAbortedError", "data": {}}}).signs
    assert isinstance(ended, TurnEnded) and ended.outcome is Outcome.INTERRUPTED


def test_the_last_message_comes_with_the_end_of_a_turn() -> None:
    plan = '{"groups": []}'
    signs = hooks.read_hook("session.idle", {"sessionID": "s", "text": plan}).signs
    assert signs == (PlanOffered(plan), TurnEnded(Outcome.COMPLETED, text=plan))


def test_the_gate_asks_about_the_command_that_is_about_to_run() -> None:
    (asked,) = hooks.read_hook("ToolPermission", recordings.payload("opencode", "tool.execute.before")).signs
    expected = PermissionAsked(
        "Bash", "echo hi > out.txt", '{"command":"echo hi > out.txt"}', CALL, waits=True, whole=True
    )
    assert asked == expected


def test_helpers_to_do_lists_and_figures_are_read() -> None:
    created = {"sessionID": "c", "info": {"id": "c", "parentID": "s", "title": "explore"}}
    reading = hooks.read_hook("child.session.created", created)
    assert reading.signs == (SubagentStarted("explore", "c"),) and reading.agent_session_id is None
    assert hooks.read_hook("child.session.idle", {"sessionID": "c"}).signs == (SubagentEnded("", "c"),)
    todos = [{"status": "completed", "content": "a"}, {"status": "in_progress", "content": "b"}]
    assert hooks.read_hook("todo.updated", {"todos": todos}).signs == (TodoChanged(1, 2, "b"),)
    part = {"type": "step-finish", "tokens": {"input": 7, "output": 3}, "cost": 0.5}
    assert hooks.read_hook("message.part.updated", {"part": part}).signs == (UsageSeen(7, 3, cost=0.5),)
    assert hooks.read_hook("session.compacted", {}).signs == (Compacted(),)


def test_unknown_events_say_nothing() -> None:
    assert hooks.read_hook("moon.phase", {"sessionID": "s"}) == NOTHING


@given(st.sampled_from(sorted(hooks._EVENTS)), JSON, JSON)
def test_no_payload_does_harm(event: str, one: Any, other: Any) -> None:
    names = ("sessionID", "id", "requestID", "reply", "permission", "patterns", "text", "todos", "directory", "status")
    members = dict.fromkeys(names, one) | dict.fromkeys(("i", "o", "part", "info", "error", "metadata"), other)
    assert isinstance(hooks.read_hook(event, members), Reading) and isinstance(hooks.read_hook(event, one), Reading)
