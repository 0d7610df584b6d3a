"""Turns a typed line into an answer: pure, so that no key sequence can answer what was not written."""

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
    """The answer that ``line`` gives: an option by its number, full text or synonym (y, no), else free text if the question accepts it.

    None if it is not an answer. Beginnings are never expanded: "no, keep them" is neither "no" nor "yes".
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
    """A short hint on what to type."""
    if not question.options:
        return "your answer"
    numbers = " or ".join(str(number) for number in range(1, len(question.options) + 1))
    return f"{numbers}, or any text" if question.free_text is FreeText.ANSWER else f"type {numbers}, then press Enter"


def echo(question: Attention, line: str) -> str:
    """What Enter would do with ``line``; shown below the field while the user types."""
    decided = read(question, line)
    if decided is not None:
        return f"Enter answers: {safe(decided.value)}"
    if not line.strip():
        return "Escape leaves the question open"
    labels = [f"{number} {safe(option)}" for number, option in enumerate(question.options, 1)]
    return f"Not an answer. Type {', '.join(labels[:-1])}{' or ' if labels[1:] else ''}{labels[-1] if labels else ''}"
