"""Plans as Markdown: a checklist whose fenced shell blocks are the commands.

Example::

    # Ship the release

    Text above the first group is the plan's summary.

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

* ``# Title`` names the plan; ``## Title`` begins a group; ``- [ ] Title`` is a subtask, with any bullet or number. Without
  ``##`` all items are one group. Underlined headings count. Everything up to the next item or heading belongs to the item,
  indented or not; nested lists are description.
* A block marked ``sh``, ``shell`` or ``bash`` is one command, a block marked ``check`` is one check. A block of several lines stops
  at the first line that fails. Other blocks are description. A block belongs to the item whose text has its indentation.
* Groups run at the same time unless ``after`` names other groups. Attributes of a group: ``key after strategy agent persona skills
  priority on-failure``; of an item: ``key after paths priority on-failure attempts backoff timeout``. All are optional; a
  key is made from the title (``Run the tests`` is ``run-the-tests``).
* Checked items (``[x]``) are left out with everything nested in them and all dependencies on them. A checked nested item is
  left out of its item's description, with its blocks. An open item inside a checked one is an error.
* Comments (``<!-- … -->``) are not part of the plan; inside a block or backticks they are code.
* Sections without items or attributes are prose, and so is text between the heading of a group and its first item.
* Text that only looks like an item, a heading, a block or an attribute is an error, and so is a list item without a box among items
  with boxes.

Errors carry the line in their path: ``line 12``.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from maestrod.api.plan import Diagnostic, PlanReport, Severity
from maestrod.core.plan.lint import KnownNames, lint
from maestrod.core.plan.markdown_parser import Parser, Rejection
from maestrod.core.plan.markdown_sections import Section, drop_done, fill_keys, lines_by_path

_PLACE = re.compile(r"groups\[\d+\](?:\.subtasks\[\d+\](?:\.(?:commands|checks)\[\d+\])?)?")


class Document(NamedTuple):
    """A parsed checklist: JSON for the linter, structural errors, and the line of each path of ``raw``.

    ``left_out`` has the lines that are not part of the plan, and why.
    """

    raw: dict[str, Any]
    findings: tuple[Diagnostic, ...]
    lines: Mapping[str, int]
    left_out: Mapping[int, Rejection]


def parse_markdown(text: str) -> Document:
    """Parse a checklist. Never raises."""
    parser = Parser()
    parser.parse(text)
    groups = [group for group in parser.groups if group.items or group.members]
    fill_keys(groups)
    left_out = parser.left_out | _sections_left_out(parser.groups)
    kept = drop_done(groups)
    findings = sorted(parser.findings, key=_line_of)
    if not kept and not any(diagnostic.severity is Severity.ERROR for diagnostic in findings):
        findings.append(Diagnostic(path="line 1", code="no_items", message="This plan has no open item (`- [ ] …`)"))
    return Document(_raw(parser, kept), tuple(findings), lines_by_path(kept), left_out)


def lint_markdown(text: str, known: KnownNames) -> PlanReport:
    """Parse and lint a checklist. The path of each diagnostic is a line. Never raises."""
    return lint_parsed(parse_markdown(text), known)


def lint_parsed(document: Document, known: KnownNames) -> PlanReport:
    """Lint a parsed checklist."""
    if not document.raw["groups"]:
        return PlanReport(ok=False, diagnostics=document.findings)
    report = lint(document.raw, known)
    broken = any(diagnostic.severity is Severity.ERROR for diagnostic in document.findings)
    every = (*document.findings, *(_at_line(diagnostic, document.lines) for diagnostic in report.diagnostics))
    return msgspec.structs.replace(report, ok=report.ok and not broken, diagnostics=every)


def _raw(parser: Parser, groups: list[Section]) -> dict[str, Any]:
    document: dict[str, Any] = {"groups": [group.document() for group in groups]}
    if parser.title:
        document["title"] = parser.title
    if parser.summary:
        document["summary"] = parser.summary
    return document


def _sections_left_out(groups: list[Section]) -> dict[int, Rejection]:
    """The heading lines of sections that are not groups, or whose items are all checked."""
    return {
        group.line: Rejection.DONE if group.items else Rejection.PROSE
        for group in groups
        if all(item.done for item in group.items) and not (group.members.keys() - {"key"} and not group.items)
    }


def _line_of(diagnostic: Diagnostic) -> int:
    return int(diagnostic.path.removeprefix("line "))


def _at_line(diagnostic: Diagnostic, lines: Mapping[str, int]) -> Diagnostic:
    """A finding of the linter, with a line as its path."""
    match = _PLACE.match(diagnostic.path)
    place = match[0] if match else ""
    member = diagnostic.path[len(place) :].lstrip(".")
    message = f"{member}: {diagnostic.message}" if member and place else diagnostic.message
    return msgspec.structs.replace(diagnostic, path=f"line {lines.get(place, 1)}", message=message)
