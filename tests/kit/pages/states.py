"""Draws ``docs/states.md`` from the transition tables: ``python -m tests.kit.pages.states > docs/states.md``."""

import sys
from collections.abc import Iterator
from typing import Any

from maestrod.core.session import message
from maestrod.core.values import lifecycle
from maestrod.core.values.machines import IGNORE, ILLEGAL, Table
from maestrod.core.work import plan_state, queue, run_state, task

_HEAD = """# States

Generated from the transition tables of `maestrod/core` by `python -m tests.kit.pages.states`; a test keeps the two the same.
In each table, a row is a state and a column an event. The cell is the next state. `·` means that the event is valid and changes nothing. An empty
cell means that the event is refused, because its sender is wrong about the state.
"""

_NOUNS: tuple[tuple[str, Table[Any, Any], str, str], ...] = (
    (
        "Task",
        task.TRANSITIONS,
        "core/work/task.py",
        (
            "A leaf moves as shown; a task with subtasks moves by roll-up only. After a failure with attempts left, a task is `pending` again. "
            "A task that waits for its dependencies is `blocked` too (`statusReason.code` is `dependency`, or "
            "`dependency_failed` once one has failed for good)."
        ),
    ),
    (
        "Message",
        message.TRANSITIONS,
        "core/session/message.py",
        "A prompt counts as delivered from the decision to write it, so it is never written twice.",
    ),
    ("Queue item", queue.TRANSITIONS, "core/work/queue.py", "Item and task move in one decision."),
    (
        "Run",
        run_state.TRANSITIONS,
        "core/work/run_state.py",
        (
            "A run ends when its root does, with the root's status, and resumes when the root does. A run that you "
            "cancel is `cancelled`, even if its root is `failed`."
        ),
    ),
    (
        "Plan",
        plan_state.TRANSITIONS,
        "core/work/plan_state.py",
        "A `draft` is never visible: the linter judges it in the same decision.",
    ),
)


#: The machines of a session, and what to know about each.
_MACHINES: tuple[tuple[str, Table[Any, Any], str], ...] = (
    ("Life", lifecycle.LIFE, "Its state is the session's `status`."),
    ("Turn", lifecycle.TURN, "`live.turn`; `silent` is null."),
    ("Hold", lifecycle.HOLD, "`live.paused`."),
    ("Ending", lifecycle.ENDING, "`live.ending`; `none` is null."),
    (
        "Wait",
        lifecycle.WAIT,
        "`live.wait`; `none` is null. While it waits it takes no slot, and its tasks' clocks are stopped.",
    ),
)


def page() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *("\n".join(_noun(*noun)) for noun in _NOUNS), *_session()]) + "\n"


def _session() -> Iterator[str]:
    """The session's essay and its machines."""
    essay = (lifecycle.__doc__ or "").partition("\n\n")[2].replace("``", "`").rstrip()
    yield f"## Session\n\n`core/values/lifecycle.py`.\n\n{essay}\n"
    yield "| event | brings along |\n|---|---|"
    yield from (
        f"| {event.value} | {', '.join(brought.value for brought in lifecycle.BRINGS[event])} |"
        for event in lifecycle.SessionEvent
        if event in lifecycle.BRINGS
    )
    for name, table, words in _MACHINES:
        yield f"\n### {name}\n\n{words}\n"
        yield from _drawn(table)


def _noun(name: str, table: Table[Any, Any], place: str, words: str) -> Iterator[str]:
    yield f"## {name}\n\n`{place}`. {words}\n"
    yield from _drawn(table)
    yield ""


def _drawn(table: Table[Any, Any]) -> Iterator[str]:
    events = list(next(iter(table.cells.values())))
    yield "```mermaid\nstateDiagram-v2"
    yield from _arrows(table)
    yield "```\n"
    yield "| | " + " | ".join(event.value for event in events) + " |"
    yield "|---" * (len(events) + 1) + "|"
    for state, row in table.cells.items():
        yield f"| **{state.value}** | " + " | ".join(_cell(row[event]) for event in events) + " |"


def _arrows(table: Table[Any, Any]) -> Iterator[str]:
    for state, row in table.cells.items():
        by_target: dict[str, list[str]] = {}
        for event, cell in row.items():
            if cell is not IGNORE and cell is not ILLEGAL:
                by_target.setdefault(cell.value, []).append(event.value)
        for target, events in by_target.items():
            yield f"    {state.value} --> {target}: {', '.join(events)}"


def _cell(cell: Any) -> str:
    return "·" if cell is IGNORE else "" if cell is ILLEGAL else str(cell.value)


if __name__ == "__main__":
    sys.stdout.write(page())
