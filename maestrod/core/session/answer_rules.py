"""The consequences of an answer: a permission is sent to its agent, a wait continues or ends, a stalled agent is stopped, a
plan is applied.
"""

from collections.abc import Callable, Mapping
from typing import Any

from maestrod.api.attention import Attention, AttentionAnswer, AttentionKind
from maestrod.core.session import approval, attention, limit_rules, permission_rules, stall_rules
from maestrod.core.values.command import Actor
from maestrod.core.world.draft import Draft

#: By kind of question. Answers of other kinds only go to the session that asked.
_CONSEQUENCES: Mapping[AttentionKind, Callable[[Draft, Attention], Any]] = {
    AttentionKind.PERMISSION: permission_rules.answered,
    AttentionKind.LIMIT: limit_rules.answered,
    AttentionKind.STALLED: stall_rules.answered,
    AttentionKind.APPROVAL: approval.answered,
}


def answer(draft: Draft, params: AttentionAnswer, actor: Actor) -> Attention:
    """The rule of ``attention.answer``. Raises what the function ``attention.answer`` raises."""
    return _follow(draft, attention.answer(draft, params, actor))


def time_out(draft: Draft, attention_id: str) -> None:
    """Answer a question whose deadline has passed."""
    answered = attention.time_out(draft, attention_id)
    if answered is not None:
        _follow(draft, answered)


def _follow(draft: Draft, answered: Attention) -> Attention:
    consequence = _CONSEQUENCES.get(answered.kind)
    if consequence is not None:
        consequence(draft, answered)
    return draft.question(answered.id)
