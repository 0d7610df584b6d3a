"""What a typed line answers to a question of the inbox: pure, so that no key sequence can answer what was not written."""

from dataclasses import dataclass

from maestroctl.output import safe
from maestroctl.show.questions import synonyms
from maestrod.api.attention import Attention, FreeText


@dataclass(frozen=True)
class Decided:
    """An answer as ``attention.answer`` takes it."""

    value: str
    reason: str = ""


def read(question: Attention, line: str, reason: str = "") -> Decided | None:
    """The answer that ``line`` is: an option by its number, its whole text or another word for it (y, no), else free text where it is taken.

    None when it is no answer. Nothing is guessed from a beginning: "no, keep them" is neither "no" nor "yes".
    """
    text = line.strip()
    named = [option for number, option in enumerate(question.options, 1) if text.lower() in _names(number, option)]
    named = named or synonyms(text.lower(), question.options)
    if len(named) == 1:
        return Decided(named[0], reason.strip())
    return Decided(line) if text and question.free_text is FreeText.ANSWER else None


def _names(number: int, option: str) -> frozenset[str]:
    return frozenset({str(number), option.strip().lower(), safe(option).strip().lower()})


def invitation(question: Attention) -> str:
    """What to type, in a few words."""
    if not question.options:
        return "your answer"
    numbers = " or ".join(str(number) for number in range(1, len(question.options) + 1))
    return f"{numbers}, or any text" if question.free_text is FreeText.ANSWER else f"type {numbers}, then press Enter"


def echo(question: Attention, line: str) -> str:
    """What Enter does with ``line`` now: said below the field while somebody types."""
    decided = read(question, line)
    if decided is not None:
        return f"Enter answers: {safe(decided.value)}"
    if not line.strip():
        return "Escape leaves the question open"
    labels = [f"{number} {safe(option)}" for number, option in enumerate(question.options, 1)]
    return f"Not an answer. Type {', '.join(labels[:-1])}{' or ' if labels[1:] else ''}{labels[-1] if labels else ''}"
