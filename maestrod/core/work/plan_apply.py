"""Plans of a task: submitted, approved or rejected, and applied as a whole: all subtasks and dependencies, or none."""

from typing import Any

from maestrod.api.errors import Conflict, IllegalTransition, Malformed
from maestrod.api.event import TimelineType
from maestrod.api.plan import Plan, PlanGroup, PlanReject, PlanReport, PlanStatus, PlanSubmit, PlanSubtask
from maestrod.api.reason import Source
from maestrod.api.run import Run, RunStatus
from maestrod.api.task import Dispatch, Task, TaskStatus
from maestrod.core.access.scope import session_for, task_for
from maestrod.core.plan.lint import lint, mapping, ranks
from maestrod.core.plan.reading import lint_text
from maestrod.core.plan.rules import group_dependencies
from maestrod.core.values.command import Actor
from maestrod.core.work import run_state, task
from maestrod.core.work.plan_state import TRANSITIONS, PlanEvent
from maestrod.core.work.run_state import ACTIVE, RunEvent, active_run
from maestrod.core.work.stop import stop_session
from maestrod.core.world import numbering
from maestrod.core.world.draft import Draft
from maestrod.core.world.known import agent_for, names_for


def judge(draft: Draft, working_dir: str, agent: str, plan: dict[str, Any] | None, markdown: str | None) -> PlanReport:
    """Lint a submitted plan. Raises ``Malformed`` unless exactly one of ``plan`` and ``markdown`` is given."""
    if (plan is None) == (markdown is None):
        raise Malformed("plan.missing", "submit either plan (JSON) or markdown", {"path": "plan"})
    known = names_for(draft.world.policy, draft.seen, working_dir, agent)
    return lint(plan, known) if markdown is None else lint_text(markdown, known)


def submit(draft: Draft, params: PlanSubmit, actor: Actor) -> Plan:
    """Store a plan with the linter's findings. A valid plan is applied at once, unless its run needs approval."""
    root = task_for(draft, actor, _root_of(draft, params, actor))
    run = active_run(draft, root.id)
    agent = run.agent if run is not None else agent_for(draft, root.project_id, root.agent)
    report = judge(draft, draft.project(root.project_id).working_dir, agent, params.plan, params.markdown)
    return store_submitted(draft, root, run, report, actor.session_id)


def store_submitted(draft: Draft, root: Task, run: Run | None, report: PlanReport, by: str | None) -> Plan:
    """Store a submitted plan and let its run continue with it. The count of reminders of its planner starts again."""
    plan = keep(draft, root, run, report, submitted_by=by)
    if run is None:
        return plan
    for session_id in draft.world.by_session.planners.get(run.id, ()):
        draft.change(draft.session(session_id), nudges=0)
        draft.at_turn[session_id] = None
    return _advance(draft, draft.run(run.id), plan)


def _root_of(draft: Draft, params: PlanSubmit, actor: Actor) -> str:
    if params.task_id is not None:
        return params.task_id
    session = session_for(draft, actor, None)
    if not session.task_ids:
        raise Malformed("task.missing", "name a task: taskId is missing", {"path": "taskId"})
    return session.task_ids[0]


def keep(draft: Draft, root: Task, run: Run | None, report: PlanReport, submitted_by: str | None = None) -> Plan:
    """Store a plan as ready or invalid. Without a title of its own, it gets that of its root."""
    return draft.put(
        Plan(
            id=draft.new_id("pln"),
            root_task_id=root.id,
            status=_moved(PlanStatus.DRAFT, PlanEvent.ACCEPT if report.ok else PlanEvent.REFUSE),
            groups=report.groups,
            diagnostics=report.diagnostics,
            waves=report.waves,
            critical_path=report.critical_path,
            widest_wave=report.widest_wave,
            run_id=run.id if run is not None else None,
            submitted_by=submitted_by,
            attempt=1 if run is None else run.plan_attempt + 1,
            title=report.title or root.title,
            summary=report.summary,
            created_at=draft.now,
            updated_at=draft.now,
        )
    )


def _advance(draft: Draft, run: Run, plan: Plan) -> Plan:
    """Continue a run with a plan: wait for a correction or an approval, or apply it. A run that works already continues its
    work.
    """
    planning = run.status is RunStatus.PLANNING
    if plan.status is PlanStatus.INVALID and run.status is RunStatus.AWAITING_APPROVAL:
        draft.change(run, plan_attempt=plan.attempt)  # the plan that waits for approval stays
        return plan
    run = draft.change(run, plan_attempt=plan.attempt, plan_id=plan.id, diagnostics=plan.diagnostics)
    if plan.status is PlanStatus.INVALID:
        if planning and plan.attempt > draft.world.policy.plan_repairs:
            fail_planning(draft, run, f"no valid plan after {plan.attempt} attempts")
        return plan
    if run.approve:
        run_state.move(draft, run, RunEvent.AWAIT)
        return plan
    return apply(draft, plan, run)


def fail_planning(draft: Draft, run: Run, error: str) -> None:
    """Fail a run that gets no plan, and its root. A root that already has subtasks is left as it is; only the run fails."""
    root = draft.task(run.root_task_id)
    findings = "; ".join(f"{found.path}: {found.message}" for found in run.diagnostics[:10])
    detail = f"{error}: {findings}" if findings else error
    reason = draft.reason(Source.REPORT, "planning_failed", detail[:500])
    if root.id not in draft.world.by_task.children:
        task.fail(draft, root, None, detail, reason, final=True)
    run_state.move(draft, draft.run(run.id), RunEvent.FAIL, error=detail)
    for session_id in sorted(draft.world.by_session.planners.get(run.id, ())):
        stop_session(draft, draft.session(session_id), draft.reason(Source.PLAN, "planning_failed", detail[:500]))


def approve(draft: Draft, plan_id: str) -> Plan:
    """Approve a plan: it is applied."""
    plan = draft.plan(plan_id)
    approved = draft.change(plan, status=_moved(plan.status, PlanEvent.APPROVE))
    run = draft.run(plan.run_id) if plan.run_id is not None else _run_for(draft, plan)
    if run.status not in ACTIVE:
        raise IllegalTransition("run.ended", f"{run.id} is {run.status.value}", {"runId": run.id})
    return apply(draft, approved, run)


def reject(draft: Draft, params: PlanReject) -> Plan:
    """Reject a plan: the run that waited for its approval fails."""
    plan = draft.plan(params.plan_id)
    rejected = draft.change(plan, status=_moved(plan.status, PlanEvent.REJECT))
    run = draft.world.runs.get(plan.run_id or "")
    if run is not None and run.status is RunStatus.AWAITING_APPROVAL and run.plan_id == plan.id:
        fail_planning(draft, run, "the plan was rejected" + (f": {params.reason}" if params.reason else ""))
    return rejected


def _moved(status: PlanStatus, event: PlanEvent) -> PlanStatus:
    return TRANSITIONS.target(status, event) or status


def _run_for(draft: Draft, plan: Plan) -> Run:
    """The run of a plan that was submitted by hand: the active run of its root, else a new one."""
    root = draft.task(plan.root_task_id)
    run = active_run(draft, root.id)
    if run is not None:
        return run
    return draft.put(
        Run(
            id=draft.new_id("run"),
            number=numbering.next_run(draft),
            title=root.title,
            project_id=root.project_id,
            root_task_id=root.id,
            status=RunStatus.RUNNING,
            agent=agent_for(draft, root.project_id, root.agent),
            created_at=draft.now,
            updated_at=draft.now,
        )
    )


def apply(draft: Draft, plan: Plan, run: Run) -> Plan:
    """Create the tasks of a plan in one decision."""
    root = _free(draft, draft.task(plan.root_task_id))
    edges = group_dependencies(plan.groups)
    chains = ranks(plan.groups)
    group_ids: dict[str, str] = {}
    subtask_ids: dict[str, str] = {}
    for group in plan.groups:  # in the order of creation, because tables are sorted by id
        group_ids[group.key] = draft.new_id("tsk")
        subtask_ids |= {sub.key: draft.new_id("tsk") for sub in group.subtasks}
    for group in plan.groups:
        _make_group(draft, root, run, plan, group, group_ids, edges[group.key], chains[group.key])
        for sub in group.subtasks:
            _make_subtask(draft, root, run, sub, group_ids[group.key], subtask_ids)
    run_state.move(draft, draft.run(run.id), RunEvent.WORK, plan_id=plan.id, diagnostics=plan.diagnostics)
    if run.id not in draft.world.by_session.planners:
        draft.reopened[run.id] = None  # tasks that were added below the root before the plan came run as well
    counts = {"group": len(plan.groups), "subtask": len(subtask_ids), "wave": len(plan.waves)}
    message = "plan applied: " + ", ".join(f"{n} {noun}{'' if n == 1 else 's'}" for noun, n in counts.items())
    draft.timeline(TimelineType.MILESTONE, message, session_id=plan.submitted_by, task_id=root.id, source=Source.PLAN)
    made = mapping(plan.groups, group_ids, subtask_ids)
    return draft.change(plan, status=_moved(plan.status, PlanEvent.APPLY), mapping=made, run_id=run.id)


def _free(draft: Draft, root: Task) -> Task:
    """The root of a plan, no longer a unit, because its groups become units. Raises ``Conflict`` if it has ended."""
    if root.status.is_over:
        detail = {"taskId": root.id, "status": root.status.value}
        raise Conflict("task.finished", f"{root.id} is {root.status.value}: retry it first", detail)
    return draft.change(root, dispatch=None)


def _make_group(
    draft: Draft,
    root: Task,
    run: Run,
    plan: Plan,
    group: PlanGroup,
    ids: dict[str, str],
    needs: Any,
    chain: int,
) -> Task:
    dispatch = Dispatch(
        run_id=run.id,
        agent=group.agent or run.agent,
        strategy=group.strategy,
        persona=group.persona,
        skills=group.skills,
        rank=chain,
        plan_id=plan.id,
        group_key=group.key,
    )
    return draft.put(
        Task(
            id=ids[group.key],
            project_id=root.project_id,
            parent_id=root.id,
            title=group.title,
            priority=group.priority,
            dependencies=tuple(ids[key] for key in needs),
            on_dependency_failure=group.on_dependency_failure,
            skill_ids=group.skills,
            agent_ids=(group.persona,) if group.persona is not None else (),
            agent=dispatch.agent,
            dispatch=dispatch,
            created_at=draft.now,
            updated_at=draft.now,
        )
    )


def _make_subtask(draft: Draft, root: Task, run: Run, sub: PlanSubtask, group_id: str, ids: dict[str, str]) -> Task:
    return draft.put(
        Task(
            id=ids[sub.key],
            project_id=root.project_id,
            parent_id=group_id,
            title=sub.title,
            description=sub.description,
            initial_prompt=sub.prompt,
            status=TaskStatus.PENDING,
            priority=sub.priority,
            dependencies=tuple(ids[key] for key in sub.depends_on),
            on_dependency_failure=sub.on_dependency_failure,
            commands=sub.commands,
            checks=sub.checks,
            paths=sub.paths,
            max_attempts=sub.max_attempts or run.max_attempts or 1,
            backoff_ms=sub.backoff_ms if sub.backoff_ms is not None else 1000,
            timeout_ms=sub.timeout_ms or run.timeout_ms,
            created_at=draft.now,
            updated_at=draft.now,
        )
    )
