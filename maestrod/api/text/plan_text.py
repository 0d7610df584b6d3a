"""A JSON plan in the words of whoever wrote it: alone, in a fenced block, between sentences, inside of another object.

Models and programs wrap JSON in many ways. What counts is the object with ``groups``, not the wrapping: any fence and
info string, ``<think>`` before it, a byte order mark, Windows line ends, comments, a list of one, ``{"plan": {...}}``, JSON in a
string. Of several plans the last one counts, as it replaces what was said before. A last plan that cannot be read is never
passed over for an earlier one, and several plans in one list or object are an error: nothing is picked silently.
"""

import re
from typing import Any, Final

from maestrod.api.text.json_text import DEPTH, Flaw, loads, value_at

#: Where an object, a list of objects or a JSON document in a string may begin. Prose and code with braces rarely look like it.
_START: Final = re.compile(
    r"""\{(?=\s*(?:["'}]|//|/\*|[A-Za-z_$][\w$-]*\s*:))|\[(?=\s*(?:\{|//|/\*))|"(?=\s*[{\[]\s*\\")"""
)
#: The content of the last fenced block that may be JSON, closed or not.
_FENCED: Final = re.compile(r"^[ \t]*(?:```|~~~)[^\n`]*\n[ \t]*(?=[{\[])", re.MULTILINE)
_FENCE_END: Final = re.compile(r"^[ \t]*(?:```|~~~)[ \t]*\r?$", re.MULTILINE)
#: Beginnings that are tried, and characters that are read for nothing, before a text counts as too tangled.
_TRIES: Final = 1000
_WASTE: Final = 1 << 20
#: Wrappers around wrappers.
_LAYERS: Final = 4


def document_in(text: str) -> str | None:
    """The part of a text that is a JSON plan, or tries to be one; None for a text without any."""
    text = text.removeprefix("\ufeff")
    search = _Search(text)
    if "groups" in text:
        search.run()
    if search.found is not None:
        return text[slice(*search.found)]
    return _whole(text)


def only_document_in(text: str) -> str | None:
    """The JSON plan in a file that a person hands in, where none replaces another. Raises ``Flaw`` for several."""
    text = text.removeprefix("\ufeff")
    search = _Search(text)
    search.run()
    if len(search.starts) > 1:
        raise Flaw(f"there are {len(search.starts)} plans here; submit only one", text, search.starts[1], "")
    return document_in(text)


def read(document: str) -> Any:
    """What a document says, out of its wrappers: a plan if there is exactly one in it. Raises ``Flaw``."""
    try:
        value = loads(document, relaxed=True)
        plans = _plans(value, _LAYERS)
    except RecursionError:
        raise Flaw(f"nested deeper than {DEPTH} levels", document, 0, "") from None
    if len(plans) > 1:
        raise Flaw(f"there are {len(plans)} plans here; submit only one", document, 0, "")
    return plans[0] if plans else value


class _Search:
    """Looks for the last plan in a text; ``found`` is where it begins and ends, ``starts`` where every plan begins."""

    def __init__(self, text: str) -> None:
        self.found: tuple[int, int] | None = None
        self.starts: list[int] = []
        self._text = text
        self._waste = 0

    def run(self) -> None:
        """Try every place where JSON may begin, and pass over what could be read."""
        at = tries = 0
        while match := _START.search(self._text, at):
            tries += 1
            if tries > _TRIES or self._waste > _WASTE:
                self.found = (0, len(self._text))
                return
            at = self._try(match.start())

    def _try(self, start: int) -> int:
        """Read what begins at a place; returns where to look on."""
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
        """What cannot be read is a plan all the same when it has groups, or when it was cut off where nothing follows."""
        ends_early = flaw.at >= len(self._text)
        if "groups" in flaw.names or (ends_early and flaw.names and self._text[start] != '"'):
            self.found = (start, len(self._text))
            return max(flaw.at, start + 1)
        searched = self._text.startswith("/*", flaw.at)  # to the end of the text, for the end of a comment
        self._waste += (len(self._text) if searched else flaw.at) - start
        return start + 1


def _plans(value: Any, layers: int) -> list[Any]:
    """The plans in a value: itself, or what its wrappers hold."""
    if isinstance(value, dict) and "groups" in value:
        return [value]
    if not layers:
        return []
    if isinstance(value, str):
        return _plans_in_string(value, layers)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [plan for each in inner for plan in _plans(each, layers - 1)]


def _plans_in_string(text: str, layers: int) -> list[Any]:
    """The plan that a string is as a whole: a document that was encoded twice."""
    if not text.lstrip().startswith(("{", "[")):
        return []
    try:
        return _plans(loads(text), layers - 1)
    except (Flaw, RecursionError):
        return []


def _whole(text: str) -> str | None:
    """A text, or its last fenced block, that is an object and no plan: whoever wrote it learns what a plan is."""
    fences = list(_FENCED.finditer(text))
    if fences:
        body = text[fences[-1].end() :]
        end = _FENCE_END.search(body)
        text = body[: end.start()] if end else body
    text = text.strip()
    return text if text.startswith("{") and text.endswith("}") else None
