"""The run methods: start, pause, resume and cancel, from one request to a completed tree."""

import msgspec

from maestrod.api.errors import Conflict, IllegalTransition, Malformed, Unprocessable
from maestrod.api.model.patterns import as_line
from maestrod.api.reason import Reason, Source
from maestrod.api.run import Run, RunCancel, RunRef, RunStart, RunStatus
from maestrod.api.session import Session, SessionStatus
from maestrod.api.task import Dispatch, Task
from maestrod.core.plan import arguments
from maestrod.core.plan.markdown_lines import heading_in
from maestrod.core.work import plan_apply, project, run_state, task
from maestrod.core.work.dependencies import ancestors
from maestrod.core.work.pause import hold_sessions
from maestrod.core.work.plan_apply import fail_planning
from maestrod.core.work.run_state import ACTIVE, RunEvent, active_run, can_plan
from maestrod.core.work.stop import stop_session
from maestrod.core.world import numbering
from maestrod.core.world.draft import Draft
from maestrod.core.world.known import agent_for


def start(draft: Draft, params: RunStart) -> Run:
    """Start a run of a text, an existing task or a given plan."""
    arguments.check(params.planner, "planner")
    root = _root(draft, params)
    _refuse_second(draft, root)
    if root.status.is_over:
        detail = {"taskId": root.id, "status": root.status.value}
        raise Conflict("task.finished", f"{root.id} is {root.status.value}: retry it to continue its run", detail)
    run = Run(
        id=draft.new_id("run"),
        number=numbering.next_run(draft),
        title=root.title,
        project_id=root.project_id,
        root_task_id=root.id,
        status=RunStatus.PLANNING,
        agent=agent_for(draft, root.project_id, params.agent or root.agent or _planning_agent(draft, params, root)),
        planner=params.planner,
        approve=params.approve,
        keep_planner=params.keep_planner,
        max_sessions=params.max_sessions,
        max_attempts=params.max_attempts,
        timeout_ms=params.timeout_ms,
        created_at=draft.now,
        updated_at=draft.now,
    )
    if params.plan is not None or params.markdown is not None:
        return _with_plan(draft, params, root, run)
    if params.planner or not _can_run_as_it_is(draft, root):
        return _with_planner(draft, run)
    return _as_it_is(draft, root, run)


def _planning_agent(draft: Draft, params: RunStart, root: Task) -> str | None:
    """The project's planning agent, if there is something to plan and no planner program for it."""
    has_plan = params.plan is not None or params.markdown is not None
    if has_plan or params.planner or _can_run_as_it_is(draft, root):
        return None
    return draft.project(root.project_id).settings.planning_agent


def _refuse_second(draft: Draft, root: Task) -> None:
    """Raise ``Conflict`` if the task, or a task above or below it, already has an active run."""
    if not draft.world.runs_of_root:
        return
    for task_id in [*ancestors(draft.world, root.id), *draft.world.subtree(root.id)]:
        run = active_run(draft, task_id)
        if run is not None:
            detail = {"taskId": task_id, "runId": run.id}
            raise Conflict("run.active", f"{run.id} already runs {task_id}: wait for it or cancel it", detail)


def _root(draft: Draft, params: RunStart) -> Task:
    """The named task, or a new one for the request."""
    if params.task_id is not None:
        return draft.task(params.task_id)
    has_plan = params.plan is not None or params.markdown is not None
    text = (params.text or "").strip() or (_title_of(params) if has_plan else "")
    if not text:
        raise Malformed("run.nothing", "say what to run: text, taskId, plan or markdown", {"path": "text"})
    home = project.for_folder(draft, params.project_id, params.working_dir)
    title = as_line(text.splitlines()[0][:200], "Run")
    return draft.put(
        Task(
            id=draft.new_id("tsk"),
            project_id=home.id,
            title=title,
            description=text if text != title else "",
            initial_prompt=text,
            created_at=draft.now,
            updated_at=draft.now,
        )
    )


def _title_of(params: RunStart) -> str:
    if params.plan is not None:
        return str(params.plan.get("title") or "Plan")
    beginning = (params.markdown or "").removeprefix("\ufeff")[:4096].splitlines()
    headings = (heading for line in beginning if (heading := heading_in(line)))
    return next((heading.title for heading in headings if heading.level == 1 and heading.title), "Plan")


def _with_plan(draft: Draft, params: RunStart, root: Task, run: Run) -> Run:
    folder = draft.project(root.project_id).working_dir
    report = plan_apply.judge(draft, folder, run.agent, params.plan, params.markdown)
    if not report.ok:
        findings = msgspec.to_builtins(report.diagnostics)
        raise Unprocessable("plan.invalid", "the plan has errors", {"diagnostics": findings})
    run = draft.put(run)
    plan = plan_apply.keep(draft, root, run, report)
    run = draft.change(run, plan_attempt=1, plan_id=plan.id, diagnostics=plan.diagnostics)
    if run.approve:
        return run_state.move(draft, run, RunEvent.AWAIT)
    plan_apply.apply(draft, plan, run)
    return draft.run(run.id)


def _with_planner(draft: Draft, run: Run) -> Run:
    """Store a run that an orchestrator session plans; the scheduler starts that session."""
    if not can_plan(draft, run):
        planners = sorted(name for name, traits in draft.world.policy.agents.items() if traits.plans)
        others = f", a planning agent ({', '.join(planners)})" if planners else ""
        message = f"the {run.agent} agent cannot plan by itself: name a planner program{others}, or submit a plan"
        raise Malformed("run.no_planner", message, {"path": "planner"})
    if run.planner and draft.world.policy.agents[run.agent].plans:
        message = (
            f"{run.agent} plans by itself and takes no planner program: leave out the planner, or use the shell agent"
        )
        raise Malformed("run.planner", message, {"path": "planner"})
    return draft.put(run)


def planner_gone(draft: Draft, session: Session) -> None:
    """Continue a run whose orchestrator has ended: with the tree it left, or fail the planning.

    A root without subtasks was already settled like any task of a session: this attempt at planning failed, or will be retried.
    """
    run = draft.world.runs.get(session.run_id or "")
    if run is None or run.status not in ACTIVE or run.id in draft.world.by_session.planners:
        return
    if run.root_task_id not in draft.world.by_task.children or run.status is RunStatus.AWAITING_APPROVAL:
        return
    if run.status is RunStatus.RUNNING or session.status is SessionStatus.COMPLETED:
        adopt(draft, run_state.move(draft, run, RunEvent.WORK))
        return
    detail = session.status_reason.detail if session.status_reason is not None else session.status.value
    fail_planning(draft, run, f"its planner {session.id} {session.status.value}: {detail}")


def _can_run_as_it_is(draft: Draft, root: Task) -> bool:
    """Whether the root needs no planning, because it has subtasks or commands."""
    return root.id in draft.world.by_task.children or bool(root.commands)


def _as_it_is(draft: Draft, root: Task, run: Run) -> Run:
    """Run a tree without planning: its units become this run's, and every leaf without a unit becomes one."""
    run = draft.put(msgspec.structs.replace(run, status=RunStatus.RUNNING))
    for task_id in draft.world.subtree(root.id):
        unit = draft.world.tasks[task_id]
        if unit.dispatch is not None:
            draft.change(unit, dispatch=msgspec.structs.replace(unit.dispatch, run_id=run.id))
    adopt(draft, run)
    return run


def adopt(draft: Draft, run: Run) -> None:
    """Make units of all leaves of a run's tree that belong to no unit, so that none is left out."""
    for task_id in draft.world.subtree(run.root_task_id):
        leaf = draft.world.tasks[task_id]
        if task_id not in draft.world.by_task.children and not in_unit(draft, leaf, run.root_task_id):
            _make_unit(draft, run, leaf)


def _make_unit(draft: Draft, run: Run, leaf: Task) -> None:
    agent = agent_for(draft, leaf.project_id, leaf.agent or run.agent)
    persona = leaf.agent_ids[0] if leaf.agent_ids else None
    draft.change(leaf, dispatch=Dispatch(run_id=run.id, agent=agent, persona=persona, skills=leaf.skill_ids))


def adopt_leaf(draft: Draft, leaf: Task) -> None:
    """Make a new leaf a unit, if an active run works on its tree without an orchestrator that could handle the leaf."""
    if leaf.id in draft.world.by_task.children:
        return
    for task_id in ancestors(draft.world, leaf.id):
        run = active_run(draft, task_id)
        if run is not None and run.status is RunStatus.RUNNING:
            if run.id not in draft.world.by_session.planners and not in_unit(draft, leaf, task_id):
                _make_unit(draft, run, leaf)
            return


def in_unit(draft: Draft, leaf: Task, root_id: str) -> bool:
    """Whether a leaf, or a task above it up to the run's root, is a unit."""
    for task_id in ancestors(draft.world, leaf.id):
        if draft.world.tasks[task_id].dispatch is not None:
            return True
        if task_id == root_id:
            break
    return False


def cancel(draft: Draft, params: RunCancel) -> Run:
    """Cancel a run and its unfinished tasks, and stop its sessions."""
    run = _active(draft, params.run_id)
    reason = draft.reason(Source.USER, "cancelled", params.reason or "the run was cancelled")
    run = run_state.move(draft, run, RunEvent.CANCEL)
    for session_id in sorted(draft.world.by_session.of_run.get(run.id, ())):
        if session_id in draft.world.by_session.live:
            stop_session(draft, draft.session(session_id), reason)
    cancel_tree(draft, run.root_task_id, reason)
    return run


def cancel_tree(draft: Draft, task_id: str, reason: Reason) -> None:
    """Cancel every unfinished leaf of a subtree."""
    for below in draft.world.subtree(task_id):
        if below not in draft.world.by_task.children:
            task.cancel(draft, draft.world.tasks[below], reason)


def pause(draft: Draft, params: RunRef) -> Run:
    """Start nothing more of a run, and pause its sessions."""
    run = _active(draft, params.run_id)
    with hold_sessions(draft):
        return draft.change(run, paused=True)


def resume(draft: Draft, params: RunRef) -> Run:
    """Resume a paused run."""
    run = _active(draft, params.run_id)
    with hold_sessions(draft):
        return draft.change(run, paused=False)


def _active(draft: Draft, run_id: str) -> Run:
    run = draft.run(run_id)
    if run.status not in ACTIVE:
        raise IllegalTransition("run.ended", f"{run.id} is {run.status.value}", {"status": run.status.value})
    return run
