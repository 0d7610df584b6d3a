"""Deadlines are derived: which moments an entity waits for follows from what it is, so a restart forgets none.

A key is ``<what>:<entity id>``; the engine wakes the world with it (``facts.Woke``) when the moment has passed.
"""

from collections.abc import Mapping

from maestrod.api.attention import Attention
from maestrod.api.model.base import Entity
from maestrod.api.session import Session, SessionStatus
from maestrod.api.system import System
from maestrod.api.task import Task, TaskStatus
from maestrod.api.turn import Turn

REGISTER = "register"
TIMEOUT = "timeout"
RETRY = "retry"
ANSWER = "answer"
FINISH = "finish"
WAKE = "wake"
LIMIT = "limit"
STALL = "stall"
QUIET = "quiet"

#: How long (ms) an agent's screen stays idle in the middle of a turn before the turn counts as interrupted: its own hooks, where it
#: sends any, come within some hundred ms (measured with Claude Code, which sends none after Esc).
QUIET_MS = 2_000

#: Deadlines by which somebody has to be heard: they are judged after all reports are in. The others begin something.
_NEED_WORD = frozenset({REGISTER, TIMEOUT, ANSWER, FINISH, STALL, QUIET})

#: What most entities have.
NO_DEADLINES: Mapping[str, int] = {}


def needs_word(key: str) -> bool:
    """Whether a deadline judges somebody who may have reported in time."""
    return key.partition(":")[0] in _NEED_WORD


def deadlines_of(entity: Entity) -> Mapping[str, int]:
    """By key the wall time (ms) of every moment the entity waits for."""
    if isinstance(entity, Task):
        if entity.status is TaskStatus.PENDING and entity.not_before is not None:
            return {f"{RETRY}:{entity.id}": entity.not_before}
        if entity.status is TaskStatus.IN_PROGRESS and entity.deadline is not None:
            return {f"{TIMEOUT}:{entity.id}": entity.deadline}
    elif isinstance(entity, Session):
        return _of_session(entity)
    elif isinstance(entity, System):
        return {f"{LIMIT}:{agent}": until for agent, until in entity.agent_waits.items()}
    elif isinstance(entity, Attention) and entity.answer is None and entity.deadline is not None:
        return {f"{ANSWER}:{entity.id}": entity.deadline}
    return NO_DEADLINES


_LIVE = frozenset({SessionStatus.SPAWNING, SessionStatus.IDLE, SessionStatus.WORKING})


def _of_session(session: Session) -> Mapping[str, int]:
    if session.status not in _LIVE:
        return NO_DEADLINES
    found = {}
    if session.status is SessionStatus.SPAWNING and session.deadline is not None:
        found[f"{REGISTER}:{session.id}"] = session.deadline
    if session.finishing and session.deadline is not None:
        found[f"{FINISH}:{session.id}"] = session.deadline
    if session.wait is not None and not session.wait.due:
        found[f"{WAKE}:{session.id}"] = session.wait.until
    if session.turn is not None:
        found.update(_of_turn(session, session.turn))
    return found


def _of_turn(session: Session, turn: Turn) -> Mapping[str, int]:
    found = {}
    if (turn.running or turn.background) and session.stall_at is not None:
        found[f"{STALL}:{session.id}"] = session.stall_at
    if turn.running and session.quiet_since is not None and session.quiet_since >= turn.since:
        found[f"{QUIET}:{session.id}"] = session.quiet_since + QUIET_MS
    return found
