"""Reads Claude's output, JSON lines (``--output-format stream-json --verbose``), one by one.

Lines of subagents carry ``parent_tool_use_id`` and say nothing about the session itself. Unknown lines have no signs.
"""

from collections.abc import Callable, Iterator, Mapping

from maestrod.agents.claude import limits, tools, turn_end
from maestrod.agents.kit.json_lines import Members, read_object
from maestrod.core.values.signs import (
    NOTHING,
    BackgroundChanged,
    Compacted,
    InputAsked,
    LimitReached,
    Noted,
    PermissionSettled,
    Reading,
    Said,
    Sign,
    Started,
    SubagentEnded,
    SubagentStarted,
    ToolEnded,
    Trouble,
    TurnStarted,
)

Signs = tuple[Sign, ...]


def read_line(line: bytes) -> Reading:
    """Read one line."""
    return read_object(line, _read)


def _read(message: Members) -> Reading:
    reader = _LINES.get(message.line("type"))
    if reader is None:
        return NOTHING
    signs = reader(message)
    return Reading(signs, message.name("session_id")) if signs else NOTHING


def _system(message: Members) -> Signs:
    reader = _SYSTEM.get(message.line("subtype"))
    return () if reader is None else reader(message)


def _init(message: Members) -> Signs:
    """This line comes at the beginning of every turn."""
    return (Started(message.name("session_id")),)


def _state(message: Members) -> Signs:
    """A turn began. Unless ``command_lifecycle`` names our prompt, Claude itself started it (a background task ended)."""
    return (TurnStarted(machine=True),) if message.line("state") == "running" else ()


def _command(message: Members) -> Signs:
    """Claude has begun to work on a prompt from the daemon."""
    return (TurnStarted(),) if message.line("state") == "started" else ()


def _retry(message: Members) -> Signs:
    """A request failed, and Claude itself retries it."""
    words = f"try {message.whole('attempt')} of {message.whole('max_retries')} failed: {message.line('error') or 'an error'}"
    status = message.whole("error_status")
    if status:
        words += f" (status {status})"
    limit = limits.of_failure(status, words) or limits.of_error(message.line("error"), words)
    if limit is None:
        return (Trouble(words, "api_retry"),)
    return (LimitReached(limit.kind, None, words, retrying=True),)


def _denied(message: Members) -> Signs:
    return (Trouble(message.line("message") or f"{message.line('tool_name')} was refused", "permission_denied"),)


def _background(message: Members) -> Signs:
    return (BackgroundChanged(message.count("tasks")),)


def _task_started(message: Members) -> Signs:
    if message.line("task_type") != "local_agent":
        return ()
    return (SubagentStarted(message.line("subagent_type"), message.name("task_id") or ""),)


def _task_ended(message: Members) -> Signs:
    """Only the end of a subagent has usage; other tasks only add a note."""
    if not message.members("usage"):
        return (Noted(message.line("summary")),) if message.line("summary") else ()
    return (SubagentEnded(message.line("subagent_type"), message.name("task_id") or ""),)


def _informed(message: Members) -> Signs:
    if not message.true("prevent_continuation"):
        return ()
    return (Trouble(message.line("content"), message.line("prompt_submit_outcome", "kind")),)


def _hook_ended(message: Members) -> Signs:
    """Report a failed hook of the user or the project; ours never fail."""
    if message.line("outcome") in {"", "success"}:
        return ()
    return (Trouble(f"hook {message.line('hook_name')}: {message.line('stderr') or message.line('outcome')}", "hook"),)


def _assistant(message: Members) -> Signs:
    """Read its text and tool calls. The model ``<synthetic>`` marks an error's text, which ``result`` reports."""
    if message.value("parent_tool_use_id") is not None or message.line("message", "model") == "<synthetic>":
        return ()
    return tuple(_message_signs(message.members("message")))


def _message_signs(message: Members) -> Iterator[Sign]:
    for block in message.each("content"):
        if block.line("type") == "tool_use":
            yield tools.started(block)
        elif block.line("type") == "text" and block.text("text").strip():
            yield Said(block.text("text"))


def _user(message: Members) -> Signs:
    """Read the results of tools."""
    if message.value("parent_tool_use_id") is not None:
        return ()
    results = (block for block in message.members("message").each("content") if block.line("type") == "tool_result")
    return tuple(_tool_ended(block) for block in results)


def _tool_ended(block: Members) -> ToolEnded:
    failed = block.true("is_error")
    return ToolEnded("a tool", not failed, block.line("content") if failed else "", block.name("tool_use_id") or "")


def _control(message: Members) -> Signs:
    """Read a request whose answer Claude waits for on standard input."""
    request, key = message.members("request"), message.name("request_id") or ""
    if request.line("subtype") == "can_use_tool":
        return (tools.permission_request(request, key),)
    if request.line("subtype") == "elicitation":
        return (InputAsked(request.line("message") or "a tool asks for input", key),)
    return ()


def _withdrawn(message: Members) -> Signs:
    key = message.name("request_id")
    return () if key is None else (PermissionSettled(key),)


_SYSTEM: Mapping[str, Callable[[Members], Signs]] = {
    "init": _init,
    "session_state_changed": _state,
    "api_retry": _retry,
    "compact_boundary": lambda message: (Compacted(),),
    "permission_denied": _denied,
    "background_tasks_changed": _background,
    "task_started": _task_started,
    "task_notification": _task_ended,
    "informational": _informed,
    "hook_response": _hook_ended,
}
_LINES: Mapping[str, Callable[[Members], Signs]] = {
    "system": _system,
    "command_lifecycle": _command,
    "assistant": _assistant,
    "user": _user,
    "result": turn_end.of_result,
    "rate_limit_event": lambda message: limits.of_event(message.members("rate_limit_info")),
    "control_request": _control,
    "control_cancel_request": _withdrawn,
}
