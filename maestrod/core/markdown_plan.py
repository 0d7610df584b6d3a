"""Plans as Markdown: a checklist whose fenced shell blocks are the commands.

Example::

    # Ship the release

    What is above the first group is the plan's summary.

    ## Checks {strategy=queue agent=shell}

    - [ ] Lint the code
      ```sh
      ruff check .
      ```
    - [ ] Run the tests {attempts=2 timeout=10m}
      Text of an item is its description.
      ```sh
      pytest -q
      ```
    - [x] Write the changelog

    ## Build {key=wheel after=checks}

    - [ ] Build the wheel {paths=dist}
      ```sh
      python -m build
      ```
      ```check
      ls dist/*.whl
      ```

The rules:

* ``# Title`` names the plan; ``## Title`` begins a group; ``- [ ] Title`` is a subtask. Without ``##`` all items are one group.
  Everything up to the next item or heading belongs to the item, indented or not; nested lists are description.
* A block marked ``sh``, ``shell`` or ``bash`` is one command, a block marked ``check`` one check; a block of several lines stops
  at the first line that fails. Other blocks are description.
* Groups run side by side unless ``after`` names others. Attributes of a group: ``key after strategy agent persona skills
  priority on-failure``; of an item: ``key after paths priority on-failure attempts backoff timeout``. All are optional; a
  key is made of the title (``Run the tests`` is ``run-the-tests``).
* Checked items (``[x]``) are left out, and so is waiting for them. Sections without items or attributes are prose.

Errors carry the line in their path: ``line 12``.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from maestrod.api.plan import Diagnostic, PlanReport, Severity
from maestrod.core import markdown_attributes
from maestrod.core.markdown_sections import Fence, Item, Section, drop_done, fill_keys, lines_by_path
from maestrod.core.plan import KnownNames, lint

# None of these can backtrack over a long line: a plan may be four megabytes of anything.
_HEADING = re.compile(r"(#{1,6})[ \t]+")
_ITEM = re.compile(r"( {0,3})[-*+][ \t]+\[([ xX])\](?:[ \t]+(.*))?$")
_FENCE = re.compile(r"([ \t]*)(`{3,}|~{3,})[ \t]*([^`\s]*)")
_PLACE = re.compile(r"groups\[\d+\](?:\.subtasks\[\d+\](?:\.(?:commands|checks)\[\d+\])?)?")


class Document(NamedTuple):
    """What a checklist stands for: JSON for the linter, what is wrong with its form, and the line of each path of ``raw``."""

    raw: dict[str, Any]
    found: tuple[Diagnostic, ...]
    lines: Mapping[str, int]


def parse_markdown(text: str) -> Document:
    """Read a checklist. Never raises."""
    parser = _Parser()
    raw, lines = parser.parse(text)
    return Document(raw, tuple(parser.found), lines)


def lint_markdown(text: str, known: KnownNames) -> PlanReport:
    """Read and lint a checklist; every diagnostic's path is a line of it. Never raises."""
    raw, found, lines = parse_markdown(text)
    if not raw["groups"]:
        return PlanReport(ok=False, diagnostics=found)
    report = lint(raw, known)
    broken = any(diagnostic.severity is Severity.ERROR for diagnostic in found)
    every = (*found, *(_at_line(diagnostic, lines) for diagnostic in report.diagnostics))
    return msgspec.structs.replace(report, ok=report.ok and not broken, diagnostics=every)


def _at_line(diagnostic: Diagnostic, lines: Mapping[str, int]) -> Diagnostic:
    """A finding of the linter with its place in the text."""
    match = _PLACE.match(diagnostic.path)
    place = match[0] if match else ""
    member = diagnostic.path[len(place) :].lstrip(".")
    message = f"{member}: {diagnostic.message}" if member and place else diagnostic.message
    return msgspec.structs.replace(diagnostic, path=f"line {lines.get(place, 1)}", message=message)


class _Parser:
    """One pass over the lines; then keys for what has none."""

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []
        self.title = ""
        self.groups: list[Section] = []
        self._summary: list[str] = []
        self._item: Item | None = None
        self._indent = 0
        self._fence: Fence | None = None

    def parse(self, text: str) -> tuple[dict[str, Any], dict[str, int]]:
        """The document, and the line of every group, subtask and block by its path."""
        for number, line in enumerate(text.split("\n"), 1):
            self._line(number, line.removesuffix("\r"))
        if self._fence:
            self._error(self._fence.line, "unclosed_block", f"This block is not closed with `{self._fence.mark}`")
            self._close(self._fence)
        groups = [group for group in self.groups if group.items or group.members]
        fill_keys(groups)
        kept = drop_done(groups)
        if not kept:
            self._error(1, "no_items", "There is no open item (`- [ ] …`) in this plan")
        summary = "\n".join(self._summary).strip()
        return self._document(kept, summary), lines_by_path(kept)

    def _document(self, kept: list[Section], summary: str) -> dict[str, Any]:
        document: dict[str, Any] = {"groups": [group.document() for group in kept]}
        if self.title:
            document["title"] = self.title
        if summary:
            document["summary"] = summary
        return document

    def _line(self, number: int, line: str) -> None:
        if self._fence:
            if self._fence.ends(line):
                self._close(self._fence)
            else:
                self._fence.body.append(line)
        elif (fence := _FENCE.match(line)) and "`" not in line[fence.end() :]:
            self._fence = Fence(number, fence[1], fence[2], fence[3].lower())
        elif heading := _HEADING.match(line):
            self._heading(number, len(heading[1]), line[heading.end() :].strip())
        elif (item := _ITEM.match(line)) and not self._is_nested(len(item[1])):
            self._indent = len(item[1])
            self._begin_item(number, item[2] != " ", item[3] or "")
        elif self._item:
            self._item.description.append(line)
        elif not self.groups:
            self._summary.append(line)

    def _is_nested(self, indent: int) -> bool:
        """Whether a list item so indented is part of the item before it."""
        return self._item is not None and indent >= self._indent + 2

    def _heading(self, number: int, level: int, title: str) -> None:
        self._item = None
        if level == 1 and not self.title and not self.groups:
            self.title = title
        elif level == 2:
            self._begin_group(number, title)

    def _begin_group(self, number: int, title: str) -> None:
        title, members, problems = markdown_attributes.read(title, markdown_attributes.GROUP)
        for problem in problems:
            self._error(number, "attribute", problem)
        self.groups.append(Section(number, title, members))

    def _begin_item(self, number: int, done: bool, title: str) -> None:
        if not self.groups:
            self._begin_group(number, self.title or "Tasks")
        title, members, problems = markdown_attributes.read(title, markdown_attributes.SUBTASK)
        self._item = Item(number, done, title, members)
        self.groups[-1].items.append(self._item)
        for problem in problems if not done else ():
            self._error(number, "attribute", problem)
        if not title:
            self._error(number, "no_title", "An item needs a title: `- [ ] What is to be done`")

    def _close(self, fence: Fence) -> None:
        self._fence = None
        if not self._item:
            if fence.runs and self.groups:
                self._error(fence.line, "block_without_item", "This block belongs to no item: write `- [ ] …` above it")
        elif fence.runs:
            self._run(fence, self._item)
        else:
            self._item.description += fence.source()
            if not fence.language:
                message = "A block without a language is description; mark it `sh` to run it"
                self._warning(fence.line, "block_without_language", message)

    def _run(self, fence: Fence, item: Item) -> None:
        command = fence.command()
        if command:
            (item.checks if fence.is_check else item.commands).append((command, fence.line))
        elif not item.done:
            self._error(fence.line, "empty_block", "This block has no command")

    def _error(self, line: int, code: str, message: str) -> None:
        self.found.append(Diagnostic(path=f"line {line}", code=code, message=message))

    def _warning(self, line: int, code: str, message: str) -> None:
        self.found.append(Diagnostic(path=f"line {line}", code=code, message=message, severity=Severity.WARNING))
