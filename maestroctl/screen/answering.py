"""What a typed line answers to a question of the inbox: pure, so that no key sequence can answer what was not written."""

from dataclasses import dataclass

from maestroctl.output import safe
from maestrod.api.attention import Attention, AttentionKind, FreeText, Lasts

_SESSION = "in this session"


@dataclass(frozen=True)
class Choice:
    """One way to answer. ``label`` is what the person reads, and may type instead of its number."""

    label: str
    value: str
    lasts: Lasts = Lasts.ONCE


@dataclass(frozen=True)
class Decided:
    """An answer as ``attention.answer`` takes it."""

    value: str
    reason: str = ""
    lasts: Lasts = Lasts.ONCE


def choices(question: Attention) -> tuple[Choice, ...]:
    """The options; each of a permission also for every identical request of the session, where the daemon can tell those."""
    once = tuple(Choice(option, option) for option in question.options)
    if question.kind is not AttentionKind.PERMISSION or question.digest is None:
        return once
    return once + tuple(Choice(f"{option} {_SESSION}", option, Lasts.SESSION) for option in question.options)


def read(question: Attention, line: str, reason: str = "") -> Decided | None:
    """The answer that ``line`` is: a choice by its number or its whole label, else free text where it is taken.

    None when it is no answer. Nothing is guessed from a beginning: "no, keep them" is neither "no" nor "yes".
    """
    text = line.strip()
    named = [choice for number, choice in enumerate(choices(question), 1) if text.lower() in _names(number, choice)]
    if len(named) == 1:
        return Decided(named[0].value, reason.strip(), named[0].lasts)
    return Decided(line) if text and question.free_text is FreeText.ANSWER else None


def _names(number: int, choice: Choice) -> frozenset[str]:
    return frozenset({str(number), choice.label.strip().lower(), safe(choice.label).strip().lower()})


def invitation(question: Attention) -> str:
    """What to type, in a few words."""
    offered = choices(question)
    if not offered:
        return "your answer"
    numbers = "1" if len(offered) == 1 else f"1 to {len(offered)}"
    return f"{numbers}, or any text" if question.free_text is FreeText.ANSWER else f"type {numbers}, then Enter"


def echo(question: Attention, line: str) -> str:
    """What Enter does with ``line`` now: said below the field while somebody types."""
    decided = read(question, line)
    if decided is not None:
        length = f" {_SESSION}" if decided.lasts is Lasts.SESSION else ""
        return f"Enter answers: {safe(decided.value)}{length}"
    if not line.strip():
        return "Escape leaves the question open"
    labels = [f"{number} {safe(choice.label)}" for number, choice in enumerate(choices(question), 1)]
    return f"Not an answer. Choose {', '.join(labels[:-1])}{' or ' if labels[1:] else ''}{labels[-1] if labels else ''}"
