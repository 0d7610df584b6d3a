"""Claude's tools: one line on what a call does, a key that a request for permission shares with the call, its to-do list."""

import hashlib
from typing import Any

import msgspec

from maestrod.agents.kit.json_lines import Members, is_whole, json_text
from maestrod.core.values.signs import PermissionAsked, TodoChanged, ToolStarted

#: The member of a tool's input that says most, by how much it says.
_TELLING = ("command", "file_path", "notebook_path", "pattern", "url", "query", "description", "skill", "prompt")


def summary(given: Members) -> str:
    """One line on a tool's input: the command, the path."""
    for name in _TELLING:
        line = given.line(name)
        if line:
            return line
    return ""


def started(call: Members) -> ToolStarted | TodoChanged:
    """A call of a tool in the stream; writing the to-do list is its own sign."""
    if call.line("name") == "TodoWrite":
        return todo(call.members("input"))
    return ToolStarted(call.line("name") or "a tool", summary(call.members("input")), call.name("id") or "")


def todo(given: Members) -> TodoChanged:
    """The agent's own list of what it wants to do."""
    items = list(given.each("todos"))
    now = [item.line("content") for item in items if item.line("status") == "in_progress"]
    done = sum(item.line("status") == "completed" for item in items)
    return TodoChanged(done, len(items), now[0] if now else "")


def asked(request: Members, key: str) -> PermissionAsked:
    """A request for permission, in the stream or by a hook. Its input is cut where it is kept."""
    given = request.members("tool_input") or request.members("input")
    tool = request.line("tool_name") or "a tool"
    return PermissionAsked(
        tool, summary(given), json_text(given.value()), key, waits=True, whole=is_whole(given.value())
    )


def call_key(payload: Members) -> str:
    """A key for a call by what it does: a ``PermissionRequest`` has no id, and what runs afterwards is the same call."""
    return hashlib.sha256(_canonical(payload.value("tool_name"), payload.value("tool_input"))).hexdigest()[:24]


def _canonical(*values: Any) -> bytes:
    try:
        return msgspec.json.encode(values, order="deterministic")
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
        return b""
