"""Runs: from one request to a completed tree."""

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
    """Where a run stands. ``awaiting_approval``: the plan is ready and a person has to say yes."""

    PLANNING = "planning"
    AWAITING_APPROVAL = "awaiting_approval"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Run(Entity, frozen=True):
    """One request on its way. ``number`` is small and never used again in this store, ``title`` that of its root task.

    It may be named by its number instead of its id: ``12`` or ``#12``. ``usage`` is what all its sessions have used so far, and the only
    sum that is shown. ``paused`` starts nothing new and holds what runs; ``plan_attempt`` counts plans handed in.
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
    """Run a request (``text``), an existing task, or a ready plan, in a project or a folder (one is made of it if needed).

    ``planner`` is the program of the orchestrator when the agent takes one (the shell agent).
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
        Meta(description="Let the orchestrator live until the end: it is told what happens and may submit more plans."),
    ] = False
    max_sessions: Annotated[int, Meta(ge=1, le=1000)] | None = None
    max_attempts: Attempts | None = None
    timeout_ms: Milliseconds | None = None


class RunRef(Params, frozen=True):
    """Name a run."""

    run_id: str


class RunWait(Params, frozen=True):
    """Wait until a run has ended."""

    run_id: str
    timeout_ms: Milliseconds | None = None


class RunCancel(Params, frozen=True):
    """Cancel a run: its tree, its sessions."""

    run_id: str
    reason: Text = ""


class RunList(Params, frozen=True):
    """A page of runs, newest first; ``backward`` is what ``order: newest`` was called before."""

    project_id: str | None = None
    active: Annotated[bool, Meta(description="Only runs that have not ended.")] = False
    backward: bool = False
    order: Order | None = None
    cursor: str | None = None
    limit: Limit = 100


class RunPage(Entity, frozen=True):
    """A page; ``next_cursor`` is there when more follow."""

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
RUN_START = Method("run.start", RunStart, Run, Access.OWNER, post("/api/runs"), "Run a request, a task or a plan to completion",
    errors=(NotFound, Malformed, Unprocessable, Conflict, NotAllowed), example={"text": "Check this repository", "workingDir": "/home/ada/shop", "agent": "shell", "planner": ["./plan"]}, positional=("text",))
RUN_GET = Method("run.get", RunRef, RunView, Access.READ, get("/api/runs/{runId}"), "Show a run with its tree",
    errors=(NotFound,), example=_ID, positional=("run_id",))
RUN_LIST = Method("run.list", RunList, RunPage, Access.READ, get("/api/runs"), "List runs",
    errors=(Malformed,), example={})
RUN_WAIT = Method("run.wait", RunWait, Run, Access.READ, get("/api/runs/{runId}/wait"), "Wait until a run has ended",
    errors=(NotFound, TimedOut), example=_ID, positional=("run_id",), waits=True)
RUN_CANCEL = Method("run.cancel", RunCancel, Run, Access.OWNER, post("/api/runs/{runId}/cancel"), "Cancel a run",
    errors=_MOVE, example=_ID, positional=("run_id", "reason"))
RUN_PAUSE = Method("run.pause", RunRef, Run, Access.OWNER, post("/api/runs/{runId}/pause"), "Start nothing new and hold what runs",
    errors=_MOVE, example=_ID, positional=("run_id",))
RUN_RESUME = Method("run.resume", RunRef, Run, Access.OWNER, post("/api/runs/{runId}/resume"), "Let a paused run go on",
    errors=_MOVE, example=_ID, positional=("run_id",))
# fmt: on
METHODS = (RUN_START, RUN_GET, RUN_LIST, RUN_WAIT, RUN_CANCEL, RUN_PAUSE, RUN_RESUME)
