"""Tasks: a tree in which a subtask is a task with a parent."""

from typing import Annotated

from msgspec import Meta

from maestrod.api.clock import Clock
from maestrod.api.errors import Conflict, IllegalTransition, Malformed, NotAllowed, NotFound
from maestrod.api.model.base import (
    Done,
    Entity,
    Fraction,
    Happened,
    Instant,
    Limit,
    Milliseconds,
    Order,
    Params,
    PlainText,
    Text,
    Title,
)
from maestrod.api.model.look import UNKNOWN, Look, Tone
from maestrod.api.model.method import Access, Method, delete, get, patch, post
from maestrod.api.model.open_enum import OpenEnum
from maestrod.api.reason import Reason
from maestrod.api.task_category import TaskCategory

Ids = Annotated[tuple[str, ...], Meta(max_length=10_000)]
Names = Annotated[tuple[str, ...], Meta(max_length=100)]
Command = Annotated[str, Meta(min_length=1, max_length=65_536, description="A command for the POSIX shell.")]
Commands = Annotated[tuple[Command, ...], Meta(max_length=1000)]
Attempts = Annotated[int, Meta(ge=1, le=100)]


class TaskStatus(OpenEnum):
    """The status of a task; ``core/work/task.py`` has the table of transitions."""

    PENDING = "pending", TaskCategory.OPEN, Look("·", "pending", Tone.QUIET)
    BLOCKED = "blocked", TaskCategory.BLOCKED, Look("○", "blocked", Tone.QUIET)
    IN_PROGRESS = "in_progress", TaskCategory.ACTIVE, Look("▶", "running", Tone.RUNNING)
    COMPLETED = "completed", TaskCategory.COMPLETED, Look("✔", "done", Tone.DONE)
    FAILED = "failed", TaskCategory.FAILED, Look("✘", "failed", Tone.FAILED)
    SKIPPED = "skipped", TaskCategory.SKIPPED, Look("»", "skipped", Tone.QUIET)
    CANCELLED = "cancelled", TaskCategory.CANCELLED, Look("■", "cancelled", Tone.QUIET)

    def __init__(self, _word: str, category: TaskCategory = TaskCategory.UNKNOWN, look: Look = UNKNOWN) -> None:
        self.category = category
        self.look = look
        self.is_done, self.is_over, self.is_retried = category.is_done, category.is_over, category.is_retried
        self.is_active = category is TaskCategory.ACTIVE
        self.is_failed = category is TaskCategory.FAILED


class Priority(OpenEnum):
    """Order among tasks that could start now."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class DependencyPolicy(OpenEnum):
    """What happens to a task when one of its dependencies has failed."""

    BLOCK = "block"  #: it stays blocked until the dependency is retried
    SKIP = "skip"  #: it is skipped
    RUN = "run"  #: it runs anyway


class Strategy(OpenEnum):
    """How a session gets its tasks: all at once, or one claim at a time."""

    SIMPLE = "simple"
    QUEUE = "queue"


class Dispatch(Entity, frozen=True):
    """Marks a task as a unit of scheduling: one worker session at a time runs its unfinished leaves.

    ``rank`` is the length in tasks of the longest chain that starts here (critical path): longer chains start first.
    """

    run_id: str
    agent: str
    strategy: Strategy = Strategy.SIMPLE
    persona: str | None = None
    skills: Names = ()
    rank: int = 0
    plan_id: str | None = None
    group_key: str | None = None


class Attempt(Entity, frozen=True):
    """One past attempt of a task, kept as history."""

    attempt: int
    status: TaskStatus
    session_id: str | None = None
    started_at: Instant | None = None
    ended_at: Instant = 0
    error: str | None = None


class TaskResult(Entity, frozen=True):
    """The result of a task."""

    summary: str = ""
    error: str | None = None


class Leaves(Entity, frozen=True):
    """The leaves below a task by outcome: the numbers that every surface shows. The remaining leaves have not ended."""

    total: int = 0
    completed: int = 0
    failed: int = 0
    skipped: int = 0
    cancelled: int = 0


#: The categories that ``Leaves`` counts, in the order in which views list them.
OUTCOMES = Leaves.__struct_fields__[1:]


class Task(Entity, frozen=True):
    """A piece of work. A task with children is their sum and changes by roll-up only.

    ``progress`` is 0 to 1; a parent's is the mean of its leaves, of which completed and skipped ones count as 1. Only parents have
    ``leaves``. ``attempt`` counts from 1. ``not_before`` is the earliest time of the next attempt after a failure; ``clock`` is the
    time limit of this attempt; it is paused while the session that works on the task is paused or waits.
    """

    id: str
    project_id: str
    title: str
    parent_id: str | None = None
    description: str = ""
    initial_prompt: str = ""
    status: TaskStatus = TaskStatus.PENDING
    status_reason: Reason | None = None
    priority: Priority = Priority.MEDIUM
    dependencies: tuple[str, ...] = ()
    on_dependency_failure: DependencyPolicy = DependencyPolicy.BLOCK
    skill_ids: tuple[str, ...] = ()
    agent_ids: tuple[str, ...] = ()
    agent: str | None = None
    commands: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    dispatch: Dispatch | None = None
    progress: float = 0.0
    leaves: Leaves | None = None
    attempt: int = 1
    attempts: tuple[Attempt, ...] = ()
    max_attempts: int = 1
    backoff_ms: int = 1000
    timeout_ms: int | None = None
    not_before: Instant | None = None
    clock: Clock | None = None
    result: TaskResult | None = None
    created_at: Instant = 0
    updated_at: Instant = 0
    started_at: Instant | None = None
    completed_at: Instant | None = None

    @property
    def deadline(self) -> int | None:
        """When this attempt times out (ms since the epoch); None if it has no time limit, or the limit is paused."""
        return None if self.clock is None else self.clock.deadline


class Failure(Entity, frozen=True):
    """Why a task or a run failed: the leaf that failed first, its error (only the end of a long one), and its session.

    ``failed`` counts the tasks that failed.
    """

    task_id: str
    title: str
    error: str = ""
    session_id: str | None = None
    attempt: int = 1
    failed: int = 1


class TaskView(Task, frozen=True):
    """A task with derived members: its children, its sessions (oldest first) and, if it failed, why."""

    subtask_ids: tuple[str, ...] = ()
    session_ids: tuple[str, ...] = ()
    failure: Failure | None = None


class TaskCreate(Params, frozen=True):
    """Takes a title; with ``parent_id``, the task becomes a subtask."""

    title: Title
    project_id: str | None = None
    parent_id: str | None = None
    description: PlainText = ""
    initial_prompt: PlainText = ""
    priority: Priority = Priority.MEDIUM
    dependencies: Ids = ()
    on_dependency_failure: DependencyPolicy = DependencyPolicy.BLOCK
    skill_ids: Names = ()
    agent_ids: Names = ()
    agent: str | None = None
    commands: Commands = ()
    checks: Commands = ()
    paths: Names = ()
    max_attempts: Attempts = 1
    backoff_ms: Milliseconds = 1000
    timeout_ms: Milliseconds | None = None


class TaskRef(Params, frozen=True):
    """Takes a task's id."""

    task_id: str


class TaskList(Params, frozen=True):
    """Returns one page of tasks, newest first; the subtasks of a task (``parent_id``) in the order of their creation."""

    project_id: str | None = None
    parent_id: str | None = None
    status: TaskStatus | None = None
    roots: Annotated[bool, Meta(description="Only tasks without a parent.")] = False
    order: Order | None = None
    cursor: str | None = None
    limit: Limit = 100


class TaskPage(Entity, frozen=True):
    """One page of results; ``next_cursor`` is set if there are more."""

    items: tuple[TaskView, ...] = ()
    next_cursor: str | None = None


class TaskTree(Entity, frozen=True):
    """A task and everything below it, parents before children, as of ``seq``."""

    seq: int
    tasks: tuple[TaskView, ...]


class TaskUpdate(Params, frozen=True):
    """Changes only the given members."""

    task_id: str
    title: Title | None = None
    description: PlainText | None = None
    initial_prompt: PlainText | None = None
    priority: Priority | None = None
    on_dependency_failure: DependencyPolicy | None = None
    skill_ids: Names | None = None
    agent_ids: Names | None = None
    agent: str | None = None
    commands: Commands | None = None
    checks: Commands | None = None
    paths: Names | None = None
    max_attempts: Attempts | None = None
    backoff_ms: Milliseconds | None = None
    timeout_ms: Milliseconds | None = None


class TaskDelete(Params, frozen=True):
    """With ``cascade``, also removes the task from other tasks' dependencies."""

    task_id: str
    cascade: bool = False


class TaskProgress(Params, frozen=True):
    """``progress`` is 0 to 1."""

    task_id: str
    message: Text = ""
    progress: Fraction | None = None
    at: Happened = None


class TaskComplete(Params, frozen=True):
    """Takes an optional summary of the result."""

    task_id: str
    summary: Text = ""
    at: Happened = None


class TaskFail(Params, frozen=True):
    """The error should let a person understand what went wrong."""

    task_id: str
    error: Text
    at: Happened = None


class TaskSkip(Params, frozen=True):
    """Takes an optional reason."""

    task_id: str
    reason: Text = ""
    at: Happened = None


class TaskBlock(Params, frozen=True):
    """``by_task_id`` names the task that blocks it."""

    task_id: str
    reason: Text = ""
    by_task_id: str | None = None
    at: Happened = None


class TaskCancel(Params, frozen=True):
    """Sessions that work on nothing else are stopped."""

    task_id: str
    reason: Text = ""


class TaskDepend(Params, frozen=True):
    """The task depends on ``on_task_id``."""

    task_id: str
    on_task_id: str


_TASK = {"taskId": "tsk_00000000000000000000000000"}
_MOVE = (NotFound, IllegalTransition, NotAllowed)
_REPORT = (*_MOVE, Malformed)

# A table: one method, one row.
# fmt: off
TASK_CREATE = Method("task.create", TaskCreate, Task, Access.WORK, post("/api/tasks"), "Create a task or, with a parent, a subtask",
    errors=(NotFound, Malformed, Conflict, NotAllowed), example={"title": "Write the parser", "projectId": "prj_00000000000000000000000000"}, positional=("title",))
TASK_GET = Method("task.get", TaskRef, TaskView, Access.READ, get("/api/tasks/{taskId}"), "Show a task",
    errors=(NotFound,), example=_TASK, positional=("task_id",))
TASK_LIST = Method("task.list", TaskList, TaskPage, Access.READ, get("/api/tasks"), "List tasks",
    errors=(Malformed,), example={"roots": True})
TASK_TREE = Method("task.tree", TaskRef, TaskTree, Access.READ, get("/api/tasks/{taskId}/tree"), "Show a task and everything below it",
    errors=(NotFound,), example=_TASK, positional=("task_id",))
TASK_UPDATE = Method("task.update", TaskUpdate, Task, Access.WORK, patch("/api/tasks/{taskId}"), "Change a task",
    errors=(NotFound, Malformed, NotAllowed), example={**_TASK, "priority": "high"}, positional=("task_id",))
TASK_DELETE = Method("task.delete", TaskDelete, Done, Access.OWNER, delete("/api/tasks/{taskId}"), "Delete a task and its subtree",
    errors=(NotFound, Conflict), example=_TASK, positional=("task_id",))
TASK_START = Method("task.start", TaskRef, Task, Access.WORK, post("/api/tasks/{taskId}/start"), "Report that work on a task has begun",
    errors=_MOVE, example=_TASK, positional=("task_id",))
TASK_PROGRESS = Method("task.progress", TaskProgress, Task, Access.WORK, post("/api/tasks/{taskId}/progress"), "Report a task's progress",
    errors=_REPORT, example={**_TASK, "progress": 0.5, "message": "half the tests pass"}, positional=("task_id", "message"))
TASK_COMPLETE = Method("task.complete", TaskComplete, Task, Access.WORK, post("/api/tasks/{taskId}/complete"), "Report a task as completed",
    errors=_REPORT, example={**_TASK, "summary": "all tests pass"}, positional=("task_id", "summary"))
TASK_FAIL = Method("task.fail", TaskFail, Task, Access.WORK, post("/api/tasks/{taskId}/fail"), "Report a task as failed",
    errors=_REPORT, example={**_TASK, "error": "pytest: exit code 1"}, positional=("task_id", "error"))
TASK_SKIP = Method("task.skip", TaskSkip, Task, Access.WORK, post("/api/tasks/{taskId}/skip"), "Skip a task",
    errors=_REPORT, example=_TASK, positional=("task_id", "reason"))
TASK_BLOCK = Method("task.block", TaskBlock, Task, Access.WORK, post("/api/tasks/{taskId}/block"), "Report a task as blocked",
    errors=_REPORT, example={**_TASK, "reason": "needs a key"}, positional=("task_id", "reason"))
TASK_RETRY = Method("task.retry", TaskRef, Task, Access.OWNER, post("/api/tasks/{taskId}/retry"), "Retry a task and what failed below it",
    errors=_MOVE, example=_TASK, positional=("task_id",))
TASK_CANCEL = Method("task.cancel", TaskCancel, Task, Access.WORK, post("/api/tasks/{taskId}/cancel"), "Cancel a task and everything below it",
    errors=_MOVE, example=_TASK, positional=("task_id", "reason"))
TASK_DEPEND = Method("task.depend", TaskDepend, Task, Access.WORK, post("/api/tasks/{taskId}/dependencies"), "Make a task wait for another",
    errors=(NotFound, Conflict, NotAllowed), example={**_TASK, "onTaskId": "tsk_00000000000000000000000001"}, positional=("task_id", "on_task_id"))
TASK_UNDEPEND = Method("task.undepend", TaskDepend, Task, Access.WORK, delete("/api/tasks/{taskId}/dependencies/{onTaskId}"), "Remove a dependency of a task",
    errors=(NotFound, NotAllowed), example={**_TASK, "onTaskId": "tsk_00000000000000000000000001"}, positional=("task_id", "on_task_id"))
# fmt: on
METHODS = (
    TASK_CREATE,
    TASK_GET,
    TASK_LIST,
    TASK_TREE,
    TASK_UPDATE,
    TASK_DELETE,
    TASK_START,
    TASK_PROGRESS,
    TASK_COMPLETE,
    TASK_FAIL,
    TASK_SKIP,
    TASK_BLOCK,
    TASK_RETRY,
    TASK_CANCEL,
    TASK_DEPEND,
    TASK_UNDEPEND,
)
