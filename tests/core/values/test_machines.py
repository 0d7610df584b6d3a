"""The transition tables: complete, every state reachable, only a retry leads back from an end; the page shows them as they are."""

import enum
from pathlib import Path
from typing import Any

import pytest

from maestrod.api.errors import IllegalTransition
from maestrod.api.plan import PlanStatus
from maestrod.api.queue import QueueItemStatus
from maestrod.api.run import RunStatus
from maestrod.api.session import SessionStatus
from maestrod.api.task import TaskStatus
from maestrod.core.values import lifecycle
from maestrod.core.values.machines import IGNORE, ILLEGAL, Special, Table
from maestrod.core.work import plan_state, queue, run_state, task
from tests.kit.pages.states import page

TABLES: dict[str, tuple[Table[Any, Any], type[enum.Enum], type[enum.Enum], set[enum.Enum]]] = {
    "task": (task.TRANSITIONS, TaskStatus, task.TaskEvent, {TaskStatus.PENDING}),
    "session": (
        lifecycle.LIFE,
        SessionStatus,
        lifecycle.SessionEvent,
        {SessionStatus.SPAWNING, SessionStatus.IDLE},  # an external session registers by being made
    ),
    "turn": (lifecycle.TURN, lifecycle.TurnState, lifecycle.SessionEvent, {lifecycle.TurnState.SILENT}),
    "hold": (lifecycle.HOLD, lifecycle.HoldState, lifecycle.SessionEvent, {lifecycle.HoldState.FREE}),
    "ending": (lifecycle.ENDING, lifecycle.EndingState, lifecycle.SessionEvent, {lifecycle.EndingState.NONE}),
    "wait": (lifecycle.WAIT, lifecycle.WaitState, lifecycle.SessionEvent, {lifecycle.WaitState.NONE}),
    "item": (queue.TRANSITIONS, QueueItemStatus, queue.ItemEvent, {QueueItemStatus.QUEUED}),
    "run": (run_state.TRANSITIONS, RunStatus, run_state.RunEvent, {RunStatus.PLANNING, RunStatus.RUNNING}),
    "plan": (plan_state.TRANSITIONS, PlanStatus, plan_state.PlanEvent, {PlanStatus.DRAFT}),
}
EACH = pytest.mark.parametrize("noun", TABLES)


@EACH
def test_every_cell_is_filled(noun: str) -> None:
    table, states, events, _ = TABLES[noun]
    assert set(table.cells) == set(states)
    own = (
        set(next(iter(table.cells.values()))) if events is lifecycle.SessionEvent else set(events)
    )  # one of five machines
    assert own <= set(events)
    assert all(set(row) == own for row in table.cells.values())
    cells = [cell for row in table.cells.values() for cell in row.values()]
    assert all(isinstance(cell, states | Special) for cell in cells)


@EACH
def test_every_state_can_be_reached(noun: str) -> None:
    table, states, _, starts = TABLES[noun]
    reached = set(starts)
    while True:
        further = {cell for state in reached for cell in table.cells[state].values() if isinstance(cell, states)}
        if further <= reached:
            break
        reached |= further
    assert reached == set(states)


@EACH
def test_each_cell_has_its_target(noun: str) -> None:
    table, _, _, _ = TABLES[noun]
    for state, row in table.cells.items():
        for event, cell in row.items():
            if cell is ILLEGAL:
                with pytest.raises(
                    IllegalTransition, match=f"{noun} that is {state.value} cannot {event.value}"
                ) as refused:
                    table.target(state, event)
                assert refused.value.reason == f"{noun}.illegal_transition"
                assert refused.value.details == {"status": state.value, "event": event.value}
            else:
                assert table.target(state, event) is (None if cell is IGNORE else cell)


def test_an_ended_session_keeps_its_outcome() -> None:
    for state in (SessionStatus.COMPLETED, SessionStatus.FAILED, SessionStatus.STOPPED):
        assert set(lifecycle.LIFE.cells[state].values()) <= {IGNORE, ILLEGAL}


def test_nothing_leaves_completed() -> None:
    assert set(task.TRANSITIONS.cells[TaskStatus.COMPLETED].values()) <= {IGNORE, ILLEGAL}
    for state in (TaskStatus.FAILED, TaskStatus.SKIPPED, TaskStatus.CANCELLED):
        away = {event for event, cell in task.TRANSITIONS.cells[state].items() if isinstance(cell, TaskStatus)}
        assert away <= {task.TaskEvent.RETRY, task.TaskEvent.SKIP}


def test_the_page_shows_the_tables_as_they_are() -> None:
    shown = Path(__file__).resolve().parents[3] / "docs" / "states.md"
    assert shown.read_text("utf-8") == page(), "write it anew: python -m tests.kit.pages.states > docs/states.md"
