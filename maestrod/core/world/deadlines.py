"""Deadlines are derived from the state of each entity, so a restart forgets none.

When a deadline passes, the engine reports it to the world (``facts.Woke``).
"""

from collections.abc import Mapping

from maestrod.api.attention import Attention
from maestrod.api.clock import Clock
from maestrod.api.life import Finishing, Spawning
from maestrod.api.model.base import Entity
from maestrod.api.session import Session
from maestrod.api.system import System
from maestrod.api.task import Task, TaskStatus
from maestrod.api.turn import RunningTurn, Turn
from maestrod.core.values.deadline import Deadline, DeadlineKind

#: How long (ms) an agent's screen stays idle in the middle of a turn before the turn counts as interrupted. An agent's own
#: hooks, if it sends any, arrive within a few hundred ms (measured with Claude Code, which sends none after Esc).
QUIET_MS = 2_000

#: The deadlines of most entities.
NO_DEADLINES: Mapping[Deadline, int] = {}


def deadlines_of(entity: Entity) -> Mapping[Deadline, int]:
    """The wall time (ms) of every moment the entity waits for."""
    if isinstance(entity, Task):
        if entity.status is TaskStatus.PENDING and entity.not_before is not None:
            return {Deadline(DeadlineKind.RETRY, entity.id): entity.not_before}
        if entity.status.is_active and entity.deadline is not None:
            return {Deadline(DeadlineKind.TIMEOUT, entity.id): entity.deadline}
    elif isinstance(entity, Session):
        return _of_session(entity)
    elif isinstance(entity, System):
        return {Deadline(DeadlineKind.LIMIT, agent): until for agent, until in entity.agent_waits.items()}
    elif isinstance(entity, Attention) and entity.is_open and entity.deadline is not None:
        return {Deadline(DeadlineKind.ANSWER, entity.id): entity.deadline}
    return NO_DEADLINES


def _of_session(session: Session) -> Mapping[Deadline, int]:
    live = session.live
    if live is None:
        return NO_DEADLINES
    if isinstance(live, Spawning):
        return _of_clock(Deadline(DeadlineKind.REGISTER, session.id), live.clock)
    found: dict[Deadline, int] = {}
    if isinstance(live.ending, Finishing):
        found.update(_of_clock(Deadline(DeadlineKind.FINISH, session.id), live.ending.clock))
    if live.wait is not None and not live.wait.due:
        found[Deadline(DeadlineKind.WAKE, session.id)] = live.wait.until
    if live.turn is not None:
        found.update(_of_turn(session.id, live.turn))
    return found


def _of_clock(deadline: Deadline, clock: Clock | None) -> Mapping[Deadline, int]:
    """The deadline of a running time limit."""
    return NO_DEADLINES if clock is None or clock.deadline is None else {deadline: clock.deadline}


def _of_turn(session_id: str, turn: Turn) -> Mapping[Deadline, int]:
    found: dict[Deadline, int] = {}
    if turn.stall_at is not None and (turn.running or turn.background):
        found[Deadline(DeadlineKind.STALL, session_id)] = turn.stall_at
    if isinstance(turn, RunningTurn) and turn.quiet_since is not None and turn.quiet_since >= turn.since:
        found[Deadline(DeadlineKind.QUIET, session_id)] = turn.quiet_since + QUIET_MS
    return found
