"""Payloads of Claude's hooks, read one by one; which of them are registered is said in ``hooks/claude/``.

Hooks come twice, late, or not at all, so each is read by itself. Those fired inside of a subagent carry ``agent_id`` and say
nothing of the session, unless they ask for permission or show that it was given.
"""

from collections.abc import Callable, Mapping
from typing import Any

from maestrod.agents.claude import limits, tools
from maestrod.agents.kit.json_lines import Members
from maestrod.core.values.signs import (
    NOTHING,
    Compacted,
    InputAsked,
    Leaving,
    Noted,
    Outcome,
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

#: Where a prompt comes from when a person or we wrote it; everything else is machine-made.
_WRITTEN = frozenset({"", "user", "sdk"})
#: Notifications that mean that somebody has to come.
_WAITING = frozenset({"idle_prompt", "elicitation_dialog", "agent_needs_input"})
#: Events that count inside of a subagent too.
_ALWAYS = frozenset({"PermissionRequest", "SubagentStart", "SubagentStop"})


def read_hook(event: str, payload: Any) -> Reading:
    """What one payload says."""
    told = Members(payload)
    reader = _EVENTS.get(event)
    if not told or reader is None:
        return NOTHING
    signs = reader(told)
    if told.name("agent_id") is not None and event not in _ALWAYS:
        signs = tuple(sign for sign in signs if isinstance(sign, PermissionSettled) and sign.key)
    return Reading(signs, told.name("session_id"), told.name("cwd"))


def _session_start(told: Members) -> Signs:
    """A compaction fires it too and is no start; ``clear`` gives the same process another conversation."""
    how = told.line("source") or "startup"
    return (Compacted(),) if how == "compact" else (Started(told.name("session_id"), how),)


def _prompt(told: Members) -> Signs:
    text = told.text("prompt")
    machine = told.line("source") not in _WRITTEN or text.startswith("<task-notification>")
    return (TurnStarted(text, machine),)


def _tool_start(told: Members) -> Signs:
    given = told.members("tool_input")
    if told.line("tool_name") == "TodoWrite":
        return (tools.todo(given),)
    return (ToolStarted(told.line("tool_name") or "a tool", tools.summary(given), told.name("tool_use_id") or ""),)


def _tool_end(told: Members) -> Signs:
    """That it ran answers the question whether it may."""
    name, key = told.line("tool_name") or "a tool", told.name("tool_use_id") or ""
    return (PermissionSettled(tools.call_key(told), allowed=True), ToolEnded(name, ok=True, key=key))


def _tool_failure(told: Members) -> Signs:
    name, key = told.line("tool_name") or "a tool", told.name("tool_use_id") or ""
    failed = ToolEnded(name, ok=False, detail=told.line("error"), key=key)
    settled = PermissionSettled(tools.call_key(told), allowed=not told.true("is_interrupt"))
    if told.true("is_interrupt"):
        return (settled, failed, TurnEnded(Outcome.INTERRUPTED, "user_interrupt"))
    return (settled, failed)


def _permission(told: Members) -> Signs:
    return (tools.asked(told, tools.call_key(told)),)


def _denied(told: Members) -> Signs:
    what = f"{told.line('tool_name')}: {tools.summary(told.members('tool_input'))}"
    return (Trouble(f"refused {what} ({told.line('reason') or 'no reason given'})", "permission_denied"),)


def _notification(told: Members) -> Signs:
    """``permission_prompt`` only repeats a ``PermissionRequest`` some seconds later."""
    kind = told.line("notification_type")
    if kind in _WAITING:
        return (InputAsked(told.line("message") or kind, kind),)
    return (Noted(told.line("message")),) if kind not in {"permission_prompt", ""} and told.line("message") else ()


def _stop(told: Members) -> Signs:
    """Every question of the turn is settled with it; what still runs in the background will begin another turn."""
    background = told.count("background_tasks")
    return (PermissionSettled(), TurnEnded(text=told.text("last_assistant_message"), background=background))


def _stop_failure(told: Members) -> Signs:
    error, text = told.line("error") or "error", told.text("last_assistant_message")
    detail = told.line("error_details") or told.line("last_assistant_message")
    limit = limits.of_error(error, text)
    if limit is not None:
        return (PermissionSettled(), limit, TurnEnded(Outcome.LIMIT, limit.kind, detail))
    return (PermissionSettled(), TurnEnded(Outcome.FAILED, error, detail))


def _subagent_start(told: Members) -> Signs:
    name = told.line("agent_type")
    return (SubagentStarted(name, told.name("agent_id") or ""),) if name else ()


def _subagent_stop(told: Members) -> Signs:
    """Without a type it is a helper of Claude's own (compaction), which nobody started."""
    name = told.line("agent_type")
    return (SubagentEnded(name, told.name("agent_id") or ""),) if name else ()


def _session_end(told: Members) -> Signs:
    return (Leaving(told.line("reason")),)


def _status_line(told: Members) -> Signs:
    """What an interactive session has used: sums over its conversation."""
    read = told.whole("context_window", "total_input_tokens")
    written = told.whole("context_window", "total_output_tokens")
    return (UsageSeen(read, written, told.number("cost", "total_cost_usd"), cumulative=True),)


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
    "TaskCreated": lambda told: (Noted(f"wants to: {told.line('task_subject')}"),),
    "TaskCompleted": lambda told: (Noted(f"has done: {told.line('task_subject')}"),),
    "SessionEnd": _session_end,
    "StatusLine": _status_line,
}
