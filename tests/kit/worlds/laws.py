"""Laws that hold in every world, whatever was decided: written from the design, not from the code.

``check`` checks one world at rest (after a decision). It is slow on purpose: each law walks everything.
"""

from collections import Counter
from collections.abc import Iterator

from maestrod.api.attention import AttentionKind
from maestrod.api.queue import QueueItemStatus
from maestrod.api.reason import Source
from maestrod.api.run import Run, RunStatus
from maestrod.api.session import Role, Session, SessionStatus, Terminal
from maestrod.api.task import DependencyPolicy, Leaves, Task, TaskStatus
from maestrod.core.world.deadlines import deadlines_of
from maestrod.core.world.world import World
from tests.kit.worlds.run_laws import (
    numbers_are_given_once,
    plans_that_wait_are_in_the_inbox,
    runs_have_used_what_their_sessions_used,
)

S = TaskStatus
DONE = {S.COMPLETED, S.SKIPPED}
FINISHED = {S.COMPLETED, S.SKIPPED, S.FAILED, S.CANCELLED}
ENDED = {SessionStatus.COMPLETED, SessionStatus.FAILED, SessionStatus.STOPPED}
RUN_ENDED = {RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED}
DEPENDENCY = {"dependency", "dependency_failed"}


def check(world: World) -> None:
    """Raise ``AssertionError``, naming the law and the entity that breaks it."""
    for law in (
        tree_is_whole,
        nothing_waits_for_itself,
        parents_are_the_sum_of_their_children,
        leaves_follow_their_dependencies,
        slots_are_kept,
        units_have_one_session,
        queues_and_tasks_agree,
        deadlines_are_those_of_the_entities,
        work_in_progress_is_in_somebodys_hands,
        nothing_that_could_start_is_left,
        runs_end_with_their_roots,
        no_run_hangs_in_silence,
        questions_are_of_live_sessions,
        plans_that_wait_are_in_the_inbox,
        numbers_are_given_once,
        runs_have_used_what_their_sessions_used,
    ):
        law(world)


def kids(world: World, task_id: str) -> list[Task]:
    """A task's children."""
    return [task for task in world.tasks.values() if task.parent_id == task_id]


def is_leaf(world: World, task: Task) -> bool:
    """Whether a task has no subtasks."""
    return not any(other.parent_id == task.id for other in world.tasks.values())


def above(world: World, task: Task) -> Iterator[Task]:
    """A task's ancestors, nearest first."""
    while task.parent_id is not None:
        task = world.tasks[task.parent_id]
        yield task


def below(world: World, task: Task) -> Iterator[Task]:
    """A task and everything below it."""
    yield task
    for kid in kids(world, task.id):
        yield from below(world, kid)


def live(world: World) -> list[Session]:
    """Sessions that have not ended."""
    return [session for session in world.sessions.values() if session.status not in ENDED]


def tree_is_whole(world: World) -> None:
    """Parents, projects and dependencies exist; a subtask is in its parent's project."""
    for task in world.tasks.values():
        assert task.project_id in world.projects, task
        assert task.parent_id is None or world.tasks[task.parent_id].project_id == task.project_id, task
        assert set(task.dependencies) <= world.tasks.keys(), task
        assert len(set(task.dependencies)) == len(task.dependencies), task


def nothing_waits_for_itself(world: World) -> None:
    """The graph of everything that a task must wait for has no cycle."""
    graph = {
        task.id: {need for up in (task, *above(world, task)) for need in up.dependencies}
        | {kid.id for kid in kids(world, task.id)}
        for task in world.tasks.values()
    }
    while graph:
        free = {id_ for id_, needs in graph.items() if not needs & graph.keys()}
        assert free, f"cycle among {sorted(graph)}"
        for id_ in free:
            del graph[id_]


def needs_of(world: World, task: Task) -> str:
    """What a task's own dependencies allow: ``yes``, ``not yet`` or ``never``."""
    found = {_fate(world, world.tasks[need]) for need in task.dependencies}
    if "failed" in found and task.on_dependency_failure is not DependencyPolicy.RUN:
        return "never"
    return "not yet" if "open" in found else "yes"


def _fate(world: World, task: Task) -> str:
    if task.status in DONE:
        return "done"
    return "failed" if task.status in {S.FAILED, S.CANCELLED} or _kind(task) == "doomed" else "open"


def _kind(task: Task) -> str:
    """A task's status, which distinguishes the three kinds of blocked."""
    reason = task.status_reason
    if task.status is S.BLOCKED and reason is not None and reason.code in DEPENDENCY:
        return "doomed" if reason.code == "dependency_failed" else "waiting"
    return str(task.status.value)


def parents_are_the_sum_of_their_children(world: World) -> None:
    """A parent's status and progress follow from its children."""
    for parent in world.tasks.values():
        if is_leaf(world, parent):
            continue
        assert parent.status.value == status_from(world, parent), (parent, kids(world, parent.id))
        leaves = [task for task in below(world, parent) if is_leaf(world, task)]
        mean = sum(1.0 if leaf.status in DONE else leaf.progress for leaf in leaves) / len(leaves)
        assert abs(parent.progress - mean) < 1e-5, (parent.title, parent.progress, mean)
        assert (parent.completed_at is not None) == (parent.status in FINISHED), parent
        ends = Counter(leaf.status for leaf in leaves)
        counted = Leaves(
            total=len(leaves),
            completed=ends[S.COMPLETED],
            skipped=ends[S.SKIPPED],
            failed=ends[S.FAILED],
            cancelled=ends[S.CANCELLED],
        )
        assert parent.leaves == counted, (parent, counted)


def status_from(world: World, parent: Task) -> str:
    """A parent's status, computed from its children's."""
    kinds = {_kind(kid) for kid in kids(world, parent.id)}
    begun = bool(kinds & {"in_progress", "completed", "failed"})
    if kinds <= {"completed", "skipped"}:
        return "completed" if "completed" in kinds else "skipped"
    if "in_progress" in kinds:
        return "in_progress"
    over = kinds <= {"completed", "skipped", "failed", "cancelled"}
    if needs_of(world, parent) != "yes" and not begun and not over:
        return "blocked"
    if "pending" in kinds:
        return "in_progress" if begun else "pending"
    if "waiting" in kinds:
        return "blocked"
    return next((kind for kind in ("failed", "cancelled") if kind in kinds), "blocked")


def leaves_follow_their_dependencies(world: World) -> None:
    """A leaf that has not begun is pending if and only if its dependencies allow it to start."""
    for task in world.tasks.values():
        if not is_leaf(world, task):
            continue
        allowed = needs_of(world, task)
        if task.status is S.PENDING:
            assert allowed == "yes", (task, allowed)
        elif _kind(task) in {"waiting", "doomed"}:
            assert allowed == {"waiting": "not yet", "doomed": "never"}[_kind(task)], (task, allowed)
        assert task.status is not S.PENDING or task.deadline is None, task


def slots_are_kept(world: World) -> None:
    """The sessions that the scheduler or the owner started exceed no limit on live workers."""
    used: Counter[tuple[str, str]] = Counter()
    for session in live(world):
        if takes_slot(session):
            keys = {("all", ""), ("project", session.project_id), ("agent", session.agent)}
            used.update(keys | ({("run", session.run_id)} if session.run_id is not None else set()))
    for (what, id_), count in used.items():
        limit = slot_limit(world, what, id_)
        assert limit is None or count <= limit, (what, id_, count, limit)


def slot_limit(world: World, what: str, id_: str) -> int | None:
    """The maximum number of live workers."""
    if what == "project":
        return world.projects[id_].settings.max_sessions
    if what == "run":
        return world.runs[id_].max_sessions
    return world.policy.max_sessions if what == "all" else world.policy.agent_limits.get(id_)


def takes_slot(session: Session) -> bool:
    """Whether a session takes a slot: a worker under the daemon's control that does not wait for a usage limit."""
    return session.role is Role.WORKER and session.terminal is not Terminal.EXTERNAL and session.wait is None


def units_have_one_session(world: World) -> None:
    """At most one live session works on a unit, and one plans a run."""
    units = Counter(session.unit_task_id for session in live(world) if session.unit_task_id is not None)
    assert all(count == 1 for count in units.values()), units
    planners = Counter(session.run_id for session in live(world) if _plans(session))
    assert all(count == 1 for count in planners.values()), planners


def _plans(session: Session) -> bool:
    return session.role is Role.ORCHESTRATOR and session.run_id is not None


def queues_and_tasks_agree(world: World) -> None:
    """Each queue has at most one item in progress; an open item of an open queue has a task in the same state and in no other queue."""
    holders: Counter[str] = Counter()
    for queue in world.queues.values():
        assert (world.sessions[queue.session_id].status not in ENDED) or queue.closed, queue
        statuses = [item.status for item in queue.items]
        assert statuses.count(QueueItemStatus.PROCESSING) <= 1, queue
        assert len({item.task_id for item in queue.items}) == len(queue.items), queue
        if world.sessions[queue.session_id].status in ENDED:
            assert QueueItemStatus.PROCESSING not in statuses, queue
            continue
        for item in queue.items:
            if item.status not in {QueueItemStatus.QUEUED, QueueItemStatus.PROCESSING}:
                continue
            holders[item.task_id] += not queue.closed
            task = world.tasks[item.task_id]
            if item.status is QueueItemStatus.PROCESSING:
                assert task.status in {S.IN_PROGRESS, S.BLOCKED}, (queue, task)
            else:
                assert task.status not in FINISHED, (queue, task)
    assert all(count <= 1 for count in holders.values()), holders


def deadlines_are_those_of_the_entities(world: World) -> None:
    """The index of deadlines matches the entities; a parent has no deadline."""
    entities = [*world.tasks.values(), *world.sessions.values(), *world.attention.values(), *world.systems.values()]
    expected = {key: at for entity in entities for key, at in deadlines_of(entity).items()}
    assert world.deadlines == expected
    for key in world.deadlines:
        task = world.tasks.get(key.id)
        assert task is None or is_leaf(world, task), (key, task)


def work_in_progress_is_in_somebodys_hands(world: World) -> None:
    """A leaf in progress is linked to a live session, or the owner started it by hand."""
    held = {task_id for session in live(world) for task_id in session.task_ids}
    for task in world.tasks.values():
        if task.status is S.IN_PROGRESS and is_leaf(world, task) and task.id not in held:
            assert task.status_reason is not None and task.status_reason.source is Source.USER, task


def unit_of(world: World, leaf: Task) -> Task | None:
    """The nearest unit that a leaf belongs to: itself or an ancestor."""
    return next((task for task in (leaf, *above(world, leaf)) if task.dispatch is not None), None)


def may_start(world: World, leaf: Task) -> bool:
    """Whether a leaf may start: it is pending, not in backoff, and no ancestor waits."""
    if leaf.status is not S.PENDING or leaf.not_before is not None:
        return False
    return all(up.status in {S.PENDING, S.IN_PROGRESS} for up in above(world, leaf))


def ready_leaves(world: World) -> Iterator[tuple[Task, Task | None]]:
    """Every leaf that may start, with its unit."""
    for task in world.tasks.values():
        if is_leaf(world, task) and may_start(world, task):
            yield task, unit_of(world, task)


def nothing_that_could_start_is_left(world: World) -> None:
    """While a slot is free and nothing is held, every unit with work has its session."""
    if world.system.frozen or world.draining:
        return
    busy = {session.unit_task_id for session in live(world)}
    for leaf, unit in ready_leaves(world):
        if unit is None or unit.id in busy or unit.dispatch is None or is_in_hand(world, leaf):
            continue
        run = world.runs.get(unit.dispatch.run_id)
        if run is not None and run.status is RunStatus.RUNNING and not run.paused:
            assert not room_for(world, unit), ("not started", leaf, unit)


def is_in_hand(world: World, leaf: Task) -> bool:
    """Whether a live worker that a user started by hand has the leaf."""
    workers = [s for s in live(world) if s.role is Role.WORKER and s.terminal is not Terminal.EXTERNAL]
    return any(leaf.id in session.task_ids for session in workers)


def room_for(world: World, unit: Task) -> bool:
    """Whether each limit that applies to a unit has a free slot."""
    assert unit.dispatch is not None
    dispatch = unit.dispatch
    held_back = dispatch.agent in world.system.agent_waits
    return not held_back and room(world, unit.project_id, dispatch.agent, dispatch.run_id)


def room(world: World, project_id: str, agent: str, run_id: str | None) -> bool:
    """Whether each limit has a free slot for one more worker."""
    workers = [s for s in live(world) if takes_slot(s)]
    used = {
        ("all", ""): len(workers),
        ("project", project_id): sum(s.project_id == project_id for s in workers),
        ("agent", agent): sum(s.agent == agent for s in workers),
    }
    if run_id in world.runs:
        used["run", run_id] = sum(s.run_id == run_id for s in workers)
    limits = [(slot_limit(world, what, id_), count) for (what, id_), count in used.items()]
    return all(limit is None or count < limit for limit, count in limits)


_OUTCOME = {
    S.COMPLETED: RunStatus.COMPLETED,
    S.SKIPPED: RunStatus.COMPLETED,
    S.FAILED: RunStatus.FAILED,
    S.CANCELLED: RunStatus.CANCELLED,
}


def runs_end_with_their_roots(world: World) -> None:
    """The latest run of an ended root has ended with the same outcome; that of an open root is open, unless it never planned."""
    latest = {run.root_task_id: run for run in sorted(world.runs.values(), key=lambda run: run.id)}
    for run in world.runs.values():
        assert (run.completed_at is not None) == (run.status in RUN_ENDED), run
        assert run.status in RUN_ENDED or run.root_task_id in world.tasks, run
    for root_id, run in latest.items():
        root = world.tasks.get(root_id)
        if root is None:
            continue
        if root.status in FINISHED:
            wanted = {_OUTCOME[root.status], RunStatus.CANCELLED}
            assert run.status in wanted, (run, root)
        elif run.status in RUN_ENDED:
            mine = [t for t in below(world, root) if t.dispatch is not None and t.dispatch.run_id == run.id]
            assert not mine, (run, root, mine)


def no_run_hangs_in_silence(world: World) -> None:
    """A run that has not ended has a live session, something that will happen, or a stated reason."""
    for run in world.runs.values():
        if run.status not in RUN_ENDED:
            assert any(why_it_is_open(world, run)), (run, list(below(world, world.tasks[run.root_task_id])))


def why_it_is_open(world: World, run: Run) -> Iterator[object]:
    """The acceptable reasons for a run to be open; falsy values do not count."""
    yield world.system.frozen or world.draining or run.paused or run.status is RunStatus.AWAITING_APPROVAL
    yield run.status is RunStatus.PLANNING and run.agent in world.system.agent_waits
    root = world.tasks[run.root_task_id]
    tree = {task.id: task for task in below(world, root)}
    yield [s for s in live(world) if s.run_id == run.id or set(s.task_ids) & tree.keys()]
    yield [key for key in world.deadlines if key.id in tree]
    yield any(up.status is S.BLOCKED and up.status_reason is not None for up in (root, *above(world, root)))
    yield [t for t in tree.values() if t.status is S.IN_PROGRESS and is_leaf(world, t)]  # by hand: see the law above
    for leaf, unit in ready_leaves(world):
        if leaf.id in tree and unit is not None and unit.dispatch is not None:
            other = world.runs[unit.dispatch.run_id]
            yield not room_for(world, unit) or other.paused


def questions_are_of_live_sessions(world: World) -> None:
    """A question is open only while an answer is awaited; an agent's question only while its process may be alive."""
    for question in world.attention.values():
        if question.kind is AttentionKind.APPROVAL:
            continue
        session = world.sessions[question.session_id]
        if question.answer is None or question.on_stream:
            assert session.status not in ENDED, question
        if question.kind is AttentionKind.PERMISSION and question.tool is not None and question.answer is None:
            assert question.attempt == session.attempt, (question, session)
        if question.kind is AttentionKind.LIMIT and question.attempt is not None and question.answer is None:
            assert session.wait is not None, (question, session)
