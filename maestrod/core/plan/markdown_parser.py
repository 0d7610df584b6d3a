"""Parses a Markdown plan in one pass over its lines, which ``markdown_lines`` classifies.

Every line that is not blank is part of the plan, or is left out for a reason given by the rules of
``markdown_plan`` (``left_out``), or is a finding.
"""

from enum import Enum
from typing import NamedTuple

from maestrod.api.plan import Diagnostic, Severity
from maestrod.core.plan import markdown_attributes
from maestrod.core.plan.markdown_lines import (
    RUNNABLE,
    Box,
    Heading,
    Opening,
    box_of,
    heading_in,
    indented,
    is_bullet,
    is_rule,
    is_struck,
    language_problem,
    near_miss,
    opening_behind_bullet,
    opening_in,
    underline_level,
    without_comments,
)
from maestrod.core.plan.markdown_sections import Fence, Item, Section

#: Columns by which nested content is indented.
_NESTED = 2
#: Indentation (columns) from which Markdown treats a line outside a list as code.
_CODE = 4


class Rejection(Enum):
    """Why a line is not part of the plan."""

    COMMENT = "comment"
    DONE = "done"
    PROSE = "prose"
    FRONT_MATTER = "front matter"


class _Nested(NamedTuple):
    """A list item inside an item. ``done``: the item, or one around it, is checked."""

    indent: int
    done: bool


class _Line(NamedTuple):
    number: int
    whole: str
    indent: int
    text: str


class Parser:
    """Parses one checklist; ``title``, ``summary``, ``groups``, ``findings`` and ``left_out`` are the result."""

    def __init__(self) -> None:
        self.findings: list[Diagnostic] = []
        self.left_out: dict[int, Rejection] = {}
        self.title = ""
        self.groups: list[Section] = []
        self._summary: list[str] = []
        self._item: Item | None = None
        self._indent = 0
        self._nested: list[_Nested] = []
        self._fence: Fence | None = None
        self._comment = 0
        self._second_title = 0
        self._small_heading = 0
        self._after_blank = True
        self._text_lines: list[_Line] = []

    @property
    def summary(self) -> str:
        """The text above the first group."""
        return "\n".join(self._summary).strip()

    def parse(self, text: str) -> None:
        """Read the lines of a plan."""
        lines = text.removeprefix("\ufeff").split("\n")
        begin = self._front_matter(lines)
        for number, line in enumerate(lines[begin:], begin + 1):
            self._line(number, line.removesuffix("\r"))
        if self._fence:
            self._error(
                self._fence.line, "unclosed_block", f"This block is not closed: no line {self._fence.mark} follows"
            )
            self._close(self._fence)
        if self._comment:
            self._error(self._comment, "unclosed_comment", "This comment is not closed with `-->`")

    def _front_matter(self, lines: list[str]) -> int:
        """The number of lines of YAML front matter above the plan."""
        if lines[0].rstrip() != "---" or len(lines) < 2 or not lines[1].strip():
            return 0
        end = next((at for at, line in enumerate(lines[1:], 1) if line.rstrip() in {"---", "..."}), 0)
        if end:
            self.left_out |= dict.fromkeys(range(1, end + 2), Rejection.FRONT_MATTER)
            message = (
                "Front matter is not supported; write the title as `# Title`, and attributes in braces after titles"
            )
            self._warning(1, "front_matter", message)
        return end + 1 if end else 0

    def _line(self, number: int, line: str) -> None:
        if self._fence:
            self._in_fence(self._fence, number, line)
            return
        if self._comment or "<!--" in line:
            line = self._without_comments(number, line)
        if number not in self.left_out:
            self._content(_Line(number, line, *indented(line)))

    def _without_comments(self, number: int, line: str) -> str:
        begins_with_it = bool(self._comment) or line.lstrip().startswith("<!--")
        kept, is_open = without_comments(line, inside=bool(self._comment))
        self._comment = (self._comment or number) if is_open else 0
        text = kept.strip()
        if kept != line and not text:
            self.left_out[number] = Rejection.COMMENT
        elif begins_with_it and (box_of(text) or heading_in(text) or opening_in(text) or near_miss(text)):
            # Markdown treats the rest of such a line as HTML, so its structure would be lost or differ from what is rendered.
            self._error(number, "behind_comment", "This follows a comment; write it on a line of its own")
        return kept

    def _in_fence(self, fence: Fence, number: int, line: str) -> None:
        if fence.ends(line):
            self._close(fence, number)
            return
        fence.body.append(line)
        opening = opening_in(line.strip()) if fence.runs else None
        if opening and opening.language and opening.mark[0] == fence.mark[0] and len(opening.mark) >= len(fence.mark):
            message = f"A block begins inside the block of line {fence.line}, which no line {fence.mark} closes"
            self._error(number, "unclosed_block", message)

    def _content(self, line: _Line) -> None:
        if not line.text:
            self._blank(line)
        elif opening := opening_in(line.text):
            self._open(line, opening)
        elif opening := opening_behind_bullet(line.text):
            message = "Begin a block on a line of its own, below its item and indented like the item's text"
            self._error(line.number, "near_miss", message)
            self._open(line, opening)
        elif self._is_outside(line) and (heading := heading_in(line.text)):
            self._heading(line.number, heading)
        elif self._is_outside(line) and self._underline(line):
            self._text_lines = []
        elif box := box_of(line.text):
            self._box(line, box)
        else:
            self._text(line)
        self._after_blank = not line.text

    def _is_outside(self, line: _Line) -> bool:
        """Whether a line is outside the item before it, so that it can be a heading."""
        return line.indent < (self._indent + _NESTED if self._item else _CODE)

    def _blank(self, line: _Line) -> None:
        self._text_lines = []
        if self._item:
            self._item.description.append("")
        elif not self.groups:
            self._summary.append("")

    # Headings

    def _heading(self, number: int, heading: Heading) -> None:
        self._leave_item()
        level, title = heading
        if level == 1 and not self.title and not self.groups:
            self._begin_plan(number, title)
        elif level == 1:
            self._second_title = number
            self.left_out[number] = Rejection.PROSE
        elif level == 2:
            self._second_title = 0
            self._begin_group(number, title)
        else:
            self._subheading(number, title)

    def _begin_plan(self, number: int, title: str) -> None:
        self.title, members, _ = markdown_attributes.read(title, markdown_attributes.GROUP)
        if members:
            self._error(number, "attribute", "The title of a plan takes no attributes; groups (`## …`) and items do")
        if not title:
            self._error(number, "no_title", "A heading needs a title: `# What the plan is for`")

    def _begin_group(self, number: int, title: str) -> None:
        title, members, problems = markdown_attributes.read(title, markdown_attributes.GROUP)
        for problem in problems:
            self._error(number, "attribute", problem)
        if not title:
            self._error(number, "no_title", "A heading needs a title: `## What the group does`")
        self.groups.append(Section(number, title, members))

    def _subheading(self, number: int, title: str) -> None:
        self.left_out[number] = Rejection.PROSE
        self._small_heading = number
        if markdown_attributes.read(title, markdown_attributes.GROUP)[1]:
            self._error(number, "attribute", "Only groups take attributes; a group is a heading of level 2: `## …`")

    def _underline(self, line: _Line) -> bool:
        """Whether the text above becomes a heading (CommonMark, section 4.3)."""
        level = underline_level(line.text)
        above = self._text_lines
        if not level or not above or above[0].indent >= _CODE:
            return False
        if len(above) > 1:
            message = (
                "Markdown turns the lines above this one into a heading; put a blank line before it, or use `## Title`"
            )
            self._error(line.number, "long_heading", message)
            return True
        self._forget(above[0])
        self.left_out[line.number] = Rejection.PROSE
        self._heading(above[0].number, Heading(level, above[0].text.strip()))
        return True

    def _forget(self, line: _Line) -> None:
        """Take back a line of text that turned out to be a heading."""
        self.left_out.pop(line.number, None)
        place = self._item.description if self._item else self._summary
        if place and place[-1] == line.whole:
            place.pop()

    # Items

    def _box(self, line: _Line, box: Box) -> None:
        if self._item and line.indent >= self._indent + _NESTED:
            self._nested_box(line, box, self._item)
        elif not self._item and line.indent >= _CODE:
            message = f"Markdown treats a line that is indented by {line.indent} as code; begin it with `- [ ]`"
            self._error(line.number, "indented_item", message)
        else:
            self._begin_item(line, box)

    def _begin_item(self, line: _Line, box: Box) -> None:
        number = line.number
        if not self.groups:
            if self._small_heading:
                self._error(self._small_heading, "small_heading", "The heading of a group must be of level 2: `## …`")
            self._begin_group(number, self.title or "Tasks")
        if self._second_title:
            message = "A plan has only one title; make this the heading of a group: `## …`"
            self._error(self._second_title, "second_title", message)
            self._second_title = 0
        title, members, problems = markdown_attributes.read(box.title, markdown_attributes.SUBTASK)
        self._leave_item()
        self._indent = line.indent
        self._item = Item(number, box.done, title, members)
        self.groups[-1].items.append(self._item)
        if box.done:
            self.left_out[number] = Rejection.DONE
            return
        for problem in problems:
            self._error(number, "attribute", problem)
        if not title:
            self._error(number, "no_title", "An item needs a title: `- [ ] What to do`")
        elif is_struck(title):
            self._error(number, "struck_item", "This item is struck through; check it (`- [x]`) or remove it")

    def _nested_box(self, line: _Line, box: Box, item: Item) -> None:
        around = self._around(line.indent)
        self._nested.append(_Nested(line.indent, around or box.done))
        self._text_lines = []
        if around and not box.done:
            message = "This item is open inside a checked one; check it, or uncheck its parent"
            self._error(line.number, "open_in_done", message)
        elif not box.done and markdown_attributes.read(box.title, markdown_attributes.SUBTASK)[1]:
            self._error(line.number, "attribute", "Nested items are description and take no attributes")
        self._describe(line, item, done=around)

    def _around(self, indent: int) -> bool:
        """Leave the nested items that do not contain a line of this indentation. Returns whether its container is done."""
        while self._nested and indent < self._nested[-1].indent + _NESTED:
            self._nested.pop()
        return self._nested[-1].done if self._nested else self._item is not None and self._item.done

    def _leave_item(self) -> None:
        self._item, self._indent, self._nested, self._text_lines = None, 0, [], []

    # Text

    def _text(self, line: _Line) -> None:
        hint = near_miss(line.text)
        if hint:
            self._error(line.number, "near_miss", hint)
        if self._item and is_bullet(line.text):
            self._bullet(line, self._item, reported=bool(hint))
        elif self._item:
            self._text_of_item(line, self._item, reported=bool(hint))
        else:
            self._prose(line)
        self._text_lines = self._paragraph(line)

    def _paragraph(self, line: _Line) -> list[_Line]:
        """The lines (at most two) that an underline below this one would turn into a heading."""
        if is_rule(line.text) or is_bullet(line.text):
            return []
        if self._text_lines:
            return [*self._text_lines[-1:], line]
        begins = not self._item or (self._after_blank and line.indent < self._indent + _NESTED)
        return [line] if begins else []

    def _bullet(self, line: _Line, item: Item, *, reported: bool) -> None:
        """Handle a list item without a box. Nested, it is description; otherwise it is an error, because it belongs to no item."""
        if line.indent < self._indent + _NESTED:
            if not reported:
                message = "This list item has no box; write `- [ ] …`, or indent it if it describes the item above"
                self._error(line.number, "no_box", message)
            return
        done = self._around(line.indent)
        self._nested.append(_Nested(line.indent, done))
        self._describe(line, item, done=done)

    def _text_of_item(self, line: _Line, item: Item, *, reported: bool) -> None:
        is_lazy = bool(self._nested) and not self._after_blank  # it continues the paragraph of the line before
        done = self._nested[-1].done if is_lazy else self._around(line.indent)
        if not reported and markdown_attributes.is_block(line.text, markdown_attributes.SUBTASK):
            self._error(line.number, "attribute", "Put attributes at the end of the item's own line")
        self._describe(line, item, done=done)

    def _describe(self, line: _Line, item: Item, *, done: bool) -> None:
        if done:
            self.left_out[line.number] = Rejection.DONE
        else:
            item.description.append(line.whole)

    def _prose(self, line: _Line) -> None:
        if self.groups:
            self.left_out[line.number] = Rejection.PROSE
        else:
            self._summary.append(line.whole)
        if markdown_attributes.is_block(line.text, markdown_attributes.GROUP):
            self._error(line.number, "attribute", "Put attributes at the end of the heading or the item itself")

    # Blocks

    def _open(self, line: _Line, opening: Opening) -> None:
        indent = line.whole[: len(line.whole) - len(line.text)]
        self._text_lines = []
        self._fence = Fence(line.number, indent, opening.mark, opening.language, line.text[len(opening.mark) :].strip())
        self._fence.done = self._is_done_block(line, opening)
        if self._item and not self._fence.done:
            is_error, problem = language_problem(opening)
            if problem:
                (self._error if is_error else self._warning)(line.number, "block_language", problem)

    def _is_done_block(self, line: _Line, opening: Opening) -> bool:
        """Whether a block belongs to a checked item."""
        if self._item and self._nested and line.indent < self._indent + _NESTED and opening.language in RUNNABLE:
            message = "It is unclear which item this block belongs to; indent it like that item's text"
            self._error(line.number, "whose_block", message)
        return self._around(line.indent)

    def _close(self, fence: Fence, end: int = 0) -> None:
        self._fence, self._after_blank = None, True
        if fence.done:
            self.left_out |= dict.fromkeys(range(fence.line, (end or fence.line) + 1), Rejection.DONE)
        elif not self._item:
            self._close_outside(fence, end)
        elif fence.runs:
            self._run(fence, self._item)
        else:
            self._item.description += fence.source()

    def _close_outside(self, fence: Fence, end: int) -> None:
        if fence.runs:
            self._error(fence.line, "block_without_item", "This block belongs to no item: write `- [ ] …` above it")
        if self.groups:
            self.left_out |= dict.fromkeys(range(fence.line, (end or fence.line) + 1), Rejection.PROSE)
        else:
            self._summary += fence.source()

    def _run(self, fence: Fence, item: Item) -> None:
        command = fence.command()
        if command:
            (item.checks if fence.is_check else item.commands).append((command, fence.line))
        else:
            self._error(fence.line, "empty_block", "This block contains no command")

    def _error(self, line: int, code: str, message: str) -> None:
        self.findings.append(Diagnostic(path=f"line {line}", code=code, message=message))

    def _warning(self, line: int, code: str, message: str) -> None:
        self.findings.append(Diagnostic(path=f"line {line}", code=code, message=message, severity=Severity.WARNING))
