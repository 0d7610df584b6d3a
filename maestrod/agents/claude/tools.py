"""Claude's tools: a one-line summary of a call, a key that a permission request shares with its call, the to-do list."""

import hashlib
from typing import Any

import msgspec

from maestrod.agents.kit.json_lines import Members, is_whole, json_text
from maestrod.core.values.signs import PermissionAsked, TodoChanged, ToolStarted

#: Members of a tool's input, the most telling first.
_TELLING = ("command", "file_path", "notebook_path", "pattern", "url", "query", "description", "skill", "prompt")


def summary(tool_input: Members) -> str:
    """Summarize a tool's input in one line: the command or the path, for example."""
    for name in _TELLING:
        line = tool_input.line(name)
        if line:
            return line
    return ""


def started(call: Members) -> ToolStarted | TodoChanged:
    """Read a tool call in the stream; writing the to-do list has its own sign."""
    if call.line("name") == "TodoWrite":
        return todo(call.members("input"))
    return ToolStarted(call.line("name") or "a tool", summary(call.members("input")), call.name("id") or "")


def todo(tool_input: Members) -> TodoChanged:
    """Read the agent's own to-do list."""
    items = list(tool_input.each("todos"))
    now = [item.line("content") for item in items if item.line("status") == "in_progress"]
    done = sum(item.line("status") == "completed" for item in items)
    return TodoChanged(done, len(items), now[0] if now else "")


def permission_request(request: Members, key: str) -> PermissionAsked:
    """Read a permission request from the stream or a hook. The tool's input is cut."""
    tool_input = request.members("tool_input") or request.members("input")
    tool = request.line("tool_name") or "a tool"
    return PermissionAsked(
        tool, summary(tool_input), json_text(tool_input.value()), key, waits=True, whole=is_whole(tool_input.value())
    )


def call_key(payload: Members) -> str:
    """A key made from a call's content: a ``PermissionRequest`` has no id, but the call that then runs is identical."""
    return hashlib.sha256(_canonical(payload.value("tool_name"), payload.value("tool_input"))).hexdigest()[:24]


def _canonical(*values: Any) -> bytes:
    try:
        return msgspec.json.encode(values, order="deterministic")
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
        return b""
