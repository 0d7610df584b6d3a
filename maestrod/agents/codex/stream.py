"""Reads the lines of ``codex exec --json``: each is one event of a thread, a turn or an item."""

import shlex
from collections.abc import Callable, Mapping

from maestrod.agents.codex.limits import failed_turn, limit_kind
from maestrod.agents.kit.json_lines import Members, one_line
from maestrod.agents.kit.plan_message import plans_in
from maestrod.api.turn import Outcome
from maestrod.core.values.signs import (
    NOTHING,
    Reading,
    Said,
    Sign,
    Started,
    SubagentStarted,
    TodoChanged,
    ToolEnded,
    ToolStarted,
    Trouble,
    TurnEnded,
    TurnStarted,
    UsageSeen,
)

#: The shell tool's name in hooks and policies.
SHELL = "Bash"


def read_event(event: Members, now: float) -> Reading:
    """Read one event; ``now`` is in seconds since the epoch, for times that Codex reports without a date."""
    kind = event.value("type")
    thread = event.name("thread_id") if kind == "thread.started" else None
    if kind == "turn.failed":
        signs = failed_turn(event.text("error", "message"), now)
    else:
        rule = _EVENTS.get(kind) if isinstance(kind, str) else None
        signs = rule(event) if rule is not None else ()
    return Reading(signs, agent_session_id=thread) if signs else NOTHING


def _thread(event: Members) -> tuple[Sign, ...]:
    thread = event.name("thread_id")
    return (Started(thread),) if thread else ()


def _turn_completed(event: Members) -> tuple[Sign, ...]:
    """The usage is a sum over the thread, across resumes; its input includes cached tokens."""
    usage = event.members("usage")
    seen = UsageSeen(usage.whole("input_tokens"), usage.whole("output_tokens"), cumulative=True)
    ended = TurnEnded(Outcome.COMPLETED)
    return (seen, ended) if usage else (ended,)


def _error(event: Members) -> tuple[Sign, ...]:
    """A limit is left to the end of the turn, which follows and reports it."""
    message = event.line("message")
    return (Trouble(message),) if message and limit_kind(message) is None else ()


def _item_started(event: Members) -> tuple[Sign, ...]:
    item = event.members("item")
    kind, key = item.value("type"), item.name("id") or ""
    if kind == "command_execution":
        return (ToolStarted(SHELL, one_line(inner_command(item.text("command"))), key),)
    if kind == "mcp_tool_call":
        return (ToolStarted(_mcp_name(item), key=key),)
    if kind == "todo_list":
        return _todo(item)
    if kind == "collab_tool_call" and item.value("tool") == "spawn_agent":
        return (SubagentStarted("", key),)
    return ()


def _item_completed(event: Members) -> tuple[Sign, ...]:
    item = event.members("item")
    kind, key = item.value("type"), item.name("id") or ""
    if kind == "agent_message":
        return (Said(item.text("text")), *plans_in(item.value("text")))
    if kind == "command_execution":
        return (ToolEnded(SHELL, _ok(item), _last_line(item.text("aggregated_output")), key),)
    if kind == "mcp_tool_call":
        return (ToolEnded(_mcp_name(item), _ok(item), item.line("error", "message"), key),)
    if kind == "file_change":
        paths = ", ".join(change.line("path") for change in item.each("changes"))
        return ToolStarted("apply_patch", one_line(paths), key), ToolEnded("apply_patch", _ok(item), key=key)
    if kind == "web_search":
        return ToolStarted("web_search", item.line("query"), key), ToolEnded("web_search", key=key)
    if kind == "todo_list":
        return _todo(item)
    if kind == "error":
        return (Trouble(item.line("message")),)
    return ()


def _item_updated(event: Members) -> tuple[Sign, ...]:
    item = event.members("item")
    return _todo(item) if item.value("type") == "todo_list" else ()


def _todo(item: Members) -> tuple[Sign, ...]:
    steps = list(item.each("items"))
    done = sum(step.true("completed") for step in steps)
    current = next((step.line("text") for step in steps if not step.true("completed")), "")
    return (TodoChanged(done, item.count("items"), current),)


def _ok(item: Members) -> bool | None:
    """Whether an item succeeded: a command by its exit code, others by ``status``; None when unknown."""
    code = item.value("exit_code")
    if isinstance(code, int) and not isinstance(code, bool):
        return code == 0
    status = item.line("status")
    return None if status not in {"completed", "failed", "declined"} else status == "completed"


def _mcp_name(item: Members) -> str:
    return ".".join(part for part in (item.line("server"), item.line("tool")) if part) or "mcp"


def _last_line(output: str) -> str:
    lines = output.strip().splitlines()
    return one_line(lines[-1]) if lines else ""


def inner_command(command: str) -> str:
    """The command inside the ``/bin/bash -lc '...'`` that Codex shows around every command."""
    try:
        words = shlex.split(command)
    except ValueError:
        return command
    return words[2] if len(words) == 3 and words[1] in {"-c", "-lc"} else command


_EVENTS: Mapping[str, Callable[[Members], tuple[Sign, ...]]] = {
    "thread.started": _thread,
    "turn.started": lambda event: (TurnStarted(),),
    "turn.completed": _turn_completed,
    "error": _error,
    "item.started": _item_started,
    "item.updated": _item_updated,
    "item.completed": _item_completed,
}
