"""Indexes derived from sessions, updated with each change: links, live sessions, used slots, token usage."""

from collections import Counter
from collections.abc import Iterable

from maestrod.api.session import Role, Session, Terminal, Usage
from maestrod.core.world.indexes import Links, add_link, drop_link


def wants_slot(session: Session) -> bool:
    """Whether a session is a live worker that the daemon holds.

    An orchestrator waits for its workers and must not occupy their slot. External agents are not counted.
    """
    return not session.status.is_over and session.role is Role.WORKER and session.terminal is not Terminal.EXTERNAL


def takes_slot(session: Session) -> bool:
    """Whether a session counts against the session limits. A session that waits for the end of a usage limit frees its slot."""
    return wants_slot(session) and session.wait is None


def _slots(session: Session | None) -> tuple[str, ...]:
    """The counters that a session increments."""
    if session is None or not takes_slot(session):
        return ()
    keys = ("", f"project:{session.project_id}", f"agent:{session.agent}")
    return keys if session.run_id is None else (*keys, f"run:{session.run_id}")


#: Usage of a run before any report: sessions that reported, tokens in and out, sessions that reported a cost, millionths of a
#: dollar.
_NOTHING = (0, 0, 0, 0, 0)
_MILLIONTHS = 1_000_000


def _numbers(usage: Usage) -> tuple[int, ...]:
    cost = usage.cost
    return (1, usage.input, usage.output, int(cost is not None), round((cost or 0.0) * _MILLIONTHS))


class SessionIndex:
    """Indexes of the table of sessions.

    ``planners`` maps a run to its live orchestrators; ``waiting`` has the live sessions that wait for the end of a usage limit.
    """

    def __init__(self) -> None:
        self.of_task: Links = {}
        self.of_run: Links = {}
        self.children: Links = {}
        self.planners: Links = {}
        self.live: dict[str, None] = {}
        self.waiting: dict[str, None] = {}
        self.slots: Counter[str] = Counter()
        self._used: dict[str, list[int]] = {}
        self._unit: dict[str, str] = {}

    def unit_is_live(self, task_id: str) -> bool:
        """Whether a live session works on a unit."""
        return task_id in self._unit

    def live_of(self, task_id: str) -> list[str]:
        """Ids of the live sessions linked to a task, oldest first."""
        return sorted(id_ for id_ in self.of_task.get(task_id, ()) if id_ in self.live)

    def usage_of(self, run_id: str) -> Usage | None:
        """The sum of what the sessions of a run used; None if none has reported usage."""
        tellers, tokens_in, tokens_out, payers, money = self._used.get(run_id, _NOTHING)
        if not tellers:
            return None
        return Usage(input=tokens_in, output=tokens_out, cost=money / _MILLIONTHS if payers else None)

    def update(self, old: Session | None, new: Session | None) -> Iterable[str]:
        """Update the indexes for the change from ``old`` to ``new``. Returns the ids of units whose session started or ended."""
        self._update_links(old, new)
        self._update_waiting(old, new)
        if (old and old.usage) != (new and new.usage):
            self._update_usage(old, new)
        if old is None or new is None or old.status.is_over is not new.status.is_over:
            self._update_live(old, new)
        if old is None or new is None or takes_slot(old) is not takes_slot(new):
            self._update_slots(old, new)
        return self._update_unit(old, new)

    def _update_links(self, old: Session | None, new: Session | None) -> None:
        before = old.task_ids if old is not None else ()
        after = new.task_ids if new is not None else ()
        session = new or old
        if session is None:
            return
        if before is not after and before != after:
            for task_id in before:
                if task_id not in after:
                    drop_link(self.of_task, task_id, session.id)
            for task_id in after:
                add_link(self.of_task, task_id, session.id)
        if old is None or new is None:
            for links, key in ((self.of_run, session.run_id), (self.children, session.parent_session_id)):
                if key is not None:
                    (add_link if new is not None else drop_link)(links, key, session.id)

    def _update_usage(self, old: Session | None, new: Session | None) -> None:
        """Add up integers, because their sums do not depend on the order of additions."""
        for session, sign in ((old, -1), (new, 1)):
            if session is not None and session.run_id is not None and session.usage is not None:
                sums = self._used.setdefault(session.run_id, [*_NOTHING])
                for place, number in enumerate(_numbers(session.usage)):
                    sums[place] += sign * number

    def _update_slots(self, old: Session | None, new: Session | None) -> None:
        """Role, terminal, project, agent and run of a session never change, so only its start, end and waits matter."""
        for key in _slots(old):
            self.slots[key] -= 1
            if not self.slots[key]:
                del self.slots[key]
        for key in _slots(new):
            self.slots[key] += 1

    def _update_live(self, old: Session | None, new: Session | None) -> None:
        for session, is_there in ((old, False), (new, True)):
            if session is None or session.status.is_over:
                continue
            if is_there:
                self.live[session.id] = None
            else:
                del self.live[session.id]
            if session.role is Role.ORCHESTRATOR and session.run_id is not None:
                (add_link if is_there else drop_link)(self.planners, session.run_id, session.id)

    def _update_waiting(self, old: Session | None, new: Session | None) -> None:
        if new is not None and new.wait is not None and not new.status.is_over:
            self.waiting[new.id] = None
        elif old is not None and old.wait is not None:
            self.waiting.pop(old.id, None)

    def _update_unit(self, old: Session | None, new: Session | None) -> tuple[str, ...]:
        before, after = _unit_of(old), _unit_of(new)
        if before == after:
            return ()
        if before is not None and old is not None and self._unit.get(before) == old.id:
            del self._unit[before]
        if after is not None and new is not None:
            self._unit[after] = new.id
        return tuple(unit for unit in (before, after) if unit is not None)


def _unit_of(session: Session | None) -> str | None:
    """The unit that a live session works on."""
    return None if session is None or session.status.is_over else session.unit_task_id
