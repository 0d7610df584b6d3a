"""How deadlines change when the clock is set or the machine sleeps.

Moments are stored as wall time, because people and providers use it, but waits are durations. When the wall clock is set, the
moments of everything in progress are shifted by the same amount (``step``), so that each wait keeps its duration and events
keep their order. History stays as it was recorded. While the machine sleeps (``slept``), nothing on it can work, report or
answer. So waits for agents and users continue afterwards with the time they had left, while waits for the outside world
continue meanwhile:

- the end of a limit that the provider reported as a time never moves;
- a limit with an unknown end or reported as a duration, and the delay before a retry, are durations of real time: they move
  with a step;
- all other deadlines judge an agent or a user of this machine: they move with a step and with a sleep.

A silent agent gets its whole stall timeout again after a sleep. The age of remembered requests is measured on a clock without
steps (``requests_now``).
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from maestrod.api.attention import Attention, AttentionKind
from maestrod.api.life import Up
from maestrod.api.session import Session
from maestrod.api.task import Task
from maestrod.api.turn import Limited, RunningTurn, Turn, Wait
from maestrod.core.values.facts import ClockMoved
from maestrod.core.values.lifecycle import clock_of, revised, with_clock
from maestrod.core.world.draft import Draft
from maestrod.core.world.world import World


def moved(draft: Draft, fact: ClockMoved) -> None:
    """The rule of ``facts.ClockMoved``: keep the duration of every wait, and store the present clock readings."""
    if fact.step or fact.slept:
        for task in _waiting_tasks(draft.world):
            draft.change(task, **_of_task(task, fact))
        waits = _agent_waits(draft.world, fact)
        for session_id in sorted(draft.world.by_session.live):
            _move_session(draft, draft.session(session_id), fact)
        for question in _questions(draft.world):
            draft.change(question, **_of_question(question, fact))
        draft.change(draft.world.system, agent_waits=waits)
    draft.change(draft.world.system, clock=fact.mark)


def requests_now(draft: Draft) -> int:
    """Wall time without its steps, for ages that must not jump (ms)."""
    clock = draft.world.system.clock
    return draft.now - (clock.stepped if clock is not None else 0)


def _later(moment: int | None, by: int) -> int | None:
    return None if moment is None else moment + by


def _waiting_tasks(world: World) -> list[Task]:
    """The tasks that are in progress or wait for a retry, by id."""
    ids = {deadline.id for deadline in world.deadlines if deadline.id in world.tasks}
    begun = {id_ for session_id in world.by_session.live for id_ in world.sessions[session_id].task_ids}
    return [world.tasks[id_] for id_ in sorted(ids | (begun & world.tasks.keys()))]


def _of_task(task: Task, fact: ClockMoved) -> Mapping[str, Any]:
    if not task.status.is_active:
        return {"not_before": _later(task.not_before, fact.step)}
    return {
        "started_at": _later(task.started_at, fact.step),
        "clock": None if task.clock is None else task.clock.later(fact.step + fact.slept),
    }


def _move_session(draft: Draft, session: Session, fact: ClockMoved) -> None:
    step, awake = fact.step, fact.step + fact.slept
    clock = clock_of(session)
    if clock is not None:
        session = with_clock(session, clock.later(awake))
    if isinstance(session.live, Up):
        patience = draft.world.policy.traits(session.agent).stall_ms
        session = revised(
            session,
            turn=_of_turn(session.turn, fact, draft.now + patience),
            wait=_of_wait(session.wait, step),
            limited=_of_limited(session.limited, step),
        )
    draft.put(
        msgspec.structs.replace(
            session,
            created_at=session.created_at + step,
            started_at=_later(session.started_at, step),
            last_activity=session.last_activity + step,
        )
    )


def _of_turn(turn: Turn | None, fact: ClockMoved, anew: int) -> Turn | None:
    """The turn, shifted. After a sleep, the daemon checks at ``anew`` whether the agent still works."""
    if turn is None:
        return None
    stall_at = anew if fact.slept and turn.stall_at is not None else _later(turn.stall_at, fact.step)
    moved = msgspec.structs.replace(turn, since=turn.since + fact.step, stall_at=stall_at)
    if isinstance(moved, RunningTurn):
        return msgspec.structs.replace(moved, quiet_since=_later(moved.quiet_since, fact.step + fact.slept))
    return moved


def _of_wait(wait: Wait | None, step: int) -> Wait | None:
    if wait is None:
        return None
    until = wait.until + step if _is_length(wait) or wait.due else wait.until
    return msgspec.structs.replace(wait, since=wait.since + step, until=until)


def _of_limited(limited: Limited | None, step: int) -> Limited | None:
    return None if limited is None else msgspec.structs.replace(limited, since=limited.since + step)


def _agent_waits(world: World, fact: ClockMoved) -> dict[str, int]:
    """When the next session of each agent may start: at the time that its provider reported, or after a duration, which is
    shifted.
    """
    from_provider = {
        (session.agent, session.wait.until)
        for id_ in world.by_session.waiting
        if (session := world.sessions[id_]).wait is not None and not _is_length(session.wait)
    }
    waits = world.system.agent_waits
    return {agent: until if (agent, until) in from_provider else until + fact.step for agent, until in waits.items()}


def _is_length(wait: Wait) -> bool:
    return wait.is_length or wait.guessed


def _questions(world: World) -> list[Attention]:
    """The questions that are open, or whose answers an agent still waits for."""
    ids = {id_ for links in (world.open_questions, world.owed_answers) for found in links.values() for id_ in found}
    questions = [world.attention[id_] for id_ in sorted(ids)]
    return [each for each in questions if each.session_id in world.sessions and _is_under_way(world, each)]


def _is_under_way(world: World, question: Attention) -> bool:
    return question.is_open or not world.sessions[question.session_id].status.is_over


def _of_question(question: Attention, fact: ClockMoved) -> Mapping[str, Any]:
    is_outside = question.kind is AttentionKind.LIMIT
    answer = question.answer
    return {
        "opened_at": question.opened_at + fact.step,
        "deadline": _later(question.deadline, fact.step if is_outside else fact.step + fact.slept),
        "answer": None if answer is None else msgspec.structs.replace(answer, at=answer.at + fact.step),
    }
