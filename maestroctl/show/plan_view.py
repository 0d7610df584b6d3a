"""Shows a plan for approval: its waves with their groups, and what each group does: its subtasks with their commands and checks."""

from collections.abc import Iterator
from typing import Any

from maestroctl.output import safe
from maestroctl.show.table import clip, width

_MARGIN = "  "
_TITLE = 40  # maximum width, so that the dependencies fit on the line
_LINES = 100  # maximum shown; `maestroctl plan get` shows all
_CELLS = 500  # maximum width of a line; longer commands are cut


def waves(plan: dict[str, Any], *, rows: int = _LINES, columns: int = _CELLS) -> list[str]:
    """One line per group, where the first of each wave has its number, and under it the group's subtasks.

    At most ``rows`` lines of ``columns`` cells. If something does not fit, the last line names the command that shows it.
    """
    groups = {group["key"]: group for group in plan.get("groups", ())}
    shown = [
        (f"wave {number}" if not place else "", groups[key])
        for number, wave in enumerate(plan.get("waves", ()), 1)
        for place, key in enumerate(wave)
        if key in groups
    ]
    cells = [(wave, *_group(group)) for wave, group in shown]
    widths = [max((width(row[column]) for row in cells), default=0) for column in range(3)]
    lines = [
        line
        for row, (_, group) in zip(cells, shown, strict=True)
        for line in (_MARGIN + _line(row, widths), *_subtasks(group))
    ]
    return _fitted(lines, min(rows, _LINES), min(columns, _CELLS), plan.get("id", ""))


def _fitted(lines: list[str], rows: int, columns: int, plan_id: str) -> list[str]:
    """The lines that fit, each clipped, and then how to see what was left out."""
    clipped = [clip(line, columns) for line in lines]
    if clipped == lines and len(lines) <= rows:
        return lines
    kept = clipped[: max(rows - 1, 0)]
    left = len(lines) - len(kept)
    what = f"{left} more line{'' if left == 1 else 's'}" if left else "lines were cut"
    return [*kept, f"{_MARGIN}… {what}: maestroctl plan get {safe(plan_id)}"]


def _subtasks(group: dict[str, Any]) -> Iterator[str]:
    """The title of each subtask, then what it runs."""
    for subtask in group["subtasks"]:
        yield f"{_MARGIN * 2}- {safe(subtask['title'])}"
        for command in subtask.get("commands", ()):
            yield from _command("$ ", command)
        for check in subtask.get("checks", ()):
            yield from _command("check: ", check)


def _command(sign: str, command: str) -> Iterator[str]:
    """A command of one or more lines; every line is deeper than a title, so that neither looks like the other."""
    for place, line in enumerate(command.rstrip("\n").split("\n")):
        yield f"{_MARGIN * 4}{' ' * len(sign) if place else sign}{safe(line)}"


def _group(group: dict[str, Any]) -> tuple[str, str, str]:
    """Title, size with agent, and dependencies."""
    count = len(group["subtasks"])
    size = f"{count} task{'' if count == 1 else 's'}" + (f", {safe(group['agent'])}" if group.get("agent") else "")
    needs = ", ".join(safe(key) for key in group.get("dependsOn", ()))
    return clip(f"{safe(group['title'])} ({safe(group['key'])})", _TITLE), size, f"after {needs}" if needs else ""


def _line(row: tuple[str, ...], columns: list[int]) -> str:
    padded = [cell + " " * (room - width(cell)) for cell, room in zip(row, columns, strict=False)]
    return "  ".join([*padded, *row[len(columns) :]]).rstrip()
