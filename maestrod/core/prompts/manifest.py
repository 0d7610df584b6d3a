"""The manifest of a session, and the task context of an orchestrator.

``manifest.json`` is for programs (the shell worker runs its commands), ``manifest.md`` for the agent; both are made from one
``Manifest``. Commands and checks are never shortened. The Markdown form shortens long prose and notes where the rest is, so
that a manifest fits into a model's context.
"""

from collections.abc import Sequence

import msgspec

from maestrod.api.project import Project
from maestrod.api.session import Role
from maestrod.api.task import Priority, Strategy, Task, TaskStatus

#: Maximum number of file paths in a task context, so that they do not fill a model's context (our choice).
RELEVANT_FILES = 500


class _Told(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of documents for programs: every member is written, even if it is empty."""


class ContextTask(_Told, frozen=True):
    """The task to plan."""

    id: str
    title: str
    description: str
    priority: Priority
    initial_prompt: str


class ContextSubtask(_Told, frozen=True):
    """An existing subtask."""

    id: str
    parent_id: str | None
    title: str
    description: str
    status: TaskStatus
    dependencies: tuple[str, ...]


class ContextProject(_Told, frozen=True):
    """Where the work happens; paths of relevant files are relative to ``base_path``."""

    id: str
    base_path: str
    relevant_files: tuple[str, ...]


class TaskContext(_Told, frozen=True):
    """The task to plan and its surroundings, for an orchestrator: the ``TaskContext`` of docs/planner.md."""

    task: ContextTask
    subtasks: tuple[ContextSubtask, ...]
    project: ContextProject


class ManifestSession(_Told, frozen=True):
    """The session that the manifest is for. ``attempt`` is the attempt that its reports carry."""

    id: str
    name: str
    role: Role
    agent: str
    attempt: int
    strategy: Strategy
    run_id: str | None = None
    parent_session_id: str | None = None


class ManifestProject(_Told, frozen=True):
    """The project; the session runs in ``working_dir``."""

    id: str
    name: str
    working_dir: str


class ManifestLink(_Told, frozen=True):
    """Another task in brief."""

    id: str
    title: str
    status: TaskStatus
    summary: str = ""


class ManifestTask(_Told, frozen=True):
    """A task to do. ``waits_for`` are its dependencies: they are done, or come earlier in the list."""

    id: str
    title: str
    description: str
    initial_prompt: str
    priority: Priority
    commands: tuple[str, ...]
    checks: tuple[str, ...]
    paths: tuple[str, ...]
    attempt: int
    waits_for: tuple[ManifestLink, ...] = ()
    last_error: str | None = None


class ManifestSkill(_Told, frozen=True):
    """A skill with its instructions."""

    name: str
    description: str
    instructions: str
    path: str = ""


class ManifestPersona(_Told, frozen=True):
    """The session's persona."""

    name: str
    description: str
    prompt: str


class Sibling(_Told, frozen=True):
    """Another session of the same run, and its tasks."""

    session_id: str
    name: str
    status: str
    tasks: tuple[ManifestLink, ...]


class Manifest(_Told, frozen=True):
    """Everything that a session needs to know to begin.

    ``goals`` are the tasks above its own, root first. ``program`` is for agents that run a program;
    ``plan_repairs`` is how often a planner may submit a corrected plan.
    ``report`` maps the commands for reports to their descriptions. ``context`` is for orchestrators.
    """

    session: ManifestSession
    project: ManifestProject
    goals: tuple[ManifestLink, ...] = ()
    goal_prompt: str = ""
    tasks: tuple[ManifestTask, ...] = ()
    persona: ManifestPersona | None = None
    skills: tuple[ManifestSkill, ...] = ()
    siblings: tuple[Sibling, ...] = ()
    program: tuple[str, ...] = ()
    plan_repairs: int = 0
    report: dict[str, str] = {}
    context: TaskContext | None = None
    version: int = 1


_ASK = {
    "maestroctl attention ask QUESTION --options yes,no": "ask a person; the command waits for the answer and prints it",
    "maestroctl session report MESSAGE": "note a milestone on your timeline",
}
_TASK = {
    "maestroctl task progress TASK_ID MESSAGE --progress 0.5": "report a task's progress, 0 to 1",
    "maestroctl task block TASK_ID REASON": "a task is blocked, and why",
}
_SIMPLE = {
    "maestroctl task start TASK_ID": "before you begin a task",
    **_TASK,
    "maestroctl task complete TASK_ID SUMMARY": "a task is done and its checks pass",
    "maestroctl task fail TASK_ID ERROR": "a task cannot be done; say what a person needs to know to understand why",
    **_ASK,
}
_QUEUE = {
    "maestroctl queue next --wait": "claim the next task; an empty answer means that none is left",
    **_TASK,
    "maestroctl queue complete --summary SUMMARY": "the claimed task is done and its checks pass",
    "maestroctl queue fail ERROR": "the claimed task cannot be done, and why",
    "maestroctl queue skip --reason REASON": "the claimed task is not needed",
    **_ASK,
}
_ORCHESTRATOR = {
    "maestroctl plan check FILE": "check a plan without submitting it",
    "maestroctl plan submit FILE": "submit the plan; fix the findings it returns",
    "maestroctl task tree TASK_ID": "see the state of the work",
    **_ASK,
}


def reporting(role: Role, strategy: Strategy) -> dict[str, str]:
    """The commands with which a session reports, and their descriptions."""
    if role is Role.ORCHESTRATOR:
        return dict(_ORCHESTRATOR)
    return dict(_QUEUE if strategy is Strategy.QUEUE else _SIMPLE)


def task_context(
    task: Task, subtasks: Sequence[Task], project: Project, relevant_files: Sequence[str] = ()
) -> TaskContext:
    """The context in which an orchestrator plans a task."""
    return TaskContext(
        task=ContextTask(
            id=task.id,
            title=task.title,
            description=task.description,
            priority=task.priority,
            initial_prompt=task.initial_prompt,
        ),
        subtasks=tuple(
            ContextSubtask(
                id=subtask.id,
                parent_id=subtask.parent_id,
                title=subtask.title,
                description=subtask.description,
                status=subtask.status,
                dependencies=subtask.dependencies,
            )
            for subtask in subtasks
        ),
        project=ContextProject(
            id=project.id, base_path=project.working_dir, relevant_files=tuple(relevant_files[:RELEVANT_FILES])
        ),
    )


def context_json(context: TaskContext) -> str:
    """The task context as the JSON document that a planner program reads."""
    return msgspec.json.format(msgspec.json.encode(context), indent=2).decode() + "\n"


def manifest_json(manifest: Manifest) -> str:
    """The text of ``manifest.json``: complete, nothing shortened."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2).decode() + "\n"
