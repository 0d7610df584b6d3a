"""Runs: executions of a request or a plan."""

from typing import Annotated, Any

from msgspec import Meta

from maestrod.api.attention import Attention
from maestrod.api.errors import Conflict, IllegalTransition, Malformed, NotAllowed, NotFound, TimedOut, Unprocessable
from maestrod.api.model.base import Entity, Instant, Limit, Milliseconds, Order, Params, PlainText, Text
from maestrod.api.model.method import Access, Method, get, post
from maestrod.api.model.open_enum import OpenEnum
from maestrod.api.plan import Diagnostic, PlanText
from maestrod.api.project import Folder
from maestrod.api.session import Argv, Session, Usage
from maestrod.api.task import Attempts, Failure, TaskView


class RunStatus(OpenEnum):
    """The status of a run. ``awaiting_approval``: the plan is ready, and a person has to approve it."""

    PLANNING = "planning"
    AWAITING_APPROVAL = "awaiting_approval"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """Whether the run has ended. Retrying one of its tasks opens it again."""
        return self in _OVER


#: Final statuses, unless a task of the run is retried.
_OVER = frozenset({RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED})


class Run(Entity, frozen=True):
    """One execution of a request or a plan. ``number`` is small and never reused in this store; ``title`` is the root task's.

    ``12`` or ``#12`` may be used instead of the id. ``usage`` is the sum over all its sessions so far, and the only sum that is
    shown. A ``paused`` run starts nothing new, and its sessions are paused; ``plan_attempt`` counts submitted plans.
    """

    id: str
    project_id: str
    root_task_id: str
    status: RunStatus
    agent: str
    number: int = 0
    title: str = ""
    planner: tuple[str, ...] = ()
    approve: bool = False
    keep_planner: bool = False
    paused: bool = False
    max_sessions: int | None = None
    max_attempts: int | None = None
    timeout_ms: int | None = None
    plan_attempt: int = 0
    plan_id: str | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    error: str | None = None
    failure: Failure | None = None
    usage: Usage | None = None
    created_at: Instant = 0
    updated_at: Instant = 0
    completed_at: Instant | None = None


class RunStart(Params, frozen=True):
    """Takes a request (``text``), an existing task or a plan, and a project or a folder (which becomes a project if it is none).

    ``planner`` is the planning program, for agents that take one (the shell agent).
    """

    text: PlainText | None = None
    task_id: str | None = None
    plan: dict[str, Any] | None = None
    markdown: PlanText | None = None
    project_id: str | None = None
    working_dir: Folder | None = None
    agent: str | None = None
    planner: Argv = ()
    approve: bool = False
    keep_planner: Annotated[
        bool,
        Meta(
            description="Keep the orchestrator running to the end: it gets news of the run and may submit more plans."
        ),
    ] = False
    max_sessions: Annotated[int, Meta(ge=1, le=1000)] | None = None
    max_attempts: Attempts | None = None
    timeout_ms: Milliseconds | None = None


class RunRef(Params, frozen=True):
    """Takes a run's id or number."""

    run_id: str


class RunWait(Params, frozen=True):
    """Fails with a timeout after ``timeout_ms``; the run continues."""

    run_id: str
    timeout_ms: Milliseconds | None = None


class RunCancel(Params, frozen=True):
    """Cancels its open tasks and stops its sessions."""

    run_id: str
    reason: Text = ""


class RunList(Params, frozen=True):
    """Returns one page of runs, newest first; ``backward`` is the former name of ``order`` newest."""

    project_id: str | None = None
    active: Annotated[bool, Meta(description="Only runs that have not ended.")] = False
    backward: bool = False
    order: Order | None = None
    cursor: str | None = None
    limit: Limit = 100


class RunPage(Entity, frozen=True):
    """One page of results; ``next_cursor`` is set if there are more."""

    items: tuple[Run, ...] = ()
    next_cursor: str | None = None


class RunView(Entity, frozen=True):
    """A run with its tree (parents before children), its sessions and its open questions, as of ``seq``."""

    seq: int
    run: Run
    tasks: tuple[TaskView, ...] = ()
    sessions: tuple[Session, ...] = ()
    attention: tuple[Attention, ...] = ()


_ID = {"runId": "run_00000000000000000000000000"}
_MOVE = (NotFound, IllegalTransition)

# A table: one method, one row.
# fmt: off
RUN_START = Method("run.start", RunStart, Run, Access.OWNER, post("/api/runs"), "Run a request, a task or a plan",
    errors=(NotFound, Malformed, Unprocessable, Conflict, NotAllowed), example={"text": "Check this repository", "workingDir": "/home/ada/shop", "agent": "shell", "planner": ["./plan"]}, positional=("text",))
RUN_GET = Method("run.get", RunRef, RunView, Access.READ, get("/api/runs/{runId}"), "Show a run with its tree",
    errors=(NotFound,), example=_ID, positional=("run_id",))
RUN_LIST = Method("run.list", RunList, RunPage, Access.READ, get("/api/runs"), "List runs",
    errors=(Malformed,), example={})
RUN_WAIT = Method("run.wait", RunWait, Run, Access.READ, get("/api/runs/{runId}/wait"), "Wait until a run has ended",
    errors=(NotFound, TimedOut), example=_ID, positional=("run_id",), waits=True)
RUN_CANCEL = Method("run.cancel", RunCancel, Run, Access.OWNER, post("/api/runs/{runId}/cancel"), "Cancel a run",
    errors=_MOVE, example=_ID, positional=("run_id", "reason"))
RUN_PAUSE = Method("run.pause", RunRef, Run, Access.OWNER, post("/api/runs/{runId}/pause"), "Pause a run: start nothing new, and pause its sessions",
    errors=_MOVE, example=_ID, positional=("run_id",))
RUN_RESUME = Method("run.resume", RunRef, Run, Access.OWNER, post("/api/runs/{runId}/resume"), "Resume a paused run",
    errors=_MOVE, example=_ID, positional=("run_id",))
# fmt: on
METHODS = (RUN_START, RUN_GET, RUN_LIST, RUN_WAIT, RUN_CANCEL, RUN_PAUSE, RUN_RESUME)
