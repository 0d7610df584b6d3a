"""Parses JSON written by a person or a model: nothing in it is lost, and an error has its line and path.

Of two members with the same name, Python and msgspec take the last and drop the first (RFC 8259, section 4, leaves it open).
Here that is an error. The C scanner of the standard library parses valid text. Only for errors, and for the extensions that a
model may use (``relaxed``), the text is parsed again, token by token.

``relaxed`` accepts the extensions of JSONC and JSON5 and common mistakes: ``//`` and ``/* */`` comments, a comma after the last
member, names without quotes, single quotes, and line ends inside strings. None of these can change the meaning of the text.
"""

import json
import re
from collections.abc import Callable
from typing import Any, Final, NoReturn

#: Maximum levels of nesting, the same as on the wire (``wire.DEPTH_LIMIT``).
DEPTH: Final = 100

_SPACE = re.compile(r"[ \t\r\n]*")
_RELAXED_SPACE = re.compile(r"(?:[ \t\r\n\ufeff\u00a0]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.])")
_NAME = re.compile(r"[A-Za-z_$][\w$-]*")
_SINGLE = re.compile(r"'([^'\\]*(?:\\.[^'\\]*)*)'", re.DOTALL)
_IN_SINGLE = re.compile(r'\\.|"', re.DOTALL)
_WORDS: Final = {"true": True, "false": False, "null": None}
_PLAIN_NAME = re.compile(r"[\w-]{1,100}")
_TWICE: Final = "appears twice in one object"
#: Maximum number of members for the fast check of a small message.
_FEW = 40


class Flaw(ValueError):
    """An error in a text, and its place.

    ``at`` counts characters from 0, ``line`` and ``column`` count from 1. ``path`` is like ``groups[0].key``, empty at the top.
    ``names`` are the members that were read before it.
    """

    def __init__(self, problem: str, text: str, at: int, path: str, names: frozenset[str] = frozenset()) -> None:
        self.problem, self.at, self.path, self.names = problem, at, path, names
        self.line = text.count("\n", 0, at) + 1
        self.column = at - text.rfind("\n", 0, at)
        super().__init__(f"line {self.line}, column {self.column}: {problem}")

    @property
    def is_repetition(self) -> bool:
        """Whether the text is well-formed except that a member appears twice."""
        return self.problem.endswith(_TWICE)


def loads(text: str, *, relaxed: bool = False) -> Any:
    """Parse a whole text. Raises ``Flaw``."""
    start = 1 if text.startswith("\ufeff") else 0
    try:
        value, end = value_at(text, _past_space(text, start, relaxed=relaxed), relaxed=relaxed)
    except RecursionError:
        raise Flaw(f"nested deeper than {DEPTH} levels", text, start, "") from None
    rest = _past_space(text, end, relaxed=relaxed)
    if rest != len(text):
        raise Flaw("unexpected text after the end of the document", text, rest, "")
    return value


def value_at(text: str, start: int, *, relaxed: bool = False) -> tuple[Any, int]:
    """The value that begins at ``start``, and its end. Raises ``Flaw`` if it is invalid or has a member twice."""
    try:
        return (_LENIENT if relaxed else _STRICT)(text, start)
    except (ValueError, RecursionError):
        reader = _Reader(text, relaxed=relaxed)
        return reader.value(start, "", 0), reader.at


def repeated(message: bytes) -> str | None:
    """The path of a member that an object of a well-formed message has twice, or None.

    A small message takes a microsecond: if all names in it differ, no object has one twice.
    """
    text = message.decode(errors="replace")
    if _all_differ(text):
        return None
    try:
        _STRICT(text, 0)
    except ValueError:
        return _place_of_repetition(text)
    except RecursionError:
        return None  # too deep for the next decoder too, which reports it
    return None


def _all_differ(text: str) -> bool:
    """Whether all names in a message differ. It may return False by mistake, but never True.

    Without a backslash, quotes come in pairs; without white space after a quote, each name ends with ``":``.
    """
    if "\\" in text or '" ' in text or '"\n' in text or '"\t' in text or '"\r' in text:
        return False
    before = text.split('":', _FEW)
    count = len(before) - 1
    if count == _FEW:
        return False
    return len({part.rpartition('"')[2] for part in before[:count]}) == count


def _place_of_repetition(text: str) -> str | None:
    reader = _Reader(text, relaxed=False)
    try:
        reader.value(reader.skip(0), "", 0)
    except Flaw as flaw:
        return flaw.path if flaw.is_repetition else None
    return None


def _past_space(text: str, at: int, *, relaxed: bool) -> int:
    match = (_RELAXED_SPACE if relaxed else _SPACE).match(text, at)
    return match.end() if match else at


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError(_TWICE)
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _scanner(*, strict: bool) -> Callable[[str, int], tuple[Any, int]]:
    return json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant, strict=strict).raw_decode


_STRICT = _scanner(strict=True)
_LENIENT = _scanner(strict=False)


class _Reader:
    """Parses a value token by token, and knows its path. ``at`` is the end of the parsed text."""

    def __init__(self, text: str, *, relaxed: bool) -> None:
        self.at = 0
        self._text = text
        self._relaxed = relaxed
        self._space = _RELAXED_SPACE if relaxed else _SPACE
        self._names: set[str] = set()

    def skip(self, at: int) -> int:
        """The start of the next token."""
        match = self._space.match(self._text, at)
        return match.end() if match else at

    def value(self, at: int, path: str, depth: int) -> Any:
        """The value at ``at``. Raises ``Flaw``."""
        if depth > DEPTH:
            raise self._flaw(f"nested deeper than {DEPTH} levels", at, path)
        first = self._text[at : at + 1]
        if first == "{":
            return self._members(at, path, depth)
        if first == "[":
            return self._elements(at, path, depth)
        if first == '"' or (first == "'" and self._relaxed):
            return self._string(at, path)
        return self._scalar(at, path)

    def _members(self, start: int, path: str, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        at = self.skip(start + 1)
        while self._text[at : at + 1] != "}":
            begin, name = at, self._name(at, path)
            inside = _join(path, name)
            if name in members:
                raise self._flaw(f"the member `{name[:100]}` {_TWICE}", begin, inside)
            self._names.add(name)
            at = self.skip(self.at)
            if self._text[at : at + 1] != ":":
                raise self._flaw(f"expected a colon after `{name[:100]}`", at, inside)
            members[name] = self.value(self.skip(at + 1), inside, depth + 1)
            at = self._next("}", inside)
        self.at = at + 1
        return members

    def _elements(self, start: int, path: str, depth: int) -> list[Any]:
        elements: list[Any] = []
        at = self.skip(start + 1)
        while self._text[at : at + 1] != "]":
            inside = f"{path}[{len(elements)}]"
            elements.append(self.value(at, inside, depth + 1))
            at = self._next("]", inside)
        self.at = at + 1
        return elements

    def _next(self, close: str, path: str) -> int:
        """The start of the next element or of the closing bracket."""
        at = self.skip(self.at)
        found = self._text[at : at + 1]
        if found == close:
            return at
        if found != ",":
            raise self._flaw(f"expected a comma or `{close}`", at, path)
        comma, at = at, self.skip(at + 1)
        if self._text[at : at + 1] == close and not self._relaxed:
            raise self._flaw(f"unexpected comma before `{close}`", comma, path)
        return at

    def _name(self, at: int, path: str) -> str:
        first = self._text[at : at + 1]
        if first == '"' or (first == "'" and self._relaxed):
            return self._string(at, path)
        bare = _NAME.match(self._text, at) if self._relaxed else None
        if bare is None:
            raise self._flaw("expected the name of a member in double quotes", at, path)
        self.at = bare.end()
        return bare[0]

    def _string(self, at: int, path: str) -> str:
        if self._text[at] == "'":
            return self._single_quoted(at, path)
        try:
            value, self.at = (_LENIENT if self._relaxed else _STRICT)(self._text, at)
        except json.JSONDecodeError as error:
            if error.msg.startswith("Unterminated"):
                raise self._flaw("this string is not closed", len(self._text), path) from None
            raise self._flaw(f"in this string: {error.msg}", min(error.pos, len(self._text)), path) from None
        return str(value)

    def _single_quoted(self, at: int, path: str) -> str:
        match = _SINGLE.match(self._text, at)
        if match is None:
            raise self._flaw("this string is not closed", len(self._text), path)
        self.at = match.end()
        try:
            return str(_LENIENT(f'"{_IN_SINGLE.sub(_in_double_quotes, match[1])}"', 0)[0])
        except json.JSONDecodeError as error:
            raise self._flaw(f"in this string: {error.msg}", at, path) from None

    def _scalar(self, at: int, path: str) -> Any:
        if number := _NUMBER.match(self._text, at):
            self.at = number.end()
            return _number(number[0])
        word = _NAME.match(self._text, at)
        if word and word[0] in _WORDS:
            self.at = word.end()
            return _WORDS[word[0]]
        raise self._flaw("expected a value", at, path)

    def _flaw(self, problem: str, at: int, path: str) -> Flaw:
        if at >= len(self._text):
            problem = f"the text ends too early: {problem}"
        return Flaw(problem, self._text, at, path, frozenset(self._names))


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _in_double_quotes(match: re.Match[str]) -> str:
    return {"\\'": "'", '"': '\\"'}.get(match[0], match[0])


def _join(path: str, name: str) -> str:
    shown = name if _PLAIN_NAME.fullmatch(name) else json.dumps(name[:100])
    return f"{path}.{shown}" if path else shown
