"""Parses JSON with comments and the position of each value, so that a document can be edited without rewriting it.

``parse`` reads strict JSON (RFC 8259), or JSON as many programs read their settings: with ``//`` and ``/* */`` comments and a comma
after the last member. Inserting and removing values leaves every other byte of the text unchanged.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

#: Maximum levels of nesting; settings have a handful.
DEPTH = 100

_SPACE = re.compile(r"[ \t\r\n]*")
_COMMENT = re.compile(r"//[^\r\n]*|/\*.*?\*/", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None}


class Invalid(ValueError):
    """The text is not a valid document; the message says where and why."""

    def __init__(self, text: str, at: int, why: str) -> None:
        line, column = text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1
        super().__init__(f"line {line}, column {column}: {why}")


@dataclass(slots=True)
class Value:
    """A value from ``start`` up to ``end``; ``data`` is the value in Python.

    ``elements`` are the elements of an array or the members of an object, in order. ``name`` is that of a member, which begins with its
    name at ``begin``.
    """

    start: int
    end: int
    data: Any
    elements: list["Value"] = field(default_factory=list)
    name: str | None = None
    begin: int = 0

    def member(self, name: str) -> "Value | None":
        """The last member with this name, which is the one that counts."""
        return next((each for each in reversed(self.elements) if each.name == name), None)


def parse(text: str, *, comments: bool) -> Value:
    """The document. Raises ``Invalid``."""
    at = 1 if text.startswith("\ufeff") else 0
    reader = _Reader(text, comments=comments)
    at = reader.skip(at)
    value = reader.value(at, 0)
    end = reader.skip(value.end)
    if end != len(text):
        raise Invalid(text, end, "text after the end of the document")
    return value


def comments_in(text: str) -> Iterator[tuple[int, int]]:
    """Positions of the comments in a piece of text without strings."""
    for match in _COMMENT.finditer(text):
        yield match.span()


class _Reader:
    def __init__(self, text: str, *, comments: bool) -> None:
        self._text = text
        self._comments = comments

    def skip(self, at: int) -> int:
        """Where the next token begins."""
        while True:
            at = self._match(_SPACE, at)
            comment = _COMMENT.match(self._text, at) if self._comments else None
            if comment is None:
                return at
            at = comment.end()

    def value(self, at: int, depth: int) -> Value:
        if depth > DEPTH:
            raise Invalid(self._text, at, f"more than {DEPTH} levels")
        first = self._text[at : at + 1]
        if first == "{":
            return self._object(at, depth)
        if first == "[":
            return self._array(at, depth)
        if first == '"':
            end, data = self._string(at)
            return Value(at, end, data, begin=at)
        for word, meaning in _WORDS.items():
            if self._text.startswith(word, at):
                return Value(at, at + len(word), meaning, begin=at)
        number = _NUMBER.match(self._text, at)
        if number is None:
            raise Invalid(self._text, at, "missing value" if first else "the document ends too early")
        return Value(at, number.end(), float(number[0]) if _is_real(number[0]) else int(number[0][:4000]), begin=at)

    def _object(self, start: int, depth: int) -> Value:
        members: list[Value] = []
        at, ended = self._first(start, "}")
        while not ended:
            if self._text[at : at + 1] != '"':
                raise Invalid(self._text, at, "missing name of a member")
            begin = at
            at, name = self._string(at)
            at = self.skip(at)
            if self._text[at : at + 1] != ":":
                raise Invalid(self._text, at, "missing colon")
            member = self.value(self.skip(at + 1), depth + 1)
            member.name, member.begin = name, begin
            members.append(member)
            at, ended = self._next(member.end, "}")
        return Value(start, at, {each.name: each.data for each in members}, members, begin=start)

    def _array(self, start: int, depth: int) -> Value:
        elements: list[Value] = []
        at, ended = self._first(start, "]")
        while not ended:
            elements.append(self.value(at, depth + 1))
            at, ended = self._next(elements[-1].end, "]")
        return Value(start, at, [each.data for each in elements], elements, begin=start)

    def _first(self, start: int, close: str) -> tuple[int, bool]:
        """Where the first element begins, or the end of an empty one."""
        at = self.skip(start + 1)
        return (at + 1, True) if self._text[at : at + 1] == close else (at, False)

    def _next(self, end: int, close: str) -> tuple[int, bool]:
        """Where the next element begins, or the end."""
        at = self.skip(end)
        if self._text[at : at + 1] == close:
            return at + 1, True
        if self._text[at : at + 1] != ",":
            raise Invalid(self._text, at, f"missing comma or {close}")
        at = self.skip(at + 1)
        if self._comments and self._text[at : at + 1] == close:
            return at + 1, True
        return at, False

    def _string(self, at: int) -> tuple[int, str]:
        match = _STRING.match(self._text, at)
        if match is None:
            raise Invalid(self._text, at, "unterminated string")
        try:
            return match.end(), json.loads(match[0])
        except ValueError as error:
            raise Invalid(self._text, at, "invalid escape in a string") from error

    def _match(self, pattern: re.Pattern[str], at: int) -> int:
        match = pattern.match(self._text, at)
        return match.end() if match else at


def _is_real(number: str) -> bool:
    return any(character in ".eE" for character in number)


def insert(text: str, container: Value, written: str, unit: str) -> str:
    """The text with one more element (for an object: ``"name": value``) at the end of a container.

    ``written`` may have several lines, indented by ``unit``. ``remove`` of that element gives ``text`` again, byte for byte.
    """
    if not container.elements:
        at = container.start + 1
        return text[:at] + _indented(text, written, _line_indent(text, container.start)) + text[at:]
    last = container.elements[-1]
    if "\n" in text[container.start : container.elements[0].begin]:
        indent = _line_indent(text, last.begin)
        return text[: last.end] + "," + _line_end(text) + indent + _indented(text, written, indent) + text[last.end :]
    return text[: last.end] + ", " + _indented(text, written, _line_indent(text, container.start)) + text[last.end :]


def remove(text: str, container: Value, number: int) -> str:
    """The text without one element of a container and its comma; comments stay."""
    elements = container.elements
    element = elements[number]
    if number:
        before = elements[number - 1].end
        return text[:before] + _without_comma(text[before : element.begin]) + text[element.end :]
    if len(elements) > 1:
        after = elements[1].begin
        return text[: element.begin] + _without_comma(text[element.end : after]) + text[after:]
    rest = text[element.end : container.end - 1]
    comma = _comma(rest)
    return (
        text[: element.begin]
        + (rest if comma is None else rest[:comma] + rest[comma + 1 :])
        + text[container.end - 1 :]
    )


def _without_comma(gap: str) -> str:
    """The comments in the text between two elements, which stay when one of the elements is removed."""
    comma = _comma(gap)
    if comma is None or not any(comments_in(gap)):
        return ""
    return gap[:comma] + gap[comma + 1 :]


def _comma(gap: str) -> int | None:
    """Position of the comma that is not in a comment."""
    return next((at for at, each in enumerate(gap) if each == "," and not _in_comment(gap, at)), None)


def _in_comment(gap: str, at: int) -> bool:
    return any(begin <= at < end for begin, end in comments_in(gap))


def _line_indent(text: str, at: int) -> str:
    """The indentation of the line."""
    begin = text.rfind("\n", 0, at) + 1
    match = re.compile(r"[ \t]*").match(text, begin)
    return match[0] if match else ""


def _line_end(text: str) -> str:
    """The line ending of the text."""
    first = text.find("\n")
    return "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"


def _indented(text: str, written: str, indent: str) -> str:
    return written.replace("\n", _line_end(text) + indent)


def unit_of(text: str, root: Value) -> str:
    """The indentation of one level: that of the document's first member, or two spaces."""
    if root.elements and "\n" in text[root.start : root.elements[0].begin]:
        indent = _line_indent(text, root.elements[0].begin).removeprefix(_line_indent(text, root.start))
        return indent or "  "
    return "  "
