"""Reads the payloads of Claude's hooks one by one; ``hooks/claude/`` registers them.

A hook may arrive twice, late, or not at all, so each is read independently of the others. Hooks of a subagent carry
``agent_id`` and say nothing about the session, unless they ask for permission or show that it was granted.
"""

from collections.abc import Callable, Mapping
from typing import Any

from maestrod.agents.claude import limits, tools
from maestrod.agents.kit.json_lines import Members
from maestrod.api.turn import Outcome
from maestrod.core.values.signs import (
    NOTHING,
    Compacted,
    InputAsked,
    Leaving,
    Noted,
    PermissionSettled,
    Reading,
    Sign,
    Started,
    SubagentEnded,
    SubagentStarted,
    ToolEnded,
    ToolStarted,
    Trouble,
    TurnEnded,
    TurnStarted,
    UsageSeen,
)

Signs = tuple[Sign, ...]

#: Sources of a prompt that a person or we wrote; all others are generated.
_WRITTEN = frozenset({"", "user", "sdk"})
#: Notifications that mean that a person is needed.
_WAITING = frozenset({"idle_prompt", "elicitation_dialog", "agent_needs_input"})
#: Events that count inside of a subagent too.
_ALWAYS = frozenset({"PermissionRequest", "SubagentStart", "SubagentStop"})


def read_hook(event: str, payload: Any) -> Reading:
    """Read one payload."""
    members = Members(payload)
    reader = _EVENTS.get(event)
    if not members or reader is None:
        return NOTHING
    signs = reader(members)
    if members.name("agent_id") is not None and event not in _ALWAYS:
        signs = tuple(sign for sign in signs if isinstance(sign, PermissionSettled) and sign.key)
    return Reading(signs, members.name("session_id"), members.name("cwd"))


def _session_start(payload: Members) -> Signs:
    """A compaction fires this hook too but is not a start; ``clear`` gives the same process another conversation."""
    how = payload.line("source") or "startup"
    return (Compacted(),) if how == "compact" else (Started(payload.name("session_id"), how),)


def _prompt(payload: Members) -> Signs:
    text = payload.text("prompt")
    machine = payload.line("source") not in _WRITTEN or text.startswith("<task-notification>")
    return (TurnStarted(text, machine),)


def _tool_start(payload: Members) -> Signs:
    given = payload.members("tool_input")
    if payload.line("tool_name") == "TodoWrite":
        return (tools.todo(given),)
    return (
        ToolStarted(payload.line("tool_name") or "a tool", tools.summary(given), payload.name("tool_use_id") or ""),
    )


def _tool_end(payload: Members) -> Signs:
    """A tool that ran was permitted, so a pending permission is settled."""
    name, key = payload.line("tool_name") or "a tool", payload.name("tool_use_id") or ""
    return (PermissionSettled(tools.call_key(payload), allowed=True), ToolEnded(name, ok=True, key=key))


def _tool_failure(payload: Members) -> Signs:
    name, key = payload.line("tool_name") or "a tool", payload.name("tool_use_id") or ""
    failed = ToolEnded(name, ok=False, detail=payload.line("error"), key=key)
    settled = PermissionSettled(tools.call_key(payload), allowed=not payload.true("is_interrupt"))
    if payload.true("is_interrupt"):
        return (settled, failed, TurnEnded(Outcome.INTERRUPTED, "user_interrupt"))
    return (settled, failed)


def _permission(payload: Members) -> Signs:
    return (tools.permission_request(payload, tools.call_key(payload)),)


def _denied(payload: Members) -> Signs:
    what = f"{payload.line('tool_name')}: {tools.summary(payload.members('tool_input'))}"
    return (Trouble(f"refused {what} ({payload.line('reason') or 'no reason given'})", "permission_denied"),)


def _notification(payload: Members) -> Signs:
    """``permission_prompt`` only repeats a ``PermissionRequest`` some seconds later."""
    kind = payload.line("notification_type")
    if kind in _WAITING:
        return (InputAsked(payload.line("message") or kind, kind),)
    return (
        (Noted(payload.line("message")),) if kind not in {"permission_prompt", ""} and payload.line("message") else ()
    )


def _stop(payload: Members) -> Signs:
    """The end of a turn settles all its permission requests; background tasks will start another turn."""
    background = payload.count("background_tasks")
    return (PermissionSettled(), TurnEnded(text=payload.text("last_assistant_message"), background=background))


def _stop_failure(payload: Members) -> Signs:
    error, text = payload.line("error") or "error", payload.text("last_assistant_message")
    detail = payload.line("error_details") or payload.line("last_assistant_message")
    limit = limits.of_error(error, text)
    if limit is not None:
        return (PermissionSettled(), limit, TurnEnded(Outcome.LIMIT, limit.kind, detail))
    return (PermissionSettled(), TurnEnded(Outcome.FAILED, error, detail))


def _subagent_start(payload: Members) -> Signs:
    name = payload.line("agent_type")
    return (SubagentStarted(name, payload.name("agent_id") or ""),) if name else ()


def _subagent_stop(payload: Members) -> Signs:
    """A subagent without a type is a helper of Claude's own (compaction), which is not reported."""
    name = payload.line("agent_type")
    return (SubagentEnded(name, payload.name("agent_id") or ""),) if name else ()


def _session_end(payload: Members) -> Signs:
    return (Leaving(payload.line("reason")),)


def _status_line(payload: Members) -> Signs:
    """The usage of an interactive session: sums over its conversation."""
    read = payload.whole("context_window", "total_input_tokens")
    written = payload.whole("context_window", "total_output_tokens")
    return (UsageSeen(read, written, payload.number("cost", "total_cost_usd"), cumulative=True),)


_EVENTS: Mapping[str, Callable[[Members], Signs]] = {
    "SessionStart": _session_start,
    "UserPromptSubmit": _prompt,
    "PreToolUse": _tool_start,
    "PostToolUse": _tool_end,
    "PostToolUseFailure": _tool_failure,
    "PermissionRequest": _permission,
    "PermissionDenied": _denied,
    "Notification": _notification,
    "Stop": _stop,
    "StopFailure": _stop_failure,
    "SubagentStart": _subagent_start,
    "SubagentStop": _subagent_stop,
    "TaskCreated": lambda payload: (Noted(f"wants to: {payload.line('task_subject')}"),),
    "TaskCompleted": lambda payload: (Noted(f"has done: {payload.line('task_subject')}"),),
    "SessionEnd": _session_end,
    "StatusLine": _status_line,
}
