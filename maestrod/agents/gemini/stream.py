"""Reads the lines of ``--output-format stream-json``. They split the agent's text, so a hook reports the whole message."""

from collections.abc import Callable, Mapping

from maestrod.agents.gemini.limits import failed_turn
from maestrod.agents.gemini.tools import summary
from maestrod.agents.kit.json_lines import Members
from maestrod.agents.kit.tool_names import common_name
from maestrod.api.turn import Outcome
from maestrod.core.values.signs import (
    NOTHING,
    Reading,
    Sign,
    Started,
    ToolEnded,
    ToolStarted,
    Trouble,
    TurnEnded,
    TurnStarted,
    UsageSeen,
)


def read_event(event: Members, now: float) -> Reading:
    """Read one event; ``now`` is in seconds since the epoch, for limits that are reported as a wait."""
    kind = event.value("type")
    if kind == "result":
        return Reading(_result(event, now))
    rule = _EVENTS.get(kind) if isinstance(kind, str) else None
    signs = rule(event) if rule is not None else ()
    if not signs:
        return NOTHING
    return Reading(signs, agent_session_id=event.name("session_id") if kind == "init" else None)


def _message(event: Members) -> tuple[Sign, ...]:
    return (TurnStarted(event.line("content")),) if event.value("role") == "user" else ()


def _tool_use(event: Members) -> tuple[Sign, ...]:
    tool = event.line("tool_name")
    return (ToolStarted(common_name(tool), summary(event.value("parameters")), event.name("tool_id") or ""),)


def _tool_result(event: Members) -> tuple[Sign, ...]:
    """Even a command that exits with 3 counts as a success, so only a failure is certain. The id begins with the name."""
    key = event.name("tool_id") or ""
    failed = event.value("status") == "error"
    detail = (event.line("error", "message") or event.line("output")) if failed else ""
    return (ToolEnded(common_name(key.rpartition("__")[0]), ok=False if failed else None, detail=detail, key=key),)


def _result(event: Members, now: float) -> tuple[Sign, ...]:
    """The usage is that of this process, not of the conversation."""
    stats = event.members("stats")
    used = (UsageSeen(stats.whole("input_tokens"), stats.whole("output_tokens")),) if stats else ()
    if event.value("status") == "success":
        return (*used, TurnEnded(Outcome.COMPLETED))
    return (*used, *failed_turn(event.line("error", "type"), event.text("error", "message"), now))


_EVENTS: Mapping[str, Callable[[Members], tuple[Sign, ...]]] = {
    "init": lambda event: (Started(event.name("session_id")),),
    "message": _message,
    "tool_use": _tool_use,
    "tool_result": _tool_result,
    "error": lambda event: (Trouble(event.line("message")),),
}
