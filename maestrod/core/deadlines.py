"""Deadlines are derived: which moments an entity waits for follows from what it is, so a restart forgets none.

A key is ``<what>:<entity id>``; the engine wakes the world with it (``facts.Woke``) when the moment has passed.
"""

from collections.abc import Mapping

from maestrod.api.attention import Attention
from maestrod.api.base import Entity
from maestrod.api.session import Session, SessionStatus
from maestrod.api.task import Task, TaskStatus

REGISTER = "register"
TIMEOUT = "timeout"
RETRY = "retry"
ANSWER = "answer"
FINISH = "finish"


#: What most entities have.
NO_DEADLINES: Mapping[str, int] = {}


def deadlines_of(entity: Entity) -> Mapping[str, int]:
    """By key the wall time (ms) of every moment the entity waits for."""
    if isinstance(entity, Task):
        if entity.status is TaskStatus.PENDING and entity.not_before is not None:
            return {f"{RETRY}:{entity.id}": entity.not_before}
        if entity.status is TaskStatus.IN_PROGRESS and entity.deadline is not None:
            return {f"{TIMEOUT}:{entity.id}": entity.deadline}
    elif isinstance(entity, Session):
        if entity.status is SessionStatus.SPAWNING and entity.deadline is not None:
            return {f"{REGISTER}:{entity.id}": entity.deadline}
        if entity.finishing and entity.deadline is not None:
            return {f"{FINISH}:{entity.id}": entity.deadline}
    elif isinstance(entity, Attention) and entity.answer is None and entity.deadline is not None:
        return {f"{ANSWER}:{entity.id}": entity.deadline}
    return NO_DEADLINES
