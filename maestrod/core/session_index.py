"""What is derived from sessions and kept up to date with each change: links, who is alive, slots in use."""

from collections import Counter
from collections.abc import Iterator

from maestrod.api.session import Role, Session, SessionStatus, Terminal
from maestrod.core.indexes import Links, add_link, drop_link

ENDED = frozenset({SessionStatus.COMPLETED, SessionStatus.FAILED, SessionStatus.STOPPED})


def has_ended(session: Session) -> bool:
    """Whether a session is in a terminal state."""
    return session.status in ENDED


def takes_slot(session: Session) -> bool:
    """Whether a session counts against the limits: a live worker that we hold.

    An orchestrator waits for its workers and must not take their place; an external agent is not ours to count.
    """
    return not has_ended(session) and session.role is Role.WORKER and session.terminal is not Terminal.EXTERNAL


class SessionIndex:
    """Derived from the table of sessions."""

    def __init__(self) -> None:
        self.of_task: Links = {}
        self.of_run: Links = {}
        self.children: Links = {}
        self.live: dict[str, None] = {}
        self.slots: Counter[str] = Counter()
        self._unit: dict[str, str] = {}

    def unit_is_live(self, task_id: str) -> bool:
        """Whether a live session works on a unit."""
        return task_id in self._unit

    def session_of_unit(self, task_id: str) -> str | None:
        """The id of the live session that works on a unit."""
        return self._unit.get(task_id)

    def update(self, old: Session | None, new: Session | None) -> Iterator[str]:
        """Take in that ``old`` became ``new``; returns the ids of units whose session came or went."""
        self._update_links(old, new)
        self._count(old, -1)
        self._count(new, 1)
        return iter(self._update_unit(old, new))

    def _update_links(self, old: Session | None, new: Session | None) -> None:
        before = old.task_ids if old is not None else ()
        after = new.task_ids if new is not None else ()
        session = new or old
        if session is None:
            return
        if before != after:
            for task_id in before:
                if task_id not in after:
                    drop_link(self.of_task, task_id, session.id)
            for task_id in after:
                add_link(self.of_task, task_id, session.id)
        for links, key in ((self.of_run, session.run_id), (self.children, session.parent_session_id)):
            if key is not None and (old is None or new is None):
                (add_link if new is not None else drop_link)(links, key, session.id)

    def _count(self, session: Session | None, step: int) -> None:
        if session is None:
            return
        if step < 0:
            self.live.pop(session.id, None)
        elif not has_ended(session):
            self.live[session.id] = None
        if takes_slot(session):
            keys = ["", f"project:{session.project_id}", f"agent:{session.agent}"]
            if session.run_id is not None:
                keys.append(f"run:{session.run_id}")
            for key in keys:
                self.slots[key] += step

    def _update_unit(self, old: Session | None, new: Session | None) -> set[str]:
        changed: set[str] = set()
        if old is not None and old.unit_task_id is not None and self._unit.get(old.unit_task_id) == old.id:
            del self._unit[old.unit_task_id]
            changed.add(old.unit_task_id)
        if new is not None and new.unit_task_id is not None and not has_ended(new):
            self._unit[new.unit_task_id] = new.id
            changed ^= {new.unit_task_id}
        return changed
