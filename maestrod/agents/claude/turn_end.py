"""What the end of a turn and of the process mean.

The last line of a turn is ``result``. Its ``subtype`` is "success" for errors of the API too, and the exit code is 0 for an
interrupted turn; so ``is_error`` and ``terminal_reason`` are read, in this order (docs/claude.md has every way a run ends).
"""

from maestrod.agents.adapter import Verdict
from maestrod.agents.claude import limits
from maestrod.agents.kit.json_lines import Members, json_text
from maestrod.api.process import Exit
from maestrod.core.values.signs import LINE, Outcome, PlanOffered, Sign, TurnEnded, UsageSeen

#: ``terminal_reason`` of a turn that a person or a hook cut short.
_INTERRUPTED = frozenset({"aborted_tools", "aborted_streaming", "aborted", "interrupted"})
#: A plan may be as long as the protocol takes.
PLAN = 4 << 20


def of_result(result: Members) -> tuple[Sign, ...]:
    """What a ``result`` line says: what was used, a plan if there is one, how the turn ended.

    A run that could not begin says 0 for everything, also where its conversation has used more before.
    """
    used = usage(result)
    signs: list[Sign] = [used] if used.input or used.output or used.cost else []
    if result.value("structured_output") is not None:
        signs.append(PlanOffered(json_text(result.value("structured_output"), PLAN)))
    return (*signs, *ended(result))


def ended(result: Members) -> tuple[Sign, ...]:
    """How the turn ended. A ``PlanOffered`` comes before it: what follows the turn depends on whether there is a plan."""
    reason, subtype = result.line("terminal_reason"), result.line("subtype")
    text = result.text("result")
    detail = result.line("result") or " ".join(_errors(result))[:LINE]
    if reason in _INTERRUPTED:
        return (TurnEnded(Outcome.INTERRUPTED, reason),)  # its `errors` hold diagnostics for Claude's own authors
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
    """Sums over the conversation, resumes included. ``input`` is all that the models read: fresh, written to a cache, from one."""
    models = result.value("modelUsage")
    read = written = 0
    for name in models if isinstance(models, dict) else ():
        model = result.members("modelUsage", name) if isinstance(name, str) else Members()
        read += sum(model.whole(kind) for kind in ("inputTokens", "cacheCreationInputTokens", "cacheReadInputTokens"))
        written += model.whole("outputTokens")
    return UsageSeen(read, written, result.number("total_cost_usd"), cumulative=True)


def judge(ended: Exit, outcome: Outcome | None, *, told_to_stop: bool) -> Verdict:
    """Its last word, then the signal we sent, then the exit code (143 and 129 are TERM and HUP)."""
    if outcome is Outcome.COMPLETED:
        return Verdict.COMPLETED
    if told_to_stop or outcome is Outcome.INTERRUPTED:
        return Verdict.STOPPED
    if outcome is None and ended.code == 0:
        return Verdict.COMPLETED
    return Verdict.FAILED


def _code(reason: str, subtype: str, result: Members) -> str:
    """The failure in Claude's own words: why it stopped, else what kind of result it is."""
    if any(error.startswith("No conversation found") for error in _errors(result)):
        return "conversation_lost"
    return reason if reason and reason != "completed" else subtype or "error"


def _errors(result: Members) -> list[str]:
    found = result.value("errors")
    return [error[:LINE] for error in found[:10] if isinstance(error, str)] if isinstance(found, list) else []
