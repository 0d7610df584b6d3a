"""Reads Gemini's hooks. They have no tool ids; API errors and Esc send nothing."""

from collections.abc import Callable, Mapping
from typing import Any

from maestrod.agents.gemini.tools import summary
from maestrod.agents.kit.hook_template import GATE
from maestrod.agents.kit.json_lines import Members, is_whole, json_text
from maestrod.agents.kit.plan_message import plans_in
from maestrod.agents.kit.tool_names import common_name
from maestrod.api.turn import Outcome
from maestrod.core.values.signs import (
    NOTHING,
    InputAsked,
    Leaving,
    PermissionAsked,
    PermissionSettled,
    Reading,
    Sign,
    Started,
    ToolEnded,
    ToolStarted,
    TurnEnded,
    TurnStarted,
)

#: The common name of the tool that a confirmation's ``type`` is about.
_CONFIRMED = {"exec": "Bash", "edit": "Edit", "info": "WebFetch"}


def read_hook(event: str, payload: Any) -> Reading:
    """Read one hook's payload; unknown events have no signs."""
    rule = _EVENTS.get(event)
    if rule is None:
        return NOTHING
    members = Members(payload)
    return Reading(rule(members), agent_session_id=members.name("session_id"), cwd=members.folder("cwd"))


def _started(payload: Members) -> tuple[Sign, ...]:
    how = payload.line("source")
    return (Started(payload.name("session_id"), how if how in {"resume", "clear"} else "startup"),)


def _turn_ended(payload: Members) -> tuple[Sign, ...]:
    said = payload.value("prompt_response")
    ended = TurnEnded(Outcome.COMPLETED, text=payload.text("prompt_response"))
    return PermissionSettled(), *plans_in(said), ended


def _tool_started(payload: Members) -> tuple[Sign, ...]:
    return (ToolStarted(common_name(payload.line("tool_name")), summary(payload.value("tool_input"))),)


def _tool_ended(payload: Members) -> tuple[Sign, ...]:
    failed = payload.members("tool_response").line("error", "message") or payload.line("tool_response", "error")
    ended = ToolEnded(common_name(payload.line("tool_name")), ok=False if failed else None, detail=failed)
    return PermissionSettled(), ended


def _gate(payload: Members) -> tuple[Sign, ...]:
    tool, arguments = common_name(payload.line("tool_name")), payload.value("tool_input")
    return (PermissionAsked(tool, summary(arguments), json_text(arguments), waits=True, whole=is_whole(arguments)),)


def _notification(payload: Members) -> tuple[Sign, ...]:
    """It shows a dialog on its terminal, the only place where it can be answered."""
    details = payload.members("details")
    if payload.value("notification_type") != "ToolPermission":
        return (InputAsked(payload.line("message")),) if payload.line("message") else ()
    tool = _CONFIRMED.get(str(details.value("type")), details.line("toolName"))
    line = details.line("command") or details.line("filePath") or details.line("fileName") or details.line("title")
    return (PermissionAsked(tool, line),)


_EVENTS: Mapping[str, Callable[[Members], tuple[Sign, ...]]] = {
    "SessionStart": _started,
    "SessionEnd": lambda payload: (Leaving(payload.line("reason")),),
    "BeforeAgent": lambda payload: (TurnStarted(payload.line("prompt")),),
    "AfterAgent": _turn_ended,
    "BeforeTool": _tool_started,
    "AfterTool": _tool_ended,
    "Notification": _notification,
    GATE: _gate,
}
