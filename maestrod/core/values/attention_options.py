"""Which answers a question accepts: an option, an option with a reason, or free text; and how long the answer holds."""

from collections.abc import Sequence

from maestrod.api.attention import Attention, AttentionAnswer, AttentionKind, FreeText, Lasts
from maestrod.api.errors import Malformed

#: The options of a plan's approval.
APPROVE, REJECT = "approve", "reject"
#: Suffix of a permission option that holds for the rest of the session.
FOR_SESSION = " for session"

_REASONED = frozenset({AttentionKind.PERMISSION, AttentionKind.APPROVAL})


def free_text(kind: AttentionKind, options: Sequence[str], tool: str | None) -> FreeText:
    """How a question treats text that the user types: as the answer, as a reason, or not at all."""
    if options:
        return FreeText.REASON if kind in _REASONED else FreeText.NONE
    return FreeText.NONE if tool is not None else FreeText.ANSWER


def settled(question: Attention, params: AttentionAnswer) -> AttentionAnswer:
    """The answer in its normal form, with ``lasts`` split from the option. Raises ``Malformed`` for an answer that the question
    does not accept.
    """
    if question.options and params.value not in question.options and question.free_text is not FreeText.ANSWER:
        raise Malformed("attention.not_an_option", f"Choose {_either(question.options)}", {"path": "value"})
    if params.reason and question.free_text is not FreeText.REASON:
        raise Malformed("attention.no_reason", "this question accepts no reason", {"path": "reason"})
    value, lasts = params.value, params.lasts
    if question.digest is not None and value.endswith(FOR_SESSION):
        value, lasts = value.removesuffix(FOR_SESSION), Lasts.SESSION
    if lasts is Lasts.SESSION and (question.digest is None or value + FOR_SESSION not in question.options):
        raise Malformed(
            "attention.only_once",
            "this question accepts no standing answer: leave out lasts",
            {"path": "lasts"},
        )
    return AttentionAnswer(attention_id=params.attention_id, value=value, reason=params.reason, lasts=lasts)


def _either(options: Sequence[str]) -> str:
    """``2.0 or 1.9``; ``a, b or c``."""
    *most, last = options
    return f"{', '.join(most)} or {last}" if most else last
