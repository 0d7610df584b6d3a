"""The parts of a Markdown plan: sections, items, fenced blocks, and their keys."""

import re
import shlex
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from maestrod.core.plan.markdown_attributes import slug

_SHELLS = ("sh", "shell", "bash")
_CHECK = "check"


class Fence:
    """A fenced block, opened by ``mark`` (backticks or tildes) and indented by ``indent``; ``info`` is the text after the mark.

    ``done``: the block belongs to a checked item.
    """

    def __init__(self, line: int, indent: str, mark: str, language: str, info: str = "") -> None:
        self.line, self.indent, self.mark, self.language = line, indent, mark, language
        self.info = info or language
        self.body: list[str] = []
        self.done = False

    @property
    def is_check(self) -> bool:
        """Whether the block is a check."""
        return self.language == _CHECK

    @property
    def runs(self) -> bool:
        """Whether the block is a command or a check, not text."""
        return self.is_check or self.language in _SHELLS

    def ends(self, line: str) -> bool:
        """Whether a line closes the block: the same or a longer mark, and nothing else."""
        stripped = line.strip()
        return stripped.startswith(self.mark) and not stripped.strip(self.mark[0])

    def source(self) -> list[str]:
        """The lines of the block, as they were written."""
        return [f"{self.indent}{self.mark}{self.info}", *self.body, f"{self.indent}{self.mark}"]

    def command(self) -> str:
        """The block as one command for ``sh -c``; empty if it has none. A command of several lines stops at the first that
        fails.
        """
        text = "\n".join(line.removeprefix(self.indent) for line in self.body).strip("\n").rstrip()
        if "\n" in text:
            text = f"set -e\n{text}"
        return f"bash -c {shlex.quote(text)}" if text and self.language == "bash" else text


class Item:
    """A line ``- [ ] Title`` and its content; commands and checks have the line of their block."""

    def __init__(self, line: int, done: bool, title: str, members: dict[str, Any]) -> None:
        self.line, self.done, self.title, self.members = line, done, title, members
        self.description: list[str] = []
        self.commands: list[tuple[str, int]] = []
        self.checks: list[tuple[str, int]] = []

    def document(self) -> dict[str, Any]:
        """The subtask as JSON."""
        optional = {
            "description": textwrap.dedent("\n".join(self.description)).strip(),
            "commands": [command for command, _ in self.commands],
            "checks": [command for command, _ in self.checks],
        }
        return {"title": self.title, **self.members, **{name: value for name, value in optional.items() if value}}


class Section:
    """A heading ``## Title`` and its items."""

    def __init__(self, line: int, title: str, members: dict[str, Any]) -> None:
        self.line, self.title, self.members = line, title, members
        self.items: list[Item] = []

    def document(self) -> dict[str, Any]:
        """The group as JSON."""
        return {"title": self.title, **self.members, "subtasks": [item.document() for item in self.items]}


def fill_keys(groups: Sequence[Section]) -> None:
    """Give keys to groups and items without one: the slug of the title; if taken, with the group's key or a number."""
    names = _Names(group.members for group in groups)
    for number, group in enumerate(groups, 1):
        if "key" not in group.members:
            group.members["key"] = names.free(slug(group.title) or f"group-{number}")
    names = _Names(item.members for group in groups for item in group.items)
    for group in groups:
        for number, item in enumerate(group.items, 1):
            if "key" not in item.members:
                plain = slug(item.title) or f"task-{number}"
                item.members["key"] = names.free(plain, f"{group.members['key']}-{plain}"[:90])


def drop_done(groups: Sequence[Section]) -> list[Section]:
    """Remove checked items, groups with only such items, and dependencies on either."""
    done_items = {item.members["key"] for group in groups for item in group.items if item.done}
    kept = [group for group in groups if not group.items or not all(item.done for item in group.items)]
    done_groups = {group.members["key"] for group in groups} - {group.members["key"] for group in kept}
    for group in kept:
        group.items = [item for item in group.items if not item.done]
        _forget(group.members, done_groups)
        for item in group.items:
            _forget(item.members, done_items)
    return kept


def lines_by_path(groups: Sequence[Section]) -> dict[str, int]:
    """The line of every group, subtask, command and check by its path in the plan document."""
    lines: dict[str, int] = {}
    for place, group in enumerate(groups):
        lines[f"groups[{place}]"] = group.line
        for number, item in enumerate(group.items):
            path = f"groups[{place}].subtasks[{number}]"
            lines[path] = item.line
            lines |= {f"{path}.commands[{index}]": line for index, (_, line) in enumerate(item.commands)}
            lines |= {f"{path}.checks[{index}]": line for index, (_, line) in enumerate(item.checks)}
    return lines


def _forget(members: dict[str, Any], done: set[str]) -> None:
    if needs := [need for need in members.get("dependsOn", ()) if need not in done]:
        members["dependsOn"] = needs
    else:
        members.pop("dependsOn", None)


class _Names:
    """The taken keys; finds free ones."""

    def __init__(self, members: Iterable[dict[str, Any]]) -> None:
        self._taken = {item["key"] for item in members if "key" in item}
        self._next: dict[str, int] = {}

    def free(self, *wishes: str) -> str:
        """The first free wish, or the last wish with a number."""
        for wish in wishes:
            if wish not in self._taken:
                self._taken.add(wish)
                return wish
        base = re.sub(r"-\d+$", "", wishes[-1]) or wishes[-1]
        number = self._next.get(base, 2)
        while f"{base}-{number}" in self._taken:
            number += 1
        self._next[base] = number + 1
        self._taken.add(f"{base}-{number}")
        return f"{base}-{number}"
