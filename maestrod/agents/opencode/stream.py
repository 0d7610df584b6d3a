"""Reads the lines of ``opencode run --format json``. Only the plugin reports the start of a tool or turn."""

from collections.abc import Callable, Mapping

from maestrod.agents.kit.json_lines import Members
from maestrod.agents.kit.plan_message import plans_in
from maestrod.agents.kit.tool_names import common_name
from maestrod.agents.opencode.limits import failed_turn
from maestrod.api.turn import Outcome
from maestrod.core.values.signs import NOTHING, Reading, Said, Sign, Started, ToolEnded, TurnEnded, UsageSeen


def read_event(event: Members) -> Reading:
    """Read one event."""
    kind = event.value("type")
    rule = _EVENTS.get(kind) if isinstance(kind, str) else None
    signs = rule(event) if rule is not None else ()
    return Reading(signs, agent_session_id=event.name("sessionID")) if signs else NOTHING


def _tool(event: Members) -> tuple[Sign, ...]:
    part = event.members("part")
    return (tool_ended(part.line("tool"), part.members("state"), part.name("callID") or ""),)


def tool_ended(tool: str, state: Members, key: str) -> ToolEnded:
    """Read the end of a tool; a command's exit code decides whether it succeeded."""
    code = state.value("metadata", "exit")
    if state.value("status") == "error":
        return ToolEnded(common_name(tool), ok=False, detail=state.line("error"), key=key)
    known = isinstance(code, int) and not isinstance(code, bool)
    detail = state.line("output") if known and code != 0 else ""
    return ToolEnded(common_name(tool), ok=code == 0 if known else True, detail=detail, key=key)


def _text(event: Members) -> tuple[Sign, ...]:
    part = event.members("part")
    return Said(part.text("text")), *plans_in(part.value("text"))


def _step_finish(event: Members) -> tuple[Sign, ...]:
    """A step that ends with tool calls is followed by another; any other step ends the turn."""
    part = event.members("part")
    reason = part.line("reason")
    if reason == "tool-calls":
        return (usage(part),)
    if reason == "length":
        return usage(part), TurnEnded(Outcome.FAILED, code="length", detail="its answer exceeded the length limit")
    return usage(part), TurnEnded(Outcome.COMPLETED)


def usage(part: Members) -> UsageSeen:
    """The usage of one step; its input includes cached tokens, as with the other agents."""
    tokens = part.members("tokens")
    taken = tokens.whole("input") + tokens.whole("cache", "read") + tokens.whole("cache", "write")
    return UsageSeen(taken, tokens.whole("output") + tokens.whole("reasoning"), cost=part.number("cost"))


_EVENTS: Mapping[str, Callable[[Members], tuple[Sign, ...]]] = {
    "step_start": lambda event: (Started(event.name("sessionID")),),
    "tool_use": _tool,
    "text": _text,
    "step_finish": _step_finish,
    "error": lambda event: failed_turn(event.members("error")),
}
