"""Shows a question in full: what is asked, by whom, where, since when, and what happens without an answer."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from maestroctl.output import safe, safe_block
from maestroctl.show.limits import clock, waiting
from maestroctl.show.render import duration

#: Maximum lines of a tool's input, and width of each; ``maestroctl attention get`` shows all that was stored.
LINES = 12
CELLS = 200
#: Synonyms that people type for the options of a permission or an approval.
_YES, _NO = ("y", "yes", "ok", "a"), ("n", "no")
_SYNONYMS = {"allow": _YES, "approve": _YES, "deny": (*_NO, "d"), "reject": (*_NO, "r")}

#: Ends the options that hold for the session (``maestrod/core/values/attention_options.py``).
FOR_SESSION = " for session"

Json = Mapping[str, Any]


def lines(question: Json, session: Json | None, now: int) -> Iterator[str]:
    """The question, indented under its id; ``session`` is the one that asks; ``now`` is ms since the epoch."""
    since = duration(now - question.get("openedAt", now))
    name = f"#{question['number']}" if question.get("number") else question["id"]
    yield f"{name}  {safe(question['kind'])}  since {since}  {_where(question, session)}".rstrip()
    yield from _block(question["message"])
    yield from _input(question)
    wait = ((session or {}).get("live") or {}).get("wait")
    if question["kind"] == "limit" and session is not None and wait is not None:
        waits_for = waiting(
            session["agent"], wait["until"], now, due=wait.get("due", False), guessed=wait.get("guessed", False)
        )
        yield f"  it {waits_for}" if waits_for.startswith("waits") else f"  {waits_for}"
    yield from _answers(question, now)


def request_lines(question: Json) -> list[str]:
    """The request and its input, without the surrounding lines."""
    return [line.removeprefix("  ") for line in (*_block(question["message"]), *_input(question))]


def short(question: Json) -> str:
    """The short name of a question: its number, else the end of its id."""
    return str(question.get("number") or question["id"][-8:])


def chosen(value: str, options: Sequence[str]) -> str | None:
    """The option that ``value`` means: itself, a synonym, or an unambiguous beginning; None if it is unclear.

    A beginning with a digit is unclear: it may be the position of an option. Options for the session must be written in full.
    """
    word = value.strip().lower()
    exact = [option for option in options if option == value] or [
        option for option in options if option.lower() == word
    ]
    begins = [option for option in options if option.lower().startswith(word) and not option.endswith(FOR_SESSION)]
    begins = begins if word and not word[0].isdecimal() else []
    return next((found[0] for found in (exact, synonyms(word, options), begins) if len(found) == 1), None)


def synonyms(word: str, options: Sequence[str]) -> list[str]:
    """The options with the synonym ``word``: ``y`` for allow and approve, ``no`` for deny and reject."""
    return [option for option in options if word in _SYNONYMS.get(option, ())]


def _options(question: Json) -> tuple[list[str], list[str]]:
    """The options for one answer, and those for the session: the same ones with ``--for session``."""
    options = [safe(option) for option in question.get("options", ())]
    standing = [option for option in options if question.get("digest") and option.endswith(FOR_SESSION)]
    return [option for option in options if option not in standing], standing


def _where(question: Json, session: Json | None) -> str:
    if session is None:
        return safe(question.get("sessionId") or question.get("runId") or "")
    folder = f" in {safe(session['workingDir'])}" if session.get("workingDir") else ""
    return f"{safe(session['name'])} ({session['id']}){folder}"


def _block(text: str) -> list[str]:
    return [f"  {line}" for line in safe_block(text.rstrip()).splitlines()[:LINES]]


def _input(question: Json) -> Iterator[str]:
    """The tool's input, member by member, unless the summary says it all."""
    text = question.get("input")
    if not text:
        return
    try:
        document = json.loads(text)
    except ValueError:  # truncated in the store
        document = text
    if isinstance(document, dict):
        shown = [line for name, value in document.items() for line in _member(name, value)]
    else:
        shown = str(document).splitlines()
    fresh = [
        line for line in shown if line.partition(": ")[2] not in question["message"] or not line.partition(": ")[2]
    ]
    for line in fresh[:LINES]:
        yield f"    {safe(line[:CELLS])}{'…' if len(line) > CELLS else ''}"
    if len(fresh) > LINES:
        yield f"    … {len(fresh) - LINES} more lines: maestroctl attention get {question['id']}"


def _member(name: str, value: Any) -> list[str]:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    first, *more = text.splitlines() or [""]
    return [f"{name}: {first}", *(f"  {line}" for line in more)]


def _answers(question: Json, now: int) -> Iterator[str]:
    plain, standing = _options(question)
    takes = question.get("freeText")
    if plain:
        text = {"reason": " [REASON]", "answer": " or any text"}.get(takes or "", "")
        yield f"  maestroctl answer {short(question)} {'|'.join(plain)}{text}"
        if standing:
            yield "  add --for session to apply it to every identical request of this session"
    elif question.get("tool") is not None:
        yield f"  answer in its own terminal: maestroctl attach {question['sessionId']}"
    else:
        yield f"  maestroctl answer {short(question)} TEXT"
    if question.get("planId"):
        yield f"  the plan: maestroctl plan get {question['planId']}"
    if question.get("deadline"):
        value = safe(question.get("onTimeout") or "") or "no answer"
        yield f"  without an answer by {clock(question['deadline'], now)}: {value}"
