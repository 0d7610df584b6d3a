"""Reads Codex's hooks. They have Claude Code's shape but their own events: ``Interrupt`` exists; API errors send nothing."""

from collections.abc import Callable, Mapping
from typing import Any

from maestrod.agents.kit.json_lines import Members, is_whole, json_text
from maestrod.agents.kit.plan_message import plans_in
from maestrod.api.turn import Outcome
from maestrod.core.values.signs import (
    NOTHING,
    Compacted,
    Leaving,
    PermissionAsked,
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


def read_hook(event: str, payload: Any) -> Reading:
    """Read one hook's payload; unknown events have no signs."""
    rule = _EVENTS.get(event)
    members = Members(payload)
    if rule is None:
        return NOTHING
    return Reading(rule(members), agent_session_id=members.name("session_id"), cwd=members.folder("cwd"))


def _started(payload: Members) -> tuple[Sign, ...]:
    """A compaction fires this hook too but is not a start: ``PostCompact`` reports it."""
    how = payload.line("source")
    if how == "compact":
        return ()
    return (Started(payload.name("session_id"), how if how in {"resume", "clear", "fork"} else "startup"),)


def _tool_started(payload: Members) -> tuple[Sign, ...]:
    return (ToolStarted(payload.line("tool_name"), summary(payload), payload.name("tool_use_id") or ""),)


def _tool_ended(payload: Members) -> tuple[Sign, ...]:
    """The payload has no exit code, so success is unknown."""
    return (ToolEnded(payload.line("tool_name"), key=payload.name("tool_use_id") or ""),)


def _permission(payload: Members) -> tuple[Sign, ...]:
    given = payload.value("tool_input")
    tool, whole = payload.line("tool_name"), is_whole(given)
    return (PermissionAsked(tool, summary(payload), json_text(given), waits=True, whole=whole),)


def _stopped(payload: Members) -> tuple[Sign, ...]:
    said = payload.value("last_assistant_message")
    return *plans_in(said), TurnEnded(Outcome.COMPLETED, text=payload.text("last_assistant_message"))


def summary(payload: Members) -> str:
    """Summarize a tool call in one line: the command, the file, or the raw input."""
    arguments = payload.members("tool_input")
    line = arguments.line("command") or arguments.line("file_path") or arguments.line("path")
    return line or json_text(payload.value("tool_input"), 200)


_EVENTS: Mapping[str, Callable[[Members], tuple[Sign, ...]]] = {
    "SessionStart": _started,
    "SessionEnd": lambda payload: (Leaving(payload.line("reason")),),
    "UserPromptSubmit": lambda payload: (TurnStarted(payload.line("prompt")),),
    "PreToolUse": _tool_started,
    "PostToolUse": _tool_ended,
    "PermissionRequest": _permission,
    "PostCompact": lambda payload: (Compacted(),),
    "SubagentStart": lambda payload: (SubagentStarted(payload.line("agent_type"), payload.name("agent_id") or ""),),
    "SubagentStop": lambda payload: (SubagentEnded(payload.line("agent_type"), payload.name("agent_id") or ""),),
    "Stop": _stopped,
    "Interrupt": lambda payload: (TurnEnded(Outcome.INTERRUPTED, detail="interrupted at its terminal"),),
}
