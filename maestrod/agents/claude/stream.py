"""Claude's output as JSON lines (``--output-format stream-json --verbose``), read one by one.

Lines of its subagents carry ``parent_tool_use_id`` and say nothing of the session itself. Everything unknown says nothing.
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
    """What one line says."""
    return read_object(line, _read)


def _read(told: Members) -> Reading:
    reader = _LINES.get(told.line("type"))
    if reader is None:
        return NOTHING
    signs = reader(told)
    return Reading(signs, told.name("session_id")) if signs else NOTHING


def _system(told: Members) -> Signs:
    reader = _SYSTEM.get(told.line("subtype"))
    return () if reader is None else reader(told)


def _init(told: Members) -> Signs:
    """Comes at the begin of every turn."""
    return (Started(told.name("session_id")),)


def _state(told: Members) -> Signs:
    """Whose prompt began the turn is told by ``command_lifecycle``; without that it is a machine's (a task that ended)."""
    return (TurnStarted(machine=True),) if told.line("state") == "running" else ()


def _command(told: Members) -> Signs:
    """A prompt that we wrote is being worked on."""
    return (TurnStarted(),) if told.line("state") == "started" else ()


def _retry(told: Members) -> Signs:
    """A request failed and is tried again by Claude itself."""
    words = f"try {told.whole('attempt')} of {told.whole('max_retries')} failed: {told.line('error') or 'an error'}"
    status = told.whole("error_status")
    if status:
        words += f" (status {status})"
    limit = limits.of_failure(status, words) or limits.of_error(told.line("error"), words)
    if limit is None:
        return (Trouble(words, "api_retry"),)
    return (LimitReached(limit.kind, None, words, retrying=True),)


def _denied(told: Members) -> Signs:
    return (Trouble(told.line("message") or f"{told.line('tool_name')} was refused", "permission_denied"),)


def _background(told: Members) -> Signs:
    return (BackgroundChanged(told.count("tasks")),)


def _task_started(told: Members) -> Signs:
    if told.line("task_type") != "local_agent":
        return ()
    return (SubagentStarted(told.line("subagent_type"), told.name("task_id") or ""),)


def _task_ended(told: Members) -> Signs:
    """Only a subagent's end tells what it used."""
    if not told.members("usage"):
        return (Noted(told.line("summary")),) if told.line("summary") else ()
    return (SubagentEnded(told.line("subagent_type"), told.name("task_id") or ""),)


def _informed(told: Members) -> Signs:
    if not told.true("prevent_continuation"):
        return ()
    return (Trouble(told.line("content"), told.line("prompt_submit_outcome", "kind")),)


def _hook_ended(told: Members) -> Signs:
    """Hooks of the user and the project may fail; ours never do."""
    if told.line("outcome") in {"", "success"}:
        return ()
    return (Trouble(f"hook {told.line('hook_name')}: {told.line('stderr') or told.line('outcome')}", "hook"),)


def _assistant(told: Members) -> Signs:
    """What it says and calls. Words under the name ``<synthetic>`` are an error's, which ``result`` tells."""
    if told.value("parent_tool_use_id") is not None or told.line("message", "model") == "<synthetic>":
        return ()
    return tuple(_said(told.members("message")))


def _said(message: Members) -> Iterator[Sign]:
    for block in message.each("content"):
        if block.line("type") == "tool_use":
            yield tools.started(block)
        elif block.line("type") == "text" and block.text("text").strip():
            yield Said(block.text("text"))


def _user(told: Members) -> Signs:
    """Results of tools."""
    if told.value("parent_tool_use_id") is not None:
        return ()
    results = (block for block in told.members("message").each("content") if block.line("type") == "tool_result")
    return tuple(_tool_ended(block) for block in results)


def _tool_ended(block: Members) -> ToolEnded:
    failed = block.true("is_error")
    return ToolEnded("a tool", not failed, block.line("content") if failed else "", block.name("tool_use_id") or "")


def _control(told: Members) -> Signs:
    """A question that Claude waits for on its standard input."""
    request, key = told.members("request"), told.name("request_id") or ""
    if request.line("subtype") == "can_use_tool":
        return (tools.asked(request, key),)
    if request.line("subtype") == "elicitation":
        return (InputAsked(request.line("message") or "a tool asks for input", key),)
    return ()


def _withdrawn(told: Members) -> Signs:
    key = told.name("request_id")
    return () if key is None else (PermissionSettled(key),)


_SYSTEM: Mapping[str, Callable[[Members], Signs]] = {
    "init": _init,
    "session_state_changed": _state,
    "api_retry": _retry,
    "compact_boundary": lambda told: (Compacted(),),
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
    "rate_limit_event": lambda told: limits.of_event(told.members("rate_limit_info")),
    "control_request": _control,
    "control_cancel_request": _withdrawn,
}
