"""Classifies one line of a Markdown plan: an item, nearly an item, a heading, the beginning of a block, or text.

CommonMark and GitHub's task lists define what a line means (spec.commonmark.org 0.31, github.github.com/gfm). A line that only
looks like an item, a heading or a block is text to Markdown and would be lost. Here it is a near miss, which the parser
reports.
"""

import re
from difflib import get_close_matches
from typing import NamedTuple

#: Tab stops, in columns (CommonMark, section 2.2).
_TAB = 4

# None of these backtracks over a long line, because a plan may be any 4 MB of text.
_HEADING = re.compile(r"(#{1,6})(?:[ \t]+(.*))?$")
_CLOSING_HASHES = re.compile(r"(?:^|[ \t])#+[ \t]*$")
_GLUED_HEADING = re.compile(r"#{2,6}[^#\s]")
_BULLET = re.compile(r"(?:[-*+]|[0-9]{1,9}[.)])(?:[ \t]|$)")
_ITEM = re.compile(r"(?:[-*+]|[0-9]{1,9}[.)])[ \t]+\[([ xX])\](?:[ \t]+(.*))?$")
_FENCE = re.compile(r"(`{3,}|~{3,})[ \t]*([^\s]*)[ \t]*")
_FENCE_IN_ITEM = re.compile(r"(?:[-*+]|[0-9]{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?(`{3,}|~{3,})")
_UNDERLINE = re.compile(r"(=+|-+)[ \t]*$")
_RULE = re.compile(r"(?:\*[ \t]*){3,}$|(?:-[ \t]*){3,}$|(?:_[ \t]*){3,}$")

_MARK = r"(?:[-*+•‣◦·–—−‐]{1,3}|[0-9]{1,9}[.):]|[A-Za-z][.)])"
_INSIDE = r"\s{0,3}(?:[xXyYvVхХχΧｘＸ✓✔✗✘×✅❌☓/~*!?>+.oO–—-]|[xX]{2})?\s{0,3}"
#: Similar to a box: brackets of any kind with nothing, a blank or a mark in them, but not the text of a link.
_SQUARE = rf"\\?[\[［【〔]{_INSIDE}\\?[\]］】〕](?![(\[])"
_ROUND = r"[(（](?:\s{1,3}|\s?[xX]\s?)[)）](?=\s)"
_NEAR_ITEM = re.compile(rf"(?:{_MARK}\s*){{1,3}}[*_~]{{0,3}}(?:{_SQUARE}|{_ROUND}|[☐☑☒])|{_SQUARE}\s+\S|[☐☑☒]")
_STRUCK = re.compile(r"~~.*~~\s*$")
_QUOTED = re.compile(r"(?:>[ \t]?)+[ \t]*")

#: Languages of blocks that run: by ``sh``, by ``bash``, as a check.
RUNNABLE = ("sh", "shell", "bash", "check")
#: Languages of blocks that are surely meant to run.
_OTHER_SHELLS = frozenset({"zsh", "ksh", "dash", "ash", "csh", "tcsh", "fish", "shellscript", "shell-script"})
#: Languages of blocks that usually show commands with their output.
_TRANSCRIPTS = frozenset({"", "console", "terminal", "shell-session", "shellsession", "sh-session", "cmd", "command"})
_FIRST_WORD = re.compile(r"[^A-Za-z]*([A-Za-z]*)")


class Indented(NamedTuple):
    """A line without its indentation, which is counted in columns."""

    indent: int
    text: str


class Box(NamedTuple):
    """An item: ``- [ ] Title`` or, done, ``- [x] Title``."""

    done: bool
    title: str


class Heading(NamedTuple):
    """``## Title``: a heading of level 2."""

    level: int
    title: str


class Opening(NamedTuple):
    """The first line of a fenced block; ``rest`` is what follows the language."""

    mark: str
    language: str
    rest: str


def indented(line: str) -> Indented:
    """Split a line into indentation and text."""
    text = line.lstrip(" \t")
    return Indented(len(line[: len(line) - len(text)].expandtabs(_TAB)), text)


def box_of(text: str) -> Box | None:
    """The item that a line is."""
    match = _ITEM.match(text)
    return Box(match[1] != " ", (match[2] or "").strip()) if match else None


def heading_in(text: str) -> Heading | None:
    """The heading that a line is. Hashes at its end are not part of the title."""
    match = _HEADING.match(text)
    return Heading(len(match[1]), _CLOSING_HASHES.sub("", (match[2] or "").strip()).strip()) if match else None


def opening_in(text: str) -> Opening | None:
    """The block that a line opens."""
    match = _FENCE.match(text)
    if match is None or (match[1][0] == "`" and "`" in text[match.end(1) :]):
        return None
    return Opening(match[1], match[2].lower(), text[match.end() :].strip())


def is_bullet(text: str) -> bool:
    """Whether a line is a list item, not a thematic break."""
    return bool(_BULLET.match(text)) and not is_rule(text)


def is_rule(text: str) -> bool:
    """Whether a line is a thematic break."""
    return bool(_RULE.match(text))


def underline_level(text: str) -> int:
    """The level of the heading that this line underlines; 0 if it is not an underline."""
    match = _UNDERLINE.match(text)
    return 0 if match is None else 1 if match[1][0] == "=" else 2


def opening_behind_bullet(text: str) -> Opening | None:
    """The block that begins in the line of a list item."""
    match = _FENCE_IN_ITEM.match(text)
    return Opening(match[1], "text", "") if match else None


def near_miss(text: str) -> str:
    """What to write instead of a line that is nearly an item, a heading or a block; empty for any other line."""
    if _NEAR_ITEM.match(text):
        return "This is almost an item; write `- [ ] Title`, or `- [x] Title` if it is done"
    if _GLUED_HEADING.match(text):
        return "Put a space after the hashes of a heading: `## Title`"
    quoted = _QUOTED.match(text)
    inside = text[quoted.end() :] if quoted else ""
    if inside and (box_of(inside) or ((opening := opening_in(inside)) and opening.language in RUNNABLE)):
        return "Quoted text is not run; take it out of the quote, or remove it"
    return ""


def is_struck(title: str) -> bool:
    """Whether a whole title is struck through."""
    return bool(_STRUCK.match(title))


def language_problem(opening: Opening) -> tuple[bool, str]:
    """Whether the language of an item's block is an error, and the problem with it; empty if there is none."""
    language = opening.language
    if language in RUNNABLE:
        if "{" in opening.rest:
            return True, "Blocks take no attributes; put them at the end of the item's line"
        return False, f"`{opening.rest[:100]}` after `{language}` means nothing here" if opening.rest else ""
    if language in _TRANSCRIPTS:
        what = f"`{language}`" if language else "without a language"
        return False, f"A block {what} is description; mark it `sh` to run it"
    word = _FIRST_WORD.match(language)
    near = get_close_matches(language[:40], RUNNABLE, n=1, cutoff=0.75)
    if word and word[1] in RUNNABLE:
        near = [word[1]]
    if near:
        return True, f"`{language[:100]}` is not a known language; did you mean `{near[0]}`?"
    if language in _OTHER_SHELLS:
        return True, f"Blocks run in `sh` or `bash`, not in `{language}`; mark it `text` if it is description"
    return False, ""


def without_comments(line: str, *, inside: bool) -> tuple[str, bool]:
    """A line without its HTML comments, and whether one continues in the next line. ``inside``: one began before this line.

    Text between backticks is code, not a comment.
    """
    kept: list[str] = []
    at = 0
    while True:
        if inside:
            end = line.find("-->", at)
            if end < 0:
                return "".join(kept), True
            at, inside = end + 3, False
        begin = _comment_begin(line, at)
        if begin < 0:
            return "".join(kept) + line[at:], False
        kept.append(line[at:begin])
        shortest = next((form for form in ("<!-->", "<!--->") if line.startswith(form, begin)), "")
        at, inside = begin + (len(shortest) or 4), not shortest


_CODE_OR_COMMENT = re.compile(r"(`+)|<!--")


def _comment_begin(line: str, at: int) -> int:
    """The start of the next comment outside code spans, or -1."""
    if line.find("<!--", at) < 0:
        return -1
    while match := _CODE_OR_COMMENT.search(line, at):
        if not match[1]:
            return match.start()
        closing = _closing_run(line, match.end(), len(match[1]))
        at = match.end() if closing < 0 else closing
    return -1


_RUN = re.compile(r"`+")


def _closing_run(line: str, at: int, length: int) -> int:
    """The end of the next run of exactly ``length`` backticks, or -1."""
    return next((run.end() for run in _RUN.finditer(line, at) if run.end() - run.start() == length), -1)
