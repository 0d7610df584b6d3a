"""A store with a history: decisions as the engine makes them, and the world after each of them."""

from collections.abc import Callable
from pathlib import Path

from maestrod.api.event import Event, TimelineType
from maestrod.api.project import Project
from maestrod.api.queue import Queue, QueueItem
from maestrod.api.session import Role, Session, SessionStatus
from maestrod.api.task import Task, TaskStatus
from maestrod.core.values.command import Stamp
from maestrod.core.world.draft import Draft
from maestrod.core.world.entities import RememberedRequest
from maestrod.core.world.world import World
from maestrod.store.files import Files
from maestrod.store.history import Retention
from maestrod.store.store import Options, Store
from tests.kit.parts.crash_files import CrashFiles

DATA = Path("/data")
SMALL = Options(segment_size=4096, checkpoint_bytes=8192, retention=Retention(events=5, size=8192), threads=False)


class Calls:
    """``call_soon`` that waits until somebody runs what was asked for, as a busy engine would."""

    def __init__(self) -> None:
        self._waiting: list[Callable[[], object]] = []

    def __call__(self, function: Callable[[], object]) -> None:
        self._waiting.append(function)

    def run(self) -> None:
        while self._waiting:
            self._waiting.pop(0)()


class Life:
    """One run of the daemon over a store. ``dumps`` remembers the world after every seq that ended a decision."""

    def __init__(self, files: Files, dumps: dict[int, bytes], options: Options = SMALL, data_dir: Path = DATA) -> None:
        self.calls = Calls()
        self.store = Store.open(data_dir, files=files, call_soon=self.calls, options=options)
        self.dumps = dumps
        self.acknowledged = self.store.durable_seq
        self.failures: list[int] = []
        self.alerts: list[str] = []
        self.events: list[Event] = []
        self.store.on_durable = self._acknowledge
        self.store.on_failure = self.failures.append
        self.store.on_alert = self.alerts.append
        self.dumps[self.world.seq] = self.world.dump()

    @property
    def world(self) -> World:
        return self.store.world

    def _acknowledge(self, seq: int) -> None:
        self.acknowledged = seq

    def decide(self, change: Callable[[Draft], object]) -> None:
        """One decision: the world changes, the store is told; refused by the store, everything is put back."""
        seq = self.world.seq
        draft = Draft(self.world, Stamp(at=1_700_000_000_000 + seq, id_time=1_700_000_000_000 + seq, entropy=seq << 40))
        change(draft)
        if not draft.events:
            return
        self.dumps[self.world.seq] = self.world.dump()
        try:
            self.store.append(draft.events)
        except BaseException:
            draft.undo()
            raise
        self.events += draft.events

    def act(self, choice: int) -> None:
        """A decision picked by a number: so that hypothesis can shrink a life."""
        ACTIONS[choice % len(ACTIONS)](self, choice // len(ACTIONS))

    def commit(self) -> None:
        self.store.commit()
        self.calls.run()

    def settle(self) -> None:
        self.commit()
        self.store.write_behind()
        self.calls.run()

    def close(self) -> None:
        self.calls.run()
        self.store.close()
        self.acknowledged = self.store.durable_seq


def _pick(table: dict[str, object], number: int) -> str | None:
    return sorted(table)[number % len(table)] if table else None


def add_project(life: Life, number: int) -> None:
    life.decide(lambda draft: draft.put(Project(id=draft.new_id("prj"), name=f"p{number}", working_dir="/w")))


def add_task(life: Life, number: int) -> None:
    parent = _pick(dict(life.world.tasks), number) if number % 3 else None
    life.decide(
        lambda draft: draft.put(
            Task(
                id=draft.new_id("tsk"),
                project_id="prj_x",
                title=f"task {number}",
                parent_id=parent,
                description="d" * (number % 900),
            )
        )
    )


def change_task(life: Life, number: int) -> None:
    if (id_ := _pick(dict(life.world.tasks), number)) is not None:
        status = list(TaskStatus)[number % len(TaskStatus)]
        life.decide(lambda draft: draft.change(draft.task(id_), status=status, progress=number % 10 / 10))


def drop_task(life: Life, number: int) -> None:
    leaves = {id_: None for id_ in life.world.tasks if not list(life.world.children(id_))}
    if (id_ := _pick(dict(leaves), number)) is not None:
        life.decide(lambda draft: draft.drop(draft.task(id_)))


def add_session(life: Life, number: int) -> None:
    task = _pick(dict(life.world.tasks), number)

    def change(draft: Draft) -> None:
        session = Session(
            id=draft.new_id("ses"),
            project_id="prj_x",
            name=f"s{number}",
            role=Role.WORKER,
            agent="shell",
            status=SessionStatus.IDLE,
            task_ids=(task,) if task else (),
        )
        draft.put(session)
        draft.put(Queue(id=f"que_{session.id}", session_id=session.id))
        draft.timeline(TimelineType.SESSION_STARTED, "hello", session_id=session.id)

    life.decide(change)


def report(life: Life, number: int) -> None:
    if (id_ := _pick(dict(life.world.sessions), number)) is not None:
        life.decide(
            lambda draft: [
                draft.timeline(TimelineType.PROGRESS, f"m{number}-{turn}" + "x" * (number % 500), session_id=id_)
                for turn in range(1 + number % 3)
            ]
        )


def report_task(life: Life, number: int) -> None:
    if (id_ := _pick(dict(life.world.tasks), number)) is not None:
        life.decide(lambda draft: draft.timeline(TimelineType.MILESTONE, f"t{number}", task_id=id_))


def report_both(life: Life, number: int) -> None:
    """A session tells of a task, linked to it or not; now and then it is unlinked right after."""
    session_id, task_id = _pick(dict(life.world.sessions), number), _pick(dict(life.world.tasks), number)
    if session_id is None or task_id is None:
        return

    def change(draft: Draft) -> None:
        draft.timeline(TimelineType.TASK_STARTED, f"b{number}", session_id=session_id, task_id=task_id)
        if number % 2:
            draft.change(draft.session(session_id), task_ids=())

    life.decide(change)


def enqueue(life: Life, number: int) -> None:
    if (id_ := _pick(dict(life.world.queues), number)) is not None:
        life.decide(
            lambda draft: draft.put_item(draft.queue(id_), QueueItem(task_id=f"tsk_{number % 4}", added_at=number))
        )


def remember(life: Life, number: int) -> None:
    life.decide(
        lambda draft: draft.put(
            RememberedRequest(
                id=f"r{draft.world.seq}", method="task.create", digest="d", reply={"n": number}, at=draft.now
            )
        )
    )


ACTIONS = (
    add_project,
    add_task,
    change_task,
    drop_task,
    add_session,
    report,
    report_task,
    enqueue,
    report_both,
    remember,
)


def entries(life: Life) -> dict[str, list[int]]:
    """The seqs in every timeline of a session and of a task, as readers see them."""
    pages = {id_: life.store.timeline(id_, None, None, backward=False, limit=1000) for id_ in life.world.sessions}
    pages |= {id_: life.store.timeline(None, id_, None, backward=False, limit=1000) for id_ in life.world.tasks}
    return {id_: [entry.seq for entry in page.items] for id_, page in pages.items()}


def reopen(files: CrashFiles, dumps: dict[int, bytes], options: Options = SMALL) -> Life:
    return Life(files, dumps, options)
