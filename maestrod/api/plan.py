"""Plans: groups of subtasks with a dependency graph, from an orchestrator or a file."""

from typing import Annotated, Any

from msgspec import Meta

from maestrod.api.errors import Conflict, IllegalTransition, Malformed, NotAllowed, NotFound, Unavailable, Unprocessable
from maestrod.api.model.base import Entity, Instant, KeptTitle, Limit, Milliseconds, Params, Text
from maestrod.api.model.method import Access, Method, get, post
from maestrod.api.model.open_enum import OpenEnum
from maestrod.api.model.patterns import KEY
from maestrod.api.task import Attempts, Commands, DependencyPolicy, Names, Priority, Strategy

Key = Annotated[str, Meta(min_length=1, max_length=100, pattern=KEY)]
PlanText = Annotated[str, Meta(max_length=4_194_304)]


class PlanStatus(OpenEnum):
    """The status of a plan."""

    DRAFT = "draft"
    INVALID = "invalid"
    READY = "ready"
    APPROVED = "approved"
    APPLIED = "applied"
    REJECTED = "rejected"


class Severity(OpenEnum):
    """A plan with errors is refused; warnings do no harm."""

    ERROR = "error"
    WARNING = "warning"


class Diagnostic(Entity, frozen=True):
    """One finding of the linter, in a form that a planner can act on. ``path`` is like ``groups[1].dependsOn[0]``."""

    path: str
    code: str
    message: str
    severity: Severity = Severity.ERROR


class PlanSubtask(Entity, frozen=True, forbid_unknown_fields=True):
    """One piece of work in a group. ``depends_on`` names subtasks by key, of this or of other groups."""

    key: Key
    title: KeptTitle
    description: Text = ""
    prompt: Text = ""
    commands: Commands = ()
    checks: Commands = ()
    paths: Names = ()
    priority: Priority = Priority.MEDIUM
    depends_on: Names = ()
    on_dependency_failure: DependencyPolicy = DependencyPolicy.BLOCK
    max_attempts: Attempts | None = None
    backoff_ms: Milliseconds | None = None
    timeout_ms: Milliseconds | None = None


class PlanGroup(Entity, frozen=True, forbid_unknown_fields=True):
    """Subtasks for one session. ``depends_on`` names groups by key."""

    key: Key
    title: KeptTitle
    subtasks: tuple[PlanSubtask, ...]
    agent: str | None = None
    persona: str | None = None
    skills: Names = ()
    strategy: Strategy = Strategy.SIMPLE
    priority: Priority = Priority.MEDIUM
    depends_on: Names = ()
    on_dependency_failure: DependencyPolicy = DependencyPolicy.BLOCK


class PlanDocument(Entity, frozen=True, forbid_unknown_fields=True):
    """What a planner writes."""

    groups: tuple[PlanGroup, ...]
    title: str = ""
    summary: str = ""


class TaskToSessionMapping(Entity, frozen=True):
    """The subtasks of each session. ``order`` counts from 0; ``parallel_group`` is the wave, unset for a group that runs alone."""

    group_id: str
    subtask_ids: tuple[str, ...]
    session_name: str
    order: int
    parallel_group: int | None = None


class Plan(Entity, frozen=True):
    """A plan with the linter's findings: each wave lists the keys of groups that may run at the same time."""

    id: str
    root_task_id: str
    status: PlanStatus
    groups: tuple[PlanGroup, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    waves: tuple[tuple[str, ...], ...] = ()
    critical_path: tuple[str, ...] = ()
    widest_wave: int = 0
    mapping: tuple[TaskToSessionMapping, ...] = ()
    run_id: str | None = None
    submitted_by: str | None = None
    attempt: int = 1
    title: str = ""
    summary: str = ""
    created_at: Instant = 0
    updated_at: Instant = 0


class PlanSubmit(Params, frozen=True):
    """Takes ``plan`` as JSON, or ``markdown`` as a checklist. The task defaults to the session's own."""

    task_id: str | None = None
    plan: dict[str, Any] | None = None
    markdown: PlanText | None = None


class PlanCheck(Params, frozen=True):
    """Takes ``plan`` as JSON, or ``markdown`` as a checklist."""

    plan: dict[str, Any] | None = None
    markdown: PlanText | None = None


class PlanReport(Entity, frozen=True):
    """The linter's report on a plan."""

    ok: bool
    diagnostics: tuple[Diagnostic, ...] = ()
    waves: tuple[tuple[str, ...], ...] = ()
    critical_path: tuple[str, ...] = ()
    widest_wave: int = 0
    groups: tuple[PlanGroup, ...] = ()
    title: str = ""
    summary: str = ""


class PlanRef(Params, frozen=True):
    """Takes a plan's id."""

    plan_id: str


class PlanReject(Params, frozen=True):
    """The planner receives the reason."""

    plan_id: str
    reason: Text = ""


class PlanList(Params, frozen=True):
    """Returns one page of plans, oldest first."""

    task_id: str | None = None
    cursor: str | None = None
    limit: Limit = 100


class PlanPage(Entity, frozen=True):
    """One page of results; ``next_cursor`` is set if there are more."""

    items: tuple[Plan, ...] = ()
    next_cursor: str | None = None


_ID = {"planId": "pln_00000000000000000000000000"}
_PLAN = {
    "groups": [
        {
            "key": "api",
            "title": "API",
            "subtasks": [{"key": "routes", "title": "Add the routes", "commands": ["make routes"]}],
        }
    ]
}
_APPLY = (NotFound, Malformed, Conflict, NotAllowed)

# A table: one method, one row.
# fmt: off
PLAN_SUBMIT = Method("plan.submit", PlanSubmit, Plan, Access.WORK, post("/api/plans"), "Submit a plan for a task",
    errors=(NotFound, Malformed, Unprocessable, Conflict, NotAllowed), example={"taskId": "tsk_00000000000000000000000000", "plan": _PLAN})
PLAN_CHECK = Method("plan.check", PlanCheck, PlanReport, Access.READ, post("/api/plans/check"), "Check a plan without storing it",
    errors=(Malformed, Unavailable), example={"plan": _PLAN})
PLAN_GET = Method("plan.get", PlanRef, Plan, Access.READ, get("/api/plans/{planId}"), "Show a plan",
    errors=(NotFound,), example=_ID, positional=("plan_id",))
PLAN_LIST = Method("plan.list", PlanList, PlanPage, Access.READ, get("/api/plans"), "List plans",
    errors=(Malformed,), example={})
PLAN_APPROVE = Method("plan.approve", PlanRef, Plan, Access.OWNER, post("/api/plans/{planId}/approve"), "Approve a plan and apply it",
    errors=_APPLY, example=_ID, positional=("plan_id",))
PLAN_REJECT = Method("plan.reject", PlanReject, Plan, Access.OWNER, post("/api/plans/{planId}/reject"), "Reject a plan",
    errors=(NotFound, IllegalTransition, NotAllowed), example=_ID, positional=("plan_id", "reason"))
PLAN_APPLY = Method("plan.apply", PlanRef, Plan, Access.OWNER, post("/api/plans/{planId}/apply"), "Apply a plan: create all of its tasks, or none",
    errors=_APPLY, example=_ID, positional=("plan_id",))
# fmt: on
METHODS = (PLAN_SUBMIT, PLAN_CHECK, PLAN_GET, PLAN_LIST, PLAN_APPROVE, PLAN_REJECT, PLAN_APPLY)
