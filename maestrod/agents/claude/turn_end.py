"""Interprets the end of a turn and of the process.

The last line of a turn is ``result``. Its ``subtype`` is "success" even for errors of the API, and the exit code is 0
for an interrupted turn, so ``is_error`` and ``terminal_reason`` decide (docs/claude.md lists every way a run ends).
"""

from maestrod.agents.claude import limits
from maestrod.agents.kit.json_lines import Members, json_text
from maestrod.api.process import Exit
from maestrod.api.turn import Outcome
from maestrod.core.values.facts import Judgement
from maestrod.core.values.signs import LINE, PlanOffered, Sign, TurnEnded, UsageSeen

#: ``terminal_reason`` of a turn that a person or a hook interrupted.
_INTERRUPTED = frozenset({"aborted_tools", "aborted_streaming", "aborted", "interrupted"})
#: A plan may be as long as the protocol allows.
PLAN = 4 << 20


def of_result(result: Members) -> tuple[Sign, ...]:
    """Read a ``result`` line: the usage, a plan if there is one, and how the turn ended.

    A run that could not begin reports 0 for all usage, even if its conversation used more before; that is ignored.
    """
    used = usage(result)
    signs: list[Sign] = [used] if used.input or used.output or used.cost else []
    if result.value("structured_output") is not None:
        signs.append(PlanOffered(json_text(result.value("structured_output"), PLAN)))
    return (*signs, *ended(result))


def ended(result: Members) -> tuple[Sign, ...]:
    """How the turn ended. A ``PlanOffered`` must come before: what follows the turn depends on whether there is a plan."""
    reason, subtype = result.line("terminal_reason"), result.line("subtype")
    text = result.text("result")
    detail = result.line("result") or " ".join(_errors(result))[:LINE]
    if reason in _INTERRUPTED:
        return (TurnEnded(Outcome.INTERRUPTED, reason),)  # its `errors` are diagnostics for Claude's developers
    if reason == "tool_deferred":
        waits = f"a hook deferred {result.line('deferred_tool_use', 'name') or 'a tool'}"
        return (TurnEnded(Outcome.INTERRUPTED, reason, waits),)
    if not result.true("is_error") and subtype == "success":
        if result.value("num_turns") == 0:
            return (TurnEnded(Outcome.FAILED, "prompt_blocked", detail),)
        return (TurnEnded(text=text),)
    limit = limits.of_failure(result.whole("api_error_status"), text)
    if limit is not None:
        return (limit, TurnEnded(Outcome.LIMIT, limit.kind, detail))
    return (TurnEnded(Outcome.FAILED, _code(reason, subtype, result), detail),)


def usage(result: Members) -> UsageSeen:
    """Sums over the conversation, including resumes. ``input`` counts everything the models read, cached or not."""
    models = result.value("modelUsage")
    read = written = 0
    for name in models if isinstance(models, dict) else ():
        model = result.members("modelUsage", name) if isinstance(name, str) else Members()
        read += sum(model.whole(kind) for kind in ("inputTokens", "cacheCreationInputTokens", "cacheReadInputTokens"))
        written += model.whole("outputTokens")
    return UsageSeen(read, written, result.number("total_cost_usd"), cumulative=True)


def judge(ended: Exit, outcome: Outcome | None, *, stop_requested: bool) -> Judgement:
    """Judge by its last report, then by the signal that we sent, then by the exit code (143 is TERM, 129 is HUP)."""
    if outcome is Outcome.COMPLETED:
        return Judgement.COMPLETED
    if stop_requested or outcome is Outcome.INTERRUPTED:
        return Judgement.STOPPED
    if outcome is None and ended.code == 0:
        return Judgement.COMPLETED
    return Judgement.FAILED


def _code(reason: str, subtype: str, result: Members) -> str:
    """Claude's own code of the failure: why it stopped, or else the kind of result."""
    if any(error.startswith("No conversation found") for error in _errors(result)):
        return "conversation_lost"
    return reason if reason and reason != "completed" else subtype or "error"


def _errors(result: Members) -> list[str]:
    found = result.value("errors")
    return [error[:LINE] for error in found[:10] if isinstance(error, str)] if isinstance(found, list) else []
