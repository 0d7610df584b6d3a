"""What the answer of a question brings about: a permission is told to its agent, a wait goes on or ends, a stalled agent is stopped, a plan is applied."""

from collections.abc import Callable, Mapping
from typing import Any

from maestrod.api.attention import Attention, AttentionAnswer, AttentionKind
from maestrod.core.session import approval, attention, limit_rules, permission_rules, stall_rules
from maestrod.core.values.command import Actor
from maestrod.core.world.draft import Draft

#: By kind of question; the others' answers only go to whoever asked.
_CONSEQUENCES: Mapping[AttentionKind, Callable[[Draft, Attention], Any]] = {
    AttentionKind.PERMISSION: permission_rules.answered,
    AttentionKind.LIMIT: limit_rules.answered,
    AttentionKind.STALLED: stall_rules.answered,
    AttentionKind.APPROVAL: approval.answered,
}


def answer(draft: Draft, params: AttentionAnswer, actor: Actor) -> Attention:
    """The rule of ``attention.answer``: see ``attention.answer`` for what it raises."""
    return _follow(draft, attention.answer(draft, params, actor))


def time_out(draft: Draft, attention_id: str) -> None:
    """The deadline of a question has passed."""
    answered = attention.time_out(draft, attention_id)
    if answered is not None:
        _follow(draft, answered)


def _follow(draft: Draft, answered: Attention) -> Attention:
    consequence = _CONSEQUENCES.get(answered.kind)
    if consequence is not None:
        consequence(draft, answered)
    return draft.question(answered.id)
