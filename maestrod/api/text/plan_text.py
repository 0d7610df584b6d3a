"""Finds a JSON plan in a text: alone, in a fenced block, between sentences, or inside another object.

Models and programs wrap JSON in many ways. Only the object with ``groups`` counts, not its wrapping: any fence and
info string, ``<think>`` before it, a byte order mark, Windows line ends, comments, a list of one, ``{"plan": {...}}``, JSON in a
string. Of several plans, the last one counts, because it replaces earlier ones. If the last plan is invalid, no earlier one is
used instead, and several plans in one list or object are an error. Nothing is chosen silently.
"""

import re
from typing import Any, Final

from maestrod.api.text.json_text import DEPTH, Flaw, loads, value_at

#: A possible start of an object, a list of objects or a JSON document in a string. Prose and code with braces rarely match.
_START: Final = re.compile(
    r"""\{(?=\s*(?:["'}]|//|/\*|[A-Za-z_$][\w$-]*\s*:))|\[(?=\s*(?:\{|//|/\*))|"(?=\s*[{\[]\s*\\")"""
)
#: The start of a fenced block that may contain JSON.
_FENCED: Final = re.compile(r"^[ \t]*(?:```|~~~)[^\n`]*\n[ \t]*(?=[{\[])", re.MULTILINE)
_FENCE_END: Final = re.compile(r"^[ \t]*(?:```|~~~)[ \t]*\r?$", re.MULTILINE)
#: Maximum number of starts that are tried, and of characters that are parsed in vain, before the search gives up.
_TRIES: Final = 1000
_WASTE: Final = 1 << 20
#: Maximum depth of wrappers.
_LAYERS: Final = 4


def document_in(text: str) -> str | None:
    """The part of a text that is a JSON plan or seems meant to be one; None if there is none."""
    text = text.removeprefix("\ufeff")
    search = _Search(text)
    if "groups" in text:
        search.run()
    if search.found is not None:
        return text[slice(*search.found)]
    return _whole(text)


def only_document_in(text: str) -> str | None:
    """The JSON plan in a file that a user submits, in which no plan replaces another. Raises ``Flaw`` for several."""
    text = text.removeprefix("\ufeff")
    search = _Search(text)
    search.run()
    if len(search.starts) > 1:
        raise Flaw(f"there are {len(search.starts)} plans here; submit only one", text, search.starts[1], "")
    return document_in(text)


def read(document: str) -> Any:
    """Parse a document and remove its wrappers. Returns the plan if it has exactly one. Raises ``Flaw``."""
    try:
        value = loads(document, relaxed=True)
        plans = _plans(value, _LAYERS)
    except RecursionError:
        raise Flaw(f"nested deeper than {DEPTH} levels", document, 0, "") from None
    if len(plans) > 1:
        raise Flaw(f"there are {len(plans)} plans here; submit only one", document, 0, "")
    return plans[0] if plans else value


class _Search:
    """Searches the last plan in a text; ``found`` is its start and end, ``starts`` has the start of every plan."""

    def __init__(self, text: str) -> None:
        self.found: tuple[int, int] | None = None
        self.starts: list[int] = []
        self._text = text
        self._waste = 0

    def run(self) -> None:
        """Try every possible start of JSON, and continue after each document that was parsed."""
        at = tries = 0
        while match := _START.search(self._text, at):
            tries += 1
            if tries > _TRIES or self._waste > _WASTE:
                self.found = (0, len(self._text))
                return
            at = self._try(match.start())

    def _try(self, start: int) -> int:
        """Parse the document at ``start``. Returns where to continue the search."""
        try:
            value, end = value_at(self._text, start, relaxed=True)
            if _plans(value, _LAYERS):
                self.found = (start, end)
                self.starts.append(start)
        except Flaw as flaw:
            return self._broken(start, flaw)
        except RecursionError:
            self._waste += DEPTH
            return start + 1
        return end

    def _broken(self, start: int, flaw: Flaw) -> int:
        """Handle an invalid document. It still counts as the plan if it has groups, or if it was cut off at the end of the
        text.
        """
        ends_early = flaw.at >= len(self._text)
        if "groups" in flaw.names or (ends_early and flaw.names and self._text[start] != '"'):
            self.found = (start, len(self._text))
            return max(flaw.at, start + 1)
        searched = self._text.startswith(
            "/*", flaw.at
        )  # the search for the end of a comment read to the end of the text
        self._waste += (len(self._text) if searched else flaw.at) - start
        return start + 1


def _plans(value: Any, layers: int) -> list[Any]:
    """The plans in a value: the value itself, or those inside its wrappers."""
    if isinstance(value, dict) and "groups" in value:
        return [value]
    if not layers:
        return []
    if isinstance(value, str):
        return _plans_in_string(value, layers)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [plan for each in inner for plan in _plans(each, layers - 1)]


def _plans_in_string(text: str, layers: int) -> list[Any]:
    """The plans in a string that is a JSON document itself, because it was encoded twice."""
    if not text.lstrip().startswith(("{", "[")):
        return []
    try:
        return _plans(loads(text), layers - 1)
    except (Flaw, RecursionError):
        return []


def _whole(text: str) -> str | None:
    """The text, or its last fenced block, if it is an object without a plan. The linter then explains what is missing."""
    fences = list(_FENCED.finditer(text))
    if fences:
        body = text[fences[-1].end() :]
        end = _FENCE_END.search(body)
        text = body[: end.start()] if end else body
    text = text.strip()
    return text if text.startswith("{") and text.endswith("}") else None
