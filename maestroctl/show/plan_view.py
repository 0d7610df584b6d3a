"""Shows a plan for approval: its waves with their groups, the size of each group and its dependencies."""

from typing import Any

from maestroctl.output import safe
from maestroctl.show.table import clip, width

_MARGIN = "  "
_TITLE = 40  # maximum width, so that the dependencies fit on the line


def waves(plan: dict[str, Any]) -> list[str]:
    """One line per group; the first line of each wave has its number."""
    groups = {group["key"]: group for group in plan.get("groups", ())}
    rows = [
        (f"wave {number}" if not place else "", *_group(groups[key]))
        for number, wave in enumerate(plan.get("waves", ()), 1)
        for place, key in enumerate(wave)
        if key in groups
    ]
    columns = [max((width(row[column]) for row in rows), default=0) for column in range(3)]
    return [_MARGIN + _line(row, columns) for row in rows]


def _group(group: dict[str, Any]) -> tuple[str, str, str]:
    """Title, size with agent, and dependencies."""
    count = len(group["subtasks"])
    size = f"{count} task{'' if count == 1 else 's'}" + (f", {safe(group['agent'])}" if group.get("agent") else "")
    needs = ", ".join(safe(key) for key in group.get("dependsOn", ()))
    return clip(f"{safe(group['title'])} ({safe(group['key'])})", _TITLE), size, f"after {needs}" if needs else ""


def _line(row: tuple[str, ...], columns: list[int]) -> str:
    padded = [cell + " " * (room - width(cell)) for cell, room in zip(row, columns, strict=False)]
    return "  ".join([*padded, *row[len(columns) :]]).rstrip()
