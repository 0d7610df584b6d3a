"""The frontmatter of skills and personas: the subset of YAML that such files use.

It stands between two lines ``---`` at the top of a file::

    name: bug-hunter
    description: "Finds the cause before it touches the code"
    skills: [maestro-worker, debugging]
    capabilities:
      - tracing
      - bisection
    limits:
      turns: 40
    notes: >
      Folded into one line
      by the sign above; `|` keeps the lines.

Values are strings, lists of strings, or one level of ``name: value`` below a name. Quotes around a value are removed; a
line that begins with ``#`` is a comment. Numbers stay strings. Any other YAML (anchors, tags, deeper nesting) is an
error that names its line, so that no file is read differently from what its author meant.
"""

import re

Value = str | list[str] | dict[str, str]
_MEMBER = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]*)\s*:(?:\s+(.*))?$")
_BLOCK = re.compile(r"[>|][+-]?$")


def split(text: str) -> tuple[dict[str, Value], str]:
    """The members of the frontmatter (empty if there is none) and the text below it. Raises ``ValueError``."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    if lines[0].rstrip() != "---":
        return {}, text
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        raise ValueError("line 1: the frontmatter is not closed with ---")
    return _members(lines[:end]), "\n".join(lines[end + 1 :]).strip("\n")


def names(value: Value | None) -> tuple[str, ...]:
    """Convert a member to a list: it is one, or words separated by commas or spaces. ``ValueError`` for a mapping."""
    if value is None:
        return ()
    if isinstance(value, dict):
        raise ValueError("expected a list")  # noqa: TRY004 - the file's text is wrong, not the caller's type
    return tuple(value if isinstance(value, list) else value.replace(",", " ").split())


def _members(lines: list[str]) -> dict[str, Value]:
    members: dict[str, Value] = {}
    place = 1
    while place < len(lines):
        line = lines[place]
        if _is_blank(line):
            place += 1
            continue
        match = _MEMBER.match(line)
        if not match:
            raise ValueError(f"line {place + 1}: expected `name: value`")
        if match[1] in members:
            raise ValueError(f"line {place + 1}: `{match[1]}` appears twice")
        below = place + 1
        while below < len(lines) and (_is_blank(lines[below]) or lines[below].startswith((" ", "\t", "- "))):
            below += 1
        members[match[1]] = _value((match[2] or "").strip(), lines[place + 1 : below], place + 2)
        place = below
    return members


def _is_blank(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _value(inline: str, below: list[str], first: int) -> Value:
    """Parse the value after a name and on the lines below it; ``first`` is the number of the first such line."""
    if _BLOCK.match(inline):
        lines = [line.strip() for line in below]
        return (" " if inline[0] == ">" else "\n").join(lines).strip()
    nested = [(number, line.strip()) for number, line in enumerate(below, first) if not _is_blank(line)]
    if inline:
        if nested:
            raise ValueError(f"line {nested[0][0]}: a value over several lines begins with > or |")
        return _inline(inline, first - 1)
    if nested and all(line.startswith("- ") for _, line in nested):
        return [_scalar(line[2:].strip(), number) for number, line in nested]
    return _mapping(nested) if nested else ""


def _mapping(nested: list[tuple[int, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, line in nested:
        match = _MEMBER.match(line)
        if not match:
            raise ValueError(f"line {number}: expected `- item` or `name: value`")
        if match[1] in found:
            raise ValueError(f"line {number}: `{match[1]}` appears twice")
        found[match[1]] = _scalar((match[2] or "").strip(), number)
    return found


def _inline(text: str, number: int) -> Value:
    if text.startswith("["):
        if not text.endswith("]"):
            raise ValueError(f"line {number}: the list is not closed with ]")
        return [_scalar(part.strip(), number) for part in text[1:-1].split(",") if part.strip()]
    return _scalar(text, number)


def _scalar(text: str, number: int) -> str:
    if text[:1] in {"'", '"'}:
        if len(text) < 2 or text[-1] != text[0]:
            raise ValueError(f"line {number}: the quotes are not closed")
        return text[1:-1]
    if text[:1] in {"{", "&", "*", "!", "%", "@", "`"}:
        raise ValueError(f"line {number}: put quotes around a value that begins with {text[0]}")
    return text.partition(" #")[0].rstrip()
