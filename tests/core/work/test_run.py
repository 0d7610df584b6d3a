"""Runs: planned, approved, adopted, held, cancelled; a run ends as its root does and resumes with it.

Covers ``plan_apply.py``: a plan is submitted, approved and applied as part of a run.
"""

from typing import Any

import pytest

from maestrod.core.values.agent_traits import SHELL, AgentTraits
from maestrod.core.values.effects import Launch, Stop
from maestrod.core.values.policy import Policy
from tests.kit.worlds.scenario import (
    Call,
    Later,
    Scenario,
    effect,
    exited,
    group,
    live,
    member,
    not_launched,
    project,
    refused,
    run_of,
    status,
    subtask,
    task,
    woke,
)

TWO = (group("g", subtask("a")), group("h", subtask("b"), needs=["g"]))
PLAN = {"groups": [group("g", subtask("a"))]}
INVALID: dict[str, Any] = {"groups": []}


def test_the_title_of_a_run_is_one_line_whatever_its_request() -> None:
    play = Scenario().given(
        project(), Call("run.start", text="\x1b[1mFix\tit\n\nnow", projectId="shop", planner=["/p"])
    )
    assert [run.title for run in play.world.runs.values()] == ["[1mFix it"]


def planning(**params: Any) -> Scenario:
    """A run whose orchestrator is up."""
    start = Call("run.start", text="root", workingDir="/tmp/shop", agent="shell", planner=["plan"], **params)
    return Scenario().given(start, Call("session.register", by="@plan: root"))


SUBMIT = Call("plan.submit", by="@plan: root", plan=PLAN)
SUBMIT_INVALID = Call("plan.submit", by="@plan: root", plan=INVALID)


def done(group_: str, *titles: str) -> list[Call]:
    return [Call("task.complete", by=f"@{group_}", taskId=title) for title in titles]


def test_a_plan_keeps_what_it_says_about_itself() -> None:
    planning().when(SUBMIT).then(member("plan", "title", "root"), member("plan", "summary", ""))
    plan = {"title": "Ship it", "summary": "In two steps", **PLAN}
    planning().when(Call("plan.submit", by="@plan: root", plan=plan)).then(
        member("plan", "title", "Ship it"), member("plan", "summary", "In two steps")
    )
    markdown = "# Ship it\n\nIn two steps\n\n- [ ] a\n  ```sh\n  true\n  ```\n"
    play = planning().when(Call("plan.submit", by="@plan: root", markdown=markdown))
    play.then(member("plan", "title", "Ship it"), member("plan", "summary", "In two steps"))


def test_a_request_becomes_a_completed_tree() -> None:
    play = planning().when(SUBMIT).then(status("run", "running"), status("plan", "applied"), live("plan: root", "g"))
    play.when(*done("g", "a"), exited("@g"), exited("@plan: root"))
    play.then(status("run", "completed"), status("root", "completed"), member("root", "progress", 1.0), live())


def test_groups_start_when_their_dependencies_are_done() -> None:
    play = Scenario().when(run_of(*TWO)).then(live("g"), status("h", "blocked"), effect(Launch))
    play.when(*done("g", "a")).then(status("h", "pending"), live("g", "h"))


def test_a_planner_may_repair_its_plan_three_times() -> None:
    play = planning().when(SUBMIT_INVALID, SUBMIT_INVALID, SUBMIT_INVALID).then(status("run", "planning"))
    play.when(SUBMIT_INVALID).then(status("run", "failed"), status("root", "failed"), effect(Stop, "@plan: root"))
    run = play.world.runs[play.id_of("run")]
    assert run.diagnostics and run.error is not None
    assert run.diagnostics[0].message in run.error


def test_a_repaired_plan_is_applied() -> None:
    planning().when(SUBMIT_INVALID, SUBMIT_INVALID, SUBMIT_INVALID, SUBMIT).then(
        status("run", "running"), live("plan: root", "g")
    )


def test_a_plan_waits_for_approval_without_its_planner() -> None:
    play = planning(approve=True).when(SUBMIT, exited("@plan: root"))
    play.then(status("run", "awaiting_approval"), status("plan", "ready"), status("root", "pending"), live())
    play.when(Call("plan.approve", planId="plan")).then(status("run", "running"), status("plan", "applied"), live("g"))
    play.when(Call("plan.approve", planId="plan")).then(refused("plan.illegal_transition"))


def test_a_rejected_plan_fails_its_run() -> None:
    play = planning(approve=True).given(SUBMIT)
    play.when(Call("plan.reject", planId="plan", reason="too big")).then(
        status("run", "failed"), status("plan", "rejected")
    )
    assert "too big" in str(play.world.runs[play.id_of("run")].error)


def test_a_second_plan_that_waits_for_approval_does_not_hold_running_tasks() -> None:
    play = planning(approve=True).given(SUBMIT, Call("plan.approve", planId="plan"), SUBMIT)
    play.then(status("run", "running"), status("plan", "ready"))
    play.when(exited("@g", "failed")).then(status("a", "failed"))


def test_a_planner_that_ends_without_a_plan_has_failed() -> None:
    planning().when(exited("@plan: root")).then(status("run", "failed"), status("root", "failed"))


def test_a_planner_that_dies_is_restarted_while_attempts_are_left() -> None:
    play = Scenario().given(project(), task("root", maxAttempts=2), Call("run.start", taskId="root", planner=["plan"]))
    play.when(exited("@plan: root", "failed")).then(status("run", "planning"), live())
    play.when(woke("retry", "root")).then(live("plan: root"), effect(Launch))
    play.when(exited("@plan: root", "failed")).then(status("run", "failed"))


def test_a_shortage_delays_the_planner_without_costing_an_attempt() -> None:
    play = Scenario().given(project(), task("root"), Call("run.start", taskId="root", planner=["plan"]))
    play.when(not_launched("@plan: root", retryable=True)).then(status("run", "planning"), live())
    play.when(woke("retry", "root")).then(live("plan: root"), member("root", "attempt", 1))


def test_a_planner_is_not_started_while_everything_is_frozen() -> None:
    play = Scenario().given(project(), Call("system.freeze"))
    play.when(Call("run.start", text="root", projectId="shop", planner=["plan"])).then(
        live(), status("run", "planning")
    )
    play.when(Call("system.thaw")).then(live("plan: root"))


def test_retrying_the_root_repeats_a_failed_planning() -> None:
    play = planning().given(exited("@plan: root", "failed"))
    play.when(Call("task.retry", taskId="root")).then(status("run", "planning"), live("plan: root"))


def test_subtasks_created_by_an_orchestrator_run_when_it_has_ended() -> None:
    play = planning().given(Call("task.create", by="@plan: root", parentId="root", title="x", commands=["true"]))
    play.when(exited("@plan: root")).then(status("run", "running"), live("x"))


def test_a_planner_that_fails_leaves_the_owner_s_own_tree_alone() -> None:
    play = Scenario().given(project(), task("root"), task("x", under="root"))
    play.given(Call("run.start", taskId="root", planner=["plan"]))
    play.when(exited("@plan: root", "failed")).then(status("run", "failed"), status("root", "pending"), live())
    play.when(Call("task.update", taskId="x", priority="high")).then(status("run", "failed"), live())
    play.when(Call("run.start", taskId="root")).then(status("run", "running"), live("x"))


def test_an_existing_tree_runs_leaf_by_leaf() -> None:
    play = Scenario().given(project(), task("root"), task("x", under="root"), task("y", under="root", needs=["x"]))
    play.when(Call("run.start", taskId="root")).then(live("x"), status("run", "running"))
    play.when(*done("x", "x"), exited("@x")).then(live("y"))
    play.when(*done("y", "y"), exited("@y")).then(status("run", "completed"), status("root", "completed"))


def test_a_single_task_with_commands_is_its_own_unit() -> None:
    play = Scenario().given(project(), task("x")).when(Call("run.start", taskId="x")).then(live("x"))
    play.when(*done("x", "x")).then(status("run", "completed"))


def test_a_run_of_a_subtask_ends_with_it() -> None:
    play = Scenario().given(project(), task("root"), task("x", under="root"), task("y", under="root"))
    play.when(Call("run.start", taskId="x"), *done("x", "x")).then(
        status("run", "completed"), status("root", "in_progress")
    )


@pytest.mark.parametrize("ended", ["complete", "skip", "cancel"])
def test_ended_work_cannot_be_run(ended: str) -> None:
    play = Scenario().given(project(), task("x"), Call(f"task.{ended}", taskId="x"))
    play.when(Call("run.start", taskId="x")).then(refused("task.finished"))


def test_a_tree_runs_once_at_a_time() -> None:
    play = Scenario().given(project(), task("root"), task("x", under="root"), Call("run.start", taskId="x"))
    play.when(Call("run.start", taskId="x")).then(refused("run.active"))
    play.when(Call("run.start", taskId="root")).then(refused("run.active"))


def test_a_subtask_added_to_a_running_tree_runs_too() -> None:
    play = Scenario().given(run_of(*TWO)).when(task("late", under="root")).then(live("g", "late"))
    play.when(*done("late", "late")).then(status("run", "running"))


def test_deleting_the_last_subtask_leaves_a_task_that_is_run_itself() -> None:
    play = Scenario().given(project(), task("root"), task("mid", under="root"), task("x", under="mid"))
    play.given(
        task("y", under="root"),
        Call("run.start", taskId="root", maxSessions=1),
        Call("task.fail", taskId="y", error="e"),
    )
    play.given(exited("@x", "failed")).then(status("run", "failed"))
    play.given(Call("task.retry", taskId="y"), Call("task.delete", taskId="x")).then(status("mid", "failed"))
    play.when(Call("task.retry", taskId="mid"), *done("y", "y"), exited("@y")).then(
        live("mid"), status("run", "running")
    )


def test_cancelling_a_run_cancels_its_tree_and_stops_its_sessions() -> None:
    play = Scenario().given(run_of(*TWO)).when(Call("run.cancel", runId="run", reason="enough"))
    play.then(status("run", "cancelled"), status("root", "cancelled"), status("a", "cancelled"), effect(Stop, "@g"))
    play.then(member("@g", "status_reason.code", "cancelled"), member("@g", "stopping", True))
    play.when(exited("@g", "failed")).then(status("@g", "stopped"), live())
    play.when(Call("run.cancel", runId="run")).then(refused("run.ended"))


def test_a_retry_before_the_old_session_has_ended_is_not_cancelled_with_it() -> None:
    play = Scenario().given(run_of(*TWO), Call("run.cancel", runId="run"), Call("task.retry", taskId="a"))
    play.then(status("run", "running")).when(exited("@g")).then(status("a", "pending"), live("g"))


def test_retrying_reopens_the_run() -> None:
    play = Scenario().given(run_of(*TWO), exited("@g", "failed")).then(status("run", "failed"), status("h", "blocked"))
    play.when(Call("task.retry", taskId="root")).then(status("run", "running"), live("g"), member("run", "error", None))
    play.when(*done("g", "a"), exited("@g"), *done("h", "b"), exited("@h")).then(status("run", "completed"))


def test_a_run_keeps_its_own_limit_of_sessions() -> None:
    groups = [group(key, subtask(f"{key}1")) for key in ("g", "h", "i")]
    play = Scenario().when(run_of(*groups, maxSessions=2)).then(live("g", "h"))
    play.when(*done("h", "h1"), exited("@h")).then(live("g", "i"))


def test_a_plan_that_does_not_pass_starts_no_run() -> None:
    play = Scenario().given(project()).when(Call("run.start", plan=INVALID, text="x", projectId="shop"))
    play.then(refused("plan.invalid"))
    assert not play.world.runs and not play.world.tasks


@pytest.mark.parametrize(
    "params, reason",
    [
        ({"projectId": "shop"}, "run.nothing"),
        ({"text": "x"}, "project.missing"),
        ({"text": "x", "projectId": "shop"}, "run.no_planner"),
        ({"text": "x", "workingDir": "relative", "planner": ["p"]}, "project.relative"),
        ({"text": "x", "projectId": "shop", "agent": "nobody"}, "agent.unknown"),
        ({"taskId": "tsk_none"}, "task.not_found"),
    ],
)
def test_things_that_cannot_run_are_refused(params: dict[str, Any], reason: str) -> None:
    Scenario().given(project()).when(Call("run.start", **params)).then(refused(reason))


def test_the_agent_is_the_runs_unless_the_group_names_one() -> None:
    play = (
        Scenario()
        .when(run_of(group("g", subtask("a"))))
        .then(member("@g", "agent", "shell"), member("@g", "role.value", "worker"))
    )
    play.then(member("@g", "run_id", play.id_of("run")))


def test_a_backoff_holds_a_unit_and_then_releases_it() -> None:
    play = Scenario().given(run_of(group("g", subtask("a", maxAttempts=2, backoffMs=60_000))), exited("@g", "failed"))
    play.then(live(), status("run", "running")).when(Later(60_000), woke("retry", "a")).then(live("g"))


def test_a_task_added_below_the_root_before_the_approval_runs_with_the_plan() -> None:
    play = Scenario().given(run_of(group("g", subtask("a")), approve=True), task("own", under="root"))
    play.when(Call("plan.approve", planId="plan")).then(live("g", "own"))


def test_a_planner_program_for_an_agent_that_plans_by_itself_is_refused() -> None:
    play = Scenario(policy=Policy(agents={"shell": SHELL, "sage": AgentTraits(plans=True)}))
    play.when(Call("run.start", text="x", workingDir="/tmp/shop", agent="sage", planner=["/bin/plan"]))
    play.then(refused("run.planner"))
    assert not play.world.runs


def test_an_agent_without_a_planner_is_refused_with_those_that_plan() -> None:
    play = Scenario(policy=Policy(agents={"shell": SHELL, "sage": AgentTraits(plans=True)}))
    play.when(Call("run.start", text="x", workingDir="/tmp/shop", agent="shell")).then(refused("run.no_planner"))
    assert play.refusal is not None
    assert play.refusal.message == (
        "the shell agent cannot plan by itself: name a planner program, a planning agent (sage), or submit a plan"
    )


def test_the_agent_a_project_remembers_only_plans_its_requests() -> None:
    agents = {"shell": SHELL, "sage": AgentTraits(plans=True)}
    play = Scenario(policy=Policy(agents=agents)).given(project("shop"))
    play.given(Call("project.update", projectId="shop", settings={"planningAgent": "sage"}))
    play.given(Call("run.start", text="do it", projectId="shop"))
    assert play.world.runs[play.id_of("run")].agent == "sage"
    plan = {"groups": [group("g", subtask("a"))]}
    play.given(Call("run.start", text="a plan of mine", projectId="shop", plan=plan))
    assert play.world.runs[play.id_of("run")].agent == "shell"
