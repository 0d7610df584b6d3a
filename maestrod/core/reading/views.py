"""The answers of the reading methods: the present world, with derived members filled in.

``ANSWERS`` has a function for each method; it takes the world, the method's parameters and the actor. Functions in ``SIGHTED``
take what the engine sees outside (``core/values/seen.py``) instead of the actor. They change nothing, and copy only what they
return.
"""

from collections.abc import Mapping, Reversible
from operator import attrgetter

from maestrod.api.attention import ATTENTION_GET, ATTENTION_LIST, Attention, AttentionList, AttentionPage, AttentionRef
from maestrod.api.errors import Malformed
from maestrod.api.message import MESSAGE_GET, MESSAGE_LIST, Message, MessageList, MessagePage, MessageRef
from maestrod.api.model.base import Order
from maestrod.api.model.ids import queue_id
from maestrod.api.plan import PLAN_CHECK, PLAN_GET, PLAN_LIST, Plan, PlanCheck, PlanList, PlanPage, PlanRef, PlanReport
from maestrod.api.project import PROJECT_GET, PROJECT_LIST, Project, ProjectList, ProjectPage, ProjectRef, ProjectView
from maestrod.api.queue import QUEUE_GET, Queue, QueueRef
from maestrod.api.run import RUN_GET, RUN_LIST, Run, RunList, RunPage, RunRef, RunView
from maestrod.api.session import SESSION_GET, SESSION_LIST, SESSION_WHY, Session, SessionList, SessionPage, SessionRef
from maestrod.api.task import TASK_GET, TASK_LIST, TASK_TREE, Task, TaskList, TaskPage, TaskRef, TaskTree, TaskView
from maestrod.api.token import TOKEN_LIST
from maestrod.core.access.remote_token import listing
from maestrod.core.plan.lint import lint
from maestrod.core.plan.reading import lint_text
from maestrod.core.reading.why import why
from maestrod.core.values.command import Actor
from maestrod.core.values.seen import Seen
from maestrod.core.work import project
from maestrod.core.world.binding import ReadFunction, Sighted, answer, by_method, sighted
from maestrod.core.world.failure import failure_of
from maestrod.core.world.known import names_for
from maestrod.core.world.lookup import named_session, open_questions, require
from maestrod.core.world.pages import page
from maestrod.core.world.world import World

_members = attrgetter(*Task.__struct_fields__)


def view(world: World, task: Task) -> TaskView:
    """A task with its subtasks and sessions."""
    members = dict(zip(Task.__struct_fields__, _members(task), strict=True))
    subtask_ids, session_ids = tuple(world.children(task.id)), tuple(world.sessions_of(task.id))
    failure = failure_of(world, task)
    return TaskView(**members, subtask_ids=subtask_ids, session_ids=session_ids, failure=failure)


def _project_get(world: World, params: ProjectRef, seen: Seen) -> ProjectView:
    return project.views(world, seen, [require(world.projects, "project", params.project_id)])[0]


def _project_list(world: World, params: ProjectList, seen: Seen) -> ProjectPage:
    of_folder = None if params.working_dir is None else project.enclosing(world, seen, seen.place(params.working_dir))

    def look(id_: str) -> Project | None:
        each = world.projects[id_]
        return each if params.working_dir is None or each == of_folder else None

    items, cursor = page(world.projects, look, params.cursor, params.limit)
    return ProjectPage(items=tuple(project.views(world, seen, items)), next_cursor=cursor)


def _task_get(world: World, params: TaskRef, actor: Actor) -> TaskView:
    return view(world, require(world.tasks, "task", params.task_id))


def _task_list(world: World, params: TaskList, actor: Actor) -> TaskPage:
    def look(id_: str) -> TaskView | None:
        task = world.tasks[id_]
        wanted = (
            params.project_id in {None, task.project_id}
            and params.status in {None, task.status}
            and not (params.roots and task.parent_id is not None)
        )
        return view(world, task) if wanted else None

    if params.parent_id is not None:
        items, cursor = page(
            world.children(params.parent_id), look, params.cursor, params.limit, order=params.order or Order.OLDEST
        )
    else:
        items, cursor = page(world.tasks, look, params.cursor, params.limit, order=params.order)
    return TaskPage(items=items, next_cursor=cursor)


def _task_tree(world: World, params: TaskRef, actor: Actor) -> TaskTree:
    root = require(world.tasks, "task", params.task_id)
    return TaskTree(seq=world.seq, tasks=_tree(world, root.id))


def _tree(world: World, root_id: str) -> tuple[TaskView, ...]:
    return tuple(view(world, world.tasks[id_]) for id_ in world.subtree(root_id))


def _session_get(world: World, params: SessionRef, actor: Actor) -> Session:
    return require(world.sessions, "session", named_session(params.session_id))


def _session_list(world: World, params: SessionList, actor: Actor) -> SessionPage:
    def look(id_: str) -> Session | None:
        session = world.sessions[id_]
        wanted = (
            params.project_id in {None, session.project_id}
            and params.run_id in {None, session.run_id}
            and params.status in {None, session.status}
            and (params.task_id is None or params.task_id in session.task_ids)
            and not (params.live and session.status.is_over)
        )
        return session if wanted else None

    ids: Reversible[str] = world.sessions
    if params.task_id is not None:
        ids = world.sessions_of(params.task_id)
    elif params.live:
        ids = sorted(world.by_session.live)
    items, cursor = page(ids, look, params.cursor, params.limit, order=params.order)
    return SessionPage(items=items, next_cursor=cursor)


def _queue_get(world: World, params: QueueRef, actor: Actor) -> Queue:
    return require(world.queues, "queue", queue_id(named_session(params.session_id)))


def _plan_get(world: World, params: PlanRef, actor: Actor) -> Plan:
    return require(world.plans, "plan", params.plan_id)


def _plan_list(world: World, params: PlanList, actor: Actor) -> PlanPage:
    ids: Reversible[str] = world.plans
    if params.task_id is not None:
        ids = sorted(world.plans_of_task.get(params.task_id, ()))
    items, cursor = page(ids, world.plans.__getitem__, params.cursor, params.limit)
    return PlanPage(items=items, next_cursor=cursor)


def _run_get(world: World, params: RunRef, actor: Actor) -> RunView:
    run = require(world.runs, "run", params.run_id)
    session_ids = tuple(world.by_session.of_run.get(run.id, ()))
    return RunView(
        seq=world.seq,
        run=run,
        tasks=_tree(world, run.root_task_id) if run.root_task_id in world.tasks else (),
        sessions=tuple(world.sessions[id_] for id_ in session_ids),
        attention=open_questions(world, (run.id, *session_ids)),
    )


def _run_list(world: World, params: RunList, actor: Actor) -> RunPage:
    def look(id_: str) -> Run | None:
        run = world.runs[id_]
        wanted = params.project_id in {None, run.project_id} and not (params.active and run.status.is_over)
        return run if wanted else None

    order = params.order or (Order.NEWEST if params.backward else None)
    items, cursor = page(world.runs, look, params.cursor, params.limit, order=order)
    return RunPage(items=items, next_cursor=cursor)


def _attention_get(world: World, params: AttentionRef, actor: Actor) -> Attention:
    return require(world.attention, "attention", params.attention_id)


def _attention_list(world: World, params: AttentionList, actor: Actor) -> AttentionPage:
    def look(id_: str) -> Attention | None:
        question = world.attention[id_]
        wanted = params.session_id in {None, question.session_id} and (params.answered or question.is_open)
        return question if wanted else None

    ids: Reversible[str] = world.attention
    if not params.answered:
        ids = sorted(id_ for links in world.open_questions.values() for id_ in links)
    items, cursor = page(ids, look, params.cursor, params.limit)
    return AttentionPage(items=items, next_cursor=cursor)


def _message_get(world: World, params: MessageRef, actor: Actor) -> Message:
    return require(world.messages, "message", params.message_id)


def _message_list(world: World, params: MessageList, actor: Actor) -> MessagePage:
    def look(id_: str) -> Message | None:
        message = world.messages[id_]
        wanted = params.session_id in {None, message.session_id} and params.status in {None, message.status}
        return message if wanted else None

    items, cursor = page(world.messages, look, params.cursor, params.limit)
    return MessagePage(items=items, next_cursor=cursor)


def _plan_check(world: World, params: PlanCheck, seen: Seen) -> PlanReport:
    if (params.plan is None) == (params.markdown is None):
        raise Malformed("plan.missing", "submit either plan (JSON) or markdown", {"path": "$.plan"})
    known = names_for(world.policy, seen, None, world.policy.default_agent)
    return lint(params.plan, known) if params.markdown is None else lint_text(params.markdown, known)


#: The answers of methods that read only the world.
ANSWERS: Mapping[str, ReadFunction] = by_method(
    (
        answer(TASK_GET, _task_get),
        answer(TASK_LIST, _task_list),
        answer(TASK_TREE, _task_tree),
        answer(SESSION_GET, _session_get),
        answer(SESSION_LIST, _session_list),
        answer(SESSION_WHY, why),
        answer(QUEUE_GET, _queue_get),
        answer(PLAN_GET, _plan_get),
        answer(PLAN_LIST, _plan_list),
        answer(RUN_GET, _run_get),
        answer(RUN_LIST, _run_list),
        answer(ATTENTION_GET, _attention_get),
        answer(ATTENTION_LIST, _attention_list),
        answer(MESSAGE_GET, _message_get),
        answer(MESSAGE_LIST, _message_list),
        answer(TOKEN_LIST, lambda world, params, actor: listing(world, params)),
    )
)

#: The answers of methods that need to see outside the world.
SIGHTED: Mapping[str, Sighted] = by_method(
    (
        sighted(PROJECT_GET, _project_get),
        sighted(PROJECT_LIST, _project_list),
        sighted(PLAN_CHECK, _plan_check),
    )
)
