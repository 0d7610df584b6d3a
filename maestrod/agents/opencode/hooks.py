"""Reads the reports of our plugin in OpenCode: events of OpenCode's bus and calls of the plugin, by their own names."""

from collections.abc import Callable, Mapping
from typing import Any

from maestrod.agents.kit.hook_template import GATE
from maestrod.agents.kit.json_lines import Members, is_whole, json_text, one_line
from maestrod.agents.kit.plan_message import plans_in
from maestrod.agents.kit.tool_names import common_name
from maestrod.agents.opencode.limits import failed_turn, retrying
from maestrod.agents.opencode.stream import tool_ended, usage
from maestrod.api.turn import Outcome
from maestrod.core.values.signs import (
    NOTHING,
    Compacted,
    PermissionAsked,
    PermissionSettled,
    Reading,
    Sign,
    Started,
    SubagentEnded,
    SubagentStarted,
    TodoChanged,
    ToolStarted,
    TurnEnded,
    TurnStarted,
)

_TELLING = ("command", "filePath", "path", "pattern", "url", "query", "description", "prompt")


def read_hook(event: str, payload: Any) -> Reading:
    """Read one event; unknown events have no signs."""
    rule = _EVENTS.get(event)
    if rule is None:
        return NOTHING
    members = Members(payload)
    conversation = members.name("sessionID") or members.name("i", "sessionID") or members.name("info", "id")
    if event.startswith("child."):
        conversation = None
    folder = members.folder("directory") or members.folder("info", "directory")
    return Reading(rule(members), agent_session_id=conversation, cwd=folder)


def _created(payload: Members) -> tuple[Sign, ...]:
    return (Started(payload.name("sessionID") or payload.name("info", "id")),)


def _prompted(payload: Members) -> tuple[Sign, ...]:
    conversation = payload.name("i", "sessionID")
    words = " ".join(part.line("text") for part in payload.each("o", "parts") if part.value("type") == "text")
    started = (Started(conversation),) if conversation else ()
    return *started, TurnStarted(one_line(words))


def _status(payload: Members) -> tuple[Sign, ...]:
    """Only the wait for a limit is read: the prompt and ``session.idle`` report busy and idle."""
    status = payload.members("status")
    return retrying(status) if status.value("type") == "retry" else ()


def _idle(payload: Members) -> tuple[Sign, ...]:
    return *plans_in(payload.value("text")), TurnEnded(Outcome.COMPLETED, text=payload.text("text"))


def _tool_started(payload: Members) -> tuple[Sign, ...]:
    tool, key = payload.line("i", "tool"), payload.name("i", "callID") or ""
    return (ToolStarted(common_name(tool), summary(payload.value("o", "args")), key),)


def _tool_ended(payload: Members) -> tuple[Sign, ...]:
    return (tool_ended(payload.line("i", "tool"), payload.members("o"), payload.name("i", "callID") or ""),)


def _gate(payload: Members) -> tuple[Sign, ...]:
    arguments = payload.value("o", "args")
    tool = common_name(payload.line("i", "tool"))
    key = payload.name("i", "callID") or ""
    whole = is_whole(arguments)
    return (PermissionAsked(tool, summary(arguments), json_text(arguments), key, waits=True, whole=whole),)


def _permission(payload: Members) -> tuple[Sign, ...]:
    """It shows a dialog on its terminal, the only place where it can be answered."""
    metadata = payload.value("metadata")
    patterns = payload.value("patterns")
    first = patterns[0] if isinstance(patterns, list) and patterns and isinstance(patterns[0], str) else ""
    tool = common_name(payload.line("permission"))
    return (PermissionAsked(tool, summary(metadata) or one_line(first), json_text(metadata), payload.name("id") or ""),)


def _replied(payload: Members) -> tuple[Sign, ...]:
    return (PermissionSettled(payload.name("requestID") or "", allowed=payload.value("reply") != "reject"),)


def _todo(payload: Members) -> tuple[Sign, ...]:
    steps = list(payload.each("todos"))
    done = sum(step.value("status") in ("completed", "cancelled") for step in steps)
    current = next((step.line("content") for step in steps if step.value("status") == "in_progress"), "")
    return (TodoChanged(done, payload.count("todos"), current),)


def _part(payload: Members) -> tuple[Sign, ...]:
    part = payload.members("part")
    return (usage(part),) if part.value("type") == "step-finish" else ()


def summary(arguments: Any) -> str:
    """Summarize a tool's input in one line: the command, the file, or the raw input."""
    members = Members(arguments)
    line = next((found for found in (members.line(name) for name in _TELLING) if found), "")
    return line or (json_text(arguments, 200) if members else "")


_EVENTS: Mapping[str, Callable[[Members], tuple[Sign, ...]]] = {
    "plugin.init": lambda payload: (Started(),),
    "session.created": _created,
    "chat.message": _prompted,
    "session.status": _status,
    "session.idle": _idle,
    "session.error": lambda payload: failed_turn(payload.members("error")),
    "session.compacted": lambda payload: (Compacted(),),
    "todo.updated": _todo,
    "tool.execute.before": _tool_started,
    "tool.execute.after": _tool_ended,
    "permission.asked": _permission,
    "permission.replied": _replied,
    "message.part.updated": _part,
    "child.session.created": lambda payload: (
        SubagentStarted(payload.line("info", "title"), payload.name("info", "id") or ""),
    ),
    "child.session.idle": lambda payload: (SubagentEnded("", payload.name("sessionID") or ""),),
    GATE: _gate,
}
