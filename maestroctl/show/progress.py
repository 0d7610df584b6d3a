"""Progress and usage as every view shows them."""

import math
from collections.abc import Mapping
from typing import Any

from maestrod.api.run import Run
from maestrod.api.session import Session, Usage
from maestrod.api.task import OUTCOMES, Leaves, Task

#: Counted beside the completed tasks.
_OTHERS = OUTCOMES[1:]


def percent(progress: float) -> str:
    """``82%``: rounded down, so that only what is finished shows 100%."""
    return f"{math.floor(progress * 100 + 1e-9)}%"


def counts(task: Task) -> str:
    """``10 of 11 tasks completed, 1 failed``; empty for a task without subtasks."""
    return "" if task.leaves is None else progress_text(task.leaves)


def counts_of(document: Mapping[str, Any]) -> str:
    """The same for a task as JSON."""
    leaves = document.get("leaves")
    return progress_text(Leaves(**{name: leaves.get(name, 0) for name in Leaves.__struct_fields__})) if leaves else ""


def progress_text(leaves: Leaves) -> str:
    """The leaves below a task by outcome, as text."""
    words = f"{leaves.completed} of {leaves.total} task{'' if leaves.total == 1 else 's'} completed"
    others = [f"{getattr(leaves, name)} {name}" for name in _OTHERS if getattr(leaves, name)]
    return ", ".join([words, *others])


def ended(task: Task) -> float:
    """The fraction of a progress bar to fill; a completed or skipped task fills it."""
    return 1.0 if task.status.is_done else task.progress


def spent(usage: Usage) -> str:
    """``16,000 tokens in, 1,200 out, $0.08``: tokens in full, money in dollars and cents."""
    return f"{usage.input:,} tokens in, {usage.output:,} out" + ("" if usage.cost is None else f", ${usage.cost:.2f}")


def state_of(entity: dict[str, Any]) -> str:
    """The status of a run or session, or that it is paused or waits for a usage limit."""
    live = entity.get("live") or entity
    if live.get("paused"):
        return "paused"
    return "limited" if live.get("wait") else str(entity["status"])


def shown_status(entity: Run | Session) -> str:
    """The same for typed entities."""
    if entity.paused:
        return "paused"
    return "limited" if isinstance(entity, Session) and entity.wait is not None else entity.status.value
