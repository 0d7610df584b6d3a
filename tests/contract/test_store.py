"""One contract, two stores: ``MemoryStore`` in tests behaves like the daemon's ``Store``."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from maestrod.api.errors import Malformed, ResyncRequired, Unavailable
from maestrod.api.event import Event, TimelineType
from maestrod.api.session import Role, Session, SessionStatus
from maestrod.api.system import Mode
from maestrod.api.task import Task
from maestrod.core.values.command import Stamp
from maestrod.core.world.draft import Draft
from maestrod.engine.ports import Store as StorePort
from maestrod.store.memory import MemoryStore
from maestrod.store.store import Options, Store
from tests.kit.parts.crash_files import CrashFiles
from tests.store.lives import Calls

Decide = Callable[[Callable[[Draft], object]], list[Event]]


class Both:
    """A store of either kind, with what the engine would do."""

    def __init__(self, kind: str) -> None:
        self.calls = Calls()
        self.heard: list[int] = []
        self.failed: list[int] = []
        self.files = CrashFiles()
        self.store: Store | MemoryStore
        if kind == "memory":
            self.store = MemoryStore(self.calls, hold=True)
        else:
            self.store = Store.open(
                Path("/data"),
                files=self.files,
                call_soon=self.calls,
                options=Options(segment_size=1 << 14, threads=False),
            )
        self.store.on_durable = self.heard.append
        self.store.on_failure = self.failed.append
        self.port: StorePort = self.store

    def decide(self, change: Callable[[Draft], object]) -> list[Event]:
        draft = Draft(self.store.world, Stamp(at=5, id_time=5, entropy=self.store.world.seq << 40))
        change(draft)
        try:
            self.port.append(draft.events)
        except Unavailable:
            draft.undo()
            raise
        return draft.events

    def commit(self) -> None:
        self.store.commit()
        self.calls.run()

    def break_disk(self) -> None:
        """Everything not durable is lost from here on."""
        if isinstance(self.store, MemoryStore):
            self.store.fail()
        else:
            self.files.fail("fsync", 5, times=10_000)
            self.store.commit()
            self.calls.run()


@pytest.fixture(params=["memory", "disk"])
def both(request: pytest.FixtureRequest) -> Both:
    return Both(request.param)


def add_task(draft: Draft) -> Task:
    return draft.put(Task(id=draft.new_id("tsk"), project_id="prj_1", title="write"))


def add_session(draft: Draft) -> Session:
    tasks = tuple(draft.world.tasks)
    session = Session(
        id=draft.new_id("ses"),
        project_id="prj_1",
        name="s",
        role=Role.WORKER,
        agent="shell",
        status=SessionStatus.IDLE,
        task_ids=tasks,
    )
    return draft.put(session)


def test_nothing_is_durable_before_the_commit(both: Both) -> None:
    events = both.decide(add_task)
    assert both.heard == [] and both.port.durable_seq == 0 and list(both.port.events_since(0)) == []
    both.commit()
    assert both.heard == [1] and both.port.durable_seq == 1 and list(both.port.events_since(0)) == events


def test_one_call_delivers_several_commits(both: Both) -> None:
    for _ in range(5):
        both.decide(add_task)
    both.commit()
    both.commit()
    assert both.heard == [5]


def test_events_since_a_seq_are_read(both: Both) -> None:
    events = [event for _ in range(4) for event in both.decide(add_task)]
    both.commit()
    assert list(both.port.events_since(1)) == events[1:]
    assert list(both.port.events_since(4)) == []
    with pytest.raises(ResyncRequired, match="newest is 4"):
        list(both.port.events_since(5))


def test_all_is_well(both: Both) -> None:
    both.decide(add_task)
    both.commit()
    assert both.port.refusal() is None and both.port.mode() is Mode.OK
    assert both.port.check().ok


def test_a_failed_disk_is_reported_once_with_the_last_durable_seq(both: Both) -> None:
    both.decide(add_task)
    both.commit()
    both.decide(add_task)
    both.break_disk()
    assert both.failed == [1] and both.heard == [1]
    refusal = both.port.refusal()
    assert refusal is not None and refusal.reason == "store.read_only" and both.port.mode() is Mode.READ_ONLY
    seq = both.store.world.seq
    with pytest.raises(Unavailable):
        both.decide(add_task)
    assert both.store.world.seq == seq


def test_timelines_are_shown(both: Both) -> None:
    both.decide(add_task)
    both.decide(add_session)
    (task_id,) = both.store.world.tasks
    (session_id,) = both.store.world.sessions
    for task in [None, task_id] * 3:
        both.decide(partial(say, session_id=session_id, task_id=task))
    both.decide(lambda draft: draft.timeline(TimelineType.MILESTONE, "of the task", task_id=task_id))
    assert both.port.timeline(session_id, None, None, backward=False, limit=9).items == ()
    both.commit()
    assert seqs(both, session_id, None) == [3, 4, 5, 6, 7, 8]
    assert seqs(both, None, task_id) == [4, 6, 8, 9]
    assert seqs(both, session_id, task_id) == [4, 6, 8]
    assert seqs(both, session_id, None, backward=True, limit=2) == [7, 8]
    page = both.port.timeline(session_id, None, None, backward=True, limit=2)
    assert [
        entry.seq for entry in both.port.timeline(session_id, None, page.next_cursor, backward=True, limit=2).items
    ] == [5, 6]
    assert page.items[-1].message == "of the session"
    with pytest.raises(Malformed):
        both.port.timeline(session_id, None, "nonsense", backward=False, limit=2)


def test_a_task_keeps_the_entries_of_sessions_that_were_unlinked_or_never_linked(both: Both) -> None:
    both.decide(add_task)
    both.decide(add_session)
    (task_id,) = both.store.world.tasks
    (session_id,) = both.store.world.sessions
    both.decide(partial(say, session_id=session_id, task_id=task_id))
    both.decide(partial(say, session_id=session_id, task_id=None))
    both.decide(lambda draft: draft.change(draft.session(session_id), task_ids=()))
    both.decide(partial(say, session_id=session_id, task_id=task_id))
    both.decide(partial(say, session_id=session_id, task_id="tsk_another"))
    both.commit()
    assert seqs(both, None, task_id) == [3, 6]
    assert seqs(both, None, task_id, backward=True) == [3, 6]
    assert seqs(both, session_id, None) == [3, 4, 6, 7]


def say(draft: Draft, session_id: str, task_id: str | None) -> None:
    draft.timeline(TimelineType.PROGRESS, "of the session", session_id=session_id, task_id=task_id)


def seqs(
    both: Both, session_id: str | None, task_id: str | None, *, backward: bool = False, limit: int = 100
) -> list[int]:
    return [entry.seq for entry in both.port.timeline(session_id, task_id, None, backward=backward, limit=limit).items]


def test_closing_makes_durable_what_was_queued(both: Both) -> None:
    both.decide(add_task)
    both.store.close()
    assert both.heard == [1] and both.port.durable_seq == 1
    refusal = both.port.refusal()
    assert refusal is not None and refusal.reason == "store.closed"
    with pytest.raises(Unavailable):
        both.decide(add_task)
